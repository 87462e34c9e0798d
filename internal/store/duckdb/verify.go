package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"passtrail"
	"passtrail/internal/attempt"
	"passtrail/internal/store"
)

// check is one thing to verify: a query that counts what must not be there.
type check struct {
	query   string
	problem string // with the count
	derived bool   // it goes away when everything is derived anew
}

// checks look at the whole store. Ids are compared by a hash of 64 bits first, in memory that 10 million need little of.
var checks = []check{
	{`SELECT count(*) FROM (SELECT hash(tenant, id, time // 10000000, activity, actor_id, target_id) AS h FROM record GROUP BY h HAVING count(*) > 1)`, "%d records are stored more than once", false},
	{`SELECT count(*) FROM record b WHERE starts_with(b.id, 'h:') AND EXISTS (
		SELECT 1 FROM record r WHERE r.tenant = b.tenant AND r.hash = b.hash AND r.time BETWEEN b.time - 10000000 AND b.time + 10000000 AND NOT starts_with(r.id, 'h:'))`,
		"%d records without an id are there beside the same record with one", false},
	{`SELECT count(*) FROM record WHERE time < 0 OR time > 3155378975999999999`, "%d records have a time that no calendar has", false},
	{`SELECT count(*) FROM record WHERE tenant NOT IN (SELECT tenant FROM tenant)`, "%d records are of a tenant that is not there", false},
	{`SELECT count(*) FROM record WHERE batch > (SELECT coalesce(max(value), 0) FROM state WHERE name = 'batch')`, "%d records are of a batch that was never committed", false},
	{`SELECT count(*) FROM (SELECT tenant, time - time % 36000000000 AS hour, count(*) AS n FROM record GROUP BY ALL) r
		LEFT JOIN (SELECT tenant, hour, sum(stored + repeats) AS n FROM ledger GROUP BY ALL) l USING (tenant, hour) WHERE r.n > coalesce(l.n, 0)`,
		"%d hours hold more records than the ledger counted", false},
	{`SELECT count(*) FROM (SELECT 1 FROM attempt GROUP BY tenant, correlation_id HAVING count(*) > 1)`, "%d attempts are there more than once", true},
	{`SELECT count(*) FROM (SELECT tenant, time // 864000000000 AS day, count(*) AS n, bit_xor(hash(` + eventColumns + `)) AS h FROM (SELECT ` + eventValues + ` FROM ` + attempt.PersonSQL(`(FROM record WHERE `+eventMembers+`)`, false) + `) GROUP BY 1, 2) r
		FULL JOIN (SELECT tenant, time // 864000000000 AS day, count(*) AS n, bit_xor(hash(` + eventColumns + `)) AS h FROM password_event GROUP BY 1, 2) e USING (tenant, day)
		WHERE (r.n, r.h) IS DISTINCT FROM (e.n, e.h)`,
		"%d days have password events that are not those of the records: run \"passtrail verify --mend\"", true},
	{`SELECT count(*) FROM (SELECT digest FROM quarantine GROUP BY digest HAVING count(*) > 1)`, "%d inputs were set aside more than once", false},
}

// verification is one run of Verify.
type verification struct{ store.Verification }

func (v *verification) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// sampleAttempts is how many attempts Verify derives anew.
const sampleAttempts = 1000

// Verify checks what the store promises. It reads every value of every table, so that the engine checks every block that
// holds one. What is due is derived for the checks alone and not kept.
func (s *Store) Verify(ctx context.Context) (store.Verification, error) {
	v := verification{}
	if err := s.Lost(); err != nil {
		v.Lost = true
		v.problem("%v", err)
	}
	if err := s.readAll(ctx, &v); err != nil || v.Damaged {
		return v.Verification, err
	}
	keep := errors.New("roll back")
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.transact(ctx, func(tx *sql.Tx) error {
		d := s.derivation()
		d.tx = tx
		defer d.dropTemp(func(text string) { _, _ = tx.Exec(text) })
		if err := v.due(ctx, d); err != nil {
			return fmt.Errorf("what is due: %w", err)
		}
		if err := v.counts(ctx, d); err != nil {
			return err
		}
		if err := v.names(ctx, d); err != nil {
			return fmt.Errorf("names: %w", err)
		}
		if err := v.sample(ctx, d); err != nil {
			return fmt.Errorf("sample of attempts: %w", err)
		}
		return keep
	})
	switch {
	case errors.Is(err, keep):
		err = nil
	case passtrail.CodeOf(err) == passtrail.Conflict: // a block of an index, which no full read meets
		v.Damaged, err = true, v.add(err)
	}
	return v.Verification, err
}

// add makes a problem of an error.
func (v *verification) add(err error) error {
	v.problem("%v", err)
	return nil
}

// readAll reads every value of every table once, and the file beside the database.
func (s *Store) readAll(ctx context.Context, v *verification) error {
	if err := s.settled(); err != nil {
		return err
	}
	type table struct{ name, columns string }
	const tables = `SELECT table_name, string_agg('"' || column_name || '"', ', ' ORDER BY column_index) FROM duckdb_columns()
		WHERE NOT internal AND database_name = current_database() AND schema_name = 'main' GROUP BY table_name ORDER BY table_name`
	rows, err := s.db.SQL.QueryContext(ctx, tables)
	all, err := collect(rows, err, func(r *sql.Rows) (t table, err error) {
		err = r.Scan(&t.name, &t.columns)
		return t, err
	})
	if err != nil {
		return err
	}
	for _, t := range all {
		var n, sum int64
		read := fmt.Sprintf(`SELECT count(*), coalesce(bit_xor(hash(%s)) %% 2, 0)::BIGINT FROM "%s"`, t.columns, t.name)
		switch err := s.db.SQL.QueryRowContext(ctx, read).Scan(&n, &sum); {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case faultOf(err.Error()) == memoryFault:
			return engineFault("duckdb.Verify", err)
		default:
			v.Damaged = true
			v.problem("the table %s cannot be read whole: %v", t.name, engineFault("duckdb.Verify", err))
		}
	}
	return s.readBeside(ctx, v)
}

