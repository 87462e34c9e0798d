package ingest

import (
	"hash/maphash"
	"slices"
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
		out.records = append(out.records, passtrail.Record{Tenant: p.tenant(d), Source: j.input.Name, ReceivedAt: at})
		r := &out.records[len(out.records)-1]
		p.n.Times = d.Times
		res, fault := p.n.Read(d.Bytes, r)
		if fault == nil && res.Kind == normalise.KindRecord && r.Tenant != "" {
			p.people.add(r)
			continue
		}
		tenant := r.Tenant
		out.records = out.records[:len(out.records)-1]
		if fault != nil {
			out.quarantine = append(out.quarantine, setAside(d, tenant, fault.Code, fault.Reason))
			continue
		}
		p.besides(j, d, tenant, res)
		if out.err != nil {
			return
		}
	}
}

// tenant is whose record a document is unless the record says so itself.
func (p *parser) tenant(d *connector.Document) passtrail.TenantID {
	if d.Tenant != "" {
		return d.Tenant
	}
	return p.cfg.Tenant
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
		out.other[otherKey{tenant, strings.Clone(res.Category), res.At - res.At%passtrail.Hour}]++
		return
	}
	if tenant == "" {
		out.err = errNoTenant(d.Position)
		return
	}
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
	if p.first == 0 || r.Time < p.first {
		p.first = r.Time
	}
	p.last = max(p.last, r.Time)
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
