// Package connectortest is the suite that every [connector.Source] passes: order, going on from each checkpoint,
// stopping, and errors of the receiver.
package connectortest

import (
	"context"
	"errors"
	"testing"

	"passtrail/internal/connector"
)

// Run holds sources to their contract. Open makes a new source of the same place each time, which must deliver at least
// three batches; a source without a key is not asked to go on.
func Run(t *testing.T, open func(t *testing.T) connector.Source) {
	all := collect(t, open(t), "")
	if len(all.positions) < 3 {
		t.Fatalf("the source delivers %d batches, the suite needs three", len(all.positions))
	}
	t.Run("same key", func(t *testing.T) {
		if a, b := open(t).Key(), open(t).Key(); a != b {
			t.Errorf("Key = %q, then %q", a, b)
		}
	})
	t.Run("same order", func(t *testing.T) {
		compare(t, collect(t, open(t), "").documents, all.documents)
	})
	t.Run("batches may be kept", func(t *testing.T) {
		copied := collect(t, open(t), "")
		compare(t, copied.kept(), all.documents)
	})
	t.Run("goes on from each checkpoint", func(t *testing.T) {
		if open(t).Key() == "" {
			t.Skip("the source has no key")
		}
		for i, position := range all.positions {
			rest := collect(t, open(t), position)
			compare(t, rest.documents, all.documents[all.counts[i]:])
		}
	})
	t.Run("returns the receiver's error", func(t *testing.T) {
		stop := errors.New("stop")
		calls := 0
		err := open(t).Fetch(t.Context(), "", func(connector.Batch) error {
			calls++
			return stop
		})
		if err != stop || calls != 1 {
			t.Errorf("Fetch = %v after %d batches, want the receiver's error after one", err, calls)
		}
	})
	t.Run("stops when it is told to", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := open(t).Fetch(ctx, "", func(connector.Batch) error {
			calls++
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) || calls > 2 {
			t.Errorf("Fetch = %v after %d batches, want to be cancelled soon", err, calls)
		}
	})
}

// collected is what a source delivered.
type collected struct {
	documents []string
	batches   []connector.Batch
	positions []string
	counts    []int // documents up to and with each batch
}

// kept is the documents as the batches hold them in the end.
func (c *collected) kept() []string {
	var out []string
	for _, b := range c.batches {
		for _, d := range b.Documents {
			out = append(out, string(d.Bytes))
		}
	}
	return out
}

func collect(t *testing.T, src connector.Source, from string) collected {
	t.Helper()
	var c collected
	err := src.Fetch(t.Context(), from, func(b connector.Batch) error {
		for _, d := range b.Documents {
			if d.Position == "" {
				t.Error("a document has no position")
			}
			c.documents = append(c.documents, string(d.Bytes))
		}
		c.batches = append(c.batches, b)
		c.positions, c.counts = append(c.positions, b.Position), append(c.counts, len(c.documents))
		return nil
	})
	if err != nil {
		t.Fatalf("Fetch from %q: %v", from, err)
	}
	return c
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d documents, want %d", len(got), len(want))
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("document %d is %q, want %q", i, got[i], want[i])
			return
		}
	}
}
