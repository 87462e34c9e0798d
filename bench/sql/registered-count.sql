SELECT count(*) FILTER (is_sspr_registered), count(*) FILTER (is_sspr_enabled), count(*) FILTER (is_sspr_capable), count(*)
FROM registration WHERE tenant = $tenant AND assumed_from <= $now AND $now < valid_to;
SELECT user_type, coalesce(role, 'User'), count(*) FILTER (is_sspr_registered), count(*) FILTER (is_sspr_enabled), count(*) FILTER (is_sspr_capable), count(*)
FROM registration g LEFT JOIN person_role u ON u.tenant = g.tenant AND u.user_id = g.user_id AND u.assumed_from <= $now AND $now < u.valid_to
WHERE g.tenant = $tenant AND g.assumed_from <= $now AND $now < g.valid_to GROUP BY ALL ORDER BY 6 DESC, 1, 2;
SELECT day, sum(delta) OVER (ORDER BY day) FROM (
  SELECT day, sum(delta) AS delta FROM (
    SELECT valid_from - valid_from % 864000000000 AS day, 1 AS delta FROM registration WHERE tenant = $tenant AND is_sspr_registered AND valid_from < $to
    UNION ALL SELECT valid_to - valid_to % 864000000000, -1 FROM registration WHERE tenant = $tenant AND is_sspr_registered AND valid_to < $to
  ) GROUP BY day) ORDER BY day;
