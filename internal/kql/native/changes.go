package native

import (
	"slices"
	"strings"
)

// changes reads the modified properties of an audit record's targets.
var changes = []fn{
	// target resources to an array of {name, from, to, added, removed}, one for each property that differs
	{"kql_property_changes", "j:j", func(a args) any {
		var out []*node
		some := false
		targets, _ := a.array(0)
		for _, target := range targets {
			list, ok := target.member("modifiedProperties")
			if !ok || list.kind != array {
				continue
			}
			for _, p := range list.items {
				name, _ := p.member("displayName")
				if name == nil || housekeeping(name.plain()) {
					continue
				}
				some = true
				old, _ := p.member("oldValue")
				now, _ := p.member("newValue")
				out = difference(out, name.plain(), unpacked(old, 0), unpacked(now, 0), 0)
			}
		}
		if !some {
			out = append(out, change("", nullNode, nullNode))
		}
		return arrayNode(out)
	}},
}

// member is get without regard to the case of the key: some clients write names of members their own way.
func (n *node) member(key string) (*node, bool) {
	if n.kind != object {
		return nil, false
	}
	for i, k := range n.keys {
		if strings.EqualFold(k, key) {
			return n.items[i], true
		}
	}
	return nil, false
}

// housekeeping reports whether a property is about the record and not about what it changes.
func housekeeping(name string) bool {
	name = strings.ToLower(name)
	return name == "included updated properties" || strings.HasPrefix(name, "targetid.") || strings.HasPrefix(name, "actorid.")
}

// maxNesting bounds how deep values are compared and how often text is read as JSON in text.
const maxNesting = 12

// unpacked reads a value that is JSON in text, however often it was packed. Other text stays what it is.
func unpacked(n *node, depth int) *node {
	if n == nil {
		return nullNode
	}
	if n.kind != text || depth == maxNesting {
		return n
	}
	s := strings.TrimSpace(n.text)
	if s == "" || s == "null" {
		return nullNode
	}
	if !strings.ContainsRune(`[{"`, rune(s[0])) {
		return n
	}
	in, ok := parseJSON(s)
	if !ok {
		return n
	}
	return unpacked(in, depth+1)
}

// difference appends what differs between two values of a property, compared key by key.
func difference(out []*node, name string, old, now *node, depth int) []*node {
	switch {
	case len(out) >= maxChanges:
		return out
	case depth == maxNesting || !compound(old) && !compound(now):
		if same(old, now) {
			return out
		}
		return append(out, change(name, old, now))
	}
	was, is := members(old), members(now)
	for _, k := range unionKeys(was, is) {
		out = difference(out, name+"."+k, orNull(was, k), orNull(is, k), depth+1)
	}
	return out
}

// maxChanges bounds the changes of one record.
const maxChanges = 2000

// compound reports whether a value has members that have names: an object, or an array of objects that each say their id.
func compound(n *node) bool {
	if n.kind == object {
		return true
	}
	if n.kind != array || len(n.items) == 0 {
		return false
	}
	for _, item := range n.items {
		if identity(item) == "" {
			return false
		}
	}
	return true
}

// identity is the id of an element of an array, "" without one.
func identity(n *node) string {
	for _, k := range []string{"id", "method", "targetId"} {
		if v, ok := n.member(k); ok && v.kind == text {
			return v.text
		}
	}
	return ""
}

// memberList are members with their names, in order.
type memberList struct {
	keys  []string
	items []*node
}

func members(n *node) memberList {
	if n.kind == object {
		return memberList{n.keys, n.items}
	}
	var m memberList
	if n.kind == array {
		for _, item := range n.items {
			m.keys, m.items = append(m.keys, identity(item)), append(m.items, item)
		}
	}
	return m
}

func unionKeys(a, b memberList) []string {
	keys := slices.Clone(a.keys)
	seen := make(map[string]bool, len(keys))
	for _, k := range keys {
		seen[k] = true
	}
	for _, k := range b.keys {
		if !seen[k] {
			keys = append(keys, k)
		}
	}
	return keys
}

func orNull(m memberList, key string) *node {
	if i := slices.Index(m.keys, key); i >= 0 {
		return unpacked(m.items[i], 0)
	}
	return nullNode
}

// values are the elements of a list, also of one that is written with commas, and a single value as the one element.
func values(n *node) []string {
	switch n.kind {
	case null:
		return nil
	case array:
		var out []string
		for _, item := range n.items {
			out = append(out, unpacked(item, 0).plain())
		}
		return out
	}
	if s := n.plain(); n.kind == text && strings.Contains(s, ",") {
		parts := strings.Split(s, ",")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts
	}
	return []string{n.plain()}
}

// same reports whether two values say the same: lists whatever their order, nothing and an empty one, true in any case.
func same(a, b *node) bool {
	x, y := values(a), values(b)
	for i, list := range [][]string{x, y} {
		list = slices.Clone(list)
		for j, s := range list {
			if strings.EqualFold(s, "true") || strings.EqualFold(s, "false") {
				list[j] = strings.ToLower(s)
			}
		}
		list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
		slices.Sort(list)
		if list = slices.Compact(list); i == 0 {
			x = list
		} else {
			y = list
		}
	}
	return slices.Equal(x, y)
}

// change is one entry of the answer. Added and removed are in lower case, each between bars.
func change(name string, old, now *node) *node {
	was, is := values(old), values(now)
	b := newObject()
	b.add("name", textNode(name))
	b.add("from", textNode(strings.Join(was, ", ")))
	b.add("to", textNode(strings.Join(is, ", ")))
	b.add("added", textNode(barred(is, was)))
	b.add("removed", textNode(barred(was, is)))
	return b.node
}

// barred are the texts of one list that another has not, "|a|b|".
func barred(list, without []string) string {
	var out strings.Builder
	for _, s := range list {
		if s == "" || slices.ContainsFunc(without, func(o string) bool { return strings.EqualFold(o, s) }) {
			continue
		}
		if out.Len() == 0 {
			out.WriteByte('|')
		}
		out.WriteString(strings.ToLower(s) + "|")
	}
	return out.String()
}
