package native

import (
	"sort"
	"strconv"
	"strings"
)

// bags work on property bags.
var bags = []fn{
	{"kql_bag_pack", "?*j:j", func(a args) any {
		b := newObject()
		for i := 0; i+1 < len(a); i += 2 {
			b.set(a.str(i), a.json(i+1)) // keys are text, not JSON
		}
		return b.node
	}},
	{"kql_bag_drop_empty", "j:j", func(a args) any {
		b := newObject()
		n := a.json(0)
		for i, k := range n.keys {
			if n.items[i].plain() != "" {
				b.set(k, n.items[i])
			}
		}
		return b.node
	}},
	{"kql_bag_keys", "j:j", func(a args) any {
		n := a.json(0)
		if n.kind != object {
			return nil
		}
		items := make([]*node, len(n.keys))
		for i, k := range n.keys {
			items[i] = textNode(k)
		}
		return arrayNode(items)
	}},
	{"kql_bag_has_key", "js:b", func(a args) any {
		n := a.json(0)
		if n.kind != object {
			return nil
		}
		_, ok := n.at(keyPath(a.str(1)))
		return ok
	}},
	{"kql_bag_merge", "?*j:j", func(a args) any {
		b := newObject()
		some := false
		for i := range a {
			n := a.json(i)
			some = some || n.kind == object
			b.addAll(n)
		}
		if !some {
			return nil
		}
		return b.node
	}},
	// bags, and how many keys the answer may have
	{"kql_bag_merge_some", "jl:j", func(a args) any {
		items, _ := a.array(0)
		b := newObject()
		for _, n := range items {
			b.addAll(n)
		}
		if room := int(min(a.long(1), maxResult)); len(b.node.keys) > room {
			b.node.keys, b.node.items = b.node.keys[:room], b.node.items[:room]
		}
		return b.node
	}},
	{"kql_bag_remove_keys", "jj:j", func(a args) any {
		n := a.json(0)
		keys, ok := a.array(1)
		if n.kind != object || !ok {
			return nil
		}
		for _, k := range keys {
			if k.kind == text {
				n = n.without(keyPath(k.text))
			}
		}
		return n
	}},
	{"kql_bag_set_key", "?jsj:j", func(a args) any {
		n := a.json(0)
		if n.kind != object {
			return nil
		}
		return n.with(keyPath(a.str(1)), a.json(2))
	}},
	{"kql_bag_zip", "?jj:j", func(a args) any {
		keys, ok := a.array(0)
		if !ok {
			return nil
		}
		values, _ := a.array(1) // what is no array has no values
		b := newObject()
		for i, k := range keys {
			v := nullNode
			if i < len(values) {
				v = values[i]
			}
			if k.kind == text {
				b.set(k.text, v)
			}
		}
		return b.node
	}},
	{"kql_treepath", "j:j", func(a args) any {
		n := a.json(0)
		if n.kind != array && n.kind != object {
			return nil
		}
		return arrayNode(n.paths("", nil))
	}},
	{"kql_canonical_json", "j:s", func(a args) any { return a.json(0).canonical().String() }},
	{"kql_extract_json", "ss:j", func(a args) any {
		n, ok := parseJSON(a.str(1))
		path, pathOK := jsonPath(a.str(0))
		if !ok || !pathOK {
			return nil
		}
		found, _ := n.at(path)
		return found
	}},
	{"kql_build_schema", "j:j", func(a args) any {
		items, _ := a.array(0)
		return schemaOf(items)
	}},
}

// step is one access of a JSON path: a key, or an index.
type step struct {
	key   string
	index int
	isKey bool
}

// keyPath reads a key, or a JSON path when it begins with $.
func keyPath(s string) []step {
	if strings.HasPrefix(s, "$") {
		if p, ok := jsonPath(s); ok {
			return p
		}
	}
	return []step{{key: s, isKey: true}}
}

// jsonPath reads $.a.b, $['a'][0] and mixtures.
func jsonPath(s string) ([]step, bool) {
	s = strings.TrimPrefix(s, "$")
	var path []step
	for s != "" {
		switch {
		case s[0] == '.':
			end := strings.IndexAny(s[1:], ".[")
			if end < 0 {
				end = len(s) - 1
			}
			if end == 0 && len(s) > 1 && s[1] == '[' {
				s = s[1:]
				continue
			}
			path = append(path, step{key: s[1 : 1+end], isKey: true})
			s = s[1+end:]
		case s[0] == '[':
			st, rest, ok := bracket(s)
			if !ok {
				return nil, false
			}
			path, s = append(path, st), rest
		case len(path) == 0:
			s = "." + s
		default:
			return nil, false
		}
	}
	return path, true
}

