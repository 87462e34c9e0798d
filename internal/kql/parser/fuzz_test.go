package parser_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
)

// FuzzTokens holds the scanner to tokens in order, within the text, with nothing but blanks between them.
func FuzzTokens(f *testing.F) {
	for _, s := range sections(f, "testdata/queries.txtar") {
		f.Add(s.text)
	}
	f.Fuzz(func(t *testing.T, src string) {
		tokens, _ := parser.Tokens(src)
		end := 0
		for _, tok := range tokens {
			s := tok.Loc
			if s.Start < end || s.End < s.Start || s.End > len(src) || s.Len() == 0 && tok.Kind != parser.EOF {
				t.Fatalf("token %v at %v behind %d in %q", tok.Kind, s, end, src)
			}
			if gap := strings.TrimSpace(src[end:s.Start]); gap != "" && !strings.ContainsAny(gap, "\u200b\u180e\ufeff") {
				t.Fatalf("%q between tokens of %q", gap, src)
			}
			end = s.End
		}
		if n := len(tokens); n == 0 || tokens[n-1].Kind != parser.EOF {
			t.Fatalf("no end in the tokens of %q", src)
		}
	})
}

// FuzzParse holds the parser to a tree whose spans nest, to diagnostics that lie within the text and say something, and
// to a Bad node only where there is one.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/queries.txtar", "testdata/mistakes.txtar"} {
		for _, s := range sections(f, name) {
			src, _, _ := strings.Cut(s.text, ">>>\n")
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		q, err := parser.Parse(src)
		checkSpans(t, src, q)
		var list diag.List
		if err != nil && !errors.As(err, &list) {
			t.Fatalf("Parse(%q) = %T, want a diag.List", src, err)
		}
		for _, d := range list {
			if d.Span.Start < 0 || d.Span.End < d.Span.Start || d.Span.End > len(src) || d.Code == "" || d.Message == "" {
				t.Errorf("Parse(%q) reports %+v", src, d)
			}
			if diag.Caret(src, d) == "" {
				t.Errorf("Caret(%q, %+v) is empty", src, d)
			}
		}
		if err != nil {
			return
		}
		if !utf8.ValidString(src) {
			t.Errorf("Parse(%q) takes text that is not UTF-8", src)
		}
		ast.Walk(q, func(n ast.Node) bool {
			if _, bad := n.(*ast.Bad); bad {
				t.Errorf("Parse(%q) has a Bad node at %v and no mistake", src, n.Span())
			}
			return true
		})
	})
}
