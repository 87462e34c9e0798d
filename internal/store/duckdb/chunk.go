package duckdb

import (
	"encoding/binary"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"
	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
	"passtrail/internal/nested"
)

// Records go into the table through a table function that fills DuckDB's chunks column by column: INSERT ... SELECT
// reads them straight out of Go memory. A column's long texts are laid end to end and handed over as one string, which
// DuckDB copies into memory that lives as long as the vector; the strings of the rows then point into that copy. So a
// chunk costs one call into C per column, not two per value as with the driver's appender, and no Go pointer is ever
// kept in C memory. The alternatives and their figures are in docs/decisions/0007-record-write-path.md.

// maxChunkBytes bounds the text of a chunk: records of many megabytes come in smaller chunks.
const maxChunkBytes = 32 << 20

// columnKind tells how a field of a record is written.
type columnKind uint8

const (
	textColumn   columnKind = iota // a string
	longColumn                     // an int64
	hashColumn                     // 16 bytes, a UUID
	batchColumn                    // the batch's number, not in the record
	textHash                       // passtrail.TextHash of a string
	userHash                       // the same of the person that the record is about
	actorColumn                    // a string, the nested value of who did it, see package nested
	targetColumn                   // the same of what it was done to
)

// field is a column of the table record and the field of passtrail.Record that it holds.
type field struct {
	name   string
	kind   columnKind
	offset uintptr
}

// recordFields lists the columns in the order of the table.
var recordFields = func() []field {
	var r passtrail.Record
	return []field{
		{"tenant", textColumn, unsafe.Offsetof(r.Tenant)}, {"id", textColumn, unsafe.Offsetof(r.ID)}, {"hash", hashColumn, unsafe.Offsetof(r.Hash)},
		{"time", longColumn, unsafe.Offsetof(r.Time)}, {"service", textColumn, unsafe.Offsetof(r.Service)}, {"category", textColumn, unsafe.Offsetof(r.Category)},
		{"activity", textColumn, unsafe.Offsetof(r.Activity)}, {"operation_type", textColumn, unsafe.Offsetof(r.OperationType)}, {"result", textColumn, unsafe.Offsetof(r.Result)},
		{"reason", textColumn, unsafe.Offsetof(r.Reason)}, {"correlation_id", textColumn, unsafe.Offsetof(r.CorrelationID)}, {"actor_kind", textColumn, unsafe.Offsetof(r.ActorKind)},
		{"actor_id", textColumn, unsafe.Offsetof(r.ActorID)}, {"actor_upn", textColumn, unsafe.Offsetof(r.ActorUPN)}, {"actor_name", textColumn, unsafe.Offsetof(r.ActorName)},
		{"actor_address", textColumn, unsafe.Offsetof(r.ActorAddress)}, {"target_id", textColumn, unsafe.Offsetof(r.TargetID)}, {"target_upn", textColumn, unsafe.Offsetof(r.TargetUPN)},
		{"target_name", textColumn, unsafe.Offsetof(r.TargetName)}, {"target_type", textColumn, unsafe.Offsetof(r.TargetType)}, {"user_agent", textColumn, unsafe.Offsetof(r.UserAgent)},
		{"on_premises_agent", textColumn, unsafe.Offsetof(r.OnPremisesAgent)}, {"initiated_by", actorColumn, unsafe.Offsetof(r.InitiatedBy)},
		{"target_resources", targetColumn, unsafe.Offsetof(r.TargetResources)}, {"additional_details", textColumn, unsafe.Offsetof(r.AdditionalDetails)},
		{"extra", textColumn, unsafe.Offsetof(r.Extra)}, {"shape", textColumn, unsafe.Offsetof(r.Shape)}, {"source", textColumn, unsafe.Offsetof(r.Source)},
		{"received_at", longColumn, unsafe.Offsetof(r.ReceivedAt)}, {"batch", batchColumn, 0}, {"activity_key", textColumn, unsafe.Offsetof(r.ActivityKey)},
		{"step", textColumn, unsafe.Offsetof(r.Step)}, {"method", textColumn, unsafe.Offsetof(r.Method)}, {"problem", textColumn, unsafe.Offsetof(r.Problem)},
		{"id_hash", textHash, unsafe.Offsetof(r.ID)}, {"correlation_hash", textHash, unsafe.Offsetof(r.CorrelationID)}, {"user_hash", userHash, 0},
		{"subject_id", textColumn, unsafe.Offsetof(r.SubjectID)}, {"subject_upn", textColumn, unsafe.Offsetof(r.SubjectUPN)}, {"subject_name", textColumn, unsafe.Offsetof(r.SubjectName)},
	}
}()

