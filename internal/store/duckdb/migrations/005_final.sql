-- The newest record of an audit log that a source brought of the hour; null of hours that only snapshots, other logs or
-- inputs set aside stand for. How far a source's figures are final follows from it, see store.Lateness.
ALTER TABLE ledger ADD COLUMN last_record BIGINT;
UPDATE ledger SET last_record = r.newest
FROM (SELECT tenant, source, time - time % 36000000000 AS hour, max(time) AS newest FROM record GROUP BY ALL) r
WHERE ledger.tenant = r.tenant AND ledger.source = r.source AND ledger.hour = r.hour;
