-- Attempts from derive_row, which holds the records of the service with key (the attempt's id), ord (their order within the
-- key) and person_id, person_upn and person_name. The rules, and the meaning of the ranks, are those of internal/attempt; the two are tested
-- against each other. Keys of arg_max join rank and ord in one HUGEINT, for which DuckDB has a quick path.
event AS NOT MATERIALIZED (
    SELECT *,
        activity_key IN ('flow', 'reset', 'unlock', 'blocked') AS own,
        activity_key = 'flow' AS flow,
        result <> 'success' AND result <> '' AS stumbled,
        CASE step WHEN 'contacted_admin' THEN 33 WHEN 'abandoned' THEN 32 WHEN '' THEN 30 WHEN 'start' THEN 30 WHEN 'options' THEN 30 ELSE 31 END AS stay_rank
    FROM derive_row
),
ranked AS (
    SELECT *,
        CASE
            WHEN activity_key = 'reset' THEN CASE WHEN result = 'success' THEN 90 ELSE 50 END
            WHEN activity_key = 'unlock' THEN CASE WHEN result = 'success' THEN 80 ELSE 50 END
            WHEN activity_key = 'blocked' OR (flow AND step = 'blocked') THEN CASE WHEN reason <> '' THEN 71 ELSE 70 END
            WHEN NOT flow THEN 0
            WHEN step = 'cancelled' THEN 60
            WHEN step = 'refused' THEN 50
            WHEN step IN ('contacted_admin', 'abandoned') THEN stay_rank
            WHEN stumbled THEN 40
            WHEN step = 'end' THEN 89
            ELSE stay_rank
        END AS rank
    FROM event
),
folded AS (
    SELECT tenant, key, {pool} AS pool,
        min(time) AS start_time, max(time) AS end_time, count(*) AS events,
        arg_max(person_id, ord) FILTER (own AND person_id <> '') AS user_id,
        arg_max(person_upn, ord) FILTER (own AND person_upn <> '') AS user_upn,
        arg_max(person_name, ord) FILTER (own AND person_name <> '') AS user_name,
        arg_min(actor_address, ord) FILTER (own AND actor_address <> '') AS ip_address,
        arg_min(user_agent, ord) FILTER (own AND user_agent <> '') AS user_agent,
        arg_max(on_premises_agent, ord) FILTER (own AND on_premises_agent <> '') AS on_premises_agent,
        arg_max(step, ord) FILTER (flow) AS last_step,
        arg_max(method, ord) FILTER (flow) AS last_method,
        count(*) FILTER (activity_key = 'reset' AND result <> 'success' AND problem IN ('password_refused_cloud', 'password_refused_onprem')) AS refusals,
        count(*) FILTER (flow AND step = 'gate_start' AND method = 'appNotification') AS push_starts,
        max((rank::HUGEINT << 64) + ord) FILTER (own) AS top,
        arg_max(reason, (rank::HUGEINT << 64) + ord) FILTER (own) AS top_reason,
        arg_max(problem, (rank::HUGEINT << 64) + ord) FILTER (own) AS top_problem,
        max(ord) FILTER (flow AND NOT stumbled) AS went_on,
        arg_max(reason, (stay_rank::HUGEINT << 64) + ord) FILTER (flow) AS stay_reason,
        arg_max(step, (stay_rank::HUGEINT << 64) + ord) FILTER (flow) AS stay_step,
        arg_max(method, (stay_rank::HUGEINT << 64) + ord) FILTER (flow) AS stay_method
    FROM ranked
    GROUP BY tenant, key
    HAVING count(*) FILTER (own) > 0
),
mention AS (
    SELECT tenant, key, method, min(ord) AS tried, min(ord) FILTER (flow AND step = 'gate_pass' AND NOT stumbled) AS passed
    FROM event
    WHERE own AND method <> ''
    GROUP BY tenant, key, method
),
methods AS (
    -- sorting lists of structs is twice as quick as an ordered aggregate
    SELECT tenant, key,
        list_sort(list({ord: tried, method: method})) AS tried,
        list_sort(list({ord: passed, method: method}) FILTER (passed IS NOT NULL)) AS passed
    FROM mention
    GROUP BY tenant, key
),
decided AS (
    SELECT *, (top >> 64)::INTEGER AS rank,
        rank < 40 OR (rank = 40 AND coalesce(went_on > (top & 18446744073709551615), false)) AS stayed
    FROM folded
)
SELECT tenant, key, pool, coalesce(user_id, lower(user_upn), ''), coalesce(user_upn, ''), coalesce(user_name, ''), start_time, end_time,
    CASE WHEN stayed THEN 'abandoned' WHEN rank >= 89 THEN 'reset' WHEN rank >= 80 THEN 'unlocked' WHEN rank >= 70 THEN 'blocked' WHEN rank >= 60 THEN 'cancelled' ELSE 'failed' END,
    CASE
        WHEN rank >= 80 THEN ''
        WHEN NOT stayed THEN CASE WHEN top_problem <> '' THEN top_problem WHEN rank >= 70 THEN 'blocked' WHEN rank >= 60 THEN 'cancelled' ELSE '' END
        WHEN stay_step = 'contacted_admin' THEN 'contacted_admin'
        WHEN stay_step = 'gate_start' AND stay_method IN ('mobileSMS', 'mobileCall', 'officePhone', 'alternateMobileCall') THEN 'no_sms_or_call'
        WHEN stay_step = 'gate_start' AND stay_method = 'email' THEN 'no_email'
        ELSE 'abandoned'
    END,
    CASE WHEN stayed THEN stay_reason ELSE top_reason END,
    coalesce('["' || array_to_string([m.method FOR m IN passed], '","') || '"]', '[]'), coalesce(len(passed), 0),
    coalesce('["' || array_to_string([m.method FOR m IN tried], '","') || '"]', '[]'),
    refusals, push_starts, coalesce(last_step, ''), coalesce(last_method, ''),
    coalesce(ip_address, ''), coalesce(user_agent, ''), coalesce(on_premises_agent, ''), events
FROM decided LEFT JOIN methods USING (tenant, key)
