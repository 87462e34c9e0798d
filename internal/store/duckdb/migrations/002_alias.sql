-- Other hashes under which a stored record has arrived: one shape may carry a time cut to milliseconds, and so another
-- hash, than the richer shape that was kept. A portal CSV row with such a hash is a repeat of that record.
CREATE TABLE record_alias (
    tenant VARCHAR NOT NULL,
    hash   UUID    NOT NULL,
    id     VARCHAR NOT NULL,    -- of the stored record
    time   BIGINT  NOT NULL     -- of the arrival, bounds the search
);
