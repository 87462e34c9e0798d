package ast

// Op is a scalar operator.
type Op int

// The scalar operators. A trailing N means the negated form, CS the case-sensitive one, CI the case-insensitive one.
const (
	NoOp Op = iota
	Or
	And
	Eq       // ==
	Ne       // !=
	EqCI     // =~
	NeCI     // !~
	Lt       // <
	Le       // <=
	Gt       // >
	Ge       // >=
	Add      // +
	Sub      // -
	Mul      // *
	Div      // /
	Mod      // %
	Neg      // unary -
	Pos      // unary +
	In       // in
	InN      // !in
	InCI     // in~
	InCIN    // !in~
	Between  // between
	BetweenN // !between
	Has
	HasN
	HasCS
	HasCSN
	HasAny
	HasAll
	HasPrefix
	HasPrefixN
	HasPrefixCS
	HasPrefixCSN
	HasSuffix
	HasSuffixN
	HasSuffixCS
	HasSuffixCSN
	Contains
	ContainsN
	ContainsCS
	ContainsCSN
	StartsWith
	StartsWithN
	StartsWithCS
	StartsWithCSN
	EndsWith
	EndsWithN
	EndsWithCS
	EndsWithCSN
	MatchesRegex
	Like      // like, undocumented: * and ? wildcards
	LikeN     // notlike
	LikeCS    // likecs
	LikeCSN   // notlikecs
	ColumnHas // column:"term" in search
)

var opTexts = [...]string{
	NoOp: "", Or: "or", And: "and", Eq: "==", Ne: "!=", EqCI: "=~", NeCI: "!~", Lt: "<", Le: "<=", Gt: ">", Ge: ">=",
	Add: "+", Sub: "-", Mul: "*", Div: "/", Mod: "%", Neg: "-", Pos: "+",
	In: "in", InN: "!in", InCI: "in~", InCIN: "!in~", Between: "between", BetweenN: "!between",
	Has: "has", HasN: "!has", HasCS: "has_cs", HasCSN: "!has_cs", HasAny: "has_any", HasAll: "has_all",
	HasPrefix: "hasprefix", HasPrefixN: "!hasprefix", HasPrefixCS: "hasprefix_cs", HasPrefixCSN: "!hasprefix_cs",
	HasSuffix: "hassuffix", HasSuffixN: "!hassuffix", HasSuffixCS: "hassuffix_cs", HasSuffixCSN: "!hassuffix_cs",
	Contains: "contains", ContainsN: "!contains", ContainsCS: "contains_cs", ContainsCSN: "!contains_cs",
	StartsWith: "startswith", StartsWithN: "!startswith", StartsWithCS: "startswith_cs", StartsWithCSN: "!startswith_cs",
	EndsWith: "endswith", EndsWithN: "!endswith", EndsWithCS: "endswith_cs", EndsWithCSN: "!endswith_cs",
	MatchesRegex: "matches regex", Like: "like", LikeN: "notlike", LikeCS: "likecs", LikeCSN: "notlikecs", ColumnHas: ":",
}

// String is the operator as it is written.
func (o Op) String() string {
	if o < 0 || int(o) >= len(opTexts) {
		return ""
	}
	return opTexts[o]
}

// Precedence tells how tightly a binary operator binds: or 1, and 2, equality and lists 3, relational 4, additive 5,
// multiplicative 6, string operators 7 (=~ and !~ among them). Signs are 8. Zero for NoOp.
func (o Op) Precedence() int {
	switch {
	case o == NoOp:
		return 0
	case o == Or:
		return 1
	case o == And:
		return 2
	case o == Lt || o == Le || o == Gt || o == Ge:
		return 4
	case o == Add || o == Sub:
		return 5
	case o == Mul || o == Div || o == Mod:
		return 6
	case o == Neg || o == Pos:
		return 8
	case o == Eq || o == Ne, o >= In && o <= BetweenN, o == HasAny || o == HasAll:
		return 3
	default:
		return 7
	}
}

// TakesList reports whether the right side of the operator is a *[List].
func (o Op) TakesList() bool {
	return o >= In && o <= InCIN || o == HasAny || o == HasAll
}

// Order is the direction of a sort key.
type Order int

// The directions; DefaultOrder when none is written, which sorts descending.
const (
	DefaultOrder Order = iota
	Asc
	Desc
	GrannyAsc  // project-reorder: numbers inside names count as numbers
	GrannyDesc // project-reorder
)

// String is the direction as it is written, "" for DefaultOrder.
func (o Order) String() string {
	return [...]string{"", "asc", "desc", "granny-asc", "granny-desc"}[o]
}

// Nulls says where a sort key puts nulls.
type Nulls int

// The places of nulls; DefaultNulls when none is written: first when ascending, last when descending.
const (
	DefaultNulls Nulls = iota
	NullsFirst
	NullsLast
)

// String is the clause as it is written, "" for DefaultNulls.
func (n Nulls) String() string {
	return [...]string{"", "nulls first", "nulls last"}[n]
}
