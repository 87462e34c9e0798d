-- Rows of person_role: what each person holds between two instants at which that changes. Equal neighbours are joined.
-- derive_role has the vocabulary's weight of a role id (of a name in lower case, where no id is published); a role that it does not know weighs least and administers.
WITH held AS (
    SELECT user_id, valid_from, valid_to, assumed_from, coalesce(k.name, nullif(role_name, ''), role_id) AS role,
        coalesce(k.weight, 1) AS weight, coalesce(k.admin, true) AS is_admin, coalesce(k.two_gate, false) AS two_gate
    FROM role_assignment a LEFT JOIN derive_role k ON k.id = a.role_id OR k.id = lower(a.role_name)
    WHERE tenant = ?1
),
edge AS (
    SELECT user_id, valid_from AS instant FROM held
    UNION SELECT user_id, valid_to FROM held
),
piece AS (
    SELECT user_id, instant AS valid_from, lead(instant) OVER (PARTITION BY user_id ORDER BY instant) AS valid_to FROM edge
),
summed AS (
    SELECT p.user_id, p.valid_from, p.valid_to,
        arg_max(h.role, (h.weight, h.role)) AS role,
        to_json(list_sort(list(DISTINCT h.role)))::VARCHAR AS roles,
        bool_or(h.is_admin) AS is_admin, bool_or(h.two_gate) AS two_gate,
        bool_or(h.assumed_from = 0 AND h.valid_from = p.valid_from) AS assumed
    FROM piece p JOIN held h ON h.user_id = p.user_id AND h.valid_from <= p.valid_from AND h.valid_to >= p.valid_to
    WHERE p.valid_to IS NOT NULL
    GROUP BY p.user_id, p.valid_from, p.valid_to
),
marked AS (
    SELECT *, CASE WHEN lag(valid_to) OVER w = valid_from AND lag(roles) OVER w = roles AND lag(role) OVER w = role
            AND lag(is_admin) OVER w = is_admin AND lag(two_gate) OVER w = two_gate THEN 0 ELSE 1 END AS begins
    FROM summed
    WINDOW w AS (PARTITION BY user_id ORDER BY valid_from)
),
numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY user_id ORDER BY valid_from) AS island FROM marked
)
INSERT INTO person_role (tenant, user_id, valid_from, valid_to, role, roles, is_admin, two_gate, assumed_from)
SELECT ?1, user_id, min(valid_from), max(valid_to), any_value(role), any_value(roles), any_value(is_admin), any_value(two_gate),
    CASE WHEN bool_or(assumed) THEN 0 ELSE min(valid_from) END
FROM numbered
GROUP BY user_id, island
