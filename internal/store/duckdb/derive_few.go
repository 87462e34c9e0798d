package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
	"passtrail/internal/attempt"
)

// What a few records bring is derived in Go, by the rules that the statements stand for: planning those takes longer than
// folding some hundred records does. The earlier records of their pools are found by the table pool (migration 13), so that
// the time does not grow with the history.

// fewRecords is up to how many new records are few.
const fewRecords = 5_000

// fewColumns are what attempts and password events are made of, in the order of scanFew.
const fewColumns = `tenant, id, time, service, result, reason, correlation_id, actor_kind, actor_id, actor_upn, actor_name, actor_address,
	target_id, target_upn, target_name, target_type, subject_id, subject_upn, subject_name, user_agent, on_premises_agent, source, activity_key, step, method, problem`

func scanFew(rows *sql.Rows) (*passtrail.Record, error) {
	r := new(passtrail.Record)
	err := rows.Scan(&r.Tenant, &r.ID, &r.Time, &r.Service, &r.Result, &r.Reason, &r.CorrelationID, &r.ActorKind, &r.ActorID, &r.ActorUPN, &r.ActorName, &r.ActorAddress,
		&r.TargetID, &r.TargetUPN, &r.TargetName, &r.TargetType, &r.SubjectID, &r.SubjectUPN, &r.SubjectName, &r.UserAgent, &r.OnPremisesAgent, &r.Source,
		&r.ActivityKey, &r.Step, &r.Method, &r.Problem)
	return r, err
}

// poolKey names a pool.
type poolKey struct {
	tenant passtrail.TenantID
	pool   string
}

// number is the number under which the table pool has a pool, and record its records: see poolHash.
func (k poolKey) number() int32 {
	switch k.pool[0] {
	case '=', '#':
		return passtrail.TextHash(k.pool[1:])
	case '@':
		return passtrail.TextHash("") // nobody
	}
	return passtrail.TextHash(k.pool)
}

// joins tells whether a correlation id joins the records of a pool.
func (k poolKey) joins() bool { return !strings.ContainsAny(k.pool[:1], "=@#") }

// few derives the attempts and password events of the records of batches after from, and of touched pools. It returns false
// where it cannot, and has then changed nothing.
func (d *derivation) few(ctx context.Context, from int64) (bool, error) {
	if done, err := d.number(ctx, `SELECT count(*) FROM state WHERE name = 'pools' AND value = 1`); err != nil || done == 0 {
		return false, err
	}
	rows, err := d.tx.QueryContext(ctx, `SELECT `+fewColumns+` FROM record WHERE batch > ?`, from)
	fresh, err := collect(rows, err, scanFew)
	if err != nil {
		return false, err
	}
	pools := map[poolKey]*reach{} // of the new records; nil: touched only
	members := make([]*passtrail.Record, 0, len(fresh))
	for _, r := range fresh {
		k := poolKey{r.Tenant, attempt.Pool(r)}
		if k.pool == "" {
			continue
		}
		members = append(members, r)
		t := int64(r.Time)
		if s := pools[k]; s != nil {
			s.first, s.last = min(s.first, t), max(s.last, t)
		} else {
			pools[k] = &reach{t, t}
		}
	}
	if err := d.touchedPools(ctx, pools); err != nil {
		return false, err
	}
	earlier, err := d.earlier(ctx, from, pools)
	if err != nil {
		return false, fmt.Errorf("earlier records: %w", err)
	}
	if err := d.putAttempts(append(members, earlier...)); err != nil {
		return false, err
	}
	if err := d.putPools(pools); err != nil {
		return false, err
	}
	return true, d.putEvents(fresh)
}

// touchedPools adds the pools of which a record was replaced or deleted.
func (d *derivation) touchedPools(ctx context.Context, pools map[poolKey]*reach) error {
	rows, err := d.tx.QueryContext(ctx, `SELECT DISTINCT tenant, pool FROM touched WHERE pool <> ''`)
	touched, err := collect(rows, err, func(r *sql.Rows) (k poolKey, err error) {
		err = r.Scan(&k.tenant, &k.pool)
		return k, err
	})
	for _, k := range touched {
		if _, found := pools[k]; !found {
			pools[k] = nil
		}
	}
	return err
}

