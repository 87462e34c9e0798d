package simulate

import (
	"container/heap"
	"math/rand/v2"
)

// delivery is the way of records to a reader: most come in order and once, some late, some twice.
type delivery struct {
	to      sink
	rng     *rand.Rand
	waiting waiting
	count   int64
	clock   int64 // records that have come by
}

// Of a thousand records, so many are late and so many come again; none waits for more than maxWait others.
const (
	lateShare   = 12
	repeatShare = 28
	maxWait     = 3000
)

// waiter is a record that comes when the clock says so.
type waiter struct {
	due, order int64
	event      event
}

type waiting []waiter

func (w waiting) Len() int { return len(w) }
func (w waiting) Less(i, j int) bool {
	if w[i].due != w[j].due {
		return w[i].due < w[j].due
	}
	return w[i].order < w[j].order
}
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(x any)   { *w = append(*w, x.(waiter)) }
func (w *waiting) Pop() any {
	last := len(*w) - 1
	x := (*w)[last]
	(*w)[last] = waiter{}
	*w = (*w)[:last]
	return x
}

// event takes a record on its way.
func (d *delivery) event(e *event) error {
	d.clock++
	for len(d.waiting) > 0 && d.waiting[0].due <= d.clock {
		x := heap.Pop(&d.waiting).(waiter)
		if err := d.hand(&x.event); err != nil {
			return err
		}
	}
	x := d.rng.IntN(1000)
	if x < lateShare {
		d.wait(e)
		return nil
	}
	if x < lateShare+repeatShare {
		d.wait(e)
	}
	return d.hand(e)
}

func (d *delivery) wait(e *event) {
	heap.Push(&d.waiting, waiter{d.clock + 1 + d.rng.Int64N(maxWait), d.clock, *e})
}

func (d *delivery) hand(e *event) error {
	d.count++
	return d.to.write(e)
}

// close delivers what is still on its way.
func (d *delivery) close() error {
	for len(d.waiting) > 0 {
		x := heap.Pop(&d.waiting).(waiter)
		if err := d.hand(&x.event); err != nil {
			return err
		}
	}
	return nil
}
