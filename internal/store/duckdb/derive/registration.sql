-- Rows of registration from derive_interval; derive_data has the old words for each set of methods.
WITH told AS (
    SELECT *, json_transform_strict(state, '{"upn":"VARCHAR","name":"VARCHAR","userType":"VARCHAR","isAdmin":"BOOLEAN","isSsprRegistered":"BOOLEAN",
        "isSsprEnabled":"BOOLEAN","isSsprCapable":"BOOLEAN","isMfaRegistered":"BOOLEAN","isMfaCapable":"BOOLEAN","isPasswordlessCapable":"BOOLEAN",
        "methods":"JSON","systemPreferredEnabled":"BOOLEAN","systemPreferredMethods":"JSON","preferredMethod":"VARCHAR"}') AS s
    FROM derive_interval
)
INSERT INTO registration (tenant, user_id, valid_from, valid_to, upn, name, user_type, is_admin, is_sspr_registered, is_sspr_enabled, is_sspr_capable,
    is_mfa_registered, is_mfa_capable, is_passwordless_capable, methods, data_registered, system_preferred_enabled, system_preferred_methods,
    preferred_method, last_updated, extra, source, assumed_from)
SELECT ?1, key, valid_from, valid_to, s.upn, s.name, s.userType, s.isAdmin, s.isSsprRegistered, s.isSsprEnabled, s.isSsprCapable,
    s.isMfaRegistered, s.isMfaCapable, s.isPasswordlessCapable, s.methods::VARCHAR, coalesce(d.words, ''), s.systemPreferredEnabled, s.systemPreferredMethods::VARCHAR,
    s.preferredMethod, last_updated, coalesce(state->>'$.extra', ''), source, assumed_from
FROM told LEFT JOIN derive_data d ON d.methods = s.methods::VARCHAR
