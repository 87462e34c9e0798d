// Package ingest runs sources into a store: fetch, normalise, store, move the checkpoint, set bad records aside.
//
// One goroutine reads, several normalise, one stores; batches keep their order. A batch and the checkpoint behind it are
// one transaction, so that a run that was killed goes on where it was. Start at [Runner.Run].
package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"passtrail"
	"passtrail/internal/connector"
	"passtrail/internal/store"
)

// Input is one place to read, with what the run needs to know of it.
type Input struct {
	Source  connector.Source
	Name    string          // short name for ledger and records, "file"
	Path    string          // for a person
	Size    int64           // bytes to read, 0 if unknown; for progress
	TakenAt passtrail.Ticks // when a snapshot without a time of its own was taken
	// PassOver tells whether an input that could not be read, by the code of its fault, is no mistake: a file that
	// merely lay in a folder. Nil passes nothing over.
	PassOver func(code string) bool
}

// Config says how to run. The zero value of every field has a meaning.
type Config struct {
	Tenant       passtrail.TenantID // of records whose source states none
	AsOf         passtrail.Ticks    // when snapshots were taken; 0: as they say themselves
	Again        bool               // read everything, whatever the checkpoints say
	BatchRecords int                // records that are handed to the store at once; 0 means 20,000
	BatchBytes   int                // and their bytes; 0 means 32 MiB
	Workers      int                // goroutines that normalise; 0 means one for each CPU
	MaxDepth     int                // see normalise.New
	Now          func() time.Time   // nil means time.Now
	Progress     func(Progress)     // called now and then from one goroutine; may be nil

	tenants []store.Tenant     // those of the store, when Tenant is empty
	only    passtrail.TenantID // the one that there is, when there is one
}

// Progress is how far a run is.
type Progress struct {
	Bytes, Total int64 // of the inputs; Total is 0 if unknown
	Records      int64 // read so far
	Done         bool  // reading is over, the derived tables follow
}

// Store takes in what the inputs hold, knows whose collection is on, and derives what they bring.
type Store interface {
	store.Facts
	Tenant(ctx context.Context, id passtrail.TenantID) (store.Tenant, error)
	Tenants(ctx context.Context) ([]store.Tenant, error)
	Refresh(ctx context.Context) error
}

// Runner runs inputs into a store.
type Runner struct {
	Store  Store
	Config Config
}

const (
	defaultBatchRecords = 20_000
	defaultBatchBytes   = 32 << 20
	refreshEvery        = 2 * time.Minute
	flushEvery          = 10 * time.Second
)

func (c Config) withDefaults() Config {
	if c.BatchRecords <= 0 {
		c.BatchRecords = defaultBatchRecords
	}
	if c.BatchBytes <= 0 {
		c.BatchBytes = defaultBatchBytes
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(Progress) {}
	}
	return c
}

// job is a batch of documents on its way.
type job struct {
	input *input
	batch connector.Batch
	out   parsed
	done  chan struct{} // closed when out is there
}

// input is an Input and what the run learns about it.
type input struct {
	Input
	key     string             // of its checkpoint, "" for none
	refused bool               // documents of it were not stored: its checkpoint stays
	held    string             // checkpoint that waits for the snapshot
	tenant  passtrail.TenantID // that its records named last
	good    int64              // documents that could be read
	bad     int64
	pages   int64 // of good: what surrounds the values of a page
	empty   bool  // it gave no documents
	old     bool  // an earlier run has read all of it
}