// bracket reads ['key'], ["key"] or [0].
func bracket(s string) (step, string, bool) {
	if len(s) > 2 && (s[1] == '\'' || s[1] == '"') {
		end := strings.Index(s[2:], s[1:2]+"]")
		if end < 0 {
			return step{}, "", false
		}
		return step{key: s[2 : 2+end], isKey: true}, s[2+end+2:], true
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return step{}, "", false
	}
	n, err := strconv.Atoi(strings.TrimSpace(s[1:end]))
	return step{index: n}, s[end+1:], err == nil
}

// child returns the index of a step among n's items.
func (n *node) child(s step) (int, bool) {
	if s.isKey {
		for i, k := range n.keys {
			if k == s.key {
				return i, true
			}
		}
		return 0, false
	}
	i := s.index
	if n.kind == array && i < 0 {
		i += len(n.items)
	}
	return i, n.kind == array && i >= 0 && i < len(n.items)
}

// at follows a path.
func (n *node) at(path []step) (*node, bool) {
	for _, s := range path {
		i, ok := n.child(s)
		if !ok {
			return nullNode, false
		}
		n = n.items[i]
	}
	return n, true
}

// without returns n less what the path leads to.
func (n *node) without(path []step) *node {
	i, ok := -1, false
	if len(path) > 0 {
		i, ok = n.child(path[0])
	}
	if !ok {
		return n
	}
	c := *n
	c.items = append([]*node{}, n.items...)
	if len(path) > 1 {
		c.items[i] = n.items[i].without(path[1:])
		return &c
	}
	c.items = append(c.items[:i], c.items[i+1:]...)
	if n.kind == object {
		c.keys = append(append([]string{}, n.keys[:i]...), n.keys[i+1:]...)
	}
	return &c
}

// with returns n with v where the path leads to; bags on the way are made when they are missing.
func (n *node) with(path []step, v *node) *node {
	if len(path) == 0 {
		return v
	}
	c := *n
	c.items = append([]*node{}, n.items...)
	c.keys = append([]string{}, n.keys...)
	if i, ok := n.child(path[0]); ok {
		c.items[i] = n.items[i].with(path[1:], v)
		return &c
	}
	if !path[0].isKey || n.kind != object {
		return n
	}
	c.keys = append(c.keys, path[0].key)
	c.items = append(c.items, (&node{kind: object}).with(path[1:], v))
	return &c
}

// paths lists the paths to all values within, in the form ['a'][0].
func (n *node) paths(prefix string, out []*node) []*node {
	seen := map[string]bool{}
	for i, e := range n.items {
		p := prefix + "[0]"
		if n.kind == object {
			p = prefix + "['" + n.keys[i] + "']"
		}
		if !seen[p] {
			seen[p] = true
			out = append(out, textNode(p))
		}
		if e.kind == array || e.kind == object {
			out = e.paths(p, out)
		}
	}
	return distinct(out, func(*node) bool { return true })
}

// canonical sorts keys.
func (n *node) canonical() *node {
	if n.kind != array && n.kind != object {
		return n
	}
	c := &node{kind: n.kind, items: make([]*node, len(n.items))}
	for i, e := range n.items {
		c.items[i] = e.canonical()
	}
	if n.kind == object {
		order := make([]int, len(n.keys))
		for i := range order {
			order[i] = i
		}
		sort.SliceStable(order, func(i, j int) bool { return n.keys[order[i]] < n.keys[order[j]] })
		items := c.items
		c.items = nil
		for _, o := range order {
			c.keys, c.items = append(c.keys, n.keys[o]), append(c.items, items[o])
		}
	}
	return c
}

// schemaOf is a schema that all the values fit: a type name, an array of those possible, or a bag of members' schemas.
func schemaOf(values []*node) *node {
	names := map[string]bool{}
	members := map[string][]*node{}
	var order []string
	var elements []*node
	bag, list := false, false
	for _, v := range values {
		switch v.kind {
		case object:
			bag = true
			for i, k := range v.keys {
				if members[k] == nil {
					order = append(order, k)
				}
				members[k] = append(members[k], v.items[i])
			}
		case array:
			list = true
			elements = append(elements, v.items...)
		case null:
		default:
			names[v.typeName()] = true
		}
	}
	var options []*node
	for _, name := range []string{"long", "double", "bool", "string"} {
		if names[name] {
			options = append(options, textNode(name))
		}
	}
	if bag || list {
		b := newObject()
		if list {
			b.set("`indexer`", schemaOf(elements))
		}
		for _, k := range order {
			b.set(k, schemaOf(members[k]))
		}
		options = append(options, b.node)
	}
	switch len(options) {
	case 0:
		return nullNode
	case 1:
		return options[0]
	}
	return arrayNode(options)
}
