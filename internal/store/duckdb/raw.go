package duckdb

import (
	"context"
	"reflect"
	"time"

	bindings "github.com/duckdb/duckdb-go-bindings"
	"github.com/duckdb/duckdb-go/v2"
)

// handle returns the C API's connection below a driver connection, which the driver does not hand out: reading results
// as they are made and writing chunks needs it. A driver that keeps it elsewhere one day fails the tests here at once.
func handle(conn *duckdb.Conn) bindings.Connection {
	return bindings.Connection{Ptr: reflect.ValueOf(conn).Elem().FieldByName("conn").FieldByName("Ptr").UnsafePointer()}
}

// interruptEvery is how often a running statement is told to stop once its context is done: the engine forgets an
// interruption that comes before the statement has begun.
const interruptEvery = 10 * time.Millisecond

// interruptible runs f, which runs statements on conn, and interrupts them when ctx is done before f returns.
func interruptible(ctx context.Context, conn bindings.Connection, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ctx.Done() == nil {
		return f()
	}
	done, gone := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(gone)
		tick := time.NewTicker(interruptEvery)
		defer tick.Stop()
		for {
			bindings.Interrupt(conn)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	defer func() {
		close(done)
		if !stop() { // wait, or else the interruption would hit the connection's next statement
			<-gone
		}
	}()
	return f()
}
