-- The rows of derive_said, each what one snapshot or a run of snapshots said of a key, as the longest runs: snapshots
-- that follow each other without another between them, with the same state.
WITH placed AS (
    SELECT s.*, a.seq AS first_seq, b.seq AS last_seq
    FROM derive_said s JOIN derive_snap a ON a.taken_at = s.taken_at JOIN derive_snap b ON b.taken_at = s.last_taken
    WHERE {slice of s.key}
),
marked AS (
    SELECT *, CASE WHEN lag(state) OVER w = state AND lag(last_seq) OVER w = first_seq - 1 THEN 0 ELSE 1 END AS begins
    FROM placed
    WINDOW w AS (PARTITION BY key ORDER BY taken_at)
),
numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY key ORDER BY taken_at) AS run FROM marked
)
SELECT min(taken_at) AS taken_at, max(last_taken) AS last_taken, key, any_value(state) AS state, arg_max(last_updated, last_taken) AS last_updated
FROM numbered
GROUP BY key, run
