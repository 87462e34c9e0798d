package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"passtrail/internal/connector"
)

func tooLarge(limit int) string {
	return fmt.Sprintf("the document is longer than %d MiB, the limit", limit>>20)
}

// matcher walks over a JSON value and knows where it ends: brackets and strings, nothing more. It can stop anywhere and
// go on with further bytes.
type matcher struct {
	depth    int
	inString bool
	escaped  bool
	begun    bool
}

// match walks on and returns how many bytes it used, and whether the value is done.
func (m *matcher) match(b []byte) (int, bool) {
	i := 0
	for i < len(b) {
		if m.inString {
			i += m.text(b[i:])
			if !m.inString && m.depth == 0 {
				return i, true
			}
			continue
		}
		c := b[i]
		switch c {
		case '"':
			m.inString, m.begun = true, true
		case '{', '[':
			m.depth++
			m.begun = true
		case '}', ']':
			if m.depth == 0 {
				return i, true // the end of what surrounds a number or word
			}
			m.depth--
			if m.depth == 0 {
				return i + 1, true
			}
		case ',', ' ', '\n', '\r', '\t':
			if m.depth == 0 && m.begun {
				return i, true
			}
		default:
			m.begun = true
		}
		i++
	}
	return i, false
}

// text walks to behind the quote that ends a string.
func (m *matcher) text(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch {
		case m.escaped:
			m.escaped = false
		case b[i] == '\\':
			m.escaped = true
		case b[i] == '"':
			m.inString = false
			return i + 1
		}
	}
	return len(b)
}

// splitter takes JSON values apart into documents: the elements of arrays, pages, Event Hubs bodies and query answers,
// other objects as they are.
type splitter struct {
	rd     *reading
	w      *window
	inLine bool   // the window is one line of a file of lines
	sub    int    // documents so far of this line
	at     int64  // line where the value at hand begins
	over   []byte // beginning of a value that is over the limit, else nil
	// of the table at hand
	columns     []string
	kind        string
	headColumns []string // of the table whose rows come in frames of their own
	headKind    string

	listLine int64 // line where the list at hand begins
	last     int64 // line of the last document
}

// maxArrays bounds how deep arrays of arrays are looked into.
const maxArrays = 8

// values reads a stream of JSON values that are not one a line.
func (rd *reading) values(w *window) error {
	s := splitter{rd: rd, w: w}
	return s.run()
}

// stop is how the splitter's steps say that the rest cannot be read.
type stop struct{ code, reason string }

func (s *stop) Error() string { return s.reason }

func (s *splitter) run() error {
	for {
		c := s.space()
		if c == 0 && s.w.pos >= len(s.w.buf) {
			if s.inLine {
				return nil
			}
			return s.rd.ended(s.w)
		}
		s.begin()
		err := s.element(c, 0)
		var st *stop
		if e, ok := err.(*stop); ok {
			st = e
		}
		switch {
		case st != nil:
			return s.giveUp(st)
		case err != nil:
			return err
		}
	}
}

// giveUp sets the rest of the stream aside.
func (s *splitter) giveUp(st *stop) error {
	s.w.pos = max(s.w.mark, s.w.pos)
	head := s.over
	if head == nil {
		head = s.w.buf[s.w.mark:]
		if len(head) < keptBytes {
			s.w.pos = s.w.mark
			head = s.w.peek(keptBytes)
		}
	}
	if err := s.fault(head, st.code, st.reason); err != nil {
		return err
	}
	if s.inLine {
		return nil
	}
	return s.rd.ended(s.w)
}

// begin starts a value at pos.
func (s *splitter) begin() {
	s.lines()
	s.w.discard()
	s.over = nil
	s.at = s.rd.line
}

// lines counts the line ends up to pos, so that positions say the line where a document begins.
func (s *splitter) lines() {
	if s.inLine {
		return
	}
	s.rd.line += int64(bytes.Count(s.w.buf[s.w.mark:s.w.pos], []byte{'\n'}))
}

func (s *splitter) space() byte {
	for {
		switch c := s.w.next(); c {
		case ' ', '\n', '\r', '\t':
			s.w.pos++
		default:
			return c
		}
	}
}

// eof is the stop for a stream that ends too early.
func (s *splitter) eof(reason string) error { return &stop{CodeTruncated, reason} }

// element reads one value that begins with c at pos.
func (s *splitter) element(c byte, arrays int) error {
	switch {
	case c == '{':
		return s.object(arrays)
	case c == '[' && arrays < maxArrays:
		return s.array(arrays+1, s.element)
	}
	if err := s.skip(); err != nil {
		return err
	}
	if s.stuck() {
		return errNotJSON
	}
	return s.document()
}

// errNotJSON ends the reading of a stream in which no value begins where one should.
var errNotJSON = &stop{CodeNotJSON, "not JSON from here on: the rest of the file was not read"}

// stuck tells whether a value was skipped that is none.
func (s *splitter) stuck() bool { return s.w.pos == s.w.mark && s.over == nil }