// Run reads all inputs. The summary says what became of them, also beside an error. Records of a tenant that has not
// opted in are not stored: the run goes on and ends in an error with code Denied that says what to do. It goes on past an
// input that cannot be read as well, and ends in that input's error. A record whose tenant nobody states ends the run with
// code Invalid.
func (r *Runner) Run(ctx context.Context, inputs []Input) (*Summary, error) {
	cfg, err := r.configured(ctx)
	if err != nil {
		return newSummary(), err
	}
	w := newWriter(r.Store, cfg)
	for _, in := range inputs {
		w.progress.Total += in.Size
	}
	g, gctx := errgroup.WithContext(ctx)
	work := make(chan *job, cfg.Workers)
	ordered := make(chan *job, cfg.Workers+1)
	g.Go(func() error {
		defer close(work)
		defer close(ordered)
		return r.read(gctx, cfg, inputs, work, ordered, w.sum)
	})
	people := make([]*people, cfg.Workers)
	for i := range people {
		p := newParser(cfg, &w.pool)
		people[i] = p.people
		g.Go(func() error {
			for j := range work {
				p.parse(j)
				close(j.done)
			}
			return nil
		})
	}
	g.Go(func() error { return w.run(gctx, ordered) })
	err = g.Wait()
	w.pool.free = nil
	err = errors.Join(err, w.snaps.spool.close())
	w.cfg.Progress(Progress{Bytes: w.progress.Bytes, Total: w.progress.Total, Records: w.progress.Records, Done: true})
	// After a failure as well: it makes durable what was put off, so that the summary can say what is.
	if rerr := r.Store.Refresh(ctx); err == nil {
		err = rerr
	}
	w.sum.finish(people, w.took())
	if err != nil {
		w.sum.Lost = max(w.taken-w.sum.Read, 0)
	}
	if ferr := r.noteFailure(ctx, inputs, w.sum, cmp.Or(err, w.sum.failure())); err == nil {
		err = ferr
	}
	switch {
	case err != nil:
		return w.sum, err
	case len(w.sum.Refused) > 0:
		return w.sum, w.refusal()
	}
	return w.sum, w.sum.failure()
}

// noteFailure keeps, for those who look at the sources, why the run failed, or that it did not. What only the person at
// the command can mend is not kept: a missing opt-in, a wrong flag, an interrupted run.
func (r *Runner) noteFailure(ctx context.Context, inputs []Input, sum *Summary, err error) error {
	f := store.Failure{Tenant: r.Config.Tenant, At: passtrail.TicksOf(r.Config.withDefaults().Now())}
	tenants := map[passtrail.TenantID]bool{f.Tenant: true}
	switch code := passtrail.CodeOf(err); {
	case err == nil:
		tenants[""] = true
		for t := range sum.Tenants {
			tenants[t] = true
		}
	case ctx.Err() != nil || code == passtrail.Denied || code == passtrail.Invalid || code == passtrail.Cancelled:
		return nil
	case code == "":
		f.Reason = "an internal fault ended the run; the output of the command says more"
	default:
		var known *passtrail.Error
		errors.As(err, &known)
		f.Reason = known.Msg
	}
	var errs []error
	done := map[string]bool{}
	for _, in := range inputs {
		if done[in.Name] {
			continue
		}
		done[in.Name] = true
		f.Source = in.Name
		for t := range tenants {
			f.Tenant = t
			errs = append(errs, r.Store.PutFailure(ctx, f))
		}
	}
	return errors.Join(errs...)
}

// configured completes the configuration. Records whose tenant nobody states are of the only tenant, where there is one.
func (r *Runner) configured(ctx context.Context) (Config, error) {
	cfg := r.Config.withDefaults()
	if cfg.Tenant != "" {
		return cfg, nil
	}
	var err error
	if cfg.tenants, err = r.Store.Tenants(ctx); err != nil {
		return cfg, fmt.Errorf("tenants: %w", err)
	}
	if len(cfg.tenants) == 1 {
		cfg.only = cfg.tenants[0].ID
	}
	return cfg, nil
}

