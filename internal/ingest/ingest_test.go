package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

const contoso passtrail.TenantID = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"

func clock() time.Time { return time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC) }

// open makes a store in memory where contoso has opted in.
func open(t testing.TB) *duckdb.Store {
	t.Helper()
	st, err := duckdb.Open(context.Background(), duckdb.Config{Now: clock, MemoryLimit: duckdb.IngestMemory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	optIn(t, st, contoso)
	return st
}

func optIn(t testing.TB, st store.Store, id passtrail.TenantID) {
	t.Helper()
	if err := st.PutTenant(context.Background(), store.Tenant{ID: id, CreatedAt: 1, OptedInAt: 1}); err != nil {
		t.Fatal(err)
	}
}

// inputs makes inputs of paths.
func inputs(t testing.TB, opt file.Options, paths ...string) []ingest.Input {
	t.Helper()
	opt.Now = clock
	sources, err := file.Open(context.Background(), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	var in []ingest.Input
	for _, s := range sources {
		i := ingest.Input{Source: s, Name: file.Name, Path: s.Path(), Size: s.Size(), TakenAt: s.TakenAt()}
		if s.Walked() {
			i.PassOver = file.FileLevel
		}
		in = append(in, i)
	}
	return in
}

func run(t testing.TB, st store.Store, cfg ingest.Config, in []ingest.Input) *ingest.Summary {
	t.Helper()
	cfg.Now = clock
	r := ingest.Runner{Store: st, Config: cfg}
	sum, err := r.Run(context.Background(), in)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return sum
}

// dump returns the rows of a query as text.
func dump(t testing.TB, st store.Store, sql string) []string {
	t.Helper()
	var out []string
	err := st.Query(context.Background(), sql, nil, func(row []any) error {
		out = append(out, fmt.Sprint(row...))
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

// state is what a store holds, without when and from where it came.
func state(t testing.TB, st store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, sql := range []string{
		`SELECT tenant, id, hash::VARCHAR, time, service, activity, result, reason, correlation_id, actor_id, target_id, initiated_by, target_resources, additional_details, extra, shape, activity_key, step, method FROM record ORDER BY ALL`,
		`SELECT * FROM attempt ORDER BY ALL`,
		`SELECT tenant, user_id, valid_from, valid_to, upn, methods, is_sspr_registered FROM registration ORDER BY ALL`,
		`SELECT tenant, user_id, role_id, valid_from, valid_to FROM role_assignment ORDER BY ALL`,
	} {
		b.WriteString(strings.Join(dump(t, st, sql), "\n"))
		b.WriteString("\n--\n")
	}
	return b.String()
}

func TestEverySampleGoesIn(t *testing.T) {
	st := open(t)
	samples := "../normalise/testdata/samples"
	sum := run(t, st, ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, samples))
	if sum.SetAside != 0 || len(sum.Unreadable) != 0 {
		t.Errorf("%d set aside: %v, unreadable %v", sum.SetAside, sum.Problems, sum.Unreadable)
	}
	// 15 Graph records and 12 of a flow. The page repeats two of the 15, the CSV rows are two of them, and three came as
	// diagnostic records too, which are richer.
	if got := fmt.Sprint(dump(t, st, `SELECT shape || ' ', count(*) FROM record GROUP BY 1 ORDER BY 1`)); got != "[diagnostic 3 graph 24 legacy2018 1]" {
		t.Errorf("records %s", got)
	}
	if got := fmt.Sprint(sum.Categories); got != "map[query answer:2 userEventsSummary:2]" {
		t.Errorf("other categories %s", got)
	}
	if sum.Read != sum.Stored+sum.Repeated+sum.SetAside+sum.Other {
		t.Errorf("read %d is not stored %d + repeated %d + set aside %d + other %d", sum.Read, sum.Stored, sum.Repeated, sum.SetAside, sum.Other)
	}
	before := state(t, st)
	again := run(t, st, ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, samples))
	if again.Stored != 0 || again.Unchanged != again.Files {
		t.Errorf("the second run stored %d, and left out %d of %d files", again.Stored, again.Unchanged, again.Files)
	}
	forced := run(t, st, ingest.Config{Tenant: contoso, Again: true}, inputs(t, file.Options{}, samples))
	if forced.Stored != 0 || forced.Replaced != 0 {
		t.Errorf("the forced run stored %d and replaced %d", forced.Stored, forced.Replaced)
	}
	if after := state(t, st); after != before {
		t.Errorf("the store changed:\n%s\nwas\n%s", after, before)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	all, err := filepath.Glob("../normalise/testdata/samples/*")
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 1))
		paths := slices.Concat(all, all)
		rng.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		st := open(t)
		for _, p := range paths {
			run(t, st, ingest.Config{Tenant: contoso, Again: true, BatchRecords: 1 + rng.IntN(10)}, inputs(t, file.Options{BatchBytes: 1 + rng.IntN(4000)}, p))
		}
		got := state(t, st)
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("order %d gave\n%s\nwant\n%s", seed, got, want)
		}
	}
}

func write(t testing.TB, name, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is a small Graph record.
func line(i int) string {
	return fmt.Sprintf(`{"id":"SSPR_%d","category":"UserManagement","correlationId":"0fc9bacd-7e77-5f7f-88fd-%012x","result":"success","resultReason":"User submitted their user ID","activityDisplayName":"Self-service password reset flow activity progress","activityDateTime":"2026-03-%02dT%02d:%02d:10.%07dZ","loggedByService":"Self-service Password Management","operationType":"Update","initiatedBy":{"app":null,"user":{"id":"8c41e0f2-3a57-4b9d-8e60-%012x","displayName":"Diego Siciliani","userPrincipalName":"user%d@contoso.com","ipAddress":"198.51.100.24","userType":null,"homeTenantId":null,"homeTenantName":null}},"targetResources":[{"id":"8c41e0f2-3a57-4b9d-8e60-%012x","displayName":"Diego Siciliani","type":"User","userPrincipalName":"user%d@contoso.com","groupType":null,"modifiedProperties":[]}],"additionalDetails":[]}`,
		i, i, 1+i%28, i/28%24, i%60, i%10000000, i%5000, i%5000, i%5000, i%5000)
}

func TestBadInputIsSetAside(t *testing.T) {
	st := open(t)
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	path := write(t, "mixed.json", strings.Join([]string{line(1), `{"id":`, deep, line(2), `[1]`, `{"what":"is this"}`, strings.Replace(line(3), "2026-03", "once", 1), "{\"a\":\"\xff\"}", line(4)}, "\n")+"\n")
	sum := run(t, st, ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, path))
	if sum.Stored != 3 || sum.SetAside != 6 {
		t.Errorf("stored %d and set aside %d, want 3 and 6", sum.Stored, sum.SetAside)
	}
	items, err := st.Quarantined(context.Background(), store.QuarantineFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range items {
		got = append(got, strings.TrimPrefix(q.Position, path)+" "+q.Code)
	}
	want := []string{":2 truncated", ":3 too-deep", ":5#1 not-object", ":6 unknown-shape", ":7 no-time", ":8 not-json"}
	if !slices.Equal(got, want) {
		t.Errorf("set aside %q, want %q", got, want)
	}
	q, err := st.QuarantineItem(context.Background(), items[3].ID)
	if err != nil || string(q.Bytes) != `{"what":"is this"}` {
		t.Errorf("the bytes of input 4 are %q (%v)", q.Bytes, err)
	}
}

func TestRetryTakesIn(t *testing.T) {
	st := open(t)
	ctx := context.Background()
	b := &store.Batch{Tenant: contoso, Source: "file", At: 1, Quarantine: []store.Quarantine{
		{Position: "a:1", Code: "unknown-shape", Reason: "an older release did not know it", Bytes: []byte(line(1))},
		{Position: "a:2", Code: "not-json", Reason: "never was", Bytes: []byte("{")},
	}}
	if _, err := st.Commit(ctx, b); err != nil {
		t.Fatal(err)
	}
	r := ingest.Runner{Store: st, Config: ingest.Config{Now: clock}}
	taken, left, err := r.Retry(ctx, store.QuarantineFilter{})
	if err != nil || taken != 1 || left != 1 {
		t.Errorf("Retry = %d, %d, %v, want 1, 1, nil", taken, left, err)
	}
	if n := dump(t, st, `SELECT count(*) FROM record`); n[0] != "1" {
		t.Errorf("%s records, want 1", n)
	}
	if items, err := st.Quarantined(ctx, store.QuarantineFilter{}); err != nil || len(items) != 1 || items[0].Position != "a:2" {
		t.Errorf("left in quarantine: %v (%v)", items, err)
	}
}

func TestWhoseRecords(t *testing.T) {
	const fabrikam = "11111111-2222-3333-4444-555555555555"
	ctx := context.Background()
	graph := write(t, "graph.json", line(1)+"\n"+line(2)+"\n")
	t.Run("nobody says", func(t *testing.T) {
		st := open(t)
		if sum := run(t, st, ingest.Config{}, inputs(t, file.Options{}, graph)); sum.Stored != 2 || sum.OnlyTenant != contoso {
			t.Errorf("with one tenant: stored %d of %q", sum.Stored, sum.OnlyTenant)
		}
		optIn(t, st, fabrikam)
		r := ingest.Runner{Store: st, Config: ingest.Config{Again: true}}
		_, err := r.Run(ctx, inputs(t, file.Options{}, graph))
		if passtrail.CodeOf(err) != passtrail.Invalid || !strings.Contains(err.Error(), "--tenant") ||
			!strings.Contains(err.Error(), fabrikam) || !strings.Contains(err.Error(), string(contoso)) {
			t.Errorf("Run = %v, want to be told to pass --tenant, and which there are", err)
		}
	})
	t.Run("not opted in, later opted in", func(t *testing.T) {
		st := open(t)
		r := ingest.Runner{Store: st, Config: ingest.Config{Tenant: fabrikam}}
		sum, err := r.Run(ctx, inputs(t, file.Options{}, graph))
		if passtrail.CodeOf(err) != passtrail.Denied || !strings.Contains(err.Error(), "--opt-in") {
			t.Errorf("Run = %v, want to be told to opt in", err)
		}
		if sum.Refused[fabrikam] != 2 || sum.Stored != 0 {
			t.Errorf("refused %d, stored %d, want 2 and 0", sum.Refused[fabrikam], sum.Stored)
		}
		optIn(t, st, fabrikam)
		if sum, err = r.Run(ctx, inputs(t, file.Options{}, graph)); err != nil || sum.Stored != 2 {
			t.Errorf("after opting in: stored %d, %v", sum.Stored, err)
		}
	})
	t.Run("the path says", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "tenantId="+string(contoso), "y=2026")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "PT1H.json"), []byte(line(1)+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if sum := run(t, open(t), ingest.Config{}, inputs(t, file.Options{}, dir)); sum.Tenants[contoso] != 1 {
			t.Errorf("tenants %v", sum.Tenants)
		}
	})
	t.Run("the same file for two tenants", func(t *testing.T) {
		st := open(t)
		optIn(t, st, fabrikam)
		for _, id := range []passtrail.TenantID{contoso, fabrikam} {
			if sum := run(t, st, ingest.Config{Tenant: id}, inputs(t, file.Options{}, graph)); sum.Stored != 2 {
				t.Errorf("stored %d for %s", sum.Stored, id)
			}
		}
	})
}

