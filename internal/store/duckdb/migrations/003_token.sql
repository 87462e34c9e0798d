-- The table of migration 1 was never written to: nothing made tokens before this one. A token's secret is not here, only
-- its digest. Expired and revoked tokens stay, so that the access log can be read years later.
DROP TABLE access_token;
CREATE TABLE access_token (
    id         VARCHAR NOT NULL PRIMARY KEY, -- public part of the token
    tenant     VARCHAR NOT NULL,
    name       VARCHAR NOT NULL,
    role       VARCHAR NOT NULL,             -- display name of an Entra role
    hash       VARCHAR NOT NULL,             -- SHA-256 of the secret, hex
    created_at BIGINT  NOT NULL,
    created_by VARCHAR NOT NULL DEFAULT '',
    expires_at BIGINT  NOT NULL,
    last_used  BIGINT  NOT NULL DEFAULT 0,   -- 0: never; kept to the hour or so
    revoked_at BIGINT  NOT NULL DEFAULT 0,   -- 0: not revoked
    revoked_by VARCHAR NOT NULL DEFAULT ''
);
