package simulate_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/simulate"
	"passtrail/internal/vocab"
)

// lines makes a tenant and returns its records as Graph writes them, a line each, with the truth.
func lines(t *testing.T, cfg simulate.Config) ([]string, *simulate.Truth) {
	t.Helper()
	var b bytes.Buffer
	truth, err := simulate.WriteTo(t.Context(), cfg, simulate.GraphLines, &b)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n"), truth
}

// audit is what the tests read of a record.
type audit struct {
	ID       string `json:"id"`
	Corr     string `json:"correlationId"`
	Result   string `json:"result"`
	Reason   string `json:"resultReason"`
	Activity string `json:"activityDisplayName"`
	Time     string `json:"activityDateTime"`
	Service  string `json:"loggedByService"`
}

func audits(t *testing.T, cfg simulate.Config) (map[string]audit, *simulate.Truth) {
	t.Helper()
	all, truth := lines(t, cfg)
	out := map[string]audit{}
	for _, l := range all {
		var a audit
		if err := json.Unmarshal([]byte(l), &a); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		out[a.ID] = a
	}
	return out, truth
}

func TestSameSeedSameBytes(t *testing.T) {
	digest := func(seed uint64, format simulate.Format) [32]byte {
		dir := filepath.Join(t.TempDir(), "out")
		truth, err := simulate.Write(t.Context(), simulate.Config{Seed: seed, Days: 40}, format, dir)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, _ := filepath.Rel(dir, path)
			io.WriteString(h, rel)
			b, err := os.ReadFile(path)
			h.Write(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := truth.WriteTo(h); err != nil {
			t.Fatal(err)
		}
		return [32]byte(h.Sum(nil))
	}
	for _, f := range []simulate.Format{simulate.GraphLines, simulate.Mix} {
		if first, second := digest(7, f), digest(7, f); first != second {
			t.Errorf("%s: the same seed gives other bytes", f)
		}
		if digest(7, f) == digest(8, f) {
			t.Errorf("%s: another seed gives the same bytes", f)
		}
	}
}

func TestRecordsAreAsTrue(t *testing.T) {
	records, truth := audits(t, simulate.Config{Seed: 3})
	if int64(len(records)) != truth.Records {
		t.Errorf("%d distinct records, truth says %d", len(records), truth.Records)
	}
	if truth.Delivery.Delivered <= truth.Records {
		t.Errorf("%d delivered of %d: no repeats", truth.Delivery.Delivered, truth.Records)
	}
	byKey, outcome := map[string]int64{}, map[string]string{}
	for _, r := range records {
		c := vocab.Classify(r.Service, r.Activity, r.Result, r.Reason)
		byKey[c.ActivityKey]++
		if c.ActivityKey == "reset" && r.Result == "success" {
			outcome[r.Corr] = "reset"
		}
	}
	for _, c := range truth.RecordsByActivity {
		if byKey[c.Key] != c.Count {
			t.Errorf("%q: %d records, truth says %d", c.Key, byKey[c.Key], c.Count)
		}
	}
	for _, a := range truth.AttemptsList {
		if (outcome[a.ID] == "reset") != (a.Outcome == "reset") {
			t.Errorf("attempt %s: outcome %s, records say %q", a.ID, a.Outcome, outcome[a.ID])
		}
	}
	for _, p := range truth.Planted {
		if len(p.Evidence) == 0 || len(p.People) == 0 {
			t.Errorf("%s has no evidence or nobody", p.Rule)
		}
		for _, id := range p.Evidence {
			if _, ok := records[id]; !ok {
				t.Errorf("%s: record %s is not there", p.Rule, id)
			}
		}
	}
}

func TestTruthHoldsTogether(t *testing.T) {
	for seed := range uint64(4) {
		_, truth := lines(t, simulate.Config{Seed: seed})
		r := truth.Registration
		if r.Capable > min(r.Registered, r.Enabled) || r.Capable == 0 || r.Registered == r.Capable || r.Total != 400 {
			t.Errorf("seed %d: registered %d, enabled %d, capable %d of %d", seed, r.Registered, r.Enabled, r.Capable, r.Total)
		}
		last := truth.Snapshots[len(truth.Snapshots)-1]
		if last.Registered != r.Registered || last.Capable != r.Capable || len(r.People) != r.Registered {
			t.Errorf("seed %d: last snapshot %+v, people %d", seed, last, len(r.People))
		}
		if first := truth.Snapshots[0]; first.Registered*3 > last.Registered*2 {
			t.Errorf("seed %d: no rollout: %d to %d", seed, first.Registered, last.Registered)
		}
		var byRole, gaps int
		for _, x := range r.ByTypeRole {
			byRole += x.Registered
		}
		for _, g := range r.Gaps {
			gaps += int(g.Count)
		}
		if byRole != r.Registered || gaps == 0 {
			t.Errorf("seed %d: by role %d of %d, %d gaps", seed, byRole, r.Registered, gaps)
		}
		for _, p := range []simulate.Period{truth.AllTime, truth.Last30Days, truth.Last7Days} {
			checkPeriod(t, truth, p)
		}
	}
}

// checkPeriod adds up a period from the list of attempts.
func checkPeriod(t *testing.T, truth *simulate.Truth, p simulate.Period) {
	t.Helper()
	var n, outcomes, resets int64
	for _, a := range truth.AttemptsList {
		if a.End < passtrail.Ticks(p.From) || a.End >= passtrail.Ticks(p.To) {
			continue
		}
		n++
		if a.Start < passtrail.Ticks(p.From) {
			t.Errorf("attempt %s straddles the bound", a.ID)
		}
		if a.Outcome == "reset" {
			resets++
		}
		if slices.Contains([]string{"reset", "unlocked", "open"}, a.Outcome) == (a.Problem != "") {
			t.Errorf("attempt %s: %s with problem %q", a.ID, a.Outcome, a.Problem)
		}
	}
	for _, o := range p.Outcomes {
		outcomes += o.Count
		if o.Key == "reset" && o.Count != resets {
			t.Errorf("%d resets, the list has %d", o.Count, resets)
		}
	}
	if n != p.Attempts || outcomes != n {
		t.Errorf("%d attempts, %d outcomes, the list has %d", p.Attempts, outcomes, n)
	}
	for i := 1; i < 6; i++ {
		if p.Funnel[i].Count > p.Funnel[i-1].Count {
			t.Errorf("the funnel widens at %s", p.Funnel[i].Key)
		}
	}
	if p.To == truth.End && p.From > truth.Last30Days.From && resets != truth.ResetsLast7Days.Resets {
		t.Errorf("%d resets in the last week, %d by day", resets, truth.ResetsLast7Days.Resets)
	}
}

// TestVariety wants every way to end, every block and every refusal in a tenant of ordinary size.
func TestVariety(t *testing.T) {
	records, truth := audits(t, simulate.Config{Seed: 1})
	seen := map[string]bool{}
	for _, r := range records {
		seen[vocab.Fold(r.Reason)] = true
		seen[r.Activity] = true
	}
	for _, r := range vocab.Reasons() {
		if r.Origin == "classic" && r.Step != "abandoned" && r.Row != 34 && !seen[vocab.Fold(r.Text)] {
			t.Errorf("row %d never occurs", r.Row)
		}
		if r.Origin == "today" && !seen[vocab.Fold(r.Text)] {
			t.Errorf("%q never occurs", r.Text)
		}
	}
	for _, name := range []string{"Self-serve password reset flow activity progress", "Self-service password reset flow activity progress", "Security info saved for self-service password reset"} {
		if !seen[name] {
			t.Errorf("%q never occurs", name)
		}
	}
	outcomes, rules := map[string]int64{}, map[string]bool{}
	for _, o := range truth.AllTime.Outcomes {
		outcomes[o.Key] = o.Count
	}
	for _, o := range []string{"reset", "unlocked", "blocked", "cancelled", "failed", "abandoned", "open"} {
		if outcomes[o] == 0 {
			t.Errorf("no attempt is %s", o)
		}
	}
	for _, p := range truth.Planted {
		rules[p.Rule] = true
	}
	for _, r := range []string{"reconnaissance", "gate-guessing", "push-bombing", "reset-then-security-info", "help-desk-burst", "privileged-account-reset", "admin-resets-own-often", "blocked-then-admin-reset", "recovery-weakened"} {
		if !rules[r] {
			t.Errorf("no %s was planted", r)
		}
	}
	if len(truth.Last30Days.AdminsResettingOften) != 2 || truth.Last30Days.AvoidableCalls.Avoidable == 0 || truth.AllTime.AvoidableCalls.TriedFirst == 0 {
		t.Errorf("often %+v, avoidable %+v", truth.Last30Days.AdminsResettingOften, truth.AllTime.AvoidableCalls)
	}
	if len(truth.AllTime.AdminResetsByAgent) < 3 {
		t.Errorf("agents %+v", truth.AllTime.AdminResetsByAgent)
	}
}

// TestQuietWithoutAbuse looks for what the detections look for in tenants without abuse, office networks among them.
func TestQuietWithoutAbuse(t *testing.T) {
	for _, cfg := range []simulate.Config{{Seed: 5, NoAbuse: true}, {Seed: 6, NoAbuse: true, Records: 150_000}} {
		_, truth := lines(t, cfg)
		type place struct {
			address string
			day     passtrail.Ticks
		}
		looked, blocked, office := map[place]map[string]bool{}, map[place]map[string]bool{}, map[string]map[string]bool{}
		add := func(m map[place]map[string]bool, a *simulate.Attempt) {
			k := place{a.IPAddress, a.Start / passtrail.Day}
			if m[k] == nil {
				m[k] = map[string]bool{}
			}
			if m[k][a.UserID] = true; len(m[k]) > 2 {
				t.Errorf("%d people at %s on one day", len(m[k]), a.IPAddress)
			}
		}
		for i := range truth.AttemptsList {
			a := &truth.AttemptsList[i]
			switch {
			case a.Outcome == "blocked":
				add(blocked, a)
			case len(a.MethodsTried) == 0 && (a.LastStep == "options" || a.LastStep == "cancelled"):
				add(looked, a)
			case a.Outcome == "reset":
				if office[a.IPAddress] == nil {
					office[a.IPAddress] = map[string]bool{}
				}
				office[a.IPAddress][a.UserID] = true
			}
		}
		if len(office["203.0.113.10"]) < 20 {
			t.Errorf("only %d people succeed from the largest office", len(office["203.0.113.10"]))
		}
		if len(truth.Planted) > 0 || len(truth.AllTime.AdminsResettingOften) > 0 {
			t.Errorf("planted %v, often %v", truth.Planted, truth.AllTime.AdminsResettingOften)
		}
	}
}

// TestLooksLikeLife holds days and hours against an office's.
func TestLooksLikeLife(t *testing.T) {
	_, truth := lines(t, simulate.Config{Seed: 2, Records: 120_000})
	var workday, weekend, lunch, morning, night int
	for _, a := range truth.AttemptsList {
		at := a.Start.Time()
		if a.IPAddress == "203.0.113.10" { // Berlin, an hour ahead
			switch h := at.Hour() + 1; {
			case h == 9:
				morning++
			case h == 12:
				lunch++
			case h < 6:
				night++
			}
		}
		if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
			weekend++
		} else {
			workday++
		}
	}
	if weekend*10 > workday || lunch*2 > morning || night > 0 {
		t.Errorf("workdays %d, weekends %d; at nine %d, at noon %d, at night %d", workday, weekend, morning, lunch, night)
	}
}