func TestSnapshots(t *testing.T) {
	reg := func(id, when string) string {
		return fmt.Sprintf(`{"id":"%s","userPrincipalName":"%s@contoso.com","isSsprRegistered":true,"methodsRegistered":["email"],"lastUpdatedDateTime":"%s"}`, id, id, when)
	}
	page := func(next bool, rows ...string) string {
		link := ""
		if next {
			link = `,"@odata.nextLink":"https://graph.microsoft.com/v1.0/next"`
		}
		return `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#reports/authenticationMethods/userRegistrationDetails","value":[` + strings.Join(rows, ",") + `]` + link + "}\n"
	}
	dir := t.TempDir()
	put := func(name, data string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("a1.json", page(true, reg("u1", "2026-03-01T00:00:00Z")))
	put("a2.json", page(false, reg("u2", "2026-03-01T01:00:00Z")))
	put("b.json", page(true, reg("u1", "2026-03-02T00:00:00Z"))+page(false, reg("u3", "2026-03-02T00:00:00Z")))
	put("c1.json", page(false, reg("u1", "2026-03-03T00:00:00Z")))
	put("c2.json", page(false, reg("u1", "2026-03-03T12:00:00Z")))
	put("d.json", page(true, reg("u1", "2026-03-04T00:00:00Z")))
	put("roles-2026-03-02T060000Z.json", `{"value":[{"id":"x","principalId":"u1","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","directoryScopeId":"/","principal":{"@odata.type":"#microsoft.graph.user","userPrincipalName":"u1@contoso.com"}},{"id":"y","principalId":"g1","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","principal":{"@odata.type":"#microsoft.graph.group"}}]}`)
	sum := run(t, open(t), ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, dir))
	var got []string
	for _, s := range sum.Snapshots {
		got = append(got, fmt.Sprintf("%s %s %d %v", s.Kind, s.TakenAt[:16], s.Rows, s.Complete))
	}
	slices.Sort(got)
	want := []string{"registration 2026-03-01T01:00 2 true", "registration 2026-03-02T00:00 2 true", "registration 2026-03-03T00:00 1 true",
		"registration 2026-03-03T12:00 1 true", "registration 2026-03-04T00:00 1 false", "roles 2026-03-02T06:00 1 true"}
	if !slices.Equal(got, want) {
		t.Errorf("snapshots\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOtherFiles holds that files which merely lie in a folder are passed over, and named ones are mistakes.
func TestOtherFiles(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"README.md": "# read me\n", "picture.png": "\x89PNG\x00\x00", "empty.json": "", "a.json": line(1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := run(t, open(t), ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, dir))
	if len(sum.PassedOver) != 3 || sum.SetAside != 0 || sum.Stored != 1 {
		t.Errorf("passed over %v, set aside %d, stored %d", sum.PassedOver, sum.SetAside, sum.Stored)
	}
	sum = run(t, open(t), ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, filepath.Join(dir, "picture.png"), filepath.Join(dir, "a.json")))
	if len(sum.Unreadable) != 1 || sum.SetAside != 1 || sum.Stored != 1 {
		t.Errorf("unreadable %v, set aside %d, stored %d", sum.Unreadable, sum.SetAside, sum.Stored)
	}
}

// TestUnreadableFileDoesNotStopTheRun takes the file behind the missing one in and says which one it was.
func TestUnreadableFileDoesNotStopTheRun(t *testing.T) {
	gone, there := write(t, "a.json", line(1)), write(t, "b.json", line(2))
	st := open(t)
	in := inputs(t, file.Options{}, gone, there)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	r := ingest.Runner{Store: st, Config: ingest.Config{Tenant: contoso, Now: clock}}
	sum, err := r.Run(context.Background(), in)
	if passtrail.CodeOf(err) != passtrail.NotFound || !strings.Contains(err.Error(), gone) {
		t.Errorf("Run = %v, want to be told that %s does not exist", err, gone)
	}
	if sum.Stored != 1 || len(sum.Failed) != 1 {
		t.Errorf("stored %d, failed %v", sum.Stored, sum.Failed)
	}
}

// failingStore fails on the commit that its countdown comes to.
type failingStore struct {
	store.Store
	left int
}

func (f *failingStore) Commit(ctx context.Context, b *store.Batch) (store.Counts, error) {
	if f.left--; f.left < 0 {
		return store.Counts{}, passtrail.Errorf(passtrail.Unavailable, "test", "the disk is full")
	}
	return f.Store.Commit(ctx, b)
}

// TestFailedRunsGoOn fails at each commit once: the next run goes on and the store ends the same.
func TestFailedRunsGoOn(t *testing.T) {
	var all bytes.Buffer
	for i := range 3000 {
		fmt.Fprintln(&all, line(i))
	}
	path := write(t, "all.json", all.String())
	cfg := ingest.Config{Tenant: contoso, BatchRecords: 200, Now: clock}
	opt := file.Options{BatchBytes: 50 << 10}
	clean := open(t)
	run(t, clean, cfg, inputs(t, opt, path))
	st := open(t)
	read := int64(0)
	for i := 0; ; i++ {
		r := ingest.Runner{Store: &failingStore{Store: st, left: 2}, Config: cfg}
		sum, err := r.Run(context.Background(), inputs(t, opt, path))
		read += sum.Read
		if err == nil {
			break
		}
		if passtrail.CodeOf(err) != passtrail.Unavailable || i > 100 {
			t.Fatal(err)
		}
	}
	if read != 3000 {
		t.Errorf("%d records read in all, want 3000: checkpoints did not hold", read)
	}
	if got, want := state(t, st), state(t, clean); got != want {
		t.Error("the stores differ")
	}
}
