-- The batches, in commit order, each with a digest that goes on from the one before: what the file beside the database
-- says of the last durable batch (head.go) can be compared with it. Batches of before this migration are not in it.
CREATE TABLE batch (
    number      BIGINT  NOT NULL,
    tenant      VARCHAR NOT NULL,
    source      VARCHAR NOT NULL,
    received_at BIGINT  NOT NULL,
    received    BIGINT  NOT NULL,
    stored      BIGINT  NOT NULL,
    total       BIGINT  NOT NULL,               -- stored by all batches of this table up to this one
    digest      VARCHAR NOT NULL                -- SHA-256, hex
);
