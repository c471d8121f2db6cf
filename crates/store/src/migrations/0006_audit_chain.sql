-- The audit chain, the leases of what runs in the background, and ways to find what is over.

-- The stamp is written with the event; position, link and sealed_at by the sealer. Events that were there before
-- have no stamp yet.
ALTER TABLE audit_events ADD COLUMN stamp {BYTES};
ALTER TABLE audit_events ADD COLUMN position {BIGINT};
ALTER TABLE audit_events ADD COLUMN link {BYTES};
ALTER TABLE audit_events ADD COLUMN sealed_at {BIGINT};
CREATE INDEX audit_events_unsealed ON audit_events (id) WHERE position IS NULL;
CREATE UNIQUE INDEX audit_events_by_position ON audit_events (position) WHERE position IS NOT NULL;

-- One row, where the chain ends. Two sealers cannot both move it on from the same place, so there is no fork.
CREATE TABLE audit_head (
    id {BIGINT} PRIMARY KEY NOT NULL,
    begun_at {BIGINT},
    found {BIGINT} NOT NULL,
    position {BIGINT} NOT NULL,
    link {BYTES},
    stamp {BYTES}
) {STRICT};
INSERT INTO audit_head (id, found, position) VALUES (1, 0, 0);

-- At most one row: what stands for the events that retention removed.
CREATE TABLE audit_tombstone (
    id {BIGINT} PRIMARY KEY NOT NULL,
    position {BIGINT} NOT NULL,
    link {BYTES} NOT NULL,
    until {BIGINT} NOT NULL,
    stamp {BYTES} NOT NULL
) {STRICT};

-- What one process at a time does for all of them.
CREATE TABLE leases (
    name TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    until {BIGINT} NOT NULL,
    ran_at {BIGINT}
) {STRICT};

-- For the janitor. Where ids are made by time, they are the index.
CREATE INDEX outbox_by_time ON outbox (created_at);
CREATE INDEX links_by_time ON links (created_at);
CREATE INDEX ladders_by_time ON ladders (last_failure_at);
CREATE INDEX authenticators_pending ON authenticators (created_at) WHERE bound_at IS NULL;
