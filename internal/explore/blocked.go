package explore

import (
	"context"
	"fmt"

	"passtrail"
)

// blockedText is KQL for who is blocked from password reset at an instant: UserId and Until. Entra blocks for a day after
// the last attempt, so an attempt within a day of the block moves its end; the report blocked-people counts the same way.
// Predicate chooses people by UserId, "true" all.
func blockedText(at passtrail.Ticks, predicate string) string {
	return fmt.Sprintf(`let Blocks = PasswordEvents
| where Time > datetime(%[1]s) - 3d and Time <= datetime(%[1]s) and (Activity == "blocked" or Step == "blocked") and %[2]s
| summarize LastBlocked = max(Time) by UserId;
let Later = Blocks
| join kind=inner (PasswordResetAttempts | where Start > datetime(%[1]s) - 3d and %[2]s | project UserId, Start, End) on UserId
| where Start > LastBlocked and Start < LastBlocked + 1d
| summarize LastAttempt = max(End) by UserId;
Blocks
| join kind=leftouter Later on UserId
| project UserId, Until = coalesce(LastAttempt, LastBlocked) + 1d
| where Until > datetime(%[1]s)`, at, predicate)
}

// Blocked returns until when people are blocked from password reset at an instant, by object id.
func (x Explorer) Blocked(ctx context.Context, at passtrail.Ticks) (map[string]passtrail.Ticks, error) {
	return x.blocked(ctx, at, "true")
}

func (x Explorer) blocked(ctx context.Context, at passtrail.Ticks, predicate string) (map[string]passtrail.Ticks, error) {
	t, err := x.run(ctx, blockedText(at, predicate))
	if err != nil {
		return nil, err
	}
	until := map[string]passtrail.Ticks{}
	for _, row := range t.Rows {
		id, _ := row[0].(string)
		end, _ := row[1].(int64)
		until[id] = passtrail.Ticks(end)
	}
	return until, nil
}
