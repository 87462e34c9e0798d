package native_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/native"
)

// function finds a function by name.
func function(t testing.TB, name string) func(args ...any) any {
	for _, f := range native.Functions() {
		if f.Name == name {
			return func(args ...any) any {
				v, err := f.Fn(args)
				if err != nil {
					return err
				}
				return v
			}
		}
	}
	t.Fatalf("there is no function %s", name)
	return nil
}

// FuzzDynamic: what the functions write is JSON that reads back the same.
func FuzzDynamic(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,-3e7,"x\u00e9\n",null,true]}`, `[]`, `"`, `{"a":1,"a":2}`, `[[[[`, `1e999`, `"\ud83d\ude00"`, ` 1 `, `NaN`} {
		f.Add(s)
	}
	parse := function(f, "kql_parse_json")
	f.Fuzz(func(t *testing.T, s string) {
		v, _ := parse(s).(string)
		if v == "" {
			return
		}
		if !json.Valid([]byte(v)) && strings.ToValidUTF8(s, "") == s {
			t.Errorf("parse_json(%q) = %s, which is no JSON", s, v)
		}
		if again := parse(v); again != v {
			t.Errorf("parse_json(%q) = %s, and again %v", s, v, again)
		}
	})
}

// FuzzJSONFunctions: no text brings a function of one dynamic down, and arrays and bags stay JSON.
func FuzzJSONFunctions(f *testing.F) {
	f.Add(`[1,null,{"a":[2]}]`, `["$.a[0]","b"]`, "$.a['b'].c")
	f.Add(`{"a":{"b":1}}`, `[1,[2]]`, "$..[")
	f.Fuzz(func(t *testing.T, x, y, key string) {
		for _, fn := range native.Functions() {
			args := fuzzArgs(fn, x, y, key)
			if args == nil || fn.Name == "kql_parse_user_agent" {
				continue
			}
			v, err := fn.Fn(args)
			if s, ok := v.(string); ok && err == nil && fn.Out == duck.JSON && !json.Valid([]byte(s)) && valid(x, y, key) {
				t.Errorf("%s(%q) = %q, which is no JSON", fn.Name, args, s)
			}
		}
	})
}

func valid(texts ...string) bool {
	all := strings.Join(texts, "")
	return strings.ToValidUTF8(all, "") == all
}

// fuzzArgs fills the parameters of functions that take text and dynamics only.
func fuzzArgs(fn duck.Func, x, y, key string) []any {
	var args []any
	in := fn.In
	if fn.Variadic != 0 {
		in = append(append([]duck.Kind{}, in...), fn.Variadic, fn.Variadic)
	}
	for i, k := range in {
		switch {
		case k == duck.JSON && i%2 == 0:
			args = append(args, x)
		case k == duck.JSON:
			args = append(args, y)
		case k == duck.String:
			args = append(args, key)
		default:
			return nil
		}
	}
	return args
}

// FuzzTimes: what is read as an instant or timespan is one, and its text reads back the same.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{"2026-01-02T03:04:05.1234567Z", "1.02:03:04.5", "-1d", "Sat, 8 Nov 2014 15:05:02 GMT", "9999-12-31T23:59:59.9999999-14:00", "10675199.02:48:05.4775807"} {
		f.Add(s)
	}
	instant, span := function(f, "kql_text_datetime"), function(f, "kql_text_timespan")
	instantText, spanText := function(f, "kql_datetime_text"), function(f, "kql_timespan_text")
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := instant(s).(int64); ok {
			if n < 0 || n > int64(passtrail.MaxTicks) {
				t.Errorf("todatetime(%q) = %d ticks, beyond the calendar", s, n)
			} else if again := instant(instantText(n)); again != n {
				t.Errorf("todatetime(%q) = %d, its text gives %v", s, n, again)
			}
		}
		if n, ok := span(s).(int64); ok {
			if again := span(spanText(n)); again != n {
				t.Errorf("totimespan(%q) = %d, its text %v gives %v", s, n, spanText(n), again)
			}
		}
	})
}

// FuzzRegex: a pattern that passes the check compiles.
func FuzzRegex(f *testing.F) {
	for _, s := range []string{`^a\d+$`, `[\w-]`, `[^\s]`, `(?i)x`, `\`, `[a[b]]`, `[[:alpha:]\d]`, `\Q[\E`, `[\D]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if builtin.CheckRegex(s) != nil {
			return
		}
		if _, err := regexp.Compile(builtin.GoRegex(s)); err != nil {
			t.Errorf("pattern %q passes the check, but %v", s, err)
		}
	})
}
