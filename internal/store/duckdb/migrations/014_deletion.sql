-- Deletions take numbers in the order of commits too: kind is 'ingest' for what came in and 'expire' for what the retention
-- deleted, of which stored is negative.
ALTER TABLE batch ADD COLUMN kind VARCHAR DEFAULT 'ingest';