// read fetches the inputs one after the other and hands their batches on.
func (r *Runner) read(ctx context.Context, cfg Config, inputs []Input, work, ordered chan<- *job, sum *Summary) error {
	for i := range inputs {
		in := &input{Input: inputs[i]}
		from := ""
		if key := in.Source.Key(); key != "" {
			in.key = checkpointKey(key, cfg)
			if !cfg.Again {
				var err error
				if from, err = r.Store.Checkpoint(ctx, in.key); err != nil {
					return fmt.Errorf("checkpoint of %s: %w", in.Path, err)
				}
			}
		}
		err := in.Source.Fetch(ctx, from, func(b connector.Batch) error {
			j := &job{input: in, batch: b, done: make(chan struct{})}
			for _, to := range []chan<- *job{work, ordered} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			sum.failed(in.Path, err)
		}
	}
	return nil
}

// checkpointKey is a place's key for this kind of run: the same file read for another tenant, or as a snapshot of
// another day, is read anew.
func checkpointKey(key string, cfg Config) string {
	if cfg.Tenant != "" {
		key += " tenant=" + string(cfg.Tenant)
	}
	if cfg.AsOf != 0 {
		key += " as-of=" + cfg.AsOf.String()
	}
	return key
}

// errNoTenant is the error of a record that nobody states the tenant of.
func errNoTenant(where string, tenants []store.Tenant) error {
	if len(tenants) == 0 {
		return passtrail.Errorf(passtrail.Invalid, "ingest.Run", "which tenant is %s of? the records do not say, and there is no tenant here: "+
			"run \"passtrail init --tenant ID --opt-in\" first", where)
	}
	const shown = 10
	names := make([]string, 0, shown)
	for _, t := range tenants[:min(shown, len(tenants))] {
		name := string(t.ID)
		if t.Name != "" {
			name += " (" + passtrail.Printable(t.Name) + ")"
		}
		names = append(names, name)
	}
	more := ""
	if n := len(tenants) - shown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return passtrail.Errorf(passtrail.Invalid, "ingest.Run", "which tenant is %s of? the records do not say: pass --tenant ID, one of %s%s",
		where, strings.Join(names, ", "), more)
}

// IsTransient tells whether running again later may help.
func IsTransient(err error) bool {
	return passtrail.CodeOf(err) == passtrail.Unavailable || errors.Is(err, context.DeadlineExceeded)
}

// retryable tells whether the bytes of a quarantined input are a whole document.
func retryable(code string) bool {
	switch code {
	case "too-large", "truncated", "corrupt", "binary", "unknown-format", "empty", "csv-fields", "csv-header", "csv-times", "not-utf8", "partial-answer":
		return false
	}
	return true
}

// Retry reads what is in quarantine again, for instance after an update taught Passtrail a new shape. What can be read
// now is stored and leaves the quarantine. It returns how many inputs were taken in and how many are left.
func (r *Runner) Retry(ctx context.Context, f store.QuarantineFilter) (taken, left int, err error) {
	cfg, err := r.configured(ctx)
	if err != nil {
		return 0, 0, err
	}
	items, err := r.Store.Quarantined(ctx, f)
	if err != nil {
		return 0, 0, err
	}
	p := newParser(cfg, &slicePool{})
	for _, q := range items {
		ok, err := r.retryOne(ctx, p, q)
		if err != nil {
			return taken, len(items) - taken, err
		}
		if ok {
			taken++
		}
	}
	if taken > 0 {
		err = r.Store.Refresh(ctx)
	}
	return taken, len(items) - taken, err
}

// retryOne takes one input in when all that it holds are records of one tenant.
func (r *Runner) retryOne(ctx context.Context, p *parser, q store.Quarantine) (bool, error) {
	if !retryable(q.Code) {
		return false, nil
	}
	item, err := r.Store.QuarantineItem(ctx, q.ID)
	if err != nil {
		return false, err
	}
	doc := connector.Document{Bytes: item.Bytes, Position: item.Position, Tenant: item.Tenant}
	j := &job{input: &input{Input: Input{Name: item.Source}}, batch: connector.Batch{Documents: []connector.Document{doc}}}
	p.parse(j)
	out := &j.out
	if out.err != nil || len(out.records) == 0 || len(out.quarantine)+len(out.rows)+len(out.other) > 0 {
		return false, nil
	}
	at := passtrail.TicksOf(p.cfg.Now())
	b := &store.Batch{Tenant: out.records[0].Tenant, Source: item.Source, Records: out.records, At: at}
	for i := range out.records {
		if out.records[i].Tenant != b.Tenant {
			return false, nil
		}
	}
	if _, err := r.Store.Commit(ctx, b); err != nil {
		return false, fmt.Errorf("input %d: %w", q.ID, err)
	}
	return true, r.Store.DropQuarantined(ctx, []int64{q.ID})
}
