-- The records of pools (derive_pooled: place, tenant, pool) as derive_row wants them: with the id of their attempt as key,
-- and in order. The rules are those of internal/attempt, in split.go; the two are tested against each other. Ticks of 30
-- minutes are 18000000000.
WITH named AS (
    SELECT tenant, pool, id, time, correlation_id, result, reason, actor_address, user_agent, on_premises_agent, activity_key, step, method, problem,
        {own} AS own, {joins} AS joins, person_id, person_upn, person_name,
        row_number() OVER (PARTITION BY tenant, pool ORDER BY time, id) AS ord
    FROM {pooled}
),
known AS (
    SELECT tenant, pool, lower(person_upn) AS upn, min(person_id) AS id
    FROM named WHERE own AND joins AND person_id <> '' AND person_upn <> ''
    GROUP BY ALL
),
told AS (
    SELECT n.*,
        CASE WHEN own AND person_id <> '' THEN person_id WHEN own AND person_upn <> '' THEN coalesce(k.id, lower(person_upn)) END AS told,
        CASE activity_key
            WHEN 'reset' THEN CASE WHEN result = 'success' THEN 'well' ELSE 'end' END
            WHEN 'unlock' THEN CASE WHEN result = 'success' THEN 'well' ELSE 'end' END
            WHEN 'blocked' THEN 'end'
            WHEN 'flow' THEN CASE
                WHEN step IN ('blocked', 'cancelled', 'refused', 'contacted_admin', 'abandoned') THEN 'end'
                WHEN step = 'end' AND (result = 'success' OR result = '') THEN 'well'
                WHEN step IN ('start', 'options') THEN 'start'
                ELSE '' END
            ELSE '' END AS turn,
        NOT joins AND time - lag(time) OVER pool > 18000000000 AS far
    FROM named n LEFT JOIN known k ON k.tenant = n.tenant AND k.pool = n.pool AND k.upn = lower(n.person_upn)
    WINDOW pool AS (PARTITION BY n.tenant, n.pool ORDER BY ord)
),
near AS (
    SELECT *, count(*) FILTER (far) OVER pool AS island,
        coalesce(last_value(told IGNORE NULLS) OVER pool, first_value(told IGNORE NULLS) OVER rest, '') AS who
    FROM told
    WINDOW pool AS (PARTITION BY tenant, pool ORDER BY ord ROWS UNBOUNDED PRECEDING),
        rest AS (PARTITION BY tenant, pool ORDER BY ord ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
),
placed AS (
    SELECT *, CASE WHEN joins THEN '' ELSE coalesce(last_value(nullif(actor_address, '') IGNORE NULLS) OVER island,
        first_value(nullif(actor_address, '') IGNORE NULLS) OVER rest, '') END AS address
    FROM near
    WINDOW island AS (PARTITION BY tenant, pool, island ORDER BY ord ROWS UNBOUNDED PRECEDING),
        rest AS (PARTITION BY tenant, pool, island ORDER BY ord ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
),
gap AS (
    SELECT *, NOT joins AND time - lag(time) OVER (PARTITION BY tenant, pool, island, who, address ORDER BY ord) > 18000000000 AS gap
    FROM placed
),
chain AS (
    SELECT *, count(*) FILTER (gap) OVER (PARTITION BY tenant, pool, island, who, address ORDER BY ord ROWS UNBOUNDED PRECEDING) AS chain
    FROM gap
),
after AS (
    SELECT *, max(time) FILTER (turn IN ('end', 'well')) OVER before AS last_end, count(*) FILTER (turn IN ('end', 'well')) OVER before AS ends,
        last_value(CASE WHEN own THEN CASE WHEN turn = 'well' THEN time ELSE -1 END END IGNORE NULLS) OVER before AS well_before
    FROM chain
    WINDOW before AS (PARTITION BY tenant, pool, island, who, address, chain ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
late AS (
    SELECT *, turn = 'start' AND coalesce(time - last_end > 18000000000, false) AS late,
        turn = 'well' AND coalesce(well_before >= 0 AND time - well_before > 18000000000, false) AS again
    FROM after
),
begun AS (
    -- of the late starts after one end, the first
    SELECT *, again OR late AND row_number() OVER (PARTITION BY tenant, pool, island, who, address, chain, ends, late ORDER BY ord) = 1 AS begins
    FROM late
),
numbered AS (
    SELECT *, count(*) FILTER (begins) OVER (PARTITION BY tenant, pool, island, who, address, chain ORDER BY ord ROWS UNBOUNDED PRECEDING) AS session
    FROM begun
),
first AS (
    SELECT *, min(ord) OVER (PARTITION BY tenant, pool, island, who, address, chain, session) AS first,
        arg_min(id, ord) OVER (PARTITION BY tenant, pool, island, who, address, chain, session) AS first_id,
        arg_min(correlation_id, ord) FILTER (own) OVER (PARTITION BY tenant, pool) AS base
    FROM numbered
),
named_attempt AS (
    SELECT *, dense_rank() OVER (PARTITION BY tenant, pool ORDER BY first) AS place_in_pool FROM first
)
SELECT tenant, CASE WHEN NOT joins THEN first_id WHEN place_in_pool = 1 THEN base ELSE base || '/' || place_in_pool END AS key, pool,
    id, time, correlation_id, result, reason, person_id, person_upn, person_name, actor_address, user_agent, on_premises_agent, activity_key, step, method, problem, ord
FROM named_attempt
WHERE base IS NOT NULL
