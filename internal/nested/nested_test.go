package nested_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/nested"
)

// whole gives both nested values back from what is kept of a record.
func whole(r *passtrail.Record, by, targets string) (string, string) {
	return string(nested.Whole(nil, by, []string{r.ActorID, r.ActorUPN, r.ActorName, r.ActorAddress})),
		string(nested.Whole(nil, targets, []string{r.TargetID, r.TargetUPN, r.TargetName}))
}

func TestPack(t *testing.T) {
	r := &passtrail.Record{
		ActorID: "4a1e", ActorUPN: "megan.bowen@contoso.com", ActorName: "Me", ActorAddress: "203.0.113.7",
		TargetID: "9b2f", TargetUPN: `q"uote@contoso.com`, TargetName: ",",
	}
	var p nested.Packer
	for _, tt := range []struct{ name, by, kept string }{
		{"every column", `{"user":{"id":"4a1e","userPrincipalName":"megan.bowen@contoso.com","ipAddress":"203.0.113.7"}}`,
			"{\"user\":{\"id\":\"\x01\",\"userPrincipalName\":\"\x02\",\"ipAddress\":\"\x04\"}}"},
		{"twice", `["4a1e","4a1e"]`, "[\"\x01\",\"\x01\"]"},
		{"too short", `["Me"]`, `["Me"]`},
		{"a part only", `["4a1e-","x4a1e","4A1E"]`, `["4a1e-","x4a1e","4A1E"]`},
		{"a name of a member", `{"4a1e":1}`, "{\"\x01\":1}"},
		{"the end", `"4a1e`, `"4a1e`},
		{"nothing", ``, ``},
		{"a mark in the value", "{\"id\":\"4a1e\x01\"}", "\x08{\"id\":\"4a1e\x01\"}"},
		{"the sign of a whole value", "\x08", "\x08\x08"},
	} {
		r.InitiatedBy = tt.by
		if got := p.InitiatedBy(r); got != tt.kept {
			t.Errorf("%s: kept %q, want %q", tt.name, got, tt.kept)
		}
		if got, _ := whole(r, p.InitiatedBy(r), ""); got != tt.by {
			t.Errorf("%s: back %q, want %q", tt.name, got, tt.by)
		}
	}
	r.TargetResources = `[{"id":"9b2f","userPrincipalName":"q\"uote@contoso.com","displayName":",","n":"a","m":"b"}]`
	if _, got := whole(r, "", p.TargetResources(r)); got != r.TargetResources {
		t.Errorf("back %q, want %q", got, r.TargetResources)
	}
}

// TestWholeAgain packs random values and texts, made of the same few pieces so that they meet, and gives them back.
func TestWholeAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	pieces := []string{`"`, `,`, `","`, `abc`, `":"`, "\x01", "\x02", "\x08", "\x00", `{`, `\`, "é", "\xff", ``, `abcabc`, "\u2028"}
	text := func(n int) string {
		var b strings.Builder
		for range rng.IntN(n) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		return b.String()
	}
	var p nested.Packer
	for range 200_000 {
		r := &passtrail.Record{ActorID: text(3), ActorUPN: text(3), ActorName: text(3), ActorAddress: text(3),
			TargetID: text(3), TargetUPN: text(3), TargetName: text(3), InitiatedBy: text(9), TargetResources: text(9)}
		by, targets := whole(r, p.InitiatedBy(r), p.TargetResources(r))
		if by != r.InitiatedBy || targets != r.TargetResources {
			t.Fatalf("%q\ncame back as %q, %q", r, by, targets)
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add(`{"user":{"id":"4a1e"}}`, "4a1e", "megan.bowen@contoso.com", "Megan Bowen", "203.0.113.7")
	f.Add("\x08\x01", `,`, `","`, "\x01", "")
	f.Fuzz(func(t *testing.T, value, id, upn, name, address string) {
		r := &passtrail.Record{ActorID: id, ActorUPN: upn, ActorName: name, ActorAddress: address, InitiatedBy: value,
			TargetID: id, TargetUPN: upn, TargetName: name, TargetResources: value}
		var p nested.Packer
		by, targets := whole(r, p.InitiatedBy(r), p.TargetResources(r))
		if by != value || targets != value {
			t.Errorf("%q came back as %q, %q", value, by, targets)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	r := &passtrail.Record{ActorID: "4a1e0000-0000-4000-8000-000000000001", ActorUPN: "megan.bowen@contoso.com", ActorName: "Megan Bowen", ActorAddress: "203.0.113.7"}
	by, err := json.Marshal(map[string]any{"user": map[string]any{"id": r.ActorID, "userPrincipalName": r.ActorUPN, "displayName": r.ActorName, "ipAddress": r.ActorAddress, "roles": []string{}}})
	if err != nil {
		b.Fatal(err)
	}
	r.InitiatedBy = string(by)
	var p nested.Packer
	kept := p.InitiatedBy(r)
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			p.InitiatedBy(r)
		}
	})
	b.Run("whole", func(b *testing.B) {
		var buffer []byte
		texts := []string{r.ActorID, r.ActorUPN, r.ActorName, r.ActorAddress}
		for b.Loop() {
			buffer = nested.Whole(buffer[:0], kept, texts)
		}
	})
}
