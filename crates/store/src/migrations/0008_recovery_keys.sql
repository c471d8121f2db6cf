-- A recovery key that was just made, sealed, and since when: it is shown until the ceremony ends or ten minutes went
-- by. Of a key in force only a digest is kept, as the secret of its authenticator.
ALTER TABLE ceremonies ADD COLUMN new_key {BYTES};
ALTER TABLE ceremonies ADD COLUMN new_key_at {BIGINT};
CREATE INDEX ceremonies_with_keys ON ceremonies (new_key_at) WHERE new_key IS NOT NULL;
-- Policies that say nothing about recovery yet: what their presets say.
UPDATE organizations SET policy = replace(policy, '"proofs_to_turn_on"', '"recovery":"none","proofs_to_turn_on"');
