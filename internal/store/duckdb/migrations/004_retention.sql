-- Records that came in although they are older than what the tenant keeps: they are counted and not stored. Null, of rows
-- from before this migration, is none.
ALTER TABLE ledger ADD COLUMN past_retention BIGINT DEFAULT 0;
