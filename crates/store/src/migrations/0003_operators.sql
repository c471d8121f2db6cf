-- Operators, who run the installation, and the one-time links by which somebody becomes one.

-- Since when somebody is an operator; empty for everybody else.
ALTER TABLE users ADD COLUMN operator_since {BIGINT};
CREATE INDEX users_operators ON users (operator_since) WHERE operator_since IS NOT NULL;

-- Printed on the server's console, never mailed. One with a user lets that operator set up anew what they sign
-- in with. set_ups counts how often it was begun with.
CREATE TABLE operator_links (
    token_hash {BYTES} PRIMARY KEY NOT NULL,
    user_id TEXT REFERENCES users (id),
    created_at {BIGINT} NOT NULL,
    expires_at {BIGINT} NOT NULL,
    set_ups {BIGINT} NOT NULL,
    used_at {BIGINT},
    superseded_at {BIGINT}
) {STRICT};

-- What was entered behind a link, each in a browser of its own, until the first code of the app is right. The
-- secrets are sealed for the rows of authenticators that they become; all of them go when the link is used.
CREATE TABLE operator_set_ups (
    token_hash {BYTES} PRIMARY KEY NOT NULL,
    link_hash {BYTES} NOT NULL REFERENCES operator_links (token_hash),
    user_id TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_id TEXT NOT NULL,
    password_hash {BYTES} NOT NULL,
    app_id TEXT NOT NULL,
    app_secret {BYTES} NOT NULL,
    wrong_codes {BIGINT} NOT NULL,
    created_at {BIGINT} NOT NULL,
    expires_at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX operator_set_ups_by_link ON operator_set_ups (link_hash);