// earlier returns the records of the pools of batches up to from, and deletes the attempts that were made of them.
func (d *derivation) earlier(ctx context.Context, from int64, pools map[poolKey]*reach) ([]*passtrail.Record, error) {
	var out []*passtrail.Record
	known, err := d.knownPools(ctx, pools)
	if err != nil {
		return nil, err
	}
	for tenant, found := range known {
		for _, part := range places(found.spans) {
			for _, text := range []string{
				`DELETE FROM attempt WHERE tenant = ?1 AND start_time BETWEEN ?2 AND ?3 AND pool IN (SELECT unnest(?4::VARCHAR[]))`,
				`DELETE FROM attempt_member WHERE tenant = ?1 AND time BETWEEN ?2 AND ?3 AND pool IN (SELECT unnest(?4::VARCHAR[]))`,
			} {
				if _, err := d.exec(ctx, text, string(tenant), part.first, part.last, found.names); err != nil {
					return nil, err
				}
			}
			rows, err := d.tx.QueryContext(ctx, found.query(), string(tenant), part.first, part.last, from)
			records, err := collect(rows, err, scanFew)
			if err != nil {
				return nil, err
			}
			for _, r := range records {
				if _, ours := pools[poolKey{r.Tenant, attempt.Pool(r)}]; ours {
					out = append(out, r)
				}
			}
		}
	}
	return out, nil
}

// knownPools are the pools of a tenant that have earlier records, and where those are.
type knownPools struct {
	names  []string
	joined []int32 // numbers of those that a correlation id joins
	others []int32
	spans  []reach
}

// knownPools finds out which of the pools have earlier records.
func (d *derivation) knownPools(ctx context.Context, pools map[poolKey]*reach) (map[passtrail.TenantID]*knownPools, error) {
	if len(pools) == 0 {
		return nil, nil
	}
	type place struct {
		tenant passtrail.TenantID
		number int32
	}
	of := map[place][]poolKey{}
	var numbers []int32
	for k := range pools {
		p := place{k.tenant, k.number()}
		if of[p] == nil {
			numbers = append(numbers, p.number)
		}
		of[p] = append(of[p], k)
	}
	slices.Sort(numbers)
	type row struct {
		place
		reach
	}
	rows, err := d.tx.QueryContext(ctx, `SELECT tenant, hash, min(first), max(last) FROM pool WHERE hash IN (SELECT unnest(?1::INTEGER[])) GROUP BY ALL`, numbers)
	found, err := collect(rows, err, func(r *sql.Rows) (x row, err error) {
		err = r.Scan(&x.tenant, &x.number, &x.first, &x.last)
		return x, err
	})
	if err != nil {
		return nil, err
	}
	known := map[passtrail.TenantID]*knownPools{}
	for _, x := range found {
		for _, k := range of[x.place] {
			t := known[k.tenant]
			if t == nil {
				t = &knownPools{}
				known[k.tenant] = t
			}
			t.names = append(t.names, k.pool)
			if k.joins() {
				t.joined = append(t.joined, x.number)
			} else {
				t.others = append(t.others, x.number)
			}
			t.spans = append(t.spans, x.reach)
		}
	}
	return known, nil
}

// query reads the records of a tenant (?1) between two instants (?2, ?3), of batches up to ?4, that may be of the pools. The
// person's number is missing where another vocabulary classed the record.
func (k *knownPools) query() string {
	var or []string
	if len(k.joined) > 0 {
		or = append(or, "correlation_hash IN ("+numbers(k.joined)+")")
	}
	if len(k.others) > 0 {
		list := numbers(k.others)
		or = append(or, "user_hash IN ("+list+")", "user_hash IS NULL", "id_hash IN ("+list+")")
	}
	return `SELECT ` + fewColumns + ` FROM record WHERE tenant = ?1 AND time BETWEEN ?2 AND ?3 AND batch <= ?4 AND (` + strings.Join(or, " OR ") + `)`
}

func numbers(list []int32) string {
	var b []byte
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(b)
}

