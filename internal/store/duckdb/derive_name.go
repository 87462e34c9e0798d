package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"passtrail"
	"passtrail/internal/attempt"
)

// Some records name a person by the object id alone: an administrator's reset that Graph gives without the target's sign-in
// name, rows of which a pipeline lost the names. The table name has what those people are called: by the newest of the
// records that are about them, of the password events that they did, and of the snapshots. It has no others, so that it
// is small, and mostly empty. A person about whom nothing is known has a row too: that is how it is known whom to look for.

// personKey names a person by object id.
type personKey struct {
	tenant passtrail.TenantID
	id     string
}

// called is what a person is called; "" is not known.
type called struct {
	upn, name         string
	upnTime, nameTime passtrail.Ticks
}

// note takes in what a record of an instant calls the person.
func (c *called) note(upn, name string, at passtrail.Ticks) {
	if upn != "" && (at > c.upnTime || at == c.upnTime && upn > c.upn) {
		c.upn, c.upnTime = upn, at
	}
	if name != "" && (at > c.nameTime || at == c.nameTime && name > c.name) {
		c.name, c.nameTime = name, at
	}
}

// newNames is what new records say of names: whose are missing, and what others are called.
type newNames struct {
	lack map[personKey]bool
	call map[personKey]called
}

// isShown tells whether PasswordEvents shows a record.
func isShown(r *passtrail.Record) bool { return r.ActivityKey == "flow" || isEvent(r) }

// note takes in one record.
func (n *newNames) note(r *passtrail.Record) {
	p := r.Person()
	n.see(personKey{r.Tenant, p.ID}, p.UPN, p.Name, r.Time, isShown(r))
	if r.ActorKind == passtrail.ActorUser && (isEvent(r) || isShown(r) && r.ActorID == p.ID) {
		n.see(personKey{r.Tenant, r.ActorID}, r.ActorUPN, r.ActorName, r.Time, true)
	}
}

// see notes what a record calls a person, and with shown that the name is missed where it has none.
func (n *newNames) see(k personKey, upn, name string, at passtrail.Ticks, shown bool) {
	if k.id == "" {
		return
	}
	if n.call == nil {
		n.lack, n.call = map[personKey]bool{}, map[personKey]called{}
	}
	c := n.call[k]
	c.note(upn, name, at)
	n.call[k] = c
	if upn == "" && shown {
		n.lack[k] = true
	}
}

// names brings the table name up to what batches after from brought. Whatever was replaced or deleted, and every new
// snapshot, may concern all that it has.
func (d *derivation) names(ctx context.Context, from, touched int64) error {
	if d.bulked {
		return d.allNames(ctx)
	}
	rows, err := d.tx.QueryContext(ctx, `SELECT tenant, user_id, upn, name FROM name`)
	type row struct {
		personKey
		called
	}
	there, err := collect(rows, err, func(r *sql.Rows) (x row, err error) {
		err = r.Scan(&x.tenant, &x.id, &x.upn, &x.name)
		return x, err
	})
	if err != nil || len(there)+len(d.newNames.lack) == 0 {
		return err
	}
	snapshots, err := d.number(ctx, `SELECT count(*) FROM snapshot WHERE batch > ?`, from)
	if err != nil {
		return err
	}
	var again []personKey
	for _, x := range there {
		c := d.newNames.call[x.personKey]
		if touched > 0 || snapshots > 0 || c.upn != "" && c.upn != x.upn || c.name != "" && c.name != x.name {
			again = append(again, x.personKey)
		}
		delete(d.newNames.lack, x.personKey)
	}
	for k := range d.newNames.lack {
		again = append(again, k)
	}
	return d.nameAgain(ctx, again)
}

// shownSQL is isShown.
const shownSQL = `activity_key <> '' AND NOT starts_with(activity_key, 'dir_')`

// Whether a record misses the sign-in name of its person, or of its actor.
const (
	personLacks = `(` + shownSQL + ` AND person_id <> '' AND person_upn = '')`
	actorLacks  = `(` + shownSQL + ` AND actor_kind = 'user' AND actor_id <> '' AND actor_upn = '' AND (activity_key <> 'flow' OR actor_id = person_id))`
)

// allNames makes the table name from nothing.
func (d *derivation) allNames(ctx context.Context) error {
	if _, err := d.exec(ctx, `DELETE FROM name`); err != nil {
		return err
	}
	// A record that misses nothing is passed over before its person is worked out.
	missing := attempt.PersonSQL(`(FROM record WHERE `+shownSQL+` AND (target_upn = '' OR actor_upn = '' OR subject_id <> '' OR subject_name <> ''))`, false)
	lacking := `SELECT DISTINCT tenant, id FROM (SELECT tenant, unnest([CASE WHEN ` + personLacks + ` THEN person_id END, CASE WHEN ` + actorLacks + ` THEN actor_id END]) AS id
		FROM ` + missing + `) WHERE id IS NOT NULL`
	rows, err := d.tx.QueryContext(ctx, lacking)
	all, err := collect(rows, err, func(r *sql.Rows) (k personKey, err error) {
		err = r.Scan(&k.tenant, &k.id)
		return k, err
	})
	if err != nil {
		return err
	}
	return d.nameAgain(ctx, all)
}

// nameAgain finds out again what some people are called, and whether anything misses their name.
func (d *derivation) nameAgain(ctx context.Context, people []personKey) error {
	if len(people) == 0 {
		return nil
	}
	tenants, ids, hashes := make([]string, len(people)), make([]string, len(people)), make([]int32, len(people))
	for i, k := range people {
		tenants[i], ids[i], hashes[i] = string(k.tenant), k.id, passtrail.TextHash(k.id)
	}
	const wanted = `SELECT unnest(?1::VARCHAR[]) AS tenant, unnest(?2::VARCHAR[]) AS id, unnest(?3::INTEGER[]) AS hash`
	if err := d.keep(ctx, "derive_named", wanted, tenants, ids, hashes); err != nil {
		return err
	}
	persons := attempt.PersonSQL(`(FROM record WHERE user_hash IN (SELECT hash FROM derive_named) OR user_hash IS NULL)`, false)
	const newest = `coalesce(max({'time': time, 'text': %[1]s}) FILTER (%[1]s <> '').text, '')`
	for _, text := range []string{
		`DELETE FROM name USING derive_named n WHERE name.tenant = n.tenant AND name.user_id = n.id`,
		`INSERT INTO name (tenant, user_id, upn, name) SELECT tenant, id, ` + fmt.Sprintf(newest, "upn") + `, ` + fmt.Sprintf(newest, "name") + ` FROM (
			SELECT tenant, person_id AS id, person_upn AS upn, person_name AS name, time, ` + personLacks + ` OR (` + actorLacks + ` AND actor_id = person_id) AS lacks FROM ` + persons + `
			UNION ALL SELECT tenant, actor_id, actor_upn, actor_name, time, actor_upn = '' FROM password_event WHERE actor_id IN (SELECT id FROM derive_named)
			UNION ALL SELECT tenant, user_id, upn, name, valid_from, false FROM registration
			UNION ALL SELECT tenant, user_id, upn, '', valid_from, false FROM role_assignment) s
		SEMI JOIN derive_named n ON n.tenant = s.tenant AND n.id = s.id
		GROUP BY tenant, id HAVING bool_or(lacks)`,
	} {
		if _, err := d.exec(ctx, text); err != nil {
			return fmt.Errorf("names: %w", err)
		}
	}
	return nil
}
