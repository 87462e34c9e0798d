package format_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/format"
	"passtrail/internal/kql/parser"
)

// corpus is every query of the parser's own corpus by name.
func corpus(t testing.TB) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../parser/testdata/queries.txtar")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	name := ""
	for l := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(l), "-- "); ok && strings.HasSuffix(n, " --") {
			name = strings.TrimSuffix(n, " --")
		} else if name != "" {
			out[name] += l
		}
	}
	return out
}

// TestCorpusKeepsItsMeaning formats each query, and holds the result to the same tree, the same comments, and to being
// left alone by a second time.
func TestCorpusKeepsItsMeaning(t *testing.T) {
	for name, src := range corpus(t) {
		t.Run(name, func(t *testing.T) { checkStable(t, src) })
	}
}

func checkStable(t *testing.T, src string) {
	t.Helper()
	tree, err := parser.Parse(src)
	if err != nil {
		return
	}
	once := format.Text(tree)
	again, err := parser.Parse(once)
	if err != nil {
		t.Fatalf("%q became %q, which does not parse: %v", src, once, err)
	}
	if a, b := dump(tree), dump(again); a != b {
		t.Errorf("%q became %q, which means something else:\n%s\n%s", src, once, a, b)
	}
	if twice := format.Text(again); twice != once {
		t.Errorf("%q became %q and then %q", src, once, twice)
	}
	if a, b := commentText(tree), commentText(again); a != b && !strings.Contains(src, "graph") {
		t.Errorf("%q lost or changed comments: %q became %q", src, a, b)
	}
}

func commentText(q *ast.Query) string {
	var b strings.Builder
	for _, c := range q.Comments {
		b.WriteString(strings.TrimSpace(c.Text) + "\n")
	}
	return b.String()
}

// dump writes a tree without its places and spellings.
func dump(n any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(n))
	return b.String()
}

var spelling = map[string]bool{"At": true, "OpLoc": true, "KindLoc": true, "Raw": true, "Style": true, "Comments": true, "Loc": true}

func dumpValue(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dumpValue(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			dumpValue(b, v.Index(i))
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Struct:
		b.WriteString(v.Type().Name() + "{")
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if spelling[f.Name] || strings.HasSuffix(f.Name, "Node") || v.Type() == reflect.TypeOf(ast.Query{}) && f.Name == "Text" {
				continue
			}
			b.WriteString(f.Name + ":")
			if f.Name == "Text" && strings.HasPrefix(v.Type().Name(), "Unsupported") { // blanks at line ends are not kept
				fmt.Fprintf(b, "%q ", strings.Fields(v.Field(i).String()))
				continue
			}
			dumpValue(b, v.Field(i))
			b.WriteByte(' ')
		}
		b.WriteByte('}')
	case reflect.Float64:
		fmt.Fprintf(b, "%x", math.Float64bits(v.Float()))
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprint(b, v.Interface())
	}
}

// TestGoldens holds the layout to the files in testdata: `name.in.kql` becomes `name.out.kql`.
func TestGoldens(t *testing.T) {
	b, err := os.ReadFile("testdata/layout.txtar")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(b), "\n-- ")
	for _, part := range parts[1:] {
		name, body, _ := strings.Cut(part, " --\n")
		in, want, ok := strings.Cut(body+"\n", ">>>\n")
		if !ok {
			t.Fatalf("%s has no >>> line", name)
		}
		t.Run(name, func(t *testing.T) {
			got, err := format.Source(in)
			if err != nil {
				t.Fatal(err)
			}
			if want = strings.TrimRight(want, "\n") + "\n"; got != want {
				t.Errorf("Source(%q) =\n%s\nwant\n%s", in, got, want)
			}
			checkStable(t, in)
		})
	}
}

func TestMistakesLeaveTheTextAlone(t *testing.T) {
	const src = "T |  wher x == 1"
	got, err := format.Source(src)
	if got != src || err == nil {
		t.Errorf("Source(%q) = %q, %v, want the text and its mistakes", src, got, err)
	}
}

func FuzzFormat(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) { checkStable(t, src) })
}
