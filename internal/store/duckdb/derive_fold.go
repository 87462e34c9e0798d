package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
	"passtrail/internal/attempt"
)

// What new records bring is derived in Go, some at a time, by the rules of package attempt. Planning statements that say
// them takes longer than folding some hundred records does, and their windows hold far more in memory. The earlier records of
// pools are found by the table pool (migration 13), so that the time does not grow with the history.

// mostFolded is up to how many new records are read at once: some 2 kB each.
const mostFolded = 10_000

// foldRows is how many records are folded at once.
func (d *derivation) foldRows() int64 { return min(d.sliceRows, mostFolded) }

// foldColumns are what attempts and password events are made of, in the order of scanFolded.
const foldColumns = `tenant, id, time, service, result, reason, correlation_id, actor_kind, actor_id, actor_upn, actor_name, actor_address,
	target_id, target_upn, target_name, target_type, coalesce(subject_id, ''), coalesce(subject_upn, ''), coalesce(subject_name, ''), user_agent, on_premises_agent, source,
	activity_key, step, method, problem`

func scanFolded(rows *sql.Rows) (*passtrail.Record, error) {
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

// follow derives the attempts and password events of the records of batches after from, of which there are so many, and the
// attempts of touched pools.
func (d *derivation) follow(ctx context.Context, from, fresh, touched int64) error {
	bounds, err := d.cuts(ctx, `record WHERE batch > ?`, fresh, d.foldRows(), from)
	if err != nil {
		return fmt.Errorf("slices: %w", err)
	}
	begin := int64(math.MinInt64)
	for _, end := range append(bounds, math.MaxInt64) {
		if fresh == 0 {
			break
		}
		if err := d.followSlice(ctx, from, begin, end); err != nil {
			return err
		}
		begin = end
	}
	if touched == 0 {
		return nil
	}
	return d.followTouched(ctx)
}

// followSlice derives what the records of batches after from bring that lie from an instant up to another. Those before it
// have been seen to.
func (d *derivation) followSlice(ctx context.Context, from, begin, end int64) error {
	rows, err := d.tx.QueryContext(ctx, `SELECT `+foldColumns+` FROM record WHERE batch > ?1 AND time >= ?2 AND time < ?3`, from, begin, end)
	fresh, err := collect(rows, err, scanFolded)
	if err != nil {
		return err
	}
	pools := map[poolKey]*reach{}
	members := make([]*passtrail.Record, 0, len(fresh))
	for _, r := range fresh {
		d.newNames.note(r)
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
	earlier, err := d.earlier(ctx, pools, `(batch <= ?4 OR time < ?5)`, from, begin)
	if err != nil {
		return fmt.Errorf("earlier records: %w", err)
	}
	if err := d.putAttempts(append(members, earlier...)); err != nil {
		return err
	}
	if err := d.putPools(pools); err != nil {
		return err
	}
	return d.putEvents(fresh)
}

// touchedAtOnce is how many touched pools are seen to at once.
const touchedAtOnce = 2_000

// followTouched makes the attempts of pools anew of which a record was replaced or deleted.
func (d *derivation) followTouched(ctx context.Context) error {
	rows, err := d.tx.QueryContext(ctx, `SELECT DISTINCT tenant, pool FROM touched WHERE pool <> '' ORDER BY ALL`)
	touched, err := collect(rows, err, func(r *sql.Rows) (k poolKey, err error) {
		err = r.Scan(&k.tenant, &k.pool)
		return k, err
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(touched, touchedAtOnce) {
		pools := map[poolKey]*reach{}
		for _, k := range part {
			pools[k] = nil
		}
		records, err := d.earlier(ctx, pools, `true`)
		if err != nil {
			return err
		}
		if err := d.putAttempts(records); err != nil {
			return err
		}
	}
	return nil
}

// earlier returns the records of pools for which a condition holds, whose arguments begin with ?4, and deletes the attempts that
// were made of the pools.
func (d *derivation) earlier(ctx context.Context, pools map[poolKey]*reach, condition string, args ...any) ([]*passtrail.Record, error) {
	var out []*passtrail.Record
	known, err := d.knownPools(ctx, pools)
	if err != nil {
		return nil, err
	}
	for tenant, found := range known {
		for _, part := range places(found.spans) {
			for _, text := range []string{
				`DELETE FROM attempt WHERE tenant = ?1 AND end_time >= ?2 AND start_time <= ?3 AND pool IN (SELECT unnest(?4::VARCHAR[]))`,
				`DELETE FROM attempt_member WHERE tenant = ?1 AND time BETWEEN ?2 AND ?3 AND pool IN (SELECT unnest(?4::VARCHAR[]))`,
			} {
				if _, err := d.exec(ctx, text, string(tenant), part.first, part.last, found.names); err != nil {
					return nil, err
				}
			}
			rows, err := d.tx.QueryContext(ctx, found.query(condition), append([]any{string(tenant), part.first, part.last}, args...)...)
			records, err := collect(rows, err, scanFolded)
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

// query reads the records of a tenant (?1) between two instants (?2, ?3) that may be of the pools. Numbers are missing of old
// records, and of persons where another vocabulary classed the record.
func (k *knownPools) query(condition string) string {
	or := []string{"correlation_hash IS NULL"}
	if len(k.joined) > 0 {
		or = append(or, "correlation_hash IN ("+numbers(k.joined)+")")
	}
	if len(k.others) > 0 {
		list := numbers(k.others)
		or = append(or, "user_hash IN ("+list+")", "user_hash IS NULL", "id_hash IN ("+list+")", "id_hash IS NULL")
	}
	return `SELECT ` + foldColumns + ` FROM record WHERE tenant = ?1 AND time BETWEEN ?2 AND ?3 AND ` + condition + ` AND (` + strings.Join(or, " OR ") + `)`
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
