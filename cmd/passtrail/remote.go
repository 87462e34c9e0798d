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
)

// A server holds its data directory. Commands that find one there hand their command line to it over a Unix socket in
// the directory, which only its owner can open: a line of JSON (remoteCall), and later, if the command asks for it, standard
// input. Both ways go frames: a byte for the stream, four bytes for the length, the bytes. A caller who hangs up stops the
// command.

const (
	socketName  = "passtrail.sock"
	pointerName = "passtrail.sock.at" // says where the socket is when the directory's path is too long for one
	frameOut    = 1
	frameErr    = 2
	frameExit   = 3 // the length is the exit code
	frameAsk    = 4 // the server wants standard input; no bytes
	frameIn     = 5 // standard input; no bytes: its end
	maxCallLine = 1 << 20
	maxFrame    = 1 << 20
	// maxSocketPath is the longest path that every system takes for a socket, but for the one character while it is made.
	maxSocketPath = 99
	callWait      = 10 * time.Second // for the command line
)

// remoteCall is a command line, where it was typed, and in which time zone.
type remoteCall struct {
	Args []string `json:"args"`
	Dir  string   `json:"dir"`
	Zone string   `json:"zone,omitempty"`
}

// socketOf finds the socket of a data directory.
func socketOf(dir string) string {
	name := filepath.Join(dir, socketName)
	if len(name) <= maxSocketPath {
		return name
	}
	at, err := os.ReadFile(filepath.Join(dir, pointerName))
	if err != nil {
		return name
	}
	return string(at)
}

// stayLocal are the commands that a server is not asked for.
var stayLocal = []string{"serve", "demo", "version", "simulate", "help"}

// forward hands the command line to the server of the data directory. It returns false when there is none.
func (a *app) forward(ctx context.Context, command string, args []string) (code int, done bool, err error) {
	if a.remote != nil || slices.Contains(stayLocal, command) {
		return 0, false, nil
	}
	dir, err := a.dataDir()
	if err != nil {
		return 0, false, nil // the command itself says what is wrong
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socketOf(dir))
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
	line, err := json.Marshal(remoteCall{Args: args, Dir: cwd, Zone: a.env("TZ")})
	if err != nil {
		return 0, true, err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return 0, true, err
	}
	code, err = a.receive(conn)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return code, true, err
}

// sendInput passes standard input on and says where it ends. It goes on until then; a program that ends does not wait.
func (a *app) sendInput(conn io.Writer) {
	f := &frames{w: conn}
	_, err := io.Copy(frameWriter{f, frameIn}, a.in)
	if err == nil {
		_ = f.send(frameIn, nil) // a server that is gone has its own way to say so
	}
}

// receive writes the frames to the streams that they are for, until the exit code.
func (a *app) receive(conn io.ReadWriter) (int, error) {
	in := bufio.NewReader(conn)
	asked := false
	for {
		stream, n, err := frameHead(in)
		if err != nil {
			return exitFailed, fmt.Errorf("the server of the data directory went away: %w", err)
		}
		switch stream {
		case frameExit:
			return int(n), nil
		case frameAsk:
			if !asked {
				asked = true
				go a.sendInput(conn)
			}
		case frameOut:
			_, err = io.CopyN(a.out, in, n)
		default:
			_, err = io.CopyN(a.err, in, n)
		}
		if err != nil {
			return exitFailed, err
		}
	}
}

