package answer_test

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/detect"
	"passtrail/internal/kql/native"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/web"
	"passtrail/internal/web/answer"
)

const tenant = passtrail.TenantID("11111111-2222-3333-4444-555555555555")

var now = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

// rules is one detection that finds every blocked person.
var rules = fstest.MapFS{
	"detections/blocked.yaml": {Data: []byte("order: 1\ntitle: Somebody was blocked\nseverity: low\ntechniques: [T1110]\nreasoning: \"{{.Subject}} was blocked.\"\n")},
	"detections/blocked.kql": {Data: []byte(`PasswordEvents
| where Activity == "blocked" and Time >= StartTime and Time < EndTime
| project Subject = UserPrincipalName, Start = Time, End = Time, People = pack_array(UserPrincipalName), Addresses = pack_array(IPAddress), Evidence = pack_array(EventId)`)},
}

type fixture struct {
	*answer.Answers
	store  store.Store
	keeper *answer.Keeper
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	clock := func() time.Time { return now }
	st, err := duckdb.Open(t.Context(), duckdb.Config{Functions: native.Functions(), Now: clock, Threads: 1, MemoryLimit: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if err := st.PutTenant(t.Context(), store.Tenant{ID: tenant, Name: "Contoso", CreatedAt: 1, OptedInAt: 1}); err != nil {
		t.Fatal(err)
	}
	engine := query.New(st, query.Limits{})
	lib, err := report.Load(rules, engine)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{answer.New(st, engine, lib), st, answer.NewKeeper(st, engine, lib, clock, slog.New(slog.DiscardHandler))}
}

// block stores that a person was blocked; the record comes in now.
func (f *fixture) block(t *testing.T, id, who string, at time.Time) {
	t.Helper()
	r := passtrail.Record{
		Tenant: tenant, ID: id, Hash: [16]byte([]byte((id + strings.Repeat("-", 16))[:16])), Time: passtrail.TicksOf(at), Service: "Self-service Password Management", Category: "UserManagement",
		Activity: "Blocked from self-service password reset", Result: "success", CorrelationID: "c-" + id, ActorKind: passtrail.ActorUser, ActorID: who, ActorUPN: who, ActorAddress: "203.0.113.7",
		TargetID: who, TargetUPN: who, TargetType: "User", Shape: passtrail.ShapeGraph, Source: "file", ReceivedAt: passtrail.TicksOf(at), ActivityKey: "blocked",
	}
	if _, err := f.store.Commit(t.Context(), &store.Batch{Tenant: tenant, Source: "file", Records: []passtrail.Record{r}, At: passtrail.TicksOf(now)}); err != nil {
		t.Fatal(err)
	}
	if err := f.store.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func as(ctx context.Context, roles ...auth.Role) context.Context {
	return auth.With(ctx, &auth.Identity{Subject: "s", Name: "reader@contoso.com", Roles: roles, Tenants: []passtrail.TenantID{tenant}})
}

// TestEveryServiceAsksWhoIsAsking calls each service as nobody, as somebody without a role, and as the administrator of
// another tenant.
func TestEveryServiceAsksWhoIsAsking(t *testing.T) {
	f := newFixture(t)
	s := web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	calls := map[string]func(context.Context) error{
		"TokenList": func(ctx context.Context) error { _, err := f.TokenList(ctx, s); return err },
		"CreateToken": func(ctx context.Context) error {
			_, _, err := f.CreateToken(ctx, s, web.NewToken{Name: "n", Days: 1})
			return err
		},
		"RevokeToken":  func(ctx context.Context) error { _, err := f.RevokeToken(ctx, s, "x"); return err },
		"Expiring":     func(ctx context.Context) error { _, err := f.Expiring(ctx, s, 30); return err },
		"SetRetention": func(ctx context.Context) error { return f.SetRetention(ctx, s, 30) },
		"Answers":      func(ctx context.Context) error { _, err := f.Answers.Answers(ctx, s, web.Period{}); return err },
		"Coverage":     func(ctx context.Context) error { _, err := f.Coverage(ctx, s, web.Period{}); return err },
		"Freshness":    func(ctx context.Context) error { _, err := f.Freshness(ctx, s); return err },
		"ReportList":   func(ctx context.Context) error { _, err := f.ReportList(ctx, s); return err },
		"Report":       func(ctx context.Context) error { _, err := f.Report(ctx, s, "x", web.Period{}, nil); return err },
		"ExportReport": func(ctx context.Context) error {
			_, err := f.ExportReport(ctx, s, "x", web.Period{}, nil, "csv", io.Discard)
			return err
		},
		"FindEvents": func(ctx context.Context) error { _, err := f.FindEvents(ctx, s, web.EventFilter{Limit: 5}); return err },
		"Record":     func(ctx context.Context) error { _, err := f.Record(ctx, s, "x"); return err },
		"ExportEvents": func(ctx context.Context) error {
			_, err := f.ExportEvents(ctx, s, web.EventFilter{}, "csv", io.Discard)
			return err
		},
		"FindAttempts": func(ctx context.Context) error {
			_, err := f.FindAttempts(ctx, s, web.AttemptFilter{Limit: 5})
			return err
		},
		"AttemptSummary": func(ctx context.Context) error { _, err := f.AttemptSummary(ctx, s, web.AttemptFilter{}); return err },
		"Attempt":        func(ctx context.Context) error { _, err := f.Attempt(ctx, s, "x"); return err },
		"FindPeople":     func(ctx context.Context) error { _, err := f.FindPeople(ctx, s, "a"); return err },
		"Person":         func(ctx context.Context) error { _, err := f.Person(ctx, s, "a", web.Period{}); return err },
		"Registration": func(ctx context.Context) error {
			_, err := f.Registration(ctx, s, web.RegistrationFilter{List: "missing"})
			return err
		},
		"FindFindings": func(ctx context.Context) error { _, err := f.FindFindings(ctx, s, "new"); return err },
		"Finding":      func(ctx context.Context) error { _, err := f.Finding(ctx, s, "x"); return err },
		"SetFinding":   func(ctx context.Context) error { return f.SetFinding(ctx, s, "x", "seen", "") },
		"Licensed":     func(ctx context.Context) error { _, err := f.Licensed(ctx, s); return err },
		"RunQuery":     func(ctx context.Context) error { _, err := f.RunQuery(ctx, s, "print 1", web.Period{}); return err },
		"ExportQuery": func(ctx context.Context) error {
			_, err := f.ExportQuery(ctx, s, "print 1", web.Period{}, "csv", io.Discard)
			return err
		},
		"SavedQueries":      func(ctx context.Context) error { _, err := f.SavedQueries(ctx, s); return err },
		"SaveQuery":         func(ctx context.Context) error { return f.SaveQuery(ctx, s, "n", "print 1") },
		"DropQuery":         func(ctx context.Context) error { return f.DropQuery(ctx, s, "x") },
		"SourceList":        func(ctx context.Context) error { _, err := f.SourceList(ctx, s); return err },
		"SetAside":          func(ctx context.Context) error { _, err := f.SetAside(ctx, s, 1); return err },
		"OptIn":             func(ctx context.Context) error { return f.OptIn(ctx, s) },
		"OptOut":            func(ctx context.Context) error { return f.OptOut(ctx, s) },
		"SetRegisteredOnly": func(ctx context.Context) error { return f.SetRegisteredOnly(ctx, s, 0) },
		"SetQueries":        func(ctx context.Context) error { return f.SetCustomQueries(ctx, s, false) },
		"AccessEntries":     func(ctx context.Context) error { _, err := f.AccessEntries(ctx, s, web.Period{}); return err },
	}
	other := auth.With(t.Context(), &auth.Identity{Name: "x", Roles: []auth.Role{auth.GlobalAdministrator}, Tenants: []passtrail.TenantID{"another"}})
	for name, call := range calls {
		for who, ctx := range map[string]context.Context{"nobody": t.Context(), "no role": as(t.Context()), "another tenant": other} {
			if err := call(ctx); passtrail.CodeOf(err) != passtrail.Denied {
				t.Errorf("%s as %s: %v, want denied", name, who, err)
			}
		}
	}
}

func TestNobodyQueriesWithoutALicence(t *testing.T) {
	f := newFixture(t)
	s := web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	admin := as(t.Context(), auth.GlobalAdministrator)
	if _, err := f.RunQuery(admin, s, "AuditLogs | count", web.Period{}); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCustomQueries(admin, s, false); err != nil {
		t.Fatal(err)
	}
	if _, err := f.RunQuery(admin, s, "AuditLogs | count", web.Period{}); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("without a licence: %v, want denied", err)
	}
	if on, err := f.Licensed(admin, s); on || err != nil {
		t.Errorf("Licensed = %v, %v", on, err)
	}
}

func TestKeeperFindsAndTells(t *testing.T) {
	f := newFixture(t)
	s := web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	f.block(t, "r1", "adele.vance@contoso.com", now.Add(-2*time.Hour))
	if err := f.keeper.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := f.FindFindings(as(t.Context(), auth.SecurityReader), s, "new")
	if err != nil || len(page.Rows) != 1 || page.Rows[0].People[0] != "adele.vance@contoso.com" {
		t.Fatalf("findings after the first look: %+v, %v", page, err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	told := make(chan string, 1)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		if err := f.keeper.Watch(ctx, tenant, func(text string) { told <- text; stop() }); err != nil {
			t.Error(err)
		}
	}()
	f.block(t, "r2", "alex.wilber@contoso.com", now.Add(-time.Hour))
	for len(told) == 0 && ctx.Err() == nil { // the watcher may not be there yet at the first look
		f.block(t, "again"+time.Now().Format("150405.000000"), "alex.wilber@contoso.com", now.Add(-time.Minute))
		if err := f.keeper.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	<-watching
	if text := <-told; !strings.Contains(text, "new record") {
		t.Errorf("the page was told %q", text)
	}
}

// TestKnownFindings holds what the keeper answers in place of the detections to what they would find.
func TestKnownFindings(t *testing.T) {
	f := newFixture(t)
	at := passtrail.TicksOf(now)
	known := func(from, to passtrail.Ticks) (int, bool) {
		t.Helper()
		found, ok, err := f.keeper.Known(t.Context(), tenant, detect.Window{From: from, To: to, Now: at})
		if err != nil {
			t.Fatal(err)
		}
		return len(found), ok
	}
	look := func() {
		t.Helper()
		if err := f.keeper.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.block(t, "r1", "adele.vance@contoso.com", now.Add(-50*time.Hour))
	if _, ok := known(at-passtrail.Day, at); ok {
		t.Error("the keeper knows findings before it has looked")
	}
	look()
	for _, tt := range []struct {
		name     string
		from, to passtrail.Ticks
		n        int
		ok       bool
	}{
		{"within", at - 7*passtrail.Day, at, 1, true}, {"before the window", at - passtrail.Day, at, 0, true},
		{"further back than was searched", at - 91*passtrail.Day, at, 0, false}, {"an end in the past", at - 7*passtrail.Day, at - passtrail.Day, 0, false},
	} {
		if n, ok := known(tt.from, tt.to); n != tt.n || ok != tt.ok {
			t.Errorf("%s: %d findings, %v, want %d, %v", tt.name, n, ok, tt.n, tt.ok)
		}
	}
	f.block(t, "r2", "alex.wilber@contoso.com", now.Add(-30*24*time.Hour)) // late, long before the last week
	if _, ok := known(at-7*passtrail.Day, at); ok {
		t.Error("the keeper vouches for records that it has not seen")
	}
	look()
	if n, ok := known(at-60*passtrail.Day, at); n != 2 || !ok {
		t.Errorf("with a record that came late: %d findings, %v, want 2, true", n, ok)
	}
}

// busyStore is a store to which somebody commits while the detections run.
type busyStore struct {
	store.Store
	meanwhile func() // after the next query of a detection
}

func (b *busyStore) Query(ctx context.Context, sql string, args []any, row func([]any) error) error {
	err := b.Store.Query(ctx, sql, args, row)
	if f := b.meanwhile; f != nil && strings.Contains(sql, "'blocked'") {
		b.meanwhile = nil
		f()
	}
	return err
}

// TestOverlappedLookIsNotKept has a record come in, and everything be derived anew, while the detections run: what the
// keeper then vouches for is what they find in the end.
func TestOverlappedLookIsNotKept(t *testing.T) {
	for name, meanwhile := range map[string]func(*fixture){
		"record":  func(f *fixture) { f.block(t, "r2", "alex.wilber@contoso.com", now.Add(-40*24*time.Hour)) },
		"rebuild": func(f *fixture) { must(t, f.store.Rebuild(t.Context(), nil)) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			busy := &busyStore{Store: f.store}
			engine := query.New(busy, query.Limits{})
			lib, err := report.Load(rules, engine)
			must(t, err)
			keeper := answer.NewKeeper(busy, engine, lib, func() time.Time { return now }, slog.New(slog.DiscardHandler))
			f.block(t, "r1", "adele.vance@contoso.com", now.Add(-2*time.Hour))
			ran := false
			busy.meanwhile = func() { meanwhile(f); ran = true }
			must(t, keeper.Look(t.Context()))
			window := detect.Window{From: passtrail.TicksOf(now) - 60*passtrail.Day, To: passtrail.TicksOf(now), Now: passtrail.TicksOf(now)}
			want, _, err := lib.Detect(t.Context(), tenant, window)
			must(t, err)
			got, ok, err := keeper.Known(t.Context(), tenant, window)
			if err != nil || !ok || len(got) != len(want) || !ran {
				t.Errorf("the keeper knows %d findings, %v, %v, the detections find %d; something came meanwhile: %v", len(got), ok, err, len(want), ran)
			}
		})
	}
}

// TestKeeperLooksAgain makes everything anew after a look with the same records: other findings may come of them.
func TestKeeperLooksAgain(t *testing.T) {
	f := newFixture(t)
	at := passtrail.TicksOf(now)
	f.block(t, "r1", "adele.vance@contoso.com", now.Add(-50*24*time.Hour))
	must(t, f.keeper.Look(t.Context()))
	must(t, f.store.Rebuild(t.Context(), nil))
	window := detect.Window{From: at - 60*passtrail.Day, To: at, Now: at}
	if _, ok, err := f.keeper.Known(t.Context(), tenant, window); ok || err != nil {
		t.Errorf("the keeper vouches for what was derived before everything was made anew (%v)", err)
	}
	must(t, f.keeper.Look(t.Context()))
	if got, ok, err := f.keeper.Known(t.Context(), tenant, window); !ok || err != nil || len(got) != 1 {
		t.Errorf("after another look: %d findings, %v, %v", len(got), ok, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestClosedFindingsStayClosed holds the keeper to what somebody decided.
func TestClosedFindingsStayClosed(t *testing.T) {
	f := newFixture(t)
	s := web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	f.block(t, "r1", "adele.vance@contoso.com", now.Add(-2*time.Hour))
	if err := f.keeper.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	operator := as(t.Context(), auth.SecurityOperator)
	page, err := f.FindFindings(operator, s, "new")
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("findings: %+v, %v", page, err)
	}
	if err := f.SetFinding(operator, s, page.Rows[0].ID, "closed", "a typing mistake"); err != nil {
		t.Fatal(err)
	}
	f.block(t, "r2", "alex.wilber@contoso.com", now.Add(-time.Hour))
	if err := f.keeper.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	view, err := f.Finding(operator, s, page.Rows[0].ID)
	if err != nil || view.State != "closed" || view.Note != "a typing mistake" || view.ChangedBy != "reader@contoso.com" || len(view.Rows) != 1 {
		t.Errorf("the closed finding is %+v, %v", view, err)
	}
}

// TestAccessLogIsWholeOverItsPages turns the pages of a log that is longer than one, with several lines of an instant where
// a page ends, and meets every line once.
func TestAccessLogIsWholeOverItsPages(t *testing.T) {
	f := newFixture(t)
	const lines = 2300
	for i := range lines {
		at := passtrail.TicksOf(now) + passtrail.Ticks(i/7)*passtrail.Second // 1000 is no multiple of 7
		if err := f.store.LogAccess(t.Context(), store.Access{At: at, Tenant: tenant, Who: "anna@contoso.com", Action: "query", Detail: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	seen, pages := map[string]bool{}, 0
	for p := (web.Period{}); ; pages++ {
		page, err := f.AccessEntries(as(t.Context(), auth.GlobalAdministrator), web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Rows {
			if seen[row.Detail] {
				t.Fatalf("line %s is on two pages", row.Detail)
			}
			seen[row.Detail] = true
		}
		if p.To = page.Older; p.To == 0 {
			break
		}
	}
	if len(seen) != lines || pages != 2 {
		t.Errorf("%d of %d lines on %d pages, want 3", len(seen), lines, pages+1)
	}
}

// TestSourcesShowFailures has a source that never brought anything fail, and one that did.
func TestSourcesShowFailures(t *testing.T) {
	f := newFixture(t)
	s := web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	f.block(t, "r1", "adele.vance@contoso.com", now)
	for _, source := range []string{"file", "graph"} {
		must(t, f.store.PutFailure(t.Context(), store.Failure{Tenant: tenant, Source: source, At: 7, Reason: source + " broke"}))
	}
	view, err := f.SourceList(as(t.Context(), auth.ReportsReader), s)
	must(t, err)
	if len(view.Sources) != 2 || view.Sources[0].Failure != "file broke" || view.Sources[0].Records != 1 || view.Sources[1].Name != "graph" || view.Sources[1].FailedAt != 7 {
		t.Errorf("sources are %+v", view.Sources)
	}
}
