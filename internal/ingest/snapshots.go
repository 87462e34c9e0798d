package ingest

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/normalise"
	"passtrail/internal/store"
)

// pageSet is what one input holds of one kind of snapshot of one tenant: a page, or several.
type pageSet struct {
	tenant  passtrail.TenantID
	kind    store.SnapshotKind
	input   *input
	newest  passtrail.Ticks // lastUpdatedDateTime of its rows, 0 for none
	at      passtrail.Ticks // that, else when the input was taken
	rows    rows
	spooled []chunk  // rows before those
	keys    []uint64 // hashes of all their keys
	open    int      // pages with a link to a next one
	last    int      // pages without
}

// collector gathers snapshot rows until the end of the run, because a snapshot may come in many pages and files.
type collector struct {
	sets  []*pageSet
	asOf  passtrail.Ticks
	spool spool
	seed  maphash.Seed
}

// add takes up the rows and pages of a batch.
func (c *collector) add(in *input, all []snapshotRow, pages []normalise.Page) error {
	for i := range all {
		row := &all[i]
		if row.reg != nil {
			s := c.set(in, row.tenant, store.Registrations)
			s.rows.Regs = append(s.rows.Regs, *row.reg)
			s.newest = max(s.newest, row.reg.LastUpdated)
			s.keys = append(s.keys, maphash.String(c.seed, row.reg.UserID))
		} else {
			s := c.set(in, row.tenant, store.Roles)
			s.rows.Roles = append(s.rows.Roles, row.roles...)
			for _, r := range row.roles {
				s.keys = append(s.keys, maphash.String(c.seed, r.UserID+"|"+r.RoleID+"|"+r.Scope))
			}
		}
		if err := c.spoolFull(); err != nil {
			return err
		}
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
	return nil
}

// spoolFull writes the rows of the newest set away when they are many. Those of older sets are fewer.
func (c *collector) spoolFull() error {
	s := c.sets[len(c.sets)-1]
	if s.rows.len() < spoolRows {
		return nil
	}
	k, err := c.spool.put(&s.rows)
	s.spooled, s.rows = append(s.spooled, k), rows{}
	return err
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

// snapshotOf is a snapshot, without its rows, with the tenant that it is of and where its rows are.
type snapshotOf struct {
	tenant passtrail.TenantID
	store.Snapshot
	sets []*pageSet
}

// parts calls f with the rows of the snapshot, some at a time, and says which are the last.
func (c *collector) parts(s *snapshotOf, f func(r *rows, last bool) error) error {
	for i, set := range s.sets {
		for j, k := range set.spooled {
			r, err := c.spool.get(k)
			if err != nil {
				return err
			}
			last := i == len(s.sets)-1 && j == len(set.spooled)-1 && set.rows.len() == 0
			if err := f(r, last); err != nil {
				return err
			}
		}
		if last := i == len(s.sets)-1; set.rows.len() > 0 || last && len(set.spooled) == 0 {
			if err := f(&set.rows, last); err != nil {
				return err
			}
		}
	}
	return nil
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
	return cmp.Or(s.newest, s.input.TakenAt)
}

// overlap tells whether a row stands in two of the sets: these are then different snapshots.
func overlap(sets []*pageSet) bool {
	if len(sets) < 2 {
		return false
	}
	in := map[uint64]int{}
	for i, s := range sets {
		for _, key := range s.keys {
			if j, ok := in[key]; ok && j != i {
				return true
			}
			in[key] = i
		}
	}
	return false
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
	out := snapshotOf{tenant: sets[0].tenant, sets: sets}
	out.Kind = sets[0].kind
	for _, s := range sets {
		out.TakenAt = max(out.TakenAt, s.at)
		out.Complete = out.Complete || s.last > 0 || s.open == 0
	}
	return out
}
