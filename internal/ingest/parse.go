package ingest

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"

	"passtrail"
	"passtrail/internal/connector"
	"passtrail/internal/normalise"
	"passtrail/internal/store"
)

// parsed is what a batch of documents holds.
type parsed struct {
	records    []passtrail.Record
	quarantine []store.Quarantine
	other      map[otherKey]int64
	rows       []snapshotRow
	pages      []normalise.Page
	notes      []Note // inputs passed over
	far        []Note // records with a time that cannot be right
	assumed    bool   // a record is of the only tenant because nobody states another
	bytes      int    // of the documents
	err        error  // ends the run
}

type otherKey struct {
	tenant   passtrail.TenantID
	category string
	hour     passtrail.Ticks
}

// snapshotRow is a row of a registration report or of role assignments.
type snapshotRow struct {
	tenant passtrail.TenantID
	reg    *store.Registration
	roles  []store.RoleAssignment
}

// parser normalises batches; one for each goroutine.
type parser struct {
	cfg    Config
	n      *normalise.Normaliser
	people *people
	pool   *slicePool
}

func newParser(cfg Config, pool *slicePool) *parser {
	return &parser{cfg: cfg, n: normalise.New(cfg.MaxDepth), people: &people{seen: map[uint64]struct{}{}}, pool: pool}
}

// slicePool keeps slices of records for reuse: a record is large, and new memory for each batch would cost more than
// reading it.
type slicePool struct {
	mu   sync.Mutex
	free [][]passtrail.Record
}

