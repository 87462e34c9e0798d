package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"passtrail"
	"passtrail/internal/store"
)

// standingCounts count per tenant before anything is joined; each row is a tenant, a name and a number.
const standingCounts = `
SELECT tenant, 'snapshot' AS name, max(taken_at)::BIGINT AS n FROM snapshot WHERE kind = 'registration' AND taken_at <= ?2 AND list_contains(?1::VARCHAR[], tenant) GROUP BY tenant
UNION ALL
SELECT tenant, unnest(['people', 'registered', 'admins']), unnest([count(*), count(*) FILTER (is_sspr_registered), count(*) FILTER (is_admin AND NOT is_sspr_capable)])
FROM registration WHERE assumed_from <= ?2 AND valid_to > ?2 AND list_contains(?1::VARCHAR[], tenant) GROUP BY tenant
UNION ALL
SELECT tenant, 'new ' || severity, count(*) FROM finding WHERE state = 'new' AND list_contains(?1::VARCHAR[], tenant) GROUP BY tenant, severity
UNION ALL
SELECT tenant, 'aside', count(*) FROM quarantine WHERE list_contains(?1::VARCHAR[], tenant) GROUP BY tenant`

// Standings returns where tenants stand at an instant, in the order asked for.
func (s *Store) Standings(ctx context.Context, tenants []passtrail.TenantID, now passtrail.Ticks) ([]store.Standing, error) {
	if _, err := s.current(ctx); err != nil {
		return nil, err
	}
	ids, at := make([]string, len(tenants)), make(map[string]*store.Standing, len(tenants))
	out := make([]store.Standing, len(tenants))
	for i, id := range tenants {
		ids[i] = string(id)
		out[i] = store.Standing{Tenant: id, NewFindings: map[string]int64{}}
		at[ids[i]] = &out[i]
	}
	type count struct {
		tenant, name string
		n            int64
	}
	rows, err := s.db.SQL.QueryContext(ctx, standingCounts, ids, int64(now))
	all, err := collect(rows, err, func(r *sql.Rows) (c count, err error) {
		err = r.Scan(&c.tenant, &c.name, &c.n)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("standings: %w", err)
	}
	for _, c := range all {
		st := at[c.tenant]
		switch c.name {
		case "snapshot":
			st.Snapshot = passtrail.Ticks(c.n)
		case "people":
			st.People = c.n
		case "registered":
			st.Registered = c.n
		case "admins":
			st.AdminsNotCapable = c.n
		case "aside":
			st.SetAside = c.n
		default:
			st.NewFindings[c.name[len("new "):]] = c.n
		}
	}
	return out, nil
}
