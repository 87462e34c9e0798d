-- How many of the stored were rows of snapshots and not records, so that the ledger's records and the table's are the same
-- number. For what came in before this migration it is what the table of records does not account for.
ALTER TABLE ledger ADD COLUMN snapshot_rows BIGINT DEFAULT 0;
UPDATE ledger SET snapshot_rows = greatest(stored - coalesce(
    (SELECT r.n FROM (SELECT tenant, source, time - time % 36000000000 AS hour, count(*) AS n FROM record GROUP BY ALL) r
     WHERE r.tenant = ledger.tenant AND r.source = ledger.source AND r.hour = ledger.hour), 0), 0)
WHERE hour <> 0;