// frameHead reads what stands before the bytes of a frame.
func frameHead(in io.Reader) (stream byte, n int64, err error) {
	var head [5]byte
	_, err = io.ReadFull(in, head[:])
	return head[0], int64(binary.BigEndian.Uint32(head[1:])), err
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

// sendHead sends a frame that is only a head.
func (f *frames) sendHead(head [5]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.w.Write(head[:])
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

// answerCommands runs the command lines that come over the socket, with what the server lends to them, until ctx is done. Link is
// what the command sign-in prints; nil where people sign in otherwise.
func answerCommands(ctx context.Context, server *app, dir string, link func() string) error {
	l, remove, err := listenCommands(dir)
	if err != nil {
		return err
	}
	defer remove()
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
		running.Go(func() {
			lent := server.backend
			lent.shared = true
			answerCommand(ctx, conn, &app{clock: server.clock, served: dir, backend: lent, looks: server.looks, peer: peerOf(conn), link: link})
		})
	}
}

// listenCommands opens the socket of a data directory. A socket that is there was left by a server that was killed: we
// hold the directory's lock.
func listenCommands(dir string) (l net.Listener, remove func(), err error) {
	name, remove := filepath.Join(dir, socketName), func() {}
	if len(name) > maxSocketPath {
		short, err := os.MkdirTemp("", "passtrail-")
		if err != nil {
			return nil, nil, err
		}
		pointer := filepath.Join(dir, pointerName)
		name, remove = filepath.Join(short, "s"), func() { os.Remove(pointer); os.RemoveAll(short) }
		if err := os.WriteFile(pointer, []byte(name), 0o600); err != nil {
			remove()
			return nil, nil, err
		}
	}
	if l, err = listenPrivately(name); err != nil {
		remove()
		return nil, nil, err
	}
	gone := remove
	return l, func() { os.Remove(name); gone() }, nil
}

// listenPrivately opens a socket that nobody but its owner can open, from the first moment that it has its name.
func listenPrivately(name string) (net.Listener, error) {
	unfinished := name + "~"
	for _, left := range []string{name, unfinished} {
		if err := os.Remove(left); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: unfinished, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it would look for the name of before
	if err = os.Chmod(unfinished, 0o600); err == nil {
		err = os.Rename(unfinished, name)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(unfinished))
	}
	return l, nil
}

// answerCommand runs one command line with what the server lends to it. It stops when the caller hangs up.
func answerCommand(ctx context.Context, conn net.Conn, a *app) {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if conn.SetReadDeadline(time.Now().Add(callWait)) != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) }) // whoever waits to read stops
	defer stop()
	in := bufio.NewReaderSize(conn, maxCallLine)
	line, err := in.ReadSlice('\n')
	var call remoteCall
	if err != nil || json.Unmarshal(line, &call) != nil {
		return
	}
	if ctx.Err() != nil || conn.SetReadDeadline(time.Time{}) != nil {
		return
	}
	f := &frames{w: conn}
	input, given := io.Pipe()
	var reading sync.WaitGroup
	defer reading.Wait()
	reading.Go(func() { takeInput(in, given, cancel) })
	a.in, a.out, a.err = &askedReader{f: f, r: input}, frameWriter{f, frameOut}, frameWriter{f, frameErr}
	a.env, a.remote = func(string) string { return "" }, &call
	code := a.runGuarded(ctx, call.Args)
	input.Close()
	var exit [5]byte
	exit[0] = frameExit
	binary.BigEndian.PutUint32(exit[1:], uint32(code))
	_ = f.sendHead(exit) // the caller may have gone
	cancel()
}

// runGuarded is runCommand; a fault of the program ends the one command and not the server.
func (a *app) runGuarded(ctx context.Context, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintln(a.err, "passtrail: a fault of the program ended this command:", p)
			code = exitFailed
		}
	}()
	return a.runCommand(ctx, args)
}

// takeInput passes the caller's standard input to the command. When the caller hangs up it cancels the command.
func takeInput(in io.Reader, to *io.PipeWriter, cancel func()) {
	for {
		stream, n, err := frameHead(in)
		switch {
		case err != nil || stream != frameIn || n > maxFrame:
			cancel()
			to.CloseWithError(io.ErrUnexpectedEOF)
			return
		case n == 0:
			to.Close()
		default:
			if _, err := io.CopyN(to, in, n); errors.Is(err, io.ErrClosedPipe) {
				return // the command has ended without reading it all
			} else if err != nil {
				cancel()
				to.CloseWithError(io.ErrUnexpectedEOF)
				return
			}
		}
	}
}

// askedReader asks the caller for standard input when the command first reads: a command that does not leaves it to the
// script that it stands in.
type askedReader struct {
	f    *frames
	r    io.Reader
	once sync.Once
}

func (r *askedReader) Read(b []byte) (int, error) {
	r.once.Do(func() { _ = r.f.send(frameAsk, nil) }) // if the caller has gone the pipe says so
	return r.r.Read(b)
}
