// Package types has the column types of KQL and the rules between them: their names, which widens to which, and what
// may be compared with what. It knows no values and no SQL.
package types

import "strings"

// Type is the static type of a column or scalar expression. The zero value is Unknown.
type Type uint8

// The types. Unknown stands for an expression that already has a diagnostic: it agrees with everything, so that one
// mistake is reported once. Null is the type of the literal null before its use decides.
const (
	Unknown Type = iota
	Null
	Bool
	Int
	Long
	Real
	Decimal
	String
	DateTime
	TimeSpan
	Guid
	Dynamic
)

var names = [...]string{"unknown", "null", "bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}

// String returns the name as Kusto prints it: "long", "datetime".
func (t Type) String() string {
	if int(t) < len(names) {
		return names[t]
	}
	return "unknown"
}

// All lists the types that a column can have.
func All() []Type {
	return []Type{Bool, Int, Long, Real, Decimal, String, DateTime, TimeSpan, Guid, Dynamic}
}

var byName = map[string]Type{
	"bool": Bool, "boolean": Bool, "int": Int, "int32": Int, "int16": Int, "uint16": Int, "uint8": Int, "int8": Int,
	"long": Long, "int64": Long, "uint32": Long, "uint64": Long, "ulong": Long, "uint": Long, "real": Real, "double": Real, "float": Real,
	"single": Real, "decimal": Decimal, "string": String, "datetime": DateTime, "date": DateTime, "timespan": TimeSpan, "time": TimeSpan,
	"guid": Guid, "uuid": Guid, "uniqueid": Guid, "dynamic": Dynamic,
}

// Parse reads a type's name or one of its aliases, in lower case as the language has them, or as .NET spells them
// (System.String). It returns false for any other text.
func Parse(name string) (Type, bool) {
	if t, ok := byName[name]; ok {
		return t, true
	}
	switch name {
	case "System.SByte":
		return Bool, true
	case "System.TimeSpan", "System.DateTime", "System.String", "System.Int32", "System.Int64", "System.Double", "System.Guid", "System.Boolean":
		t, ok := byName[strings.ToLower(strings.TrimPrefix(name, "System."))]
		return t, ok
	case "System.Object":
		return Dynamic, true
	case "System.Data.SqlTypes.SqlDecimal":
		return Decimal, true
	}
	return Unknown, false
}

// Numeric reports whether t is int, long, real or decimal.
func (t Type) Numeric() bool { return t == Int || t == Long || t == Real || t == Decimal }

// Integer reports whether t is int or long.
func (t Type) Integer() bool { return t == Int || t == Long }

// Ordered reports whether values of t can be sorted and compared with <.
func (t Type) Ordered() bool { return t != Dynamic && t != Unknown }

// Open reports whether t says nothing yet: Unknown or Null.
func (t Type) Open() bool { return t == Unknown || t == Null }

// Widen returns the type that holds values of both a and b, as the branches of iff and the legs of coalesce need it:
// int to long to real to decimal; a type and null is that type. It returns false when there is none.
func Widen(a, b Type) (Type, bool) {
	switch {
	case a == b:
		return a, true
	case a.Open():
		return b, true
	case b.Open():
		return a, true
	case a.Numeric() && b.Numeric():
		return max(a, b), true
	}
	return Unknown, false
}

// Arithmetic returns the type of a+b, a-b, a*b, a/b or a%b (op is the sign), and false where Kusto has no such
// operator. Two ints make a long, as the engine answers though the documentation differs. A dynamic is taken for what the
// other side needs ([Operand]); two of them make a dynamic.
func Arithmetic(op byte, a, b Type) (Type, bool) {
	if a == Unknown || b == Unknown {
		return Unknown, true
	}
	if a == Dynamic && b == Dynamic {
		return Dynamic, true
	}
	a, b = openAs(a, b), openAs(b, a)
	a, b = Operand(op, a, b), Operand(op, b, a)
	if t, ok := timeArithmetic(op, a, b); ok {
		return t, true
	}
	if !a.Numeric() || !b.Numeric() {
		return Unknown, false
	}
	return max(a, b, Long), true
}

// Operand is the type that a value of type t is read as beside one of type other: t itself but for dynamics.
func Operand(op byte, t, other Type) Type {
	switch {
	case t != Dynamic:
		return t
	case other == Dynamic:
		return Real
	case other == DateTime && op == '-':
		return DateTime
	case other == DateTime:
		return TimeSpan
	case other == TimeSpan && (op == '*' || op == '/'):
		return Real
	case other == Int:
		return Long
	}
	return other
}

func openAs(t, other Type) Type {
	if t != Null {
		return t
	}
	if other == Null {
		return Long
	}
	return other
}

func timeArithmetic(op byte, a, b Type) (Type, bool) {
	switch {
	case op == '-' && a == DateTime && b == DateTime:
		return TimeSpan, true
	case (op == '+' || op == '-') && a == DateTime && b == TimeSpan:
		return DateTime, true
	case op == '+' && a == TimeSpan && b == DateTime:
		return DateTime, true
	case (op == '+' || op == '-' || op == '%') && a == TimeSpan && b == TimeSpan:
		return TimeSpan, true
	case op == '/' && (a == TimeSpan || a == DateTime) && b == TimeSpan:
		return Real, true
	case (op == '*' || op == '/') && a == TimeSpan && b.Numeric(), op == '*' && a.Numeric() && b == TimeSpan:
		return TimeSpan, true
	case op == '%' && a == DateTime && b == TimeSpan:
		return TimeSpan, true
	}
	return Unknown, false
}

// Comparable reports whether == and != take a and b. Dynamic compares with everything but a bag or array in dynamic
// form; text and numbers compare as text, which SigninLogs queries rely on (ResultType == 0).
func Comparable(a, b Type) bool {
	switch {
	case a.Open() || b.Open() || a == b || a == Dynamic || b == Dynamic:
		return true
	case a.Numeric() && b.Numeric():
		return true
	case a == String || b == String:
		return true
	case a == Bool && b.Numeric() || b == Bool && a.Numeric():
		return true
	}
	return false
}
