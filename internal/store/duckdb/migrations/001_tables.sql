-- The tables of Passtrail. Instants are BIGINT ticks of 100 ns since 0001-01-01 (passtrail.Ticks); text is never null:
-- absent text is ''. There is no unique index over all history: repeats are found by an anti-join bounded by time.

CREATE TABLE tenant (
    tenant      VARCHAR NOT NULL PRIMARY KEY,   -- tenant id, GUID in lower case
    name        VARCHAR NOT NULL DEFAULT '',
    created_at  BIGINT  NOT NULL,
    opted_in_at BIGINT,                         -- null: collection is off
    opted_in_by VARCHAR NOT NULL DEFAULT '',
    opted_out_at BIGINT,
    opted_out_by VARCHAR NOT NULL DEFAULT '',
    settings    JSON    NOT NULL DEFAULT '{}'   -- {"customQueries":true,"retentionDays":0,...}
);

CREATE TABLE record (
    tenant             VARCHAR NOT NULL,
    id                 VARCHAR NOT NULL,        -- upstream id, or 'h:' + hex of hash
    hash               UUID    NOT NULL,        -- identity of the event across shapes, see passtrail.Record
    time               BIGINT  NOT NULL,
    service            VARCHAR NOT NULL DEFAULT '',
    category           VARCHAR NOT NULL DEFAULT '',
    activity           VARCHAR NOT NULL DEFAULT '',
    operation_type     VARCHAR NOT NULL DEFAULT '',
    result             VARCHAR NOT NULL DEFAULT '',
    reason             VARCHAR NOT NULL DEFAULT '',
    correlation_id     VARCHAR NOT NULL DEFAULT '',
    actor_kind         VARCHAR NOT NULL DEFAULT '',
    actor_id           VARCHAR NOT NULL DEFAULT '',
    actor_upn          VARCHAR NOT NULL DEFAULT '',
    actor_name         VARCHAR NOT NULL DEFAULT '',
    actor_address      VARCHAR NOT NULL DEFAULT '',
    target_id          VARCHAR NOT NULL DEFAULT '',
    target_upn         VARCHAR NOT NULL DEFAULT '',
    target_name        VARCHAR NOT NULL DEFAULT '',
    target_type        VARCHAR NOT NULL DEFAULT '',
    user_agent         VARCHAR NOT NULL DEFAULT '',
    on_premises_agent  VARCHAR NOT NULL DEFAULT '',
    initiated_by       VARCHAR NOT NULL DEFAULT '',  -- JSON text as it came
    target_resources   VARCHAR NOT NULL DEFAULT '',
    additional_details VARCHAR NOT NULL DEFAULT '',
    extra              VARCHAR NOT NULL DEFAULT '',  -- JSON object of members without a column
    shape              VARCHAR NOT NULL,
    source             VARCHAR NOT NULL,
    received_at        BIGINT  NOT NULL,
    batch              BIGINT  NOT NULL,        -- number of the transaction that stored it; derived tables follow by it
    -- derived by the vocabulary, rebuilt by "passtrail rebuild"
    activity_key       VARCHAR NOT NULL DEFAULT '',
    step               VARCHAR NOT NULL DEFAULT '',
    method             VARCHAR NOT NULL DEFAULT '',
    problem            VARCHAR NOT NULL DEFAULT ''
);

-- Derived from record.
CREATE TABLE attempt (
    tenant         VARCHAR NOT NULL,
    correlation_id VARCHAR NOT NULL,
    user_id        VARCHAR NOT NULL DEFAULT '',
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
    events         INTEGER NOT NULL             -- rows of the SSPR service with this correlation id
);

