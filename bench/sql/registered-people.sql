SELECT g.upn, g.name, coalesce(u.role, 'User'), coalesce(e.t, b.t), g.data_registered, g.user_id
FROM registration g
LEFT JOIN person_role u ON u.tenant = g.tenant AND u.user_id = g.user_id AND u.assumed_from <= $now AND $now < u.valid_to
LEFT JOIN (SELECT target_id, min(time) AS t FROM record WHERE tenant = $tenant AND activity_key IN ('registered', 'info_all_required') AND result = 'success' GROUP BY 1) e ON e.target_id = g.user_id
LEFT JOIN (SELECT user_id, min(valid_from) AS t FROM registration WHERE tenant = $tenant AND is_sspr_registered GROUP BY 1) b ON b.user_id = g.user_id
WHERE g.tenant = $tenant AND g.assumed_from <= $now AND $now < g.valid_to AND g.is_sspr_registered ORDER BY 4 DESC, 1;