// incoming is the table function's source: the records that are being inserted. It is set before the statement that
// reads it runs and emptied after.
type incoming struct {
	columns []duckdb.ColumnInfo

	mu      sync.Mutex
	records []*passtrail.Record // still to be handed out
	batch   int64
}

// incomingName is the table function in SQL.
const incomingName = "passtrail_incoming"

func newIncoming() (*incoming, error) {
	in := &incoming{}
	for _, f := range recordFields {
		t := duckdb.TYPE_BIGINT
		switch f.kind {
		case textColumn, actorColumn, targetColumn:
			t = duckdb.TYPE_VARCHAR
		case hashColumn:
			t = duckdb.TYPE_UUID
		case textHash, userHash:
			t = duckdb.TYPE_INTEGER
		}
		info, err := duckdb.NewTypeInfo(t)
		if err != nil {
			return nil, err
		}
		in.columns = append(in.columns, duckdb.ColumnInfo{Name: f.name, T: info})
	}
	return in, nil
}

// ColumnInfos implements duckdb.ParallelChunkTableSource.
func (in *incoming) ColumnInfos() []duckdb.ColumnInfo { return in.columns }

// Cardinality implements duckdb.ParallelChunkTableSource.
func (in *incoming) Cardinality() *duckdb.CardinalityInfo { return nil }

// Init implements duckdb.ParallelChunkTableSource. One thread fills: the others have records to normalise.
func (in *incoming) Init() duckdb.ParallelTableSourceInfo {
	return duckdb.ParallelTableSourceInfo{MaxThreads: 1}
}

// NewLocalState implements duckdb.ParallelChunkTableSource.
func (in *incoming) NewLocalState() any { return newFiller() }

// FillChunk implements duckdb.ParallelChunkTableSource.
func (in *incoming) FillChunk(local any, c duckdb.DataChunk) error {
	rows, batch := in.take()
	chunk := bindings.DataChunk{Ptr: reflect.ValueOf(c).FieldByName("chunk").FieldByName("Ptr").UnsafePointer()}
	local.(*filler).fill(chunk, rows, batch)
	return nil
}

// take hands out the records of the next chunk.
func (in *incoming) take() ([]*passtrail.Record, int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	n, size := 0, 0
	for n < len(in.records) && n < duckdb.GetDataChunkCapacity() {
		if size += textBytes(in.records[n]); size > maxChunkBytes && n > 0 {
			break
		}
		n++
	}
	rows := in.records[:n]
	in.records = in.records[n:]
	return rows, in.batch
}

// textBytes is about the size of a record's texts; only those that can be long count.
func textBytes(r *passtrail.Record) int {
	return len(r.InitiatedBy) + len(r.TargetResources) + len(r.AdditionalDetails) + len(r.Extra) + len(r.Reason) + len(r.UserAgent) + len(r.ID) + 512
}

// filler writes records into chunks; it keeps its buffers from one to the next.
type filler struct {
	columns []texts // one for each text column
	packer  nested.Packer
}

// texts are the texts of a column in a chunk.
type texts struct {
	offset      uintptr
	pack        func(*nested.Packer, *passtrail.Record) string // in place of the text at offset; nil: as it is
	rows        []string
	long, short []byte // the texts that a string points to and those it holds, end to end
	broken      bool   // one of them begins within a character
}

func newFiller() *filler {
	f := &filler{}
	for _, c := range recordFields {
		switch c.kind {
		case textColumn:
			f.columns = append(f.columns, texts{offset: c.offset})
		case actorColumn:
			f.columns = append(f.columns, texts{pack: (*nested.Packer).InitiatedBy})
		case targetColumn:
			f.columns = append(f.columns, texts{pack: (*nested.Packer).TargetResources})
		}
	}
	return f
}

