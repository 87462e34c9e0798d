-- Rows of person_role for a tenant without any snapshot of roles: all that is known is whether somebody holds one.
INSERT INTO person_role (tenant, user_id, valid_from, valid_to, role, roles, is_admin, two_gate, assumed_from)
SELECT tenant, user_id, valid_from, valid_to, 'Administrator', '["Administrator"]', true, false, assumed_from
FROM registration
WHERE tenant = ?1 AND is_admin AND NOT EXISTS (SELECT 1 FROM snapshot WHERE snapshot.tenant = ?1 AND snapshot.kind = 'roles')
