WITH used AS (
  SELECT coalesce(u.is_admin, false) AS is_admin, unnest(from_json(a.gates, '["VARCHAR"]')) AS method
  FROM attempt a LEFT JOIN person_role u ON u.tenant = a.tenant AND u.user_id = a.user_id AND u.assumed_from <= a.start_time AND a.start_time < u.valid_to
  WHERE a.tenant = $tenant AND a.outcome IN ('reset', 'unlocked') AND a.end_time >= $from AND a.end_time < $to)
SELECT method, count(*) FILTER (NOT is_admin), count(*) FILTER (is_admin), count(*), round(100.0 * count(*) / (SELECT count(*) FROM used), 1) FROM used GROUP BY 1 ORDER BY 4 DESC, 1;
