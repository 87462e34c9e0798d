package diag_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"passtrail/internal/kql/diag"
)

func TestAt(t *testing.T) {
	const src = "ab\ncdé\r\nf"
	tests := []struct {
		offset int
		want   string
	}{{-1, "1:1"}, {0, "1:1"}, {2, "1:3"}, {3, "2:1"}, {7, "2:4"}, {9, "3:1"}, {99, "3:2"}}
	for _, test := range tests {
		if got := diag.At(src, test.offset).String(); got != test.want {
			t.Errorf("At(%q, %d) = %s, want %s", src, test.offset, got, test.want)
		}
	}
}

func TestCaret(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name, src, mark, want string
	}{
		{"first line", "T | wher x", "wher", "  T | wher x\n      ^~~~\n"},
		{"second line", "T\n| wher x", "wher", "  | wher x\n    ^~~~\n"},
		{"tab", "T\n\t| wher x", "wher", "      | wher x\n        ^~~~\n"},
		{"tab inside", "ab\tcd", "cd", "  ab  cd\n      ^~\n"},
		{"wide", "print 日本 x", "x", "  print 日本 x\n             ^\n"},
		{"wide marked", "a 日本 x", "日本", "  a 日本 x\n    ^~~~\n"},
		{"combining", "e\u0301 x", "x", "  e\u0301 x\n    ^\n"},
		{"several lines", "a (b\nc) d", "(b\nc)", "  a (b\n    ^~\n"},
		{"end", "T | ", "", "  T |\n      ^\n"},
		{"carriage return", "ab\r\ncd", "ab", "  ab\n  ^~\n"},
		{"long", long + " y " + long, "y", "  ..." + strings.Repeat("x", 79) + " y " + strings.Repeat("x", 79) + "...\n" + strings.Repeat(" ", 85) + "^\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start := strings.Index(test.src, test.mark)
			if test.mark == "" {
				start = len(test.src)
			}
			d := diag.New(diag.Span{Start: start, End: start + len(test.mark)}, "code", "wrong").WithHint("fix it")
			_, got, _ := strings.Cut(diag.Caret(test.src, d), "\n")
			if want := test.want + "  hint: fix it\n"; got != want {
				t.Errorf("Caret(%q) =\n%s\nwant\n%s", test.src, got, want)
			}
		})
	}
}

func TestCaretOutsideOfTheText(t *testing.T) {
	for _, s := range []diag.Span{{Start: -5, End: -1}, {Start: 10, End: 20}, {Start: 1, End: 99}, {Start: 2, End: 1}} {
		if diag.Caret("ab", diag.New(s, "c", "m")) == "" {
			t.Errorf("Caret at %v is empty", s)
		}
	}
}

func TestListIsAnError(t *testing.T) {
	l := diag.List{
		diag.New(diag.Span{Start: 5, End: 6}, "b", "second"),
		diag.New(diag.Span{Start: 1, End: 2}, "a", "first").WithHint("did you mean %s?", "x"),
		diag.New(diag.Span{Start: 5, End: 6}, "b", "second"),
	}
	l.Sort()
	err := fmt.Errorf("compile: %w", l.Err())
	var got diag.List
	if !errors.As(err, &got) || len(got) != 2 {
		t.Fatalf("errors.As gives %v, want two diagnostics", got)
	}
	if want := "first; did you mean x?\nsecond"; got.Error() != want {
		t.Errorf("Error() = %q, want %q", got.Error(), want)
	}
	if r := got.Render("a wrong text"); !strings.Contains(r, "1:2: error: first [a]") || !strings.Contains(r, "1:6: error: second [b]") {
		t.Errorf("Render = %s", r)
	}
}

func TestWarningsAreNoError(t *testing.T) {
	l := diag.List{{Message: "slow", Severity: diag.Warning}}
	if err := l.Err(); err != nil {
		t.Errorf("Err() = %v, want nil", err)
	}
	if b, _ := json.Marshal(l[0]); !strings.Contains(string(b), `"severity":"warning"`) {
		t.Errorf("JSON is %s", b)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"ActivityDisplayName", "TimeGenerated", "Result", "ResultReason", "Id"}
	for in, want := range map[string]string{
		"ActivityDisplayNam": "ActivityDisplayName", "timegenerated": "TimeGenerated", "Reslut": "Result",
		"ResultReson": "ResultReason", "Foo": "", "id": "Id", "Result": "", "": "",
	} {
		if got := diag.Nearest(in, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
	if got := diag.DidYouMean("Reslut", names); got != "did you mean Result?" {
		t.Errorf("DidYouMean = %q", got)
	}
}
