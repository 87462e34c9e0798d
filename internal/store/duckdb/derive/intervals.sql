-- Intervals of a tenant (?1) and kind (?2) from the runs: runs of one state are one interval unless a complete snapshot
-- without the key lies between. An interval ends where the next begins, or at the first complete snapshot without it.
-- The first of a key begins earlier by assumption (assumed_from 0) if the first complete snapshot, or without one the
-- first of all, has it: that snapshot stands in for the time before it.
WITH placed AS (
    SELECT r.taken_at, r.last_taken, r.key, r.state, r.last_updated, a.source,
        a.done - a.complete::INTEGER AS done_before, b.done AS done_upto, b.after
    FROM snapshot_row r JOIN derive_snap a ON a.taken_at = r.taken_at JOIN derive_snap b ON b.taken_at = r.last_taken
    WHERE r.tenant = ?1 AND r.kind = ?2 AND {slice of r.key}
),
marked AS (
    SELECT *, CASE WHEN lag(state) OVER w = state AND lag(done_upto) OVER w = done_before THEN 0 ELSE 1 END AS begins
    FROM placed
    WINDOW w AS (PARTITION BY key ORDER BY taken_at)
),
numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY key ORDER BY taken_at) AS island FROM marked
),
joined AS (
    SELECT key, island, min(taken_at) AS valid_from, max(after) AS after, any_value(state) AS state,
        arg_max(last_updated, taken_at) AS last_updated, arg_min(source, taken_at) AS source
    FROM numbered
    GROUP BY key, island
)
SELECT key, valid_from,
    least(after, lead(valid_from, 1, 9223372036854775807) OVER w) AS valid_to,
    CASE WHEN island = 1 AND valid_from <= (SELECT coalesce(min(taken_at) FILTER (complete), min(taken_at)) FROM derive_snap) THEN 0 ELSE valid_from END AS assumed_from,
    state, last_updated, source
FROM joined
WINDOW w AS (PARTITION BY key ORDER BY valid_from)