// append appends rows to a table within the transaction.
func (d *derivation) append(table string, rows func(put func(values ...any) error) error) error {
	return d.raw(func(conn *duckdb.Conn) error {
		a, err := duckdb.NewAppenderFromConn(conn, "", table)
		if err != nil {
			return err
		}
		err = rows(func(values ...any) error {
			list := make([]driver.Value, len(values))
			for i := range values {
				list[i] = values[i]
			}
			return a.AppendRow(list...)
		})
		return errors.Join(err, a.Close())
	})
}

// putAttempts stores the attempts of records, which are all of their pools.
func (d *derivation) putAttempts(records []*passtrail.Record) error {
	byTenant := map[passtrail.TenantID][]*passtrail.Record{}
	for _, r := range records {
		byTenant[r.Tenant] = append(byTenant[r.Tenant], r)
	}
	var folded []attempt.Folded
	for _, rs := range byTenant {
		folded = append(folded, attempt.Fold(rs)...)
	}
	slices.SortFunc(folded, func(a, b attempt.Folded) int {
		if a.Start != b.Start {
			return int(max(-1, min(1, a.Start-b.Start)))
		}
		return strings.Compare(a.ID, b.ID)
	})
	err := d.append("attempt", func(put func(...any) error) error {
		for i := range folded {
			a := &folded[i]
			if err := put(string(a.Tenant), a.ID, a.Pool, a.UserID, a.UserUPN, a.UserName, int64(a.Start), int64(a.End), string(a.Outcome), a.Problem, a.Reason,
				jsonList(a.Gates), int32(len(a.Gates)), jsonList(a.MethodsTried), int32(a.Refusals), int32(a.PushStarts), a.LastStep, a.LastMethod,
				a.IPAddress, a.UserAgent, a.OnPremisesAgent, int32(a.Events)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	return d.append("attempt_member", func(put func(...any) error) error {
		for i := range folded {
			for _, r := range folded[i].Records {
				if attempt.Key(r) == folded[i].ID {
					continue
				}
				if err := put(string(r.Tenant), r.ID, int64(r.Time), folded[i].Pool, folded[i].ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// jsonList writes words of the vocabulary, which need no escapes.
func jsonList(words []string) string {
	if len(words) == 0 {
		return "[]"
	}
	return `["` + strings.Join(words, `","`) + `"]`
}

// putPools notes where the new records of pools are.
func (d *derivation) putPools(pools map[poolKey]*reach) error {
	return d.append("pool", func(put func(...any) error) error {
		for k, s := range pools {
			if s == nil {
				continue
			}
			if err := put(string(k.tenant), k.number(), s.first, s.last); err != nil {
				return err
			}
		}
		return nil
	})
}

// isEvent is eventMembers.
func isEvent(r *passtrail.Record) bool {
	return r.ActivityKey != "" && r.ActivityKey != "flow" && !strings.HasPrefix(r.ActivityKey, "dir_")
}

// putEvents adds what is a password event of records to the table of those.
func (d *derivation) putEvents(records []*passtrail.Record) error {
	var events []*passtrail.Record
	for _, r := range records {
		if isEvent(r) {
			events = append(events, r)
		}
	}
	slices.SortFunc(events, func(a, b *passtrail.Record) int {
		if c := strings.Compare(a.ActivityKey, b.ActivityKey); c != 0 {
			return c
		}
		if c := strings.Compare(a.Step, b.Step); c != 0 {
			return c
		}
		return int(max(-1, min(1, a.Time-b.Time)))
	})
	err := d.append("password_event", func(put func(...any) error) error {
		for _, r := range events {
			p := r.Person()
			if err := put(string(r.Tenant), r.ID, int64(r.Time), r.ActivityKey, r.Result, r.Reason, r.Problem, r.Method, r.Step, r.TargetID, r.TargetUPN, r.TargetName,
				r.ActorID, r.ActorUPN, r.ActorName, r.ActorAddress, r.UserAgent, r.OnPremisesAgent, r.CorrelationID, r.Source,
				passtrail.TextHash(r.ID), passtrail.TextHash(r.CorrelationID), passtrail.TextHash(p.Key()), p.Key(), p.UPN, p.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("password events: %w", err)
	}
	return nil
}
