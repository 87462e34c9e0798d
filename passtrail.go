// Package passtrail holds the domain types that every other package speaks: tenants, audit records, instants, and the
// one error type whose text is meant for a person. It imports the standard library only.
//
// Start at [Record], the fact everything else is derived from.
package passtrail

import (
	"errors"
	"fmt"
	"strings"
)

// Version is the version of the program, set by the linker in released builds.
var Version = "0.1.0-dev"

// TenantID is a Microsoft Entra tenant (directory) id: a GUID in lower case.
type TenantID string

// ParseTenantID reads a tenant id: a GUID in any letter case, surrounding space and braces ignored. It returns an
// [Error] with code [Invalid] for anything else.
func ParseTenantID(s string) (TenantID, error) {
	t := strings.ToLower(strings.Trim(strings.TrimSpace(s), "{}"))
	if len(t) != 36 {
		return "", &Error{Code: Invalid, Op: "passtrail.ParseTenantID", Msg: fmt.Sprintf("tenant id %q is not a GUID (want 8-4-4-4-12 hex digits)", s)}
	}
	for i, r := range t {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || (!dash && !strings.ContainsRune("0123456789abcdef", r)) {
			return "", &Error{Code: Invalid, Op: "passtrail.ParseTenantID", Msg: fmt.Sprintf("tenant id %q is not a GUID (want 8-4-4-4-12 hex digits)", s)}
		}
	}
	return TenantID(t), nil
}

// Code tells a caller, a status line or an exit code what kind of failure an [Error] is.
type Code string

// The codes of [Error].
const (
	Invalid     Code = "invalid"     // the input is wrong; asking again the same way fails again
	NotFound    Code = "not found"   // what was asked for does not exist
	Denied      Code = "denied"      // the person or the tenant's settings do not allow it
	Conflict    Code = "conflict"    // it clashes with what is there
	Unavailable Code = "unavailable" // passes by itself: try again later
	TooLarge    Code = "too large"   // a limit was reached; the message names it
	Cancelled   Code = "cancelled"   // the caller gave up or its time ran out
)

// Error is a failure that its reader can act on. Errors of other types are internal: logged, never shown.
type Error struct {
	Code Code   // what kind
	Op   string // package and function, "graph.Fetch"
	Msg  string // for the person: lower case, no full stop, says what to do
	Err  error  // cause, for the log; may be nil
}

// Error returns the message for the person; the cause is not part of it.
func (e *Error) Error() string { return e.Msg }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an [Error] without a cause.
func Errorf(code Code, op, format string, args ...any) error {
	return &Error{Code: code, Op: op, Msg: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first [Error] in err's chain, or "" when there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
