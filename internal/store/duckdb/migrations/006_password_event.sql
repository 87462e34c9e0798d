-- Derived from record: the records of password reset and of security info but for those of the flow, which are four in five
-- and seldom asked for by themselves. Rows lie together by activity, so that a question about one of them reads little.
-- Refresh adds what is new; whatever deletes a record deletes its row here in the same transaction.
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
    source            VARCHAR NOT NULL
);
