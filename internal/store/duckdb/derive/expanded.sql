-- What each snapshot said of each key, from the runs: a run speaks for the snapshots that it was made with. Where a
-- snapshot came twice with two states, the greater one counts.
SELECT taken_at, taken_at AS last_taken, key, state, max(last_updated) AS last_updated
FROM (
    SELECT s.taken_at, r.key, r.state, r.last_updated,
        max(r.state) OVER (PARTITION BY r.key, s.taken_at) AS greatest
    FROM snapshot_row r JOIN derive_snap s ON s.taken_at BETWEEN r.taken_at AND r.last_taken AND (s.in_runs OR s.taken_at = r.taken_at)
    WHERE r.tenant = ?1 AND r.kind = ?2
)
WHERE state = greatest
GROUP BY taken_at, key, state