// readBeside checks the files beside the database.
func (s *Store) readBeside(ctx context.Context, v *verification) error {
	if s.dir == "" || v.Damaged || v.Lost {
		return nil
	}
	is, err := headOf(ctx, s.db.SQL)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.headErr != nil {
		v.problem("the file %s, which tells lost records, could not be written (%v)", headName, engineFault("duckdb.Verify", s.headErr))
	} else if _, found, err := readHead(s.dir); err == nil && !found && is.Digest != "" {
		v.problem("the file %s is gone, so that nobody can tell whether the last records are there; the next batch writes it", headName)
	}
	return nil
}

// due notes what is due and derives it, in a transaction that is rolled back.
func (v *verification) due(ctx context.Context, d *derivation) error {
	same, err := d.sameVersion(ctx)
	if err != nil {
		return err
	}
	from, upto, touched, err := d.span(ctx)
	if err != nil {
		return err
	}
	switch {
	case !same:
		v.problem("attempts and history were derived by another version: the next question, or \"passtrail verify --mend\", makes them anew")
	case from != upto:
		v.problem("attempts and history of %d batches are due: the next question, or \"passtrail verify --mend\", derives them", upto-from)
	case touched > 0:
		v.problem("attempts of %d records that were replaced or deleted are due: the next question, or \"passtrail verify --mend\", derives them", touched)
	default:
		return nil
	}
	v.Due = true
	return d.refresh(ctx)
}

// Mend mends what Verify found and can be mended, and says what that was.
func (s *Store) Mend(ctx context.Context, v store.Verification) (done []string, err error) {
	if err := s.mayWrite(); err != nil {
		return nil, err
	}
	if v.Damaged {
		return nil, nil // nothing is to be written to a damaged file
	}
	if v.Lost {
		if err := s.acceptLoss(); err != nil {
			return done, err
		}
		done = append(done, "the loss is accepted: take in again what was taken in last")
	}
	switch {
	case v.Stale:
		if err := s.Rebuild(ctx, nil); err != nil {
			return done, err
		}
		done = append(done, "everything that is derived was made anew")
	case v.Due:
		if err := s.Refresh(ctx); err != nil {
			return done, err
		}
		done = append(done, "what was due is derived")
	}
	return done, nil
}

func (v *verification) counts(ctx context.Context, d *derivation) (err error) {
	for table, to := range map[string]*int64{"record": &v.Records, "attempt": &v.Attempts, "quarantine": &v.Quarantined} {
		if *to, err = d.number(ctx, `SELECT count(*) FROM `+table); err != nil {
			return err
		}
	}
	for _, c := range checks {
		n, err := d.number(ctx, c.query)
		if err != nil {
			return err
		}
		if n > 0 {
			v.problem(c.problem, n)
			v.Stale = v.Stale || c.derived
		}
	}
	return nil
}

// names derives anew what people are called, in a transaction that the caller rolls back, and compares it with what was there.
func (v *verification) names(ctx context.Context, d *derivation) error {
	if err := d.keep(ctx, "verify_name", `SELECT * FROM name`); err != nil {
		return err
	}
	if err := d.allNames(ctx); err != nil {
		return err
	}
	const differ = `SELECT count(DISTINCT (tenant, user_id)) FROM ((SELECT * FROM verify_name EXCEPT SELECT * FROM name) UNION (SELECT * FROM name EXCEPT SELECT * FROM verify_name))`
	n, err := d.number(ctx, differ)
	if n > 0 {
		v.problem("the names of %d people come out differently when derived anew: run \"passtrail verify --mend\"", n)
		v.Stale = true
	}
	return err
}

// sample derives some attempts anew, in a transaction that the caller rolls back, and compares them with what was there.
func (v *verification) sample(ctx context.Context, d *derivation) error {
	if err := d.keep(ctx, "verify_sample", fmt.Sprintf(`SELECT * FROM attempt ORDER BY hash(tenant, correlation_id) LIMIT %d`, sampleAttempts)); err != nil {
		return err
	}
	n, err := d.number(ctx, `SELECT count(*) FROM verify_sample`)
	if err != nil || n == 0 {
		return err
	}
	v.Sampled = n
	if _, err := d.exec(ctx, `INSERT INTO touched (tenant, pool) SELECT DISTINCT tenant, pool FROM verify_sample`); err != nil {
		return err
	}
	if err := d.followTouched(ctx); err != nil {
		return err
	}
	const differ = `SELECT count(*) FROM (SELECT * FROM verify_sample EXCEPT SELECT * FROM attempt)`
	if n, err = d.number(ctx, differ); n > 0 {
		v.problem("%d of %d attempts come out differently when derived anew: run \"passtrail verify --mend\"", n, v.Sampled)
		v.Stale = true
	}
	return err
}
