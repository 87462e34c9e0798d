package storetest

// The statements that read intervals, as its users write them: the tests ask by them. An interval holds from valid_from until
// valid_to, which is not part of it; one that still holds ends at passtrail.Forever. Before the tenant's first snapshot
// the first snapshot stands in: assumed_from is then 0, and what lies before valid_from is assumed, not known.

// registrationAt asks for the registration state of a tenant ($1) at an instant ($2, ticks): one row a person. Assumed
// says that no snapshot is that old.
const registrationAt = `
SELECT user_id, upn, name, user_type, is_admin, is_sspr_registered, is_sspr_enabled, is_sspr_capable, methods, data_registered, valid_from,
    valid_from > $2 AS assumed
FROM registration
WHERE tenant = $1 AND assumed_from <= $2 AND valid_to > $2`

// registrationDiff asks what changed in the registrations of a tenant ($1) from one instant ($2) to a later one ($3): one
// row for each person who came, went or has another state, with the state at both instants. Somebody whose state changed
// and changed back is not in it.
const registrationDiff = `
SELECT coalesce(b.user_id, a.user_id) AS user_id, coalesce(b.upn, a.upn) AS upn,
    CASE WHEN a.user_id IS NULL THEN 'came' WHEN b.user_id IS NULL THEN 'went' ELSE 'changed' END AS change,
    coalesce(a.is_sspr_registered, false) AS was_registered, coalesce(b.is_sspr_registered, false) AS is_registered,
    coalesce(a.is_sspr_enabled, false) AS was_enabled, coalesce(b.is_sspr_enabled, false) AS is_enabled,
    coalesce(a.data_registered, '') AS had, coalesce(b.data_registered, '') AS has
FROM (SELECT * FROM registration WHERE tenant = $1 AND assumed_from <= $2 AND valid_to > $2) a
FULL JOIN (SELECT * FROM registration WHERE tenant = $1 AND assumed_from <= $3 AND valid_to > $3) b ON b.user_id = a.user_id
WHERE a.user_id IS NULL OR b.user_id IS NULL
    OR a.is_sspr_registered <> b.is_sspr_registered OR a.is_sspr_enabled <> b.is_sspr_enabled OR a.is_sspr_capable <> b.is_sspr_capable
    OR a.is_mfa_registered <> b.is_mfa_registered OR a.methods <> b.methods OR a.is_admin <> b.is_admin`

// roleAt asks for the weightiest role of each person of a tenant ($1) who holds one at an instant ($2).
const roleAt = `
SELECT user_id, role, roles, is_admin, two_gate, valid_from > $2 AS assumed
FROM person_role
WHERE tenant = $1 AND assumed_from <= $2 AND valid_to > $2`
