package main

import (
	"context"
	"fmt"
	"slices"

	"passtrail"
	"passtrail/internal/explore"
	"passtrail/internal/normalise"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

// rawAtOnce is how many records are fetched at once.
const rawAtOnce = 1000

// rawEvents writes records as they came in, a document a line: what somebody else reads, or takes in again.
func (a *app) rawEvents(ctx context.Context, x *explore.Explorer, f eventFlags) error {
	named, next, err := a.named(ctx, x, f)
	if err != nil {
		return err
	}
	write := func(some []store.RecordName) error {
		records, err := x.Engine.Records(ctx, x.Tenants[0], some)
		if err != nil {
			return err
		}
		for i := range records {
			doc, err := normalise.Restore(&records[i])
			if err != nil {
				return err
			}
			if _, err := a.out.Write(append(doc, '\n')); err != nil {
				return err
			}
		}
		return nil
	}
	if f.all {
		return a.allRaw(ctx, x, f, write)
	}
	for some := range slices.Chunk(named, rawAtOnce) {
		if err := write(some); err != nil {
			return err
		}
	}
	if next != "" {
		fmt.Fprintf(a.err, "more: add --after %s\n", next)
	}
	return nil
}

// named returns the names of the record that was asked for, or of those of a page.
func (a *app) named(ctx context.Context, x *explore.Explorer, f eventFlags) (named []store.RecordName, next string, err error) {
	switch {
	case f.id != "":
		d, err := x.Record(ctx, f.id)
		if err != nil {
			return nil, "", err
		}
		return []store.RecordName{{ID: d.ID, Time: d.Time}}, "", nil
	case f.all:
		return nil, "", nil
	}
	page, err := x.Events(ctx, f.Filter, f.after, f.limit)
	if err != nil {
		return nil, "", err
	}
	for _, e := range page.Events {
		named = append(named, store.RecordName{ID: e.ID, Time: e.Time})
	}
	return named, page.Next, nil
}

// allRaw writes everything that matches.
func (a *app) allRaw(ctx context.Context, x *explore.Explorer, f eventFlags, write func([]store.RecordName) error) error {
	var some []store.RecordName
	req := query.Request{Text: f.NamesText(), Tenants: x.Tenants, Now: x.Now, Export: true}
	err := x.Engine.Stream(ctx, req, func(query.Table) error { return nil }, func(row []any) error {
		at, _ := row[0].(int64)
		id, _ := row[1].(string)
		if some = append(some, store.RecordName{ID: id, Time: passtrail.Ticks(at)}); len(some) < rawAtOnce {
			return nil
		}
		err := write(some)
		some = some[:0]
		return err
	})
	if err != nil {
		return err
	}
	return write(some)
}
