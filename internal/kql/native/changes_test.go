package native_test

import (
	"testing"

	"passtrail/internal/duck"
	"passtrail/internal/kql/native"
)

// TestPropertyChanges compares values as records bring them.
func TestPropertyChanges(t *testing.T) {
	var f duck.Func
	for _, x := range native.Functions() {
		if x.Name == "kql_property_changes" {
			f = x
		}
	}
	const none = `[{"name":"","from":"","to":"","added":"","removed":""}]`
	targets := func(properties string) string { return `[{"modifiedProperties":[` + properties + `]}]` }
	for _, c := range []struct{ name, in, want string }{
		{"no properties", `[{"id":"x"}]`, none},
		{"no targets", `[]`, none},
		{"broken", `[{"modifiedProperties":5}]`, none},
		{"housekeeping only", targets(`{"displayName":"Included Updated Properties","oldValue":null,"newValue":"\"a\""},{"displayName":"TargetId.UserType","newValue":"\"Member\""}`), none},
		{"equal", targets(`{"displayName":"A","oldValue":"\"1\"","newValue":"1"}`), `[]`},
		{"equal but for the case of a truth", targets(`{"displayName":"A","oldValue":"True","newValue":"\"true\""}`), `[]`},
		{"other case of a text", targets(`{"displayName":"A","oldValue":"None","newValue":"none"}`), `[{"name":"A","from":"None","to":"none","added":"","removed":""}]`},
		{"nothing and empty", targets(`{"displayName":"A","oldValue":null,"newValue":"\"\""}`), `[]`},
		{"a list in a list of one", targets(`{"displayName":"A","oldValue":"[\"x\"]","newValue":"\"x\""}`), `[]`},
		{"a list in another order", targets(`{"displayName":"A","oldValue":"[\"b\",\"a\"]","newValue":"[\"a\",\"b\"]"}`), `[]`},
		{"list", targets(`{"displayName":"A","oldValue":"[\"b\",\"a\"]","newValue":"[\"a\",\"B2\"]"}`), `[{"name":"A","from":"b, a","to":"a, B2","added":"|b2|","removed":"|b|"}]`},
		{"packed twice", targets(`{"displayName":"A","oldValue":"\"\\\"x\\\"\"","newValue":"\"{\\\"k\\\":1}\""}`), `[{"name":"A.k","from":"","to":"1","added":"|1|","removed":""}]`},
		{"values that are no text", `[{"ModifiedProperties":[{"DisplayName":"A","OldValue":{"k":true},"NewValue":{"k":false}}]}]`, `[{"name":"A.k","from":"true","to":"false","added":"|false|","removed":"|true|"}]`},
		{"two targets", `[{"modifiedProperties":[{"displayName":"A","newValue":"1"}]},{"modifiedProperties":[{"displayName":"B","newValue":"2"}]}]`,
			`[{"name":"A","from":"","to":"1","added":"|1|","removed":""},{"name":"B","from":"","to":"2","added":"|2|","removed":""}]`},
		{"no JSON", targets(`{"displayName":"A","oldValue":"{oops","newValue":"[oops"}`), `[{"name":"A","from":"{oops","to":"[oops","added":"|[oops|","removed":"|{oops|"}]`},
	} {
		got, err := f.Fn([]any{c.in})
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v\nwant %s", c.name, got, err, c.want)
		}
	}
}