func (f *filler) fill(chunk bindings.DataChunk, rows []*passtrail.Record, batch int64) {
	f.gather(rows)
	next := 0
	for i, c := range recordFields {
		v := bindings.DataChunkGetVector(chunk, bindings.IdxT(i))
		switch c.kind {
		case textColumn, actorColumn, targetColumn:
			f.columns[next].check()
			f.columns[next].write(v)
			next++
		case hashColumn:
			out := unsafe.Slice((*hugeint)(bindings.VectorGetData(v)), len(rows))
			for n, r := range rows {
				out[n] = uuid((*[16]byte)(unsafe.Add(unsafe.Pointer(r), c.offset)))
			}
		case longColumn:
			out := unsafe.Slice((*int64)(bindings.VectorGetData(v)), len(rows))
			for n, r := range rows {
				out[n] = *(*int64)(unsafe.Add(unsafe.Pointer(r), c.offset))
			}
		case textHash:
			out := unsafe.Slice((*int32)(bindings.VectorGetData(v)), len(rows))
			for n, r := range rows {
				out[n] = passtrail.TextHash(*(*string)(unsafe.Add(unsafe.Pointer(r), c.offset)))
			}
		case userHash:
			out := unsafe.Slice((*int32)(bindings.VectorGetData(v)), len(rows))
			for n, r := range rows {
				out[n] = passtrail.TextHash(r.Person().Key())
			}
		case batchColumn:
			out := unsafe.Slice((*int64)(bindings.VectorGetData(v)), len(rows))
			for n := range out {
				out[n] = batch
			}
		}
	}
	bindings.DataChunkSetSize(chunk, bindings.IdxT(len(rows)))
}

// gather sorts the texts of the records to their columns, record by record, so that each is looked at only once.
func (f *filler) gather(rows []*passtrail.Record) {
	for i := range f.columns {
		c := &f.columns[i]
		c.rows, c.long, c.short, c.broken = c.rows[:0], c.long[:0], c.short[:0], false
	}
	for _, r := range rows {
		for i := range f.columns {
			c := &f.columns[i]
			s := c.text(&f.packer, r)
			c.rows = append(c.rows, s)
			switch {
			case s == "":
				continue
			case len(s) > stringInline:
				c.long = append(c.long, s...)
			default:
				c.short = append(c.short, s...)
			}
			if !utf8.RuneStart(s[0]) {
				c.broken = true
			}
		}
	}
}

// text returns the text of a record for the column.
func (c *texts) text(p *nested.Packer, r *passtrail.Record) string {
	if c.pack != nil {
		return c.pack(p, r)
	}
	return *(*string)(unsafe.Add(unsafe.Pointer(r), c.offset))
}

// check makes the texts valid UTF-8, which DuckDB takes on trust here: what is not becomes the replacement character.
// Texts that are valid end to end are so one by one, if none begins within a character.
func (c *texts) check() {
	if !c.broken && utf8.Valid(c.long) && utf8.Valid(c.short) {
		return
	}
	c.long = c.long[:0]
	for i, s := range c.rows {
		s = strings.ToValidUTF8(s, "\uFFFD")
		c.rows[i] = s
		if len(s) > stringInline {
			c.long = append(c.long, s...)
		}
	}
}

// write puts the texts into a vector.
func (c *texts) write(v bindings.Vector) {
	data := bindings.VectorGetData(v)
	var next unsafe.Pointer
	if len(c.long) > 0 {
		bindings.UnsafeVectorAssignStringElementLen(v, 0, c.long)
		next = *(*unsafe.Pointer)(unsafe.Add(data, stringPointer))
	}
	for i, s := range c.rows {
		at := unsafe.Add(data, i*stringSize)
		b := unsafe.Slice((*byte)(at), stringSize)
		binary.NativeEndian.PutUint32(b, uint32(len(s)))
		if len(s) <= stringInline {
			clear(b[stringText:])
			copy(b[stringText:], s)
			continue
		}
		copy(b[stringText:stringPointer], s)
		*(*uintptr)(unsafe.Add(at, stringPointer)) = uintptr(next)
		next = unsafe.Add(next, len(s))
	}
}

// uuid is a UUID as DuckDB keeps it: an integer of 128 bits whose topmost bit is flipped so that it sorts.
func uuid(b *[16]byte) hugeint {
	return hugeint{lower: binary.BigEndian.Uint64(b[8:]), upper: int64(binary.BigEndian.Uint64(b[:8]) ^ 1<<63)}
}

// idleWait is how long to sleep when another thread has the statement's work: the engine itself would spin.
const idleWait = 300 * time.Microsecond

// runPrepared runs a prepared statement that has no result.
func runPrepared(stmt bindings.PreparedStatement) error {
	var pending bindings.PendingResult
	defer bindings.DestroyPending(&pending)
	if bindings.PendingPrepared(stmt, &pending) == bindings.StateError {
		return engineError(bindings.PendingError(pending))
	}
	for {
		state := bindings.PendingExecuteTask(pending)
		if bindings.PendingExecutionIsFinished(state) {
			break
		}
		if state == bindings.PendingStateNoTasksAvailable {
			time.Sleep(idleWait)
		}
	}
	var res bindings.Result
	defer bindings.DestroyResult(&res)
	if bindings.ExecutePending(pending, &res) == bindings.StateError {
		return engineError(bindings.ResultError(&res))
	}
	return nil
}
