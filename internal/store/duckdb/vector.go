package duckdb

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"unsafe"

	bindings "github.com/duckdb/duckdb-go-bindings"
)

// This file and chunk.go are the only ones that touch DuckDB's memory. What they rely on is documented in duckdb.h: a
// vector's data is an array of its C type; validity is a bit a row, absent when all are valid; a string is 16 bytes, its
// length in the first four, then up to 12 bytes of text, or four bytes of prefix and a pointer to the text.

// Parts of duckdb_string_t.
const (
	stringSize    = 16
	stringInline  = 12 // longest text kept in the string itself
	stringText    = 4  // offset of inlined text, and of the prefix
	stringPointer = 8  // offset of the pointer
)

// column reads one column of the chunk it is attached to.
type column struct {
	name  string
	kind  bindings.Type
	scale int // of a decimal
	inner bindings.Type
	data  unsafe.Pointer
	valid *[1 << 20]uint64
}

// resultColumns returns readers for the columns of a result, or an error when one has a type that Query does not know.
func resultColumns(res *bindings.Result) ([]column, error) {
	columns := make([]column, bindings.ColumnCount(res))
	for i := range columns {
		c := &columns[i]
		c.name, c.kind = bindings.ColumnName(res, bindings.IdxT(i)), bindings.ColumnType(res, bindings.IdxT(i))
		switch c.kind {
		case bindings.TypeDecimal:
			t := bindings.ColumnLogicalType(res, bindings.IdxT(i))
			c.scale, c.inner = int(bindings.DecimalScale(t)), bindings.DecimalInternalType(t)
			bindings.DestroyLogicalType(&t)
		case bindings.TypeBoolean, bindings.TypeTinyInt, bindings.TypeSmallInt, bindings.TypeInteger, bindings.TypeBigInt, bindings.TypeUTinyInt, bindings.TypeUSmallInt,
			bindings.TypeUInteger, bindings.TypeUBigInt, bindings.TypeHugeInt, bindings.TypeFloat, bindings.TypeDouble, bindings.TypeVarchar, bindings.TypeUUID, bindings.TypeSQLNull:
		default:
			return nil, fmt.Errorf("duckdb: column %q has type %d, which Query does not read", c.name, c.kind)
		}
	}
	return columns, nil
}

// attach points the column at a chunk's vector.
func (c *column) attach(v bindings.Vector) {
	c.data = bindings.VectorGetData(v)
	c.valid = (*[1 << 20]uint64)(bindings.VectorGetValidity(v))
}

// value returns the value of a row as Go keeps it, nil for null.
func (c *column) value(row int) any {
	if c.valid != nil && c.valid[row/64]&(1<<(row%64)) == 0 {
		return nil
	}
	switch c.kind {
	case bindings.TypeVarchar:
		return c.text(row)
	case bindings.TypeBigInt:
		return at[int64](c.data, row)
	case bindings.TypeBoolean:
		return at[bool](c.data, row)
	case bindings.TypeInteger:
		return at[int32](c.data, row)
	case bindings.TypeDouble:
		return at[float64](c.data, row)
	}
	return c.rare(row)
}

// rare is value for types that generated SQL seldom leaves in a result.
func (c *column) rare(row int) any {
	switch c.kind {
	case bindings.TypeTinyInt:
		return int32(at[int8](c.data, row))
	case bindings.TypeSmallInt:
		return int32(at[int16](c.data, row))
	case bindings.TypeUTinyInt:
		return int32(at[uint8](c.data, row))
	case bindings.TypeUSmallInt:
		return int32(at[uint16](c.data, row))
	case bindings.TypeUInteger:
		return int64(at[uint32](c.data, row))
	case bindings.TypeUBigInt:
		return narrow(new(big.Int).SetUint64(at[uint64](c.data, row)))
	case bindings.TypeHugeInt:
		return narrow(at[hugeint](c.data, row).big())
	case bindings.TypeFloat:
		return float64(at[float32](c.data, row))
	case bindings.TypeUUID:
		return at[hugeint](c.data, row).uuid()
	case bindings.TypeDecimal:
		return c.decimal(row)
	}
	return nil
}

func at[T any](data unsafe.Pointer, row int) T {
	var zero T
	return *(*T)(unsafe.Add(data, uintptr(row)*unsafe.Sizeof(zero)))
}

// text copies a string out of the vector, which is gone after the chunk.
func (c *column) text(row int) string {
	s := unsafe.Add(c.data, row*stringSize)
	n := *(*uint32)(s)
	if n <= stringInline {
		return string(unsafe.Slice((*byte)(unsafe.Add(s, stringText)), n))
	}
	return string(unsafe.Slice(*(**byte)(unsafe.Add(s, stringPointer)), n))
}

// hugeint is DuckDB's integer of 128 bits.
type hugeint struct {
	lower uint64
	upper int64
}

func (h hugeint) big() *big.Int {
	b := new(big.Int).Lsh(big.NewInt(h.upper), 64)
	return b.Add(b, new(big.Int).SetUint64(h.lower))
}

// uuid writes a UUID, whose topmost bit DuckDB keeps flipped so that it sorts.
func (h hugeint) uuid() string {
	hex := fmt.Sprintf("%016x%016x", uint64(h.upper)^1<<63, h.lower)
	return strings.Join([]string{hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]}, "-")
}

// narrow makes an integer an int64, or a float64 when it is beyond that.
func narrow(b *big.Int) any {
	if b.IsInt64() {
		return b.Int64()
	}
	f, _ := new(big.Float).SetInt(b).Float64()
	if math.IsInf(f, 0) {
		return nil
	}
	return f
}

// decimal writes a decimal with all its digits.
func (c *column) decimal(row int) string {
	var b *big.Int
	switch c.inner {
	case bindings.TypeSmallInt:
		b = big.NewInt(int64(at[int16](c.data, row)))
	case bindings.TypeInteger:
		b = big.NewInt(int64(at[int32](c.data, row)))
	case bindings.TypeBigInt:
		b = big.NewInt(at[int64](c.data, row))
	default:
		b = at[hugeint](c.data, row).big()
	}
	if c.scale == 0 {
		return b.String()
	}
	sign := ""
	if b.Sign() < 0 {
		sign = "-"
	}
	digits := new(big.Int).Abs(b).String()
	if len(digits) <= c.scale {
		digits = strings.Repeat("0", c.scale+1-len(digits)) + digits
	}
	point := len(digits) - c.scale
	return sign + digits[:point] + "." + digits[point:]
}
