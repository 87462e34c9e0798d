-- Derived from record: when the records of a pool (see internal/attempt) were, so that a small batch finds the earlier records
-- of its pools without a look at all of them. A row says that records with this number (record.correlation_hash, or that of
-- person or record where no correlation id joins) lie between two instants; several rows say it of several batches. Where
-- two pools have one number they share rows: what is looked for is then looked for in more places, never in fewer.
CREATE TABLE pool (
    tenant VARCHAR NOT NULL,
    hash   INTEGER NOT NULL,
    first  BIGINT  NOT NULL,
    last   BIGINT  NOT NULL
);
