-- The snapshots of a tenant (?1) and kind (?2) in order: seq counts them; done counts the complete ones up to and with
-- each; after is the next complete one, at which whoever is absent has gone.
SELECT taken_at, source, complete, in_runs,
    row_number() OVER (ORDER BY taken_at) AS seq,
    sum(complete::INTEGER) OVER (ORDER BY taken_at) AS done,
    coalesce(min(CASE WHEN complete THEN taken_at END) OVER (ORDER BY taken_at ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 9223372036854775807) AS after
FROM (
    SELECT taken_at, min(source) AS source, bool_or(complete) AS complete, bool_and(in_runs) AS in_runs
    FROM snapshot WHERE tenant = ?1 AND kind = ?2
    GROUP BY taken_at
)
