package duckdb

import (
	"context"
	"fmt"
	"math"

	"passtrail/internal/attempt"
)

// eventColumns are the columns of password_event, and eventValues what they are of a record.
const (
	sameColumns = `tenant, id, time, activity_key, result, reason, problem, method, step, target_id, target_upn, target_name,
	actor_id, actor_upn, actor_name, actor_address, user_agent, on_premises_agent, correlation_id, source,
	id_hash, correlation_hash, user_hash`
	eventColumns = sameColumns + `, user_id, user_upn, user_name`
	eventValues  = sameColumns + `, person_key AS user_id, person_upn AS user_upn, person_name AS user_name`
)

// eventMembers chooses the records that password_event holds.
const eventMembers = `activity_key <> '' AND activity_key <> 'flow' AND NOT starts_with(activity_key, 'dir_')`

// eventSlices is how many slices of attempts make one of events: they are a sixth of the records, and sorting can spill.
const eventSlices = 8

// events adds the records of batches after one and up to another to password_event, by activity within slices of time.
func (d *derivation) events(ctx context.Context, from, upto int64) error {
	if err := d.step(); err != nil {
		return err
	}
	bounds, err := d.bounds(ctx)
	if err != nil {
		return fmt.Errorf("slices: %w", err)
	}
	insert := `INSERT INTO password_event (` + eventColumns + `) SELECT ` + eventValues + `
		FROM ` + attempt.PersonSQL(`(FROM record WHERE batch > ?1 AND batch <= ?2 AND `+eventMembers+` AND time >= ?3 AND time < ?4)`, false) + ` ORDER BY activity_key, step, time`
	begin := int64(math.MinInt64)
	for i, end := range append(bounds, math.MaxInt64) {
		if i%eventSlices != eventSlices-1 && i < len(bounds) {
			continue
		}
		if _, err := d.exec(ctx, insert, from, upto, begin, end); err != nil {
			return err
		}
		if err := d.step(); err != nil {
			return err
		}
		begin = end
	}
	return nil
}

// allEvents makes password_event from nothing.
func (d *derivation) allEvents(ctx context.Context, upto int64) error {
	if _, err := d.exec(ctx, `DELETE FROM password_event`); err != nil {
		return err
	}
	return d.events(ctx, -1, upto)
}
