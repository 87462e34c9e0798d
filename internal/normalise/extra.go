package normalise

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The names in Extra that are Passtrail's own. A document's members of these names go into $raw.
const (
	nameRaw    = "$raw"
	nameAbsent = "$absent"
	nameNames  = "$names"
	nameAs     = "$as"
	nameProps  = "properties"
)

const udiPrefix = "__UDI_RequiredFields_"

// deviations collects how a document differs from the usual form of its shape; see the package comment.
type deviations struct {
	raw, absent, plain, names, as []byte
	props                         *deviations
}

func (d *deviations) reset() {
	d.raw, d.absent, d.plain, d.names, d.as = d.raw[:0], d.absent[:0], d.plain[:0], d.names[:0], d.as[:0]
	if d.props != nil {
		d.props.reset()
	}
}

func appendName(b []byte, name string) []byte {
	if len(b) > 0 {
		b = append(b, ',')
	}
	return append(appendQuoted(b, name), ':')
}

// differs keeps a usual member's own value.
func (d *deviations) differs(name string, v value) { d.raw = v.appendJSON(appendName(d.raw, name)) }

// missing notes that a usual member was not there.
func (d *deviations) missing(name string) {
	if len(d.absent) > 0 {
		d.absent = append(d.absent, ',')
	}
	d.absent = appendQuoted(d.absent, name)
}

// renamed notes under which name a usual member was found.
func (d *deviations) renamed(name, found string) {
	d.names = appendQuoted(appendName(d.names, name), found)
}

// unknown keeps a member that the shape does not know.
func (d *deviations) unknown(m member) {
	if m.name == nameProps || strings.HasPrefix(m.name, "$") {
		d.differs(m.name, m.value)
		return
	}
	d.plain = m.appendJSON(appendName(d.plain, m.name))
}

// usual checks a member against the string that follows from the columns.
func (d *deviations) usual(name string, v value, want string) {
	switch {
	case v.kind == '"' && !v.esc && string(v.raw) == want:
	case v.kind == 0:
		d.missing(name)
	case !v.is(want):
		d.differs(name, v)
	}
}

// other notes a usual member that is not of the kind its column can hold, or not there.
func (d *deviations) other(name string, v value) {
	if v.kind == 0 {
		d.missing(name)
		return
	}
	d.differs(name, v)
}

func (d *deviations) empty() bool {
	return len(d.raw) == 0 && len(d.absent) == 0 && len(d.plain) == 0 && len(d.names) == 0 && len(d.as) == 0 &&
		(d.props == nil || d.props.empty())
}

// appendTo appends the JSON object.
func (d *deviations) appendTo(b []byte) []byte {
	b = append(b, '{')
	start := len(b)
	part := func(name, open string, body []byte, end string) {
		if len(body) == 0 {
			return
		}
		if len(b) > start {
			b = append(b, ',')
		}
		if name != "" {
			b = append(appendQuoted(b, name), ':')
		}
		b = append(append(append(b, open...), body...), end...)
	}
	part("", "", d.plain, "")
	part(nameRaw, "{", d.raw, "}")
	part(nameAbsent, "[", d.absent, "]")
	part(nameNames, "{", d.names, "}")
	part(nameAs, "{", d.as, "}")
	if d.props != nil && !d.props.empty() {
		inner := d.props.appendTo(nil)
		part(nameProps, "", inner, "")
	}
	return append(b, '}')
}

// text returns Extra.
func (d *deviations) text() string {
	if d.empty() {
		return ""
	}
	return string(d.appendTo(nil))
}

// extra is Extra, read back.
type extra struct {
	raw    map[string]json.RawMessage
	absent map[string]bool
	names  map[string]string
	plain  map[string]json.RawMessage
	as     map[string]json.RawMessage
	props  *extra
}

func readExtra(text string) (*extra, error) {
	x := &extra{}
	if text == "" {
		return x, nil
	}
	if err := json.Unmarshal([]byte(text), &x.plain); err != nil {
		return nil, fmt.Errorf("extra: %w", err)
	}
	if p, ok := x.plain[nameProps]; ok {
		var err error
		if x.props, err = readExtra(string(p)); err != nil {
			return nil, err
		}
	}
	var absent []string
	for name, into := range map[string]any{nameRaw: &x.raw, nameAbsent: &absent, nameNames: &x.names, nameAs: &x.as} {
		if p, ok := x.plain[name]; ok {
			if err := json.Unmarshal(p, into); err != nil {
				return nil, fmt.Errorf("extra %s: %w", name, err)
			}
		}
		delete(x.plain, name)
	}
	delete(x.plain, nameProps)
	if len(absent) > 0 {
		x.absent = map[string]bool{}
		for _, name := range absent {
			x.absent[name] = true
		}
	}
	return x, nil
}

// apply turns the usual form into the document.
func (x *extra) apply(doc map[string]json.RawMessage) {
	for name := range x.absent {
		delete(doc, name)
	}
	for name, v := range x.raw {
		doc[name] = v
	}
	for name, v := range x.plain {
		doc[name] = v
	}
	for name, v := range x.as {
		doc[name] = v
	}
	for name, found := range x.names {
		if v, ok := doc[name]; ok {
			delete(doc, name)
			doc[found] = v
		}
	}
}
