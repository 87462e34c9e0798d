package store

import (
	"context"
	"time"

	"passtrail"
)

// Model is what is derived from the facts, and the questions that are asked of it. It follows the facts: every method that
// answers brings it up to the last commit first.
type Model interface {
	// Refresh brings the derived tables up to what has been committed since the last call. It is safe to kill at any
	// moment: the next call does what is left.
	Refresh(ctx context.Context) error
	// Rebuild makes all derived columns and tables anew from the records and snapshots, with the same result.
	Rebuild(ctx context.Context, progress func(done, total int64)) error
	// Query runs one read-only statement that the query engine generated and calls row for each row; the slice is
	// reused. It brings what is derived up to date first, or answers nothing: code Unavailable or TooLarge. Text comes as string, instants as int64 ticks, JSON as string. It stops soon after ctx is done.
	Query(ctx context.Context, sql string, args []any, row func([]any) error) error
	// Revision brings what is derived up to date and says what state of a tenant that is: two answers between which it
	// did not move come from the same records and the same derivation.
	Revision(ctx context.Context, tenant passtrail.TenantID) (Revision, error)
	// FinalUntil says up to when a tenant's figures are final, see Lateness.
	FinalUntil(ctx context.Context, tenant passtrail.TenantID) (Finality, error)
	// Coverage says of which time a tenant has audit records.
	Coverage(ctx context.Context, tenant passtrail.TenantID) (Coverage, error)
	// Standings returns where tenants stand at an instant, in the order asked for; unknown ones have nothing.
	Standings(ctx context.Context, tenants []passtrail.TenantID, now passtrail.Ticks) ([]Standing, error)
}

// Revision is a state of a tenant's records and of what is derived from them, in the order in which states come about.
type Revision struct {
	Whole  int64 // moves when everything was derived anew
	Tenant int64 // moves with each batch of the tenant and each deletion
}

// Limits bound one statement.
type Limits struct {
	Time time.Duration // 0: none
	Rows int64         // 0: none
}
