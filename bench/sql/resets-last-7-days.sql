SELECT count(DISTINCT user_id) FILTER (end_time >= $from), count(*) FILTER (end_time >= $from), count(DISTINCT user_id) FILTER (end_time < $from), count(*) FILTER (end_time < $from),
  (SELECT count(*) FROM record WHERE tenant = $tenant AND activity_key = 'admin_reset' AND result = 'success' AND time >= $from AND time < $to),
  (SELECT count(*) FROM record WHERE tenant = $tenant AND activity_key = 'admin_reset' AND result = 'success' AND time >= 2 * $from - $to AND time < $from)
FROM attempt WHERE tenant = $tenant AND outcome = 'reset' AND end_time >= 2 * $from - $to AND end_time < $to;
SELECT day, count(DISTINCT user_id) FILTER (reset = 1), sum(reset), sum(admin) FROM (
  SELECT end_time - end_time % 864000000000 AS day, user_id, 1 AS reset, 0 AS admin FROM attempt WHERE tenant = $tenant AND outcome = 'reset' AND end_time >= $from AND end_time < $to
  UNION ALL SELECT time - time % 864000000000, '', 0, 1 FROM record WHERE tenant = $tenant AND activity_key = 'admin_reset' AND result = 'success' AND time >= $from AND time < $to
) GROUP BY day ORDER BY day;
