WITH seen AS (
  SELECT a.end_time AS time, CASE WHEN a.problem = '' THEN a.outcome ELSE a.problem END AS problem, a.user_id, coalesce(u.is_admin, false) AS is_admin, 0 AS refused
  FROM attempt a LEFT JOIN person_role u ON u.tenant = a.tenant AND u.user_id = a.user_id AND u.assumed_from <= a.start_time AND a.start_time < u.valid_to
  WHERE a.tenant = $tenant AND a.outcome IN ('failed', 'cancelled', 'abandoned', 'blocked') AND a.end_time >= 2 * $from - $to AND a.end_time < $to
  UNION ALL
  SELECT r.time, r.problem, r.target_id, coalesce(u.is_admin, false), 1
  FROM record r LEFT JOIN person_role u ON u.tenant = r.tenant AND u.user_id = r.target_id AND u.assumed_from <= r.time AND r.time < u.valid_to
  WHERE r.tenant = $tenant AND r.activity_key IN ('reset', 'change') AND r.result <> 'success' AND r.problem <> '' AND (r.activity_key = 'change' OR r.problem LIKE 'password\_refused%' ESCAPE '\') AND r.time >= 2 * $from - $to AND r.time < $to)
SELECT problem, count(*) FILTER (refused = 0 AND time >= $from), count(*) FILTER (refused = 1 AND time >= $from), count(*) FILTER (time >= $from) AS n, count(*) FILTER (time < $from),
  count(DISTINCT user_id) FILTER (time >= $from), count(DISTINCT user_id) FILTER (is_admin AND time >= $from)
FROM seen GROUP BY 1 HAVING n > 0 ORDER BY 4 DESC, 1;
SELECT end_time - end_time % 864000000000 AS day, count(*) FILTER (outcome = 'failed'), count(*) FILTER (outcome = 'cancelled'), count(*) FILTER (outcome = 'abandoned'), count(*) FILTER (outcome = 'blocked')
FROM attempt WHERE tenant = $tenant AND outcome IN ('failed', 'cancelled', 'abandoned', 'blocked') AND end_time >= $from AND end_time < $to GROUP BY 1 ORDER BY 1;