CREATE TABLE registration (
    tenant      VARCHAR NOT NULL,
    user_id     VARCHAR NOT NULL,
    valid_from  BIGINT  NOT NULL,
    valid_to    BIGINT  NOT NULL,               -- 9223372036854775807: still so
    upn         VARCHAR NOT NULL DEFAULT '',
    name        VARCHAR NOT NULL DEFAULT '',
    user_type   VARCHAR NOT NULL DEFAULT '',
    is_admin                BOOLEAN NOT NULL DEFAULT false,
    is_sspr_registered      BOOLEAN NOT NULL DEFAULT false,
    is_sspr_enabled         BOOLEAN NOT NULL DEFAULT false,
    is_sspr_capable         BOOLEAN NOT NULL DEFAULT false,
    is_mfa_registered       BOOLEAN NOT NULL DEFAULT false,
    is_mfa_capable          BOOLEAN NOT NULL DEFAULT false,
    is_passwordless_capable BOOLEAN NOT NULL DEFAULT false,
    methods                 VARCHAR NOT NULL DEFAULT '[]',  -- JSON array, methodsRegistered
    data_registered         VARCHAR NOT NULL DEFAULT '',    -- "Alternate email + Mobile phone"
    system_preferred_enabled BOOLEAN NOT NULL DEFAULT false,
    system_preferred_methods VARCHAR NOT NULL DEFAULT '[]',
    preferred_method        VARCHAR NOT NULL DEFAULT '',
    last_updated            BIGINT  NOT NULL DEFAULT 0,     -- of the newest snapshot row seen in the interval; 0 unknown
    extra                   VARCHAR NOT NULL DEFAULT '',
    source                  VARCHAR NOT NULL DEFAULT '',
    -- valid_from, or 0 where the tenant's first snapshot stands in for earlier times: what is between is assumed
    assumed_from            BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE role_assignment (
    tenant      VARCHAR NOT NULL,
    user_id     VARCHAR NOT NULL,
    role_id     VARCHAR NOT NULL,               -- role template id
    valid_from  BIGINT  NOT NULL,
    valid_to    BIGINT  NOT NULL,
    role_name   VARCHAR NOT NULL DEFAULT '',
    upn         VARCHAR NOT NULL DEFAULT '',
    scope       VARCHAR NOT NULL DEFAULT '/',
    source      VARCHAR NOT NULL DEFAULT '',
    assumed_from BIGINT NOT NULL DEFAULT 0      -- as in registration
);

-- Derived from role_assignment: at most one row a person and instant.
CREATE TABLE person_role (
    tenant      VARCHAR NOT NULL,
    user_id     VARCHAR NOT NULL,
    valid_from  BIGINT  NOT NULL,
    valid_to    BIGINT  NOT NULL,
    role        VARCHAR NOT NULL,               -- the weightiest role's name
    roles       VARCHAR NOT NULL DEFAULT '[]',  -- JSON array of all names
    is_admin    BOOLEAN NOT NULL,               -- holds any administrator role
    two_gate    BOOLEAN NOT NULL,               -- under the administrator reset policy
    assumed_from BIGINT NOT NULL DEFAULT 0      -- as in registration
);

-- Which snapshots have been taken in, so that a snapshot that comes again, or late, changes nothing twice.
CREATE TABLE snapshot (
    tenant   VARCHAR NOT NULL,
    kind     VARCHAR NOT NULL,                  -- registration, roles
    taken_at BIGINT  NOT NULL,
    people   BIGINT  NOT NULL,
    complete BOOLEAN NOT NULL,
    source   VARCHAR NOT NULL DEFAULT '',
    batch    BIGINT  NOT NULL,
    in_runs  BOOLEAN NOT NULL DEFAULT false     -- set by Refresh: the runs of snapshot_row reckon with this snapshot
);
-- What the snapshots said: one row for a key and a run of consecutive snapshots that all said the same of it. Commit writes
-- runs of one snapshot (last_taken = taken_at); Refresh joins what belongs together and splits what a late snapshot
-- parts, so that every snapshot can be given back and a daily snapshot costs only what changed.
CREATE TABLE snapshot_row (
    tenant     VARCHAR NOT NULL,
    kind       VARCHAR NOT NULL,
    taken_at   BIGINT  NOT NULL,                -- first snapshot of the run
    last_taken BIGINT  NOT NULL,                -- last snapshot of the run
    key        VARCHAR NOT NULL,                -- user id, or user id|role id|scope
    state      VARCHAR NOT NULL,                -- canonical JSON, without what changes every day
    last_updated BIGINT NOT NULL DEFAULT 0      -- of the last snapshot of the run; 0 unknown
);

-- Attempts to compute anew although no record of them is new: a record was replaced or deleted. Refresh empties it.
CREATE TABLE touched (
    tenant         VARCHAR NOT NULL,
    correlation_id VARCHAR NOT NULL,            -- of the record as it was
    id             VARCHAR NOT NULL             -- of the record as it was: it is the attempt's key without a correlation id
);

CREATE SEQUENCE quarantine_id START 1;
CREATE TABLE quarantine (
    id       BIGINT  NOT NULL DEFAULT nextval('quarantine_id') PRIMARY KEY,
    tenant   VARCHAR NOT NULL DEFAULT '',       -- '' when it could not be told
    source   VARCHAR NOT NULL,
    position VARCHAR NOT NULL,                  -- "PT1H.json:17", "export.zip!a.csv:3"
    reason   VARCHAR NOT NULL,
    code     VARCHAR NOT NULL DEFAULT '',       -- stable: not-json, no-time, too-large ...
    bytes    BLOB    NOT NULL,
    digest   UUID    NOT NULL,                  -- of source-independent bytes: the same input is set aside once
    received_at BIGINT  NOT NULL,
    batch    BIGINT  NOT NULL
);

CREATE TABLE ledger (
    tenant    VARCHAR NOT NULL,
    source    VARCHAR NOT NULL,
    hour      BIGINT  NOT NULL,                 -- start of the hour of the records' time
    received  BIGINT  NOT NULL DEFAULT 0,
    stored    BIGINT  NOT NULL DEFAULT 0,
    repeats   BIGINT  NOT NULL DEFAULT 0,
    set_aside BIGINT  NOT NULL DEFAULT 0,
    other     BIGINT  NOT NULL DEFAULT 0,       -- records of other log categories
    last_seen BIGINT  NOT NULL,
    final_since BIGINT,                         -- null: still open
    PRIMARY KEY (tenant, source, hour)
);

CREATE TABLE checkpoint (
    source   VARCHAR NOT NULL PRIMARY KEY,      -- "file:" + digest of path, "graph:" + tenant ...
    position VARCHAR NOT NULL,                  -- JSON, the connector's own
    moved_at BIGINT  NOT NULL,
    batch    BIGINT  NOT NULL
);

CREATE TABLE state (name VARCHAR NOT NULL PRIMARY KEY, value BIGINT NOT NULL); -- next batch, attempts done through batch

CREATE TABLE access_token (
    id VARCHAR NOT NULL PRIMARY KEY, tenant VARCHAR NOT NULL, name VARCHAR NOT NULL, hash VARCHAR NOT NULL,
    roles JSON NOT NULL DEFAULT '[]', created_at BIGINT NOT NULL, expires_at BIGINT, last_used BIGINT, revoked_at BIGINT
);
CREATE TABLE access_log (
    logged_at BIGINT NOT NULL, tenant VARCHAR NOT NULL, who VARCHAR NOT NULL, roles VARCHAR NOT NULL DEFAULT '', action VARCHAR NOT NULL, -- view-person, export, query, opt-in ...
    subject VARCHAR NOT NULL DEFAULT '', detail VARCHAR NOT NULL DEFAULT '', address VARCHAR NOT NULL DEFAULT ''
);
CREATE TABLE saved_query (
    id VARCHAR NOT NULL PRIMARY KEY, tenant VARCHAR NOT NULL, name VARCHAR NOT NULL, text VARCHAR NOT NULL, owner VARCHAR NOT NULL DEFAULT '', created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL
);
CREATE TABLE finding (
    tenant VARCHAR NOT NULL, id VARCHAR NOT NULL, -- id: stable digest of rule and subject
    rule VARCHAR NOT NULL, severity VARCHAR NOT NULL, title VARCHAR NOT NULL, reasoning VARCHAR NOT NULL DEFAULT '',
    start_time BIGINT NOT NULL, end_time BIGINT NOT NULL, people JSON NOT NULL DEFAULT '[]', addresses JSON NOT NULL DEFAULT '[]',
    techniques JSON NOT NULL DEFAULT '[]', evidence JSON NOT NULL DEFAULT '[]',
    state VARCHAR NOT NULL DEFAULT 'new', note VARCHAR NOT NULL DEFAULT '', changed_by VARCHAR NOT NULL DEFAULT '', first_seen BIGINT NOT NULL, changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
