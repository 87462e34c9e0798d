-- Derived from record and the intervals: what people are called whom some record of password reset or security info names by
-- their object id alone. Text that is not known is ''.
CREATE TABLE name (
    tenant  VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    upn     VARCHAR NOT NULL,                   -- the newest sign-in name that is known of the id
    name    VARCHAR NOT NULL                    -- the newest display name
);
