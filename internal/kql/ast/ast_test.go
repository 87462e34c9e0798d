package ast_test

import (
	"reflect"
	"testing"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/parser"
)

// everything has each node of the tree at least once.
const everything = `alias database d = cluster("c").database("d"); set a = 1;
declare query_parameters(p:long = 1);
let v = view () { T };
let f = (t:(a:long), u:(*), n:long = 1) { let y = 1; t };
union kind=outer withsource=W A, B*, *, database("d").C, (datatable(a:long)[1, -2]), (externaldata(a:long)["x"] with (format="csv"))
| where hint.a=b x == 1 and c in (1, 2) and d between (1 .. 2) and not(e) and z[0].["q"] has "r"
| project a, (b, c) = g(h=1, *, typeof(long), T | count)
| project-away a* | project-keep a | project-rename a = b | project-reorder a desc
| extend a = dynamic({"k": [1, null, -1]}) | summarize hint.strategy=shuffle count() by a
| distinct hint.a=b a | sort hint.a=b by a asc | top hint.a=b 1 by a
| top-nested 1 of a with others = "x" by b, top-nested of c by d
| top-hitters 1 of a by b | take 1 | sample 1 | sample-distinct 1 of a | count as n
| join kind=inner hint.a=b (T) on a, $left.b == $right.c | join U where a == b | lookup hint.a=b (T) on a
| mv-expand with_itemindex=i a to typeof(long) limit 1 | mv-apply with_itemindex=i a limit 1 id guid(74be27de-1e4e-49d9-b579-fe0b331d3642) on (take 1)
| parse kind=regex s with "a" b:long * | parse-kv s as (a:long) with (greedy=true)
| make-series n = count() default=0 on t from a to b step c by d
| serialize a = 1 | scan with_match_id=m order by a partition by b declare (s:long=0) with (step a: true => s = 1;)
| partition hint.a=b by k (take 1) | fork x = (take 1) | facet by a with (take 1)
| as hint.materialized=true N | getschema | search kind=case_sensitive in (T) "a" and b:"c"
| evaluate hint.a=b pivot(a) : (a:long) | reduce kind=x by a with threshold=1 | invoke f(1) | consume decodeblocks=true
| make-graph a | render timechart with (series=a, b);
print 1; range x from 1 to 2 step 1; find withsource=S in (T) where a == 1 project a:long project-away b`

// TestChildrenMissesNothing compares Children with what reflection finds: a field added without its line in walk.go
// fails here.
func TestChildrenMissesNothing(t *testing.T) {
	q, err := parser.Parse(everything)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	ast.Walk(q, func(n ast.Node) bool {
		seen[reflect.TypeOf(n)] = true
		want := map[ast.Node]bool{}
		fieldNodes(reflect.ValueOf(n).Elem(), want)
		got := map[ast.Node]bool{}
		for _, c := range ast.Children(n) {
			got[c] = true
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Children(%T) has %d nodes, its fields have %d", n, len(got), len(want))
		}
		return true
	})
	if len(seen) < 79 {
		t.Errorf("the text has %d kinds of nodes, want all of them", len(seen))
	}
}

var nodeType = reflect.TypeFor[ast.Node]()

// fieldNodes collects the nodes in the fields of a struct, through slices and plain structs.
func fieldNodes(v reflect.Value, out map[ast.Node]bool) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		collect(f, out)
	}
}

func collect(f reflect.Value, out map[ast.Node]bool) {
	switch {
	case f.Kind() == reflect.Slice:
		for i := range f.Len() {
			collect(f.Index(i), out)
		}
	case (f.Kind() == reflect.Pointer || f.Kind() == reflect.Interface) && f.Type().Implements(nodeType):
		if !f.IsNil() {
			out[f.Interface().(ast.Node)] = true
		}
	case f.Type() == reflect.TypeFor[ast.Entry]():
		fieldNodes(f, out)
	}
}

func TestWalkStops(t *testing.T) {
	q, _ := parser.Parse("T | where a == 1 | project b")
	n := 0
	ast.Walk(q, func(node ast.Node) bool {
		n++
		_, isPipeline := node.(*ast.Pipeline)
		return !isPipeline
	})
	if n != 3 {
		t.Errorf("Walk visited %d nodes, want the query, its statement and the pipeline", n)
	}
	ast.Walk(nil, func(ast.Node) bool { t.Error("visited nil"); return true })
}

func TestOpsHaveTexts(t *testing.T) {
	for op := ast.Or; op <= ast.ColumnHas; op++ {
		if op.String() == "" || op.Precedence() == 0 {
			t.Errorf("operator %d has no text or precedence", op)
		}
	}
	if s := ast.NoOp.String(); s != "" || ast.Op(-1).String() != "" {
		t.Errorf("NoOp is written %q", s)
	}
}
