SELECT arg_max(r.target_upn, r.time), count(*) AS n, count(*) FILTER (activity_key = 'reset'), count(*) FILTER (activity_key = 'change'), min(time), max(time)
FROM record r JOIN person_role u ON u.tenant = r.tenant AND u.user_id = r.target_id AND u.assumed_from <= r.time AND r.time < u.valid_to AND u.is_admin
WHERE r.tenant = $tenant AND activity_key IN ('reset', 'change') AND result = 'success' AND time >= $from AND time < $to AND actor_id = target_id
GROUP BY r.target_id HAVING n >= 3 ORDER BY 2 DESC, 1;
