package types_test

import (
	"testing"

	. "passtrail/internal/kql/types"
)

func TestParse(t *testing.T) {
	for name, want := range map[string]Type{"long": Long, "int64": Long, "date": DateTime, "time": TimeSpan, "double": Real, "uuid": Guid, "System.String": String, "System.Object": Dynamic} {
		if got, ok := Parse(name); !ok || got != want {
			t.Errorf("Parse(%q) = %v, %v, want %v", name, got, ok, want)
		}
	}
	if got, ok := Parse("text"); ok {
		t.Errorf("Parse(text) = %v", got)
	}
	for _, typ := range All() {
		if got, ok := Parse(typ.String()); !ok || got != typ {
			t.Errorf("Parse(%q) = %v, %v", typ, got, ok)
		}
	}
}

func TestWiden(t *testing.T) {
	for _, c := range []struct {
		a, b, want Type
		ok         bool
	}{
		{Int, Long, Long, true}, {Long, Real, Real, true}, {Real, Decimal, Decimal, true}, {Null, String, String, true},
		{DateTime, Unknown, DateTime, true}, {String, Long, Unknown, false}, {Dynamic, Long, Unknown, false},
	} {
		for _, pair := range [][2]Type{{c.a, c.b}, {c.b, c.a}} {
			if got, ok := Widen(pair[0], pair[1]); got != c.want || ok != c.ok {
				t.Errorf("Widen(%v, %v) = %v, %v, want %v, %v", pair[0], pair[1], got, ok, c.want, c.ok)
			}
		}
	}
}

func TestArithmetic(t *testing.T) {
	for _, c := range []struct {
		op   byte
		a, b Type
		want Type
		ok   bool
	}{
		{'+', Int, Int, Long, true}, {'/', Long, Real, Real, true}, {'-', DateTime, DateTime, TimeSpan, true}, {'+', DateTime, TimeSpan, DateTime, true},
		{'/', TimeSpan, TimeSpan, Real, true}, {'*', Real, TimeSpan, TimeSpan, true}, {'%', DateTime, TimeSpan, TimeSpan, true}, {'/', DateTime, TimeSpan, Real, true},
		{'+', Dynamic, Long, Long, true}, {'-', Dynamic, Dynamic, Dynamic, true}, {'-', DateTime, Dynamic, TimeSpan, true}, {'+', Null, Long, Long, true},
		{'+', DateTime, DateTime, Unknown, false}, {'+', String, Long, Unknown, false}, {'*', Bool, Long, Unknown, false},
	} {
		if got, ok := Arithmetic(c.op, c.a, c.b); got != c.want || ok != c.ok {
			t.Errorf("%v %c %v = %v, %v, want %v, %v", c.a, c.op, c.b, got, ok, c.want, c.ok)
		}
	}
}

func TestComparable(t *testing.T) {
	for _, c := range []struct {
		a, b Type
		want bool
	}{
		{String, Long, true}, {Dynamic, DateTime, true}, {Int, Real, true}, {Bool, Long, true}, {DateTime, Long, false}, {DateTime, TimeSpan, false}, {Guid, Long, false},
	} {
		if got := Comparable(c.a, c.b); got != c.want {
			t.Errorf("Comparable(%v, %v) = %v", c.a, c.b, got)
		}
	}
}