// array reads an array's elements, each with one.
func (s *splitter) array(arrays int, one func(c byte, arrays int) error) error {
	s.lines()
	s.w.mark = s.w.pos // what surrounds the list has been taken
	s.listLine = s.rd.line
	s.w.pos++
	for {
		c := s.space()
		switch {
		case c == ']':
			s.w.pos++
			s.begin()
			return nil
		case c == ',':
			s.w.pos++
			continue
		case c == 0 && s.w.pos >= len(s.w.buf):
			return s.eof("the file ends inside an array")
		}
		s.begin()
		if err := one(c, arrays); err != nil {
			return err
		}
		if s.inLine {
			continue
		}
		s.begin()
		if err := s.rd.flushFull(); err != nil {
			return err
		}
	}
}

// holder is what became known of an object while its members went by.
type holder struct {
	around []byte // what surrounds a page's values, nil if it has none
	table  bool   // it is a table or surrounds some: nothing of it is a document itself
	frame  string // FrameType of a Kusto answer
	failed []byte // the error beside a list or a table, or what says that the answer is not whole
}

// object reads an object: a document, or something that holds documents in one of its members.
func (s *splitter) object(arrays int) error {
	var h holder
	err := s.members(&h, arrays)
	if err == errBroken {
		// Not JSON: the document as a whole says so to whoever reads it, if its brackets match.
		return s.brokenObject()
	}
	if err != nil {
		return err
	}
	return s.objectEnd(&h)
}

// errBroken says that no member begins where one should.
var errBroken = errors.New("not a member of an object")

// members reads the members of an object that begins at pos.
func (s *splitter) members(h *holder, arrays int) error {
	s.w.pos++
	for {
		switch c := s.space(); {
		case c == ',':
			s.w.pos++
			continue
		case c == '}':
			s.w.pos++
			return nil
		case c == 0 && s.w.pos >= len(s.w.buf):
			return s.eof("the file ends inside an object")
		case c != '"':
			return errBroken
		}
		if err := s.member(h, arrays); err != nil {
			return err
		}
	}
}

func (s *splitter) objectEnd(h *holder) error {
	if h.frame == "TableHeader" { // its rows come in later frames
		s.headColumns, s.headKind = s.columns, s.kind
	}
	s.columns, s.kind = nil, ""
	if h.failed != nil && (h.table || h.around != nil) {
		if err := s.fault(h.failed, CodePartial, "the answer says that it is not whole: an error stands beside its rows"); err != nil {
			return err
		}
	}
	var around []byte
	if h.around != nil {
		around = append(h.around, s.w.kept()...)
	}
	switch {
	case mayHoldRecord(around): // beside the list: what it is its reader tells, nothing is dropped
		return s.rd.add(connector.Document{Bytes: around}, s.subNumber())
	case h.table:
		s.begin()
		return nil
	case around != nil:
		return s.page(around)
	}
	return s.document()
}

// mayHoldRecord tells whether what stands beside a list names what every audit record has, in any casing.
func mayHoldRecord(around []byte) bool {
	low := bytes.ToLower(around)
	return bytes.Contains(low, []byte("activitydatetime")) || bytes.Contains(low, []byte("activitydisplayname"))
}

// member reads one member, whose name begins at pos.
func (s *splitter) member(h *holder, arrays int) error {
	start := s.w.pos - s.w.mark
	name, err := s.name()
	if err != nil {
		return err
	}
	list := s.space() == '[' && s.over == nil
	switch name {
	case "hits": // Elasticsearch: an object with the list of the same name in it
		if s.space() == '{' && s.over == nil {
			h.table = true
			return s.members(h, arrays)
		}
		fallthrough
	case "value", "records", "tables", "Tables", "responses":
		if list && arrays < maxArrays {
			h.around = append(h.around, s.w.buf[s.w.mark:s.w.mark+start]...)
			h.around = append(h.around, `"value":null`...)
			h.table = h.table || name != "value" // nothing of interest around the others
			return s.array(arrays+1, s.element)
		}
	case "columns", "Columns":
		if list {
			return s.tableColumns()
		}
	case "rows", "Rows":
		if list && s.columns == nil && h.frame == "TableFragment" {
			s.columns, s.kind = s.headColumns, s.headKind
		}
		if list && s.columns != nil {
			h.table = true
			err := s.array(arrays+1, s.row)
			s.columns, s.kind = nil, ""
			return err
		}
	case "TableKind", "FrameType":
		return s.tableKind(h, name)
	case "error", "OneApiErrors", "HasErrors", "Cancelled":
		return s.failure(h)
	}
	return s.skip()
}

// tableKind reads the members that tell the frames of a Kusto answer apart.
func (s *splitter) tableKind(h *holder, name string) error {
	start := s.w.pos - s.w.mark
	if err := s.skip(); err != nil || s.over != nil {
		return err
	}
	h.table = true
	text := string(bytes.Trim(s.w.buf[s.w.mark+start:s.w.pos], `"`))
	if name == "TableKind" {
		s.kind = text
	} else {
		h.frame = text
	}
	return nil
}

