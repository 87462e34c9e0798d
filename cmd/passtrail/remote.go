package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"passtrail/internal/store"
)

// A server holds its data directory. Commands that find one there hand their command line to it over a Unix socket in
// the directory, which only its owner can open: a line of JSON (remoteCall), then standard input. The answer is frames: a
// byte for the stream, four bytes for the length, the bytes.

const (
	socketName  = "passtrail.sock"
	frameOut    = 1
	frameErr    = 2
	frameExit   = 3
	maxCallLine = 1 << 20
	maxFrame    = 1 << 20
)

// remoteCall is a command line and where it was typed.
type remoteCall struct {
	Args []string `json:"args"`
	Dir  string   `json:"dir"`
}

// stayLocal are the commands that a server is not asked for.
var stayLocal = []string{"serve", "demo", "version", "simulate", "help"}

// forward hands the command line to the server of the data directory. It returns false when there is none.
func (a *app) forward(ctx context.Context, command string, args []string) (code int, done bool, err error) {
	if a.remote || slices.Contains(stayLocal, command) {
		return 0, false, nil
	}
	dir, err := a.dataDir()
	if err != nil {
		return 0, false, nil // the command itself says what is wrong
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", filepath.Join(dir, socketName))
	if err != nil {
		return 0, false, nil
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	cwd, err := os.Getwd()
	if err != nil {
		return 0, true, err
	}
	line, err := json.Marshal(remoteCall{Args: args, Dir: cwd})
	if err != nil {
		return 0, true, err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return 0, true, err
	}
	go a.sendInput(conn)
	code, err = a.receive(conn)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return code, true, err
}

// sendInput passes standard input on and says where it ends. On a terminal nobody is waited for.
func (a *app) sendInput(conn net.Conn) {
	if !isTerminal(a.in) {
		_, _ = io.Copy(conn, a.in) // the server says what it missed
	}
	if u, ok := conn.(*net.UnixConn); ok {
		_ = u.CloseWrite()
	}
}

// receive writes the frames to the streams that they are for, until the exit code.
func (a *app) receive(r io.Reader) (int, error) {
	in := bufio.NewReader(r)
	for {
		var head [5]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return exitFailed, fmt.Errorf("the server of the data directory went away: %w", err)
		}
		n := int64(binary.BigEndian.Uint32(head[1:]))
		switch head[0] {
		case frameExit:
			return int(n), nil
		case frameOut:
			if _, err := io.CopyN(a.out, in, n); err != nil {
				return exitFailed, err
			}
		default:
			if _, err := io.CopyN(a.err, in, n); err != nil {
				return exitFailed, err
			}
		}
	}
}

// frames writes frames of several streams to one connection.
type frames struct {
	mu sync.Mutex
	w  io.Writer
}

func (f *frames) send(stream byte, b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	head := [5]byte{stream}
	binary.BigEndian.PutUint32(head[1:], uint32(len(b)))
	if _, err := f.w.Write(head[:]); err != nil {
		return err
	}
	_, err := f.w.Write(b)
	return err
}

// frameWriter is one stream of frames.
type frameWriter struct {
	f      *frames
	stream byte
}

func (w frameWriter) Write(b []byte) (int, error) {
	sent := 0
	for len(b) > 0 {
		part := b[:min(len(b), maxFrame)]
		if err := w.f.send(w.stream, part); err != nil {
			return sent, err
		}
		sent, b = sent+len(part), b[len(part):]
	}
	return sent, nil
}

// answerCommands runs the command lines that come over the socket, on the server's own store, until ctx is done.
func answerCommands(ctx context.Context, dir string, st store.Store, clock func() time.Time) error {
	name := filepath.Join(dir, socketName)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) { // left by a server that was killed: we hold the lock
		return err
	}
	l, err := net.Listen("unix", name)
	if err != nil {
		return err
	}
	if err := os.Chmod(name, 0o600); err != nil {
		l.Close()
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		running.Go(func() { answerCommand(ctx, conn, dir, st, clock) })
	}
}

// answerCommand runs one command line. It stops when the caller hangs up.
func answerCommand(ctx context.Context, conn net.Conn, dir string, st store.Store, clock func() time.Time) {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := bufio.NewReaderSize(conn, maxCallLine)
	line, err := in.ReadSlice('\n')
	var call remoteCall
	if err != nil || json.Unmarshal(line, &call) != nil {
		return
	}
	f := &frames{w: conn}
	a := &app{in: in, out: frameWriter{f, frameOut}, err: frameWriter{f, frameErr}, clock: clock, env: func(string) string { return "" }, data: dir, cwd: call.Dir, remote: true}
	a.backend = backend{store: st, shared: true}
	code := a.runCommand(ctx, call.Args)
	var exit [5]byte
	exit[0] = frameExit
	binary.BigEndian.PutUint32(exit[1:], uint32(code))
	_, _ = conn.Write(exit[:]) // the caller may have gone
}
