-- The backup codes that were used, by their number in the set; what is kept of all ten is the secret of the set's
-- authenticator. A second row for one of them fails, so that each is used once.
CREATE TABLE used_backup_codes (
    authenticator_id TEXT NOT NULL REFERENCES authenticators (id),
    number {BIGINT} NOT NULL,
    used_at {BIGINT} NOT NULL,
    PRIMARY KEY (authenticator_id, number)
) {STRICT};
CREATE INDEX used_backup_codes_by_time ON used_backup_codes (used_at);
-- Whoever chose nothing gets what is best: their preset names backup codes from now on.
UPDATE organizations SET policy = replace(policy, '"recovery":"none"', '"recovery":"backup_codes"')
    WHERE preset = 'default';
