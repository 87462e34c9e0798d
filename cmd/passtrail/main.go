// Command passtrail tells an organisation how its self-service password reset is really used. Each command is a file of
// its own; [app] is what they share.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a detection fired (only where --fail-on asks for it).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"passtrail"
	"passtrail/internal/access"
	"passtrail/internal/store"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitFired  = 3
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main for tests: it runs one command line and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{in: stdin, out: stdout, err: stderr, clock: time.Now, env: os.Getenv}
	return a.runCommand(ctx, args)
}

// runCommand runs one command line and returns its exit code.
func (a *app) runCommand(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.PersistentPreRunE = func(c *cobra.Command, positional []string) error {
		if err := errors.Join(validFlags(c), a.refuseWrites(c, positional)); err != nil {
			return err
		}
		code, done, err := a.forward(c.Context(), topCommand(c), args)
		if done && err == nil {
			return forwardedError{code}
		}
		if err != nil {
			return err
		}
		if err := a.prepareToRead(c); err != nil {
			return err
		}
		return a.beginLook(c, positional)
	}
	err := root.ExecuteContext(ctx)
	var fired firedError
	if err != nil && !errors.As(err, &fired) {
		err = errors.Join(err, a.endLook(ctx, err))
	}
	if cerr := a.close(); err == nil {
		err = cerr
	}
	return a.exit(err)
}

// topCommand is the name of the command below the root that c is or belongs to.
func topCommand(c *cobra.Command) string {
	for c.HasParent() && c.Parent().HasParent() {
		c = c.Parent()
	}
	return c.Name()
}

// forwardedError says that a server ran the command, and how that ended.
type forwardedError struct{ code int }

func (e forwardedError) Error() string { return "ran by the server of the data directory" }

// placeFlags are the flags that name files, whose names may be any bytes. The engine opens no database below such a name.
var placeFlags = []string{"access-log", "out", "truth", "page", "file"}

// validFlags refuses flags that are not UTF-8: nothing that they could find is.
func validFlags(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		if !utf8.ValidString(f.Value.String()) && !slices.Contains(placeFlags, f.Name) {
			err = usageError{fmt.Errorf("--%s %s is not valid UTF-8: set the terminal to UTF-8", f.Name, passtrail.Printable(f.Value.String()))}
		}
	})
	return err
}

// usageError is a mistake in the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// firedError says that findings met the threshold of --fail-on.
type firedError struct{ n int }

func (e firedError) Error() string { return fmt.Sprintf("%d findings", e.n) }

// exit prints err, if any, and returns the exit code for it.
func (a *app) exit(err error) int {
	var usage usageError
	var fired firedError
	var forwarded forwardedError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &forwarded):
		return forwarded.code
	case errors.As(err, &fired):
		fmt.Fprintln(a.err, "passtrail:", err)
		return exitFired
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "passtrail: %v\nrun \"passtrail help\" for the commands and their flags\n", err)
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.err, "passtrail: stopped; the same command goes on where it was")
		return exitFailed
	}
	fmt.Fprintln(a.err, "passtrail:", printableLines(message(err)))
	return exitFailed
}

// message returns what a person should read of err: the domain error's own words where there is one.
func message(err error) string {
	var e *passtrail.Error
	if errors.As(err, &e) {
		return e.Msg
	}
	return err.Error()
}

// printableLines is text that may hold names from outside, safe to show, line by line.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = passtrail.Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// app is what the commands share: streams, the clock, the data directory and, once opened, the store.
type app struct {
	in       io.Reader
	out, err io.Writer
	clock    func() time.Time
	env      func(string) string

	data       string        // --data
	nowFlag    string        // --now
	utc        bool          // --utc
	accessFile string        // --access-log
	readOnly   bool          // --read-only
	looks      *access.Log   // who looked at what; nil until it is needed
	look       store.Access  // the line of the command that runs; its ID is "" where it looks at nothing
	peer       string        // who typed the command line that this runs for; "" for the one who runs the program
	remote     *remoteCall   // the command line typed elsewhere that this runs for, inside a server; nil otherwise
	served     string        // the server's data directory
	link       func() string // makes a sign-in link, inside a server that signs people in by links; nil otherwise
	backend    backend
}

// path resolves a path that a person typed.
func (a *app) path(p string) string {
	if a.remote == nil || p == "-" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(a.remote.Dir, p)
}

// now is the instant that decides answers: --now, else the clock.
func (a *app) now() (passtrail.Ticks, error) {
	if a.nowFlag == "" {
		return passtrail.TicksOf(a.clock()), nil
	}
	t, err := passtrail.ParseTicks(a.nowFlag)
	if err != nil {
		return 0, usageError{fmt.Errorf("--now: %w", err)}
	}
	return t, nil
}

// dataDir is --data, else PASSTRAIL_DATA, else the user's data directory.
func (a *app) dataDir() (string, error) {
	if a.remote != nil {
		return a.served, nil // whatever --data said: it led here
	}
	if a.data != "" {
		return filepath.Abs(a.data)
	}
	if d := a.env("PASSTRAIL_DATA"); d != "" {
		return filepath.Abs(d)
	}
	if d := a.env("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "passtrail"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", usageError{fmt.Errorf("no home directory: pass --data DIR")}
	}
	return filepath.Join(home, ".local", "share", "passtrail"), nil
}

// rootCommand builds the tree of commands.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "passtrail",
		Short:         "How self-service password reset is really used",
		Long:          "Passtrail takes in the audit records of Microsoft Entra, keeps them, and answers how self-service password reset is\nreally used: who is registered, who resets and how, where people get stuck, whether someone is abusing it.\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 a detection fired (with --fail-on).",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	f := root.PersistentFlags()
	f.StringVar(&a.data, "data", a.data, "data `directory` (default $PASSTRAIL_DATA, else the user's data directory)")
	f.StringVar(&a.nowFlag, "now", "", "answer as if it were this `time` (ISO 8601)")
	f.StringVar(&a.accessFile, "access-log", "", "keep the access log in this `file` and not in the data directory, for one that cannot be written")
	f.BoolVar(&a.readOnly, "read-only", false, "change nothing in the data directory, which may be one that cannot be written, as a mounted backup; needs --access-log.\nWhat is due there is derived in a copy in $TMPDIR")
	f.BoolVar(&a.utc, "utc", false, "show times in UTC instead of the local time zone")
	for _, make := range commands() {
		root.AddCommand(make(a))
	}
	usageArgs(root)
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// usageArgs makes wrong arguments of a command, and of those below it, usage errors.
func usageArgs(c *cobra.Command) *cobra.Command {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageArgs(sub)
	}
	return c
}

// isTerminal reports whether a stream is a terminal, so that progress and colour make sense on it.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
