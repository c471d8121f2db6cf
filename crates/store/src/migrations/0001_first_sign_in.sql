-- People, companies and what signing in leaves behind. Times are milliseconds since 1970, ids are text with
-- a prefix, a time stands where elsewhere a boolean would.

CREATE TABLE organizations (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    preset TEXT NOT NULL,
    policy TEXT NOT NULL,
    created_at {BIGINT} NOT NULL
) {STRICT};
CREATE UNIQUE INDEX organizations_by_name ON organizations (name);

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,
    email_verified_at {BIGINT},
    name TEXT NOT NULL,
    epoch {BIGINT} NOT NULL,
    password_change_due_at {BIGINT},
    password_change_reason TEXT,
    disabled_at {BIGINT},
    created_at {BIGINT} NOT NULL
) {STRICT};
CREATE UNIQUE INDEX users_by_email ON users (email);

CREATE TABLE memberships (
    user_id TEXT NOT NULL REFERENCES users (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    role TEXT NOT NULL,
    created_at {BIGINT} NOT NULL,
    PRIMARY KEY (user_id, organization_id)
) {STRICT};

-- bound_at is empty while a set-up is not finished, disabled_at is set by a rule, revoked_at by a person.
CREATE TABLE authenticators (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    secret {BYTES} NOT NULL,
    created_at {BIGINT} NOT NULL,
    bound_at {BIGINT},
    last_used_at {BIGINT},
    disabled_at {BIGINT},
    revoked_at {BIGINT},
    failures_in_a_row {BIGINT} NOT NULL,
    failures_by_day TEXT NOT NULL,
    accepted_step {BIGINT},
    replayed_step {BIGINT}
) {STRICT};
-- At most one of a kind in force; a second try to bind one fails instead of leaving two.
CREATE UNIQUE INDEX authenticators_in_force ON authenticators (user_id, kind)
    WHERE bound_at IS NOT NULL AND revoked_at IS NULL;

CREATE TABLE ladders (
    subject TEXT PRIMARY KEY NOT NULL,
    failures {BIGINT} NOT NULL,
    last_failure_at {BIGINT},
    locked_until {BIGINT},
    locked_by {BYTES}
) {STRICT};

CREATE TABLE ceremonies (
    id TEXT PRIMARY KEY NOT NULL,
    token_hash {BYTES},
    purpose TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    user_epoch {BIGINT} NOT NULL,
    session_id TEXT,
    lane TEXT NOT NULL,
    evidence TEXT NOT NULL,
    authenticator_id TEXT,
    created_at {BIGINT} NOT NULL,
    expires_at {BIGINT} NOT NULL,
    ended_at {BIGINT},
    end_reason TEXT
) {STRICT};
CREATE UNIQUE INDEX ceremonies_by_token ON ceremonies (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX ceremonies_open ON ceremonies (user_id, purpose, created_at) WHERE ended_at IS NULL;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    token_hash {BYTES} NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    user_epoch {BIGINT} NOT NULL,
    evidence TEXT NOT NULL,
    created_at {BIGINT} NOT NULL,
    last_seen_at {BIGINT} NOT NULL,
    ended_at {BIGINT},
    end_reason TEXT,
    step_up_failures {BIGINT} NOT NULL,
    source TEXT NOT NULL,
    user_agent TEXT NOT NULL
) {STRICT};
CREATE UNIQUE INDEX sessions_by_token ON sessions (token_hash);

CREATE TABLE known_browsers (
    id TEXT PRIMARY KEY NOT NULL,
    token_hash {BYTES} NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    user_epoch {BIGINT} NOT NULL,
    created_at {BIGINT} NOT NULL
) {STRICT};
CREATE UNIQUE INDEX known_browsers_by_token ON known_browsers (token_hash);
CREATE INDEX known_browsers_by_user ON known_browsers (user_id, created_at);

-- What people are to be told; delivery takes it from here.
CREATE TABLE notices (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    at {BIGINT} NOT NULL,
    source TEXT NOT NULL,
    user_agent TEXT NOT NULL
) {STRICT};

-- What happened, by ids and codes only; never changed.
CREATE TABLE audit_events (
    id TEXT PRIMARY KEY NOT NULL,
    at {BIGINT} NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    organization_id TEXT,
    user_id TEXT,
    session_id TEXT,
    source TEXT NOT NULL,
    user_agent TEXT NOT NULL
) {STRICT};