// failure reads a member that says, in an answer with rows, that the answer is not whole.
func (s *splitter) failure(h *holder) error {
	start := s.w.pos - s.w.mark
	if err := s.skip(); err != nil || s.over != nil {
		return err
	}
	switch text := bytes.TrimSpace(s.w.buf[s.w.mark+start : s.w.pos]); string(text) {
	case "false", "null", "[]", "{}", `""`:
	default:
		h.failed = append([]byte(nil), text...)
	}
	return nil
}

// brokenObject walks to the end of an object that is not JSON at depth one and delivers it as it is.
func (s *splitter) brokenObject() error {
	m := matcher{depth: 1, begun: true}
	if err := s.walk(&m); err != nil {
		return err
	}
	return s.document()
}

// name reads a member's name and steps over the colon.
func (s *splitter) name() (string, error) {
	start := s.w.pos - s.w.mark
	if err := s.skip(); err != nil {
		return "", err
	}
	name := ""
	if s.over == nil {
		raw := s.w.buf[s.w.mark+start : s.w.pos]
		name = string(raw[1 : len(raw)-1])
	}
	if s.space() == ':' {
		s.w.pos++
	}
	return name, nil
}

// skip walks over one value.
func (s *splitter) skip() error {
	var m matcher
	return s.walk(&m)
}

// walk walks on until the matcher is done. A value over the limit is let go on the way, all but its beginning.
func (s *splitter) walk(m *matcher) error {
	for {
		n, done := m.match(s.w.buf[s.w.pos:])
		s.w.pos += n
		if done {
			return nil
		}
		if s.over == nil && s.w.pos-s.w.mark > s.rd.src.opt.MaxDocument {
			s.over = append([]byte(nil), s.w.buf[s.w.mark:min(s.w.pos, s.w.mark+keptBytes)]...)
		}
		if s.over != nil {
			s.lines()
			s.w.discard()
			if err := s.rd.ctx.Err(); err != nil {
				return err
			}
		}
		if !s.w.fill() {
			if m.depth == 0 && !m.inString && m.begun {
				return nil // a number or word at the very end
			}
			return s.eof("the file ends inside a value")
		}
	}
}

// document delivers what lies between mark and pos.
func (s *splitter) document() error {
	if s.over != nil || s.w.pos-s.w.mark > s.rd.src.opt.MaxDocument {
		head := s.over
		if head == nil {
			head = s.w.kept()
		}
		return s.fault(head, CodeTooLarge, tooLarge(s.rd.src.opt.MaxDocument))
	}
	s.sub++
	return s.rd.add(connector.Document{Bytes: bytes.TrimSpace(s.w.kept())}, s.subNumber())
}

// subNumber counts the documents of a line; documents of their own lines are not counted.
func (s *splitter) subNumber() int {
	if s.inLine {
		return s.sub
	}
	if s.at != s.last {
		s.sub, s.last = 1, s.at
	}
	if s.sub > 1 || s.at == s.listLine {
		return s.sub
	}
	return 0
}

func (s *splitter) fault(head []byte, code, reason string) error {
	s.sub++
	line := s.rd.line
	s.rd.line = s.at
	err := s.rd.fault(head, code, reason, s.subNumber())
	s.rd.line = line
	return err
}

// page delivers what surrounds a page's values, if it says anything.
func (s *splitter) page(around []byte) error {
	if len(around) > keptBytes || !bytes.Contains(around, []byte(`"@`)) {
		return nil
	}
	return s.rd.add(connector.Document{Bytes: around}, s.subNumber())
}

// tableColumns reads the columns of a query answer's table.
func (s *splitter) tableColumns() error {
	start := s.w.pos - s.w.mark
	if err := s.skip(); err != nil {
		return err
	}
	if s.over != nil {
		return nil
	}
	var cols []struct{ Name, ColumnName string }
	if json.Unmarshal(s.w.buf[s.w.mark+start:s.w.pos], &cols) != nil {
		return nil // not a table: the document will say so
	}
	s.columns = make([]string, len(cols))
	for i, c := range cols {
		s.columns[i] = c.Name + c.ColumnName
	}
	return nil
}

// row delivers a row of a query answer as an object. Cells that are null are left out.
func (s *splitter) row(c byte, _ int) error {
	if err := s.skip(); err != nil {
		return err
	}
	if s.stuck() {
		return errNotJSON
	}
	if s.over != nil || c != '[' {
		return s.document()
	}
	if s.kind != "" && s.kind != "PrimaryResult" {
		return nil
	}
	var cells []json.RawMessage
	if err := json.Unmarshal(s.w.kept(), &cells); err != nil || len(cells) != len(s.columns) {
		return s.fault(s.w.kept(), CodeNotJSON, "the row is not an array with one cell for each column")
	}
	doc := []byte{'{'}
	for i, cell := range cells {
		if string(cell) == "null" {
			continue
		}
		if len(doc) > 1 {
			doc = append(doc, ',')
		}
		name, err := json.Marshal(s.columns[i])
		if err != nil {
			return err
		}
		doc = append(append(append(doc, name...), ':'), cell...)
	}
	s.sub++
	return s.rd.add(connector.Document{Bytes: append(doc, '}')}, s.subNumber())
}
