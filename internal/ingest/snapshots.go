package ingest

import (
	"cmp"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/normalise"
	"passtrail/internal/store"
)

// pageSet is what one input holds of one kind of snapshot of one tenant: a page, or several.
type pageSet struct {
	tenant passtrail.TenantID
	kind   store.SnapshotKind
	input  *input
	at     passtrail.Ticks // newest lastUpdatedDateTime of its rows, else when the input was taken
	regs   []store.Registration
	roles  []store.RoleAssignment
	open   int // pages with a link to a next one
	last   int // pages without
}

func (p *pageSet) rows() int { return len(p.regs) + len(p.roles) }

// collector gathers snapshot rows until the end of the run, because a snapshot may come in many pages and files.
type collector struct {
	sets []*pageSet
	asOf passtrail.Ticks
}

// add takes up the rows and pages of a batch.
func (c *collector) add(in *input, rows []snapshotRow, pages []normalise.Page) {
	for i := range rows {
		row := &rows[i]
		if row.reg != nil {
			s := c.set(in, row.tenant, store.Registrations)
			s.regs = append(s.regs, *row.reg)
			continue
		}
		s := c.set(in, row.tenant, store.Roles)
		s.roles = append(s.roles, row.roles...)
	}
	for _, p := range pages {
		for _, s := range c.sets {
			if s.input != in || strings.Contains(p.Context, "directoryAudits") {
				continue
			}
			if p.NextLink {
				s.open++
			} else {
				s.last++
			}
		}
	}
}

func (c *collector) set(in *input, tenant passtrail.TenantID, kind store.SnapshotKind) *pageSet {
	for i := len(c.sets) - 1; i >= 0; i-- {
		if s := c.sets[i]; s.input == in && s.tenant == tenant && s.kind == kind {
			return s
		}
	}
	s := &pageSet{tenant: tenant, kind: kind, input: in}
	c.sets = append(c.sets, s)
	return s
}

// snapshotOf is a snapshot with the tenant that it is of.
type snapshotOf struct {
	tenant passtrail.TenantID
	store.Snapshot
}

// snapshots puts the pages together. Pages belong to one snapshot when they were taken on the same day and no row stands
// on two of them; --as-of makes all pages one. A snapshot is complete when its last page is there.
func (c *collector) snapshots() []snapshotOf {
	groups := map[groupKey][]*pageSet{}
	var keys []groupKey
	for _, s := range c.sets {
		s.at = c.takenAt(s)
		k := groupKey{s.tenant, s.kind, s.at - s.at%passtrail.Day}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], s)
	}
	var out []snapshotOf
	for _, k := range keys {
		sets := groups[k]
		if c.asOf != 0 || !overlap(sets) {
			out = append(out, join(sets))
			continue
		}
		for _, same := range byInstant(sets) {
			out = append(out, join(same))
		}
	}
	slices.SortStableFunc(out, func(a, b snapshotOf) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.TakenAt, b.TakenAt))
	})
	return out
}

type groupKey struct {
	tenant passtrail.TenantID
	kind   store.SnapshotKind
	day    passtrail.Ticks
}

func (c *collector) takenAt(s *pageSet) passtrail.Ticks {
	if c.asOf != 0 {
		return c.asOf
	}
	at := passtrail.Ticks(0)
	for i := range s.regs {
		at = max(at, s.regs[i].LastUpdated)
	}
	if at == 0 {
		at = s.input.TakenAt
	}
	return at
}

// overlap tells whether a row stands in two of the sets: these are then different snapshots.
func overlap(sets []*pageSet) bool {
	in := map[string]int{}
	for i, s := range sets {
		for _, key := range rowKeys(s) {
			if j, ok := in[key]; ok && j != i {
				return true
			}
			in[key] = i
		}
	}
	return false
}

func rowKeys(s *pageSet) []string {
	keys := make([]string, 0, s.rows())
	for i := range s.regs {
		keys = append(keys, s.regs[i].UserID)
	}
	for _, r := range s.roles {
		keys = append(keys, r.UserID+"|"+r.RoleID+"|"+r.Scope)
	}
	return keys
}

// byInstant splits sets by their time.
func byInstant(sets []*pageSet) [][]*pageSet {
	slices.SortStableFunc(sets, func(a, b *pageSet) int { return cmp.Compare(a.at, b.at) })
	var out [][]*pageSet
	for i, s := range sets {
		if i == 0 || s.at != sets[i-1].at {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

func join(sets []*pageSet) snapshotOf {
	out := snapshotOf{tenant: sets[0].tenant}
	out.Kind = sets[0].kind
	for _, s := range sets {
		out.TakenAt = max(out.TakenAt, s.at)
		out.Registrations = append(out.Registrations, s.regs...)
		out.Roles = append(out.Roles, s.roles...)
		out.Complete = out.Complete || s.last > 0 || s.open == 0
	}
	return out
}
