package file

import (
	"context"
	"strconv"

	"passtrail"
	"passtrail/internal/connector"
)

// maxBatchDocuments bounds a batch of short documents.
const maxBatchDocuments = 16384

// batcher gathers documents into batches.
type batcher struct {
	ctx      context.Context
	emit     func(connector.Batch) error
	limit    int
	read     func() int64          // bytes of the file used up so far
	position func(*batcher) string // checkpoint for what has been gathered

	docs   []connector.Document
	places []byte // all positions, one behind the other
	ends   []int
	bytes  int
	used   int64 // what read said at the last batch
	count  int64 // documents of this file so far, those skipped too
	skip   int64 // documents that an earlier run has delivered
	tenant passtrail.TenantID
	name   string // of the file or member
	line   int64  // where the next document stands
}

// add delivers a document. Sub counts the documents of one line from 1; 0 when the line is the document.
func (b *batcher) add(doc connector.Document, sub int) error {
	b.count++
	if b.count <= b.skip {
		return nil
	}
	doc.Tenant = b.tenant
	b.docs = append(b.docs, doc)
	b.places = append(append(b.places, b.name...), ':')
	b.places = strconv.AppendInt(b.places, b.line, 10)
	if sub > 0 {
		b.places = strconv.AppendInt(append(b.places, '#'), int64(sub), 10)
	}
	b.ends = append(b.ends, len(b.places))
	b.bytes += len(doc.Bytes)
	return nil
}

// full tells whether it is time to flush. The caller flushes between documents, where its checkpoint is true.
func (b *batcher) full() bool { return b.bytes >= b.limit || len(b.docs) >= maxBatchDocuments }

// flushFull flushes if it is time to.
func (b *batcher) flushFull() error {
	if !b.full() {
		return nil
	}
	return b.flush()
}

// flush emits what was gathered.
func (b *batcher) flush() error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	places, start := string(b.places), 0
	for i := range b.docs {
		b.docs[i].Position = places[start:b.ends[i]]
		start = b.ends[i]
	}
	used := b.read()
	out := connector.Batch{Documents: b.docs, Position: b.position(b), BytesRead: used - b.used, Unchanged: b.skip > 0}
	b.used = used
	b.docs = make([]connector.Document, 0, len(b.docs))
	b.places, b.ends, b.bytes = b.places[:0], b.ends[:0], 0
	return b.emit(out)
}

// fault delivers what could not be read, cut to its first bytes.
func (b *batcher) fault(head []byte, code, reason string, sub int) error {
	if len(head) > keptBytes {
		head = head[:keptBytes]
	}
	return b.add(connector.Document{Bytes: append([]byte(nil), head...), Code: code, Reason: reason}, sub)
}
