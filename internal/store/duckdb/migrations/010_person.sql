-- Whom a record is about where it is not the first target: the first target of type User.
ALTER TABLE record ADD COLUMN subject_id VARCHAR DEFAULT '';
ALTER TABLE record ADD COLUMN subject_upn VARCHAR DEFAULT '';
ALTER TABLE record ADD COLUMN subject_name VARCHAR DEFAULT '';
UPDATE record SET subject_id = lower(coalesce(targets.person ->> 'id', '')), subject_upn = coalesce(targets.person ->> 'userPrincipalName', ''), subject_name = coalesce(targets.person ->> 'displayName', '')
FROM (SELECT rowid AS place, list_filter(json_extract(target_resources, '$[*]'), lambda t: t ->> 'type' = 'User')[1] AS person
    FROM record WHERE target_type <> 'User' AND contains(target_resources, '"type":"User"')) targets
WHERE record.rowid = targets.place AND targets.person IS NOT NULL;
-- The number of the person says nothing where the actor stood for a missing target: for an act of an administrator that is
-- somebody else.
UPDATE record SET user_hash = NULL WHERE target_id = '' OR target_type <> 'User';

-- Derived tables: what they hold is made anew when the directory is opened.
DROP TABLE attempt;
CREATE TABLE attempt (
    tenant         VARCHAR NOT NULL,
    correlation_id VARCHAR NOT NULL,            -- id of the attempt, docs/decisions/0015-attempt-key.md
    pool           VARCHAR NOT NULL,            -- of its records, see internal/attempt
    user_id        VARCHAR NOT NULL DEFAULT '', -- object id, or without one the sign-in name in lower case
    user_upn       VARCHAR NOT NULL DEFAULT '',
    user_name      VARCHAR NOT NULL DEFAULT '',
    start_time     BIGINT  NOT NULL,
    end_time       BIGINT  NOT NULL,            -- time of its last row
    outcome        VARCHAR NOT NULL,            -- reset unlocked blocked cancelled failed abandoned; "open" is an abandoned one younger than 30 minutes at the time of asking
    problem        VARCHAR NOT NULL DEFAULT '', -- vocab problem key
    reason         VARCHAR NOT NULL DEFAULT '', -- raw reason of the row that decided the outcome
    gates          VARCHAR NOT NULL DEFAULT '[]', -- JSON array of the distinct methods completed, in order of completion
    gate_count     INTEGER NOT NULL DEFAULT 0,
    methods_tried  VARCHAR NOT NULL DEFAULT '[]', -- JSON array of the distinct methods started, in order
    refusals       INTEGER NOT NULL DEFAULT 0,  -- passwords refused
    push_starts    INTEGER NOT NULL DEFAULT 0,  -- app notifications started
    last_step      VARCHAR NOT NULL DEFAULT '', -- vocab step of the last flow row
    last_method    VARCHAR NOT NULL DEFAULT '',
    ip_address     VARCHAR NOT NULL DEFAULT '',
    user_agent     VARCHAR NOT NULL DEFAULT '',
    on_premises_agent VARCHAR NOT NULL DEFAULT '',
    events         INTEGER NOT NULL             -- its records of the SSPR service
);

-- The attempts of records of which the attempt's id is not the correlation id, or without one the record's id: few or none.
CREATE TABLE attempt_member (
    tenant  VARCHAR NOT NULL,
    id      VARCHAR NOT NULL,                   -- of the record
    time    BIGINT  NOT NULL,                   -- of the record
    pool    VARCHAR NOT NULL,
    attempt VARCHAR NOT NULL                    -- its id
);

DROP TABLE touched;
-- Pools whose attempts are to be made anew although no record of them is new: one was replaced or deleted. Refresh empties it.
CREATE TABLE touched (
    tenant VARCHAR NOT NULL,
    pool   VARCHAR NOT NULL
);

DROP TABLE password_event;
CREATE TABLE password_event (
    tenant            VARCHAR NOT NULL,
    id                VARCHAR NOT NULL,
    time              BIGINT  NOT NULL,
    activity_key      VARCHAR NOT NULL,
    result            VARCHAR NOT NULL,
    reason            VARCHAR NOT NULL,
    problem           VARCHAR NOT NULL,
    method            VARCHAR NOT NULL,
    step              VARCHAR NOT NULL,
    target_id         VARCHAR NOT NULL,
    target_upn        VARCHAR NOT NULL,
    target_name       VARCHAR NOT NULL,
    actor_id          VARCHAR NOT NULL,
    actor_upn         VARCHAR NOT NULL,
    actor_name        VARCHAR NOT NULL,
    actor_address     VARCHAR NOT NULL,
    user_agent        VARCHAR NOT NULL,
    on_premises_agent VARCHAR NOT NULL,
    correlation_id    VARCHAR NOT NULL,
    source            VARCHAR NOT NULL,
    id_hash           INTEGER,
    correlation_hash  INTEGER,
    user_hash         INTEGER,
    user_id           VARCHAR NOT NULL,         -- object id of the person, or without one the sign-in name in lower case
    user_upn          VARCHAR NOT NULL,
    user_name         VARCHAR NOT NULL
);
