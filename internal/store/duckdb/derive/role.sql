-- Rows of role_assignment from derive_interval.
INSERT INTO role_assignment (tenant, user_id, role_id, valid_from, valid_to, role_name, upn, scope, source, assumed_from)
SELECT ?1, state->>'$.userId', state->>'$.roleId', valid_from, valid_to, state->>'$.roleName', state->>'$.upn', state->>'$.scope', source, assumed_from
FROM derive_interval
