package kqltest_test

import (
	"fmt"
	"strings"
	"testing"

	"passtrail/internal/kql"
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/kqltest"
	"passtrail/internal/kql/parser"
	"passtrail/internal/kql/plan"
)

// seen is what the scripts use: calls by name, operators of rows and of values, kinds of join, statements, sources.
type seen struct {
	calls, nodes, ops, joins map[string]bool
}

func newSeen() *seen {
	return &seen{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

func (s *seen) query(text string) {
	q, _ := parser.Parse(text)
	if q == nil {
		return
	}
	ast.Walk(q, func(n ast.Node) bool {
		s.nodes[strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast.")] = true
		switch n := n.(type) {
		case *ast.Call:
			s.calls[n.Name.Text] = true
		case *ast.Binary:
			s.ops[n.Op.String()] = true
		case *ast.Join:
			s.joins[n.Kind] = true
		}
		return true
	})
}

func allSeen(t *testing.T) *seen {
	t.Helper()
	s := newSeen()
	for _, file := range scripts(t) {
		for _, q := range readScript(t, file).Queries() {
			s.query(q.Text)
		}
	}
	return s
}

// TestEveryFunctionHasAScript fails when a function, aggregate, window function or plugin of the tables, old spellings
// among them, stands in no query of the scripts. Of one that is refused, the query that calls it must be told so by name.
func TestEveryFunctionHasAScript(t *testing.T) {
	s := allSeen(t)
	for _, k := range []builtin.Kind{builtin.Scalar, builtin.Aggregate, builtin.Window, builtin.Plugin} {
		for _, name := range builtin.Names(k, true) {
			refused := builtin.Of(k, name)[0].Refused
			switch {
			case refused != "":
				checkRefused(t, k, name)
			case !s.calls[name]:
				t.Errorf("no script calls the %s %s", k, name)
			}
		}
	}
}

func checkRefused(t *testing.T, k builtin.Kind, name string) {
	t.Helper()
	src := "print x = " + name + "()"
	switch k {
	case builtin.Aggregate:
		src = "print x = 1 | summarize y = " + name + "(x)"
	case builtin.Plugin:
		src = "print x = 1 | evaluate " + name + "()"
	}
	_, err := kql.Compile(src, &plan.Schema{}, kql.Options{Now: kqltest.Now})
	if err == nil || !strings.Contains(err.Error(), name+" is not supported: ") {
		t.Errorf("%s: %v, want it refused by name", src, err)
	}
}

// TestEveryOperatorHasAScript does so for the operators that the editor offers, kinds of join, operators of values,
// statements and sources.
func TestEveryOperatorHasAScript(t *testing.T) {
	s := allSeen(t)
	for _, kind := range []string{"", "inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftanti", "leftsemi", "rightanti", "rightsemi", "anti", "leftantisemi", "rightantisemi"} {
		if !s.joins[kind] {
			t.Errorf("no script has a join of kind %q", kind)
		}
	}
	for op := ast.Or; op <= ast.MatchesRegex; op++ {
		if !s.ops[op.String()] && op != ast.Neg && op != ast.Pos {
			t.Errorf("no script has the operator %s", op)
		}
	}
	for _, node := range nodes {
		if !s.nodes[node] {
			t.Errorf("no script has a %s", node)
		}
	}
}

// nodes are the statements, sources, operators and kinds of expression of package ast.
var nodes = strings.Fields(`Let Set QueryParameters Expression UnsupportedStatement Datatable ExternalData Print Range Where Project ProjectAway
	ProjectKeep ProjectByNames ProjectRename ProjectReorder Extend Summarize Distinct Sort Top TopNested TopHitters Take Sample SampleDistinct Count Join Lookup
	Union MvExpand MvApply Parse ParseKV MakeSeries Serialize Scan Partition Fork Facet As GetSchema Search Find Evaluate Render Consume Invoke
	Reduce Unsupported Star Wildcard Path Index Call Unary Binary List Interval Paren Named TypeOf Function Literal Dynamic Array Bag`)

func TestScriptsAreRead(t *testing.T) {
	s, err := kqltest.ParseScript([]byte("x\n-- v.values --\nprint 1\n"))
	if err != nil || len(s.Values()) != 1 || s.Values()[0].Expr != "print 1" {
		t.Errorf("Values = %v, %v", s.Values(), err)
	}
}