// take returns an empty slice with room for n records, the smallest there is.
func (p *slicePool) take(n int) []passtrail.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, s := range p.free {
		if cap(s) >= n && (best < 0 || cap(s) < cap(p.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return make([]passtrail.Record, 0, n)
	}
	s := p.free[best]
	p.free = slices.Delete(p.free, best, best+1)
	return s[:0]
}

// give takes a slice back, whose records nobody uses any more. It lets go of what they point to.
func (p *slicePool) give(s []passtrail.Record) {
	clear(s)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < 8 && cap(s) > 0 {
		p.free = append(p.free, s)
	}
}

// parse fills j.out.
func (p *parser) parse(j *job) {
	docs := j.batch.Documents
	out := &j.out
	out.records = p.pool.take(len(docs))
	at := passtrail.TicksOf(p.cfg.Now())
	for i := range docs {
		d := &docs[i]
		out.bytes += len(d.Bytes)
		if d.Code != "" {
			p.undelivered(j, d)
			continue
		}
		if p.document(j, d, at, 0); out.err != nil {
			return
		}
	}
}

// document reads one document, and those inside it.
func (p *parser) document(j *job, d *connector.Document, at passtrail.Ticks, depth int) {
	out := &j.out
	out.records = append(out.records, passtrail.Record{Tenant: p.tenant(d), Source: j.input.Name, ReceivedAt: at})
	r := &out.records[len(out.records)-1]
	p.n.Times = d.Times
	res, fault := p.n.Read(d.Bytes, r)
	if fault == nil && res.Kind == normalise.KindRecord && r.Tenant != "" {
		p.kept(j, d, r)
		return
	}
	tenant := r.Tenant
	out.records = out.records[:len(out.records)-1]
	switch {
	case fault != nil:
		out.quarantine = append(out.quarantine, setAside(d, tenant, fault.Code, fault.Reason))
	case res.Kind == normalise.KindWrapper && depth == normalise.MaxWraps:
		out.quarantine = append(out.quarantine, setAside(d, tenant, normalise.CodeTooDeep, "documents inside documents, deeper than the limit"))
	case res.Kind == normalise.KindWrapper:
		p.inside(j, d, res.Parts, at, depth+1)
	default:
		p.besides(j, d, tenant, res)
	}
}

// inside reads the documents that a wrapper holds. Their places are numbered behind the wrapper's.
func (p *parser) inside(j *job, d *connector.Document, parts [][]byte, at passtrail.Ticks, depth int) {
	if len(parts) == 0 {
		j.out.pages = append(j.out.pages, normalise.Page{}) // an empty answer is an answer
	}
	for i, b := range parts {
		part := connector.Document{Bytes: b, Position: d.Position, Tenant: d.Tenant, Times: d.Times}
		if len(parts) > 1 {
			part.Position += "#" + strconv.Itoa(i+1)
		}
		if p.document(j, &part, at, depth); j.out.err != nil {
			return
		}
	}
}

// kept notes a record that goes to the store.
func (p *parser) kept(j *job, d *connector.Document, r *passtrail.Record) {
	if r.Time < store.EarliestRecord || r.Time > r.ReceivedAt+passtrail.Day {
		reason := "dated more than a day after it was read: " + r.Time.String()
		if r.Time < store.EarliestRecord {
			reason = "dated before the year 2000: " + r.Time.String()
		}
		j.out.far = append(j.out.far, Note{Position: d.Position, Code: "far-time", Reason: reason})
	}
	if d.Tenant == "" && p.cfg.Tenant == "" && (r.Shape == passtrail.ShapeGraph || r.Shape == passtrail.ShapePortalCSV) {
		j.out.assumed = true // records of these shapes never name their tenant
	}
	p.people.add(r)
}

// tenant is whose record a document is unless the record says so itself.
func (p *parser) tenant(d *connector.Document) passtrail.TenantID {
	switch {
	case d.Tenant != "":
		return d.Tenant
	case p.cfg.Tenant != "":
		return p.cfg.Tenant
	}
	return p.cfg.only
}

// undelivered sets aside what the source could not deliver whole, unless it may be passed over.
func (p *parser) undelivered(j *job, d *connector.Document) {
	if over := j.input.PassOver; over != nil && over(d.Code) {
		j.out.notes = append(j.out.notes, Note{Position: d.Position, Code: d.Code, Reason: d.Reason})
		return
	}
	j.out.quarantine = append(j.out.quarantine, setAside(d, p.tenant(d), d.Code, d.Reason))
}

// maxKept bounds the bytes of a document in quarantine.
const maxKept = 1 << 20

func setAside(d *connector.Document, tenant passtrail.TenantID, code, reason string) store.Quarantine {
	raw := d.Bytes
	if len(raw) > maxKept {
		raw = raw[:maxKept]
	}
	return store.Quarantine{Tenant: tenant, Position: d.Position, Code: code, Reason: reason, Bytes: append([]byte(nil), raw...)}
}

// besides takes up documents that are not records.
func (p *parser) besides(j *job, d *connector.Document, tenant passtrail.TenantID, res *normalise.Result) {
	out := &j.out
	switch res.Kind {
	case normalise.KindPage:
		out.pages = append(out.pages, res.Page)
		return
	case normalise.KindOther:
		if out.other == nil {
			out.other = map[otherKey]int64{}
		}
		out.other[otherKey{tenant, passtrail.Printable(res.Category), res.At - res.At%passtrail.Hour}]++
		return
	}
	if tenant == "" {
		out.err = errNoTenant(d.Position, p.cfg.tenants)
		return
	}
	out.assumed = out.assumed || d.Tenant == "" && p.cfg.Tenant == ""
	switch res.Kind {
	case normalise.KindRegistration:
		reg := res.Registration
		out.rows = append(out.rows, snapshotRow{tenant: tenant, reg: &reg})
	case normalise.KindRoles:
		out.rows = append(out.rows, snapshotRow{tenant: tenant, roles: append([]store.RoleAssignment{}, res.Roles...)})
	}
}

// people counts the distinct people of the records by the hash of their ids.
type people struct {
	seen        map[uint64]struct{}
	first, last passtrail.Ticks
}

var peopleSeed = maphash.MakeSeed()

// maxPeople bounds the memory that counting takes; beyond it the count is a lower bound.
const maxPeople = 4 << 20

func (p *people) add(r *passtrail.Record) {
	if r.Time >= store.EarliestRecord && r.Time <= r.ReceivedAt+passtrail.Day {
		if p.first == 0 || r.Time < p.first {
			p.first = r.Time
		}
		p.last = max(p.last, r.Time)
	}
	if r.ActorKind == passtrail.ActorUser {
		p.person(r.ActorID, r.ActorUPN)
	}
	if r.TargetType == "" || strings.EqualFold(r.TargetType, "User") {
		p.person(r.TargetID, r.TargetUPN)
	}
}

func (p *people) person(id, upn string) {
	if id == "" {
		id = strings.ToLower(upn)
	}
	if id == "" || len(p.seen) >= maxPeople {
		return
	}
	p.seen[maphash.String(peopleSeed, id)] = struct{}{}
}
