// Package connector says what a source of audit records promises. The implementations are in packages below it.
package connector

import (
	"context"

	"passtrail"
	"passtrail/internal/dates"
)

// Source reads audit records from one place.
//
// Fetch calls emit with the batches recorded after from, oldest first as far as the place has an order, and returns nil
// when there are no more for now. It returns emit's error as it is, and ctx.Err() soon after ctx is done. After a restart
// a batch may come again; its records then have the same ids. Emit is called from one goroutine and may keep the batch.
type Source interface {
	// Key names the place for its checkpoint; the same place has the same key on every run.
	Key() string
	Fetch(ctx context.Context, from string, emit func(Batch) error) error
}

// Batch is a run of raw documents from one place.
type Batch struct {
	Documents []Document
	Position  string // checkpoint once these are stored; opaque to everybody but the source
	BytesRead int64  // bytes of the place that this batch used up, for progress
	Unchanged bool   // what was asked for begins behind documents that an earlier run was given
}

// Document is one raw record as it came.
type Document struct {
	Bytes    []byte
	Position string             // file and line, or partition and offset, for a person
	Tenant   passtrail.TenantID // what the place says (blob path), or ""
	// Code and Reason are set when the place could not deliver the document whole: too long, cut off, not text. Bytes
	// then holds its beginning, and it is set aside as it is.
	Code, Reason string
	// Times says how the document's place writes its times, for rows of CSV files; nil where a document says it itself.
	Times *dates.Form
}
