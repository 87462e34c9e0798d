// Package native has the functions of KQL that SQL cannot say exactly, in Go, for DuckDB to call ([Functions]). Their names
// begin with kql_ and stand in the templates of package builtin; nothing else calls them.
//
// None of them fails because of the data: what cannot be computed is null. They read and write dynamic values as JSON
// text, with a parser of their own that keeps the order of keys and the text of numbers.
package native

import (
	"errors"
	"strings"

	"passtrail/internal/duck"
)

// Functions returns all functions, for duck.Config.
func Functions() []duck.Func {
	var all []duck.Func
	for _, t := range [][]fn{conversions, texts, patterns, times, arrays, bags, sets, parsers, encodings, hashes, addresses, numbers, decimals, series, sketches, operators, changes} {
		for _, f := range t {
			all = append(all, f.duck())
		}
	}
	return all
}

// fn is a function as the tables write it. Sig has a letter per argument, then a colon and the letter of the result: b
// bool, i int, l long, r real, s string, j dynamic; "*" before a letter means any number of these; "?" in front, that the function
// wants to see nulls.
type fn struct {
	name string
	sig  string
	do   func(args) any
}

var kinds = map[byte]duck.Kind{'b': duck.Bool, 'i': duck.Int, 'l': duck.Long, 'r': duck.Real, 's': duck.String, 'j': duck.JSON}

func (f fn) duck() duck.Func {
	sig, nulls := strings.CutPrefix(f.sig, "?")
	in, out, ok := strings.Cut(sig, ":")
	if !ok || kinds[out[0]] == 0 {
		panic("native: " + f.name + ": bad signature " + f.sig)
	}
	d := duck.Func{Name: f.name, Nulls: nulls, Out: kinds[out[0]]}
	for i := 0; i < len(in); i++ {
		if in[i] == '*' {
			d.Variadic = kinds[in[i+1]]
			break
		}
		d.In = append(d.In, kinds[in[i]])
	}
	d.Fn = func(a []any) (any, error) {
		if size(a) > maxInput {
			return nil, errTooLarge
		}
		switch v := f.do(a).(type) {
		case error:
			return nil, v
		case *node:
			if v == nil || v.kind == null {
				return nil, nil
			}
			return bounded(v.String())
		case string:
			return bounded(v)
		default:
			return v, nil
		}
	}
	return d
}

// size is the length of all texts of a call.
func size(a []any) int {
	n := 0
	for _, v := range a {
		if s, ok := v.(string); ok {
			n += len(s)
		}
	}
	return n
}

// args are the values of a call.
type args []any

func (a args) null(i int) bool { return a[i] == nil }

func (a args) str(i int) string { s, _ := a[i].(string); return s }

func (a args) long(i int) int64 { n, _ := a[i].(int64); return n }

func (a args) real(i int) float64 { f, _ := a[i].(float64); return f }

func (a args) bool(i int) bool { b, _ := a[i].(bool); return b }

// json returns a dynamic argument, the null node for a missing or broken one.
func (a args) json(i int) *node {
	s, ok := a[i].(string)
	if !ok {
		return nullNode
	}
	n, ok := parseJSON(s)
	if !ok {
		return nullNode
	}
	return n
}

// array returns the elements of a dynamic argument, and whether it is an array.
func (a args) array(i int) ([]*node, bool) {
	n := a.json(i)
	if n.kind != array {
		return nil, false
	}
	return n.items, true
}

// maxResult bounds the elements and bytes that one call may make, so that a short query cannot fill the memory.
const maxResult = 1 << 20

// errTooLarge says that a value grew beyond bounds. The words are DuckDB's for the same, so that one place knows them.
//
//lint:ignore ST1005 DuckDB writes it so
var errTooLarge = errors.New("Out of Memory: a value has grown too large for a function")

// maxInput bounds the JSON that one call reads: Go's values take many times its size, which DuckDB's limit cannot see.
const maxInput = 32 << 20

// bounded refuses a result that is too large to be worked on: one that doubles with each of a few calls in a row.
func bounded(s string) (any, error) {
	if len(s) > maxInput {
		return nil, errTooLarge
	}
	return s, nil
}