func TestVolume(t *testing.T) {
	for _, cfg := range []simulate.Config{{Records: 100_000}, {Records: 60_000, Days: 365}, {Records: 200_000, Days: 40}} {
		_, truth := lines(t, cfg)
		if ratio := float64(truth.Records) / float64(cfg.Records); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%d records in %d days, asked for %d", truth.Records, cfg.Days, cfg.Records)
		}
	}
	_, truth := lines(t, simulate.Config{})
	if truth.Records < 3000 || truth.Records > 12_000 {
		t.Errorf("the usual tenant has %d records", truth.Records)
	}
}

func TestRefusals(t *testing.T) {
	for name, cfg := range map[string]simulate.Config{
		"few people": {People: 3}, "few days": {Days: 2}, "tenant": {Tenant: "x"}, "packing": {Compress: "rar"},
		"zone": {Zones: []simulate.Zone{{Offset: 20 * time.Hour, Share: 1}}}, "records": {Records: -1},
	} {
		if _, err := simulate.WriteTo(t.Context(), cfg, simulate.GraphLines, io.Discard); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := simulate.WriteTo(t.Context(), simulate.Config{}, simulate.Mix, io.Discard); passtrail.CodeOf(err) != passtrail.Invalid {
		t.Errorf("mix to a stream: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := simulate.Write(t.Context(), simulate.Config{}, simulate.GraphLines, dir); passtrail.CodeOf(err) != passtrail.Conflict {
		t.Errorf("a folder with something in it: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := simulate.WriteTo(ctx, simulate.Config{}, simulate.GraphLines, io.Discard); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkGraphLines(b *testing.B) {
	for b.Loop() {
		truth, err := simulate.WriteTo(b.Context(), simulate.Config{Records: 100_000}, simulate.GraphLines, io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(truth.Delivery.Delivered)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	}
}
