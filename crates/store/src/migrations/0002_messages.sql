-- Text messages and emails: phones, the codes that go to them, links that are mailed, and the outbox.

-- From then on the operator lets this company's people use a second factor (CR-3). Companies that were
-- there before could from the start.
ALTER TABLE organizations ADD COLUMN two_factor_opened_at {BIGINT};
UPDATE organizations SET two_factor_opened_at = created_at;
-- Policies that say nothing about phones yet: what the presets say.
UPDATE organizations SET policy = replace(replace(policy,
    '"methods":["app"]', '"methods":["app","phone"]'),
    '"proofs_to_turn_on"', '"first_factor_needs_fresh_email_proof":true,"proofs_to_turn_on"')
    WHERE preset <> 'per-user';
UPDATE organizations SET policy = replace(replace(policy,
    '"methods":["app"]', '"methods":["phone","app"]'),
    '"proofs_to_turn_on"', '"first_factor_needs_fresh_email_proof":false,"proofs_to_turn_on"')
    WHERE preset = 'per-user';

-- Of a phone, which has no secret: its row holds an empty one.
ALTER TABLE authenticators ADD COLUMN phone_number TEXT;

-- How many codes were sent in a ceremony, when the last one was, and why the last one that was wanted was not.
ALTER TABLE ceremonies ADD COLUMN sends {BIGINT} NOT NULL DEFAULT 0;
ALTER TABLE ceremonies ADD COLUMN last_send_at {BIGINT};
ALTER TABLE ceremonies ADD COLUMN withheld TEXT;

-- One row for each code that was sent. A code is live while it is neither used nor superseded nor expired.
-- From counts_from on it counts against the budgets that many people share; used codes count against none.
CREATE TABLE sent_codes (
    id TEXT PRIMARY KEY NOT NULL,
    ceremony_id TEXT NOT NULL REFERENCES ceremonies (id),
    purpose TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    authenticator_id TEXT NOT NULL REFERENCES authenticators (id),
    message_id TEXT NOT NULL,
    digest {BYTES} NOT NULL,
    sent_at {BIGINT} NOT NULL,
    expires_at {BIGINT} NOT NULL,
    guesses {BIGINT} NOT NULL,
    used_at {BIGINT},
    superseded_at {BIGINT},
    counts_from {BIGINT} NOT NULL,
    organization_id TEXT,
    destination TEXT NOT NULL,
    block TEXT NOT NULL,
    country TEXT,
    network TEXT NOT NULL
) {STRICT};
CREATE UNIQUE INDEX sent_codes_live ON sent_codes (ceremony_id) WHERE used_at IS NULL AND superseded_at IS NULL;
CREATE INDEX sent_codes_by_ceremony ON sent_codes (ceremony_id, sent_at);
CREATE INDEX sent_codes_by_user ON sent_codes (user_id, sent_at) WHERE used_at IS NULL;
CREATE INDEX sent_codes_by_destination ON sent_codes (destination, sent_at) WHERE used_at IS NULL;
CREATE INDEX sent_codes_by_network ON sent_codes (network, sent_at) WHERE used_at IS NULL;
CREATE INDEX sent_codes_by_organization ON sent_codes (organization_id, sent_at) WHERE used_at IS NULL;
CREATE INDEX sent_codes_by_time ON sent_codes (sent_at) WHERE used_at IS NULL;
CREATE INDEX set_ups_by_block ON sent_codes (block, sent_at) WHERE purpose = 'enroll';
CREATE INDEX set_ups_by_country ON sent_codes (country, sent_at) WHERE purpose = 'enroll';
CREATE INDEX set_ups_by_organization ON sent_codes (organization_id, sent_at) WHERE purpose = 'enroll';
CREATE INDEX set_ups_by_network ON sent_codes (network, sent_at) WHERE purpose = 'enroll';
-- Two sends to one number queue up behind its row, so that none escapes the other's count.
CREATE TABLE destinations (
    number TEXT PRIMARY KEY NOT NULL
) {STRICT};

-- What was turned on, added or replaced.
ALTER TABLE notices ADD COLUMN method TEXT;

CREATE TABLE links (
    token_hash {BYTES} PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    notice_id TEXT REFERENCES notices (id),
    session_id TEXT,
    message_id TEXT NOT NULL,
    created_at {BIGINT} NOT NULL,
    expires_at {BIGINT} NOT NULL,
    used_at {BIGINT},
    superseded_at {BIGINT}
) {STRICT};
CREATE INDEX links_by_user ON links (user_id, purpose, created_at);

-- A message waits until one of sent_at, dead_at and dropped_at is set; then its body is removed, but for a
-- dead one, which an operator may have sent again.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY NOT NULL,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    user_id TEXT,
    kind TEXT NOT NULL,
    body {BYTES},
    created_at {BIGINT} NOT NULL,
    expires_at {BIGINT},
    urgency {BIGINT} NOT NULL,
    due_at {BIGINT} NOT NULL,
    attempts {BIGINT} NOT NULL,
    leased_by TEXT,
    leased_until {BIGINT},
    last_error TEXT,
    provider_id TEXT,
    sent_at {BIGINT},
    dead_at {BIGINT},
    dropped_at {BIGINT},
    delivered_at {BIGINT},
    undelivered_at {BIGINT}
) {STRICT};
CREATE INDEX outbox_waiting ON outbox (channel, due_at)
    WHERE sent_at IS NULL AND dead_at IS NULL AND dropped_at IS NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX outbox_refused ON outbox (dropped_at) WHERE dropped_at IS NOT NULL AND last_error IS NOT NULL;
