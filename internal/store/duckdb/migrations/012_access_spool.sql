-- Lines of the access log come through a spool of the data directory. A line keeps the id that it got there, so that a merge
-- that was cut off and done again doubles nothing. Lines from before have none.
ALTER TABLE access_log ADD COLUMN id VARCHAR;
