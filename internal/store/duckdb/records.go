package duckdb

import (
	"context"
	"database/sql"
	"slices"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/nested"
	"passtrail/internal/store"
)

// wholeColumns are all columns of a record that came from outside, in the order of scanWhole.
var wholeColumns = `r.tenant, r.id, r.hash::VARCHAR, r.time, r.service, r.category, r.activity, r.operation_type, r.result, r.reason, r.correlation_id,
	r.actor_kind, r.actor_id, r.actor_upn, r.actor_name, r.actor_address, r.target_id, r.target_upn, r.target_name, r.target_type,
	coalesce(r.subject_id, ''), coalesce(r.subject_upn, ''), coalesce(r.subject_name, ''), r.user_agent, r.on_premises_agent,
	` + nested.InitiatedBySQL("r.") + `, ` + nested.TargetResourcesSQL("r.") + `, r.additional_details, r.extra, r.shape, r.source, r.received_at, r.activity_key, r.step, r.method, r.problem`

// nestedFunctions are what the expressions of package nested call.
var nestedFunctions = []duck.Func{
	{Name: nested.WholeFunction, Variadic: duck.String, Out: duck.String, Append: wholeNested},
	{Name: nested.JSONFunction, Variadic: duck.String, Out: duck.String, Append: func(dst []byte, args []string) []byte {
		if args[0] == "" {
			return nil
		}
		return wholeNested(dst, args)
	}},
}

func wholeNested(dst []byte, args []string) []byte { return nested.Whole(dst, args[0], args[1:]) }

func scanWhole(rows *sql.Rows) (r passtrail.Record, err error) {
	var hash string
	err = rows.Scan(&r.Tenant, &r.ID, &hash, &r.Time, &r.Service, &r.Category, &r.Activity, &r.OperationType, &r.Result, &r.Reason, &r.CorrelationID,
		&r.ActorKind, &r.ActorID, &r.ActorUPN, &r.ActorName, &r.ActorAddress, &r.TargetID, &r.TargetUPN, &r.TargetName, &r.TargetType,
		&r.SubjectID, &r.SubjectUPN, &r.SubjectName, &r.UserAgent, &r.OnPremisesAgent,
		&r.InitiatedBy, &r.TargetResources, &r.AdditionalDetails, &r.Extra, &r.Shape, &r.Source, &r.ReceivedAt, &r.ActivityKey, &r.Step, &r.Method, &r.Problem)
	if err != nil {
		return r, err
	}
	r.Hash, err = hashOf(hash)
	return r, err
}

// Records returns records of a tenant whole, in the order in which they are named. One that is not there is left out.
func (s *Store) Records(ctx context.Context, tenant passtrail.TenantID, named []store.RecordName) ([]passtrail.Record, error) {
	if err := s.settled(); err != nil {
		return nil, err
	}
	at := make(map[store.RecordName]int, len(named))
	var near []reach
	for i, n := range named {
		at[n] = i
		near = append(near, reach{int64(n.Time), int64(n.Time)})
	}
	var all []passtrail.Record
	for _, p := range places(near) {
		var ids []string
		var times []int64
		for _, n := range named {
			if t := int64(n.Time); t >= p.first && t <= p.last {
				ids, times = append(ids, n.ID), append(times, t)
			}
		}
		find := `SELECT ` + wholeColumns + ` FROM record r JOIN (SELECT DISTINCT unnest(?4::VARCHAR[]) AS id, unnest(?5::BIGINT[]) AS time) n ON n.id = r.id AND n.time = r.time
			WHERE r.tenant = ?1 AND r.time BETWEEN ?2 AND ?3`
		rows, err := s.db.SQL.QueryContext(ctx, find, string(tenant), p.first, p.last, ids, times)
		found, err := collect(rows, err, scanWhole)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b passtrail.Record) int {
		return at[store.RecordName{ID: a.ID, Time: a.Time}] - at[store.RecordName{ID: b.ID, Time: b.Time}]
	})
	return all, nil
}
