-- passtrail.TextHash of the texts by which single records are looked up: of the id, of the correlation id, and of the person,
-- who is the target or without one the actor. Null, of rows from before this migration, says nothing.
ALTER TABLE record ADD COLUMN id_hash INTEGER;
ALTER TABLE record ADD COLUMN correlation_hash INTEGER;
ALTER TABLE record ADD COLUMN user_hash INTEGER;
ALTER TABLE password_event ADD COLUMN id_hash INTEGER;
ALTER TABLE password_event ADD COLUMN correlation_hash INTEGER;
ALTER TABLE password_event ADD COLUMN user_hash INTEGER;
