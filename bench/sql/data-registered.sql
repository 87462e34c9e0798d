SELECT value, count(DISTINCT user_id) FROM (
  SELECT user_id, unnest(string_split(data_registered, ' + ')) AS value FROM registration
  WHERE tenant = $tenant AND assumed_from <= $now AND $now < valid_to AND is_sspr_registered AND data_registered <> '') GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT data_registered, count(*) FROM registration WHERE tenant = $tenant AND assumed_from <= $now AND $now < valid_to AND is_sspr_registered GROUP BY 1 ORDER BY 2 DESC, 1;
