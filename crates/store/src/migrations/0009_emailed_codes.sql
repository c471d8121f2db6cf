-- By what a code was sent, and by what the last one of a ceremony was wanted: budgets and waits are kept apart.
ALTER TABLE sent_codes ADD COLUMN channel TEXT NOT NULL DEFAULT 'sms';
ALTER TABLE ceremonies ADD COLUMN send_channel TEXT;
-- What last_send_at and withheld are of texts.
ALTER TABLE ceremonies ADD COLUMN last_mail_at {BIGINT};
ALTER TABLE ceremonies ADD COLUMN mail_withheld TEXT;
UPDATE ceremonies SET send_channel = 'sms' WHERE sends > 0 OR withheld IS NOT NULL;
-- Of a mailbox that chose the password: until then no code is sent there.
ALTER TABLE authenticators ADD COLUMN held_until {BIGINT};
-- Policies that say nothing about it yet: what every one of them demanded until now.
UPDATE organizations SET policy = replace(policy, '"proofs_to_change_password"',
    '"proofs_to_create_recovery_key":{"password":true,"current_factor":true},"proofs_to_change_password"');
