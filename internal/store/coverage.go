package store

import "passtrail"

// Span is a stretch of time, From inclusive and To exclusive.
type Span struct{ From, To passtrail.Ticks }

// Coverage says of which time a tenant has audit records. The ledger tells, up to what a retention deleted since.
type Coverage struct {
	First, Last passtrail.Ticks // the hour of the first record, and the last record; 0: there is none
	// Gaps are the stretches of a day and more between them in which no source has a record, oldest first. Whether nothing
	// happened then, or nobody brought it, is not in the ledger.
	Gaps []Span
}

// Missing returns which parts of a period have no record, oldest first: what lies before the first record, gaps, and what
// lies after the last one. Parts shorter than a day and shorter than half of the period are left out, and so are gaps
// within it that hold no whole day (UTC): nights and holidays of small tenants. A period that begins
// at 0 or 1 is open: it begins with the first record. Nothing of before the first record is in the result then.
func (c Coverage) Missing(p Span) []Span {
	if p.From >= p.To {
		return nil
	}
	if c.First == 0 {
		return []Span{p}
	}
	if p.From <= 1 && c.First < p.To {
		p.From = c.First
	}
	least := min(passtrail.Day, (p.To-p.From)/2)
	var out []Span
	add := func(s Span) {
		s = Span{max(s.From, p.From), min(s.To, p.To)}
		if s.From < s.To && s.To-s.From >= least {
			out = append(out, s)
		}
	}
	add(Span{0, c.First})
	for _, g := range c.Gaps {
		if midnight := (g.From + passtrail.Day - 1) / passtrail.Day * passtrail.Day; midnight+passtrail.Day <= g.To || g.From < p.From || g.To > p.To {
			add(g)
		}
	}
	add(Span{c.Last + 1, passtrail.Forever})
	return out
}
