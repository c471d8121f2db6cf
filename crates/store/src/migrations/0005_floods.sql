-- Floods of wrong entries: what they may fill, whom they slow, and who gets in all the same.

-- The ladders of names that nobody has stand on shelves with so many places each (A39); all others on none.
ALTER TABLE ladders ADD COLUMN shelf {BIGINT};
-- Those of before have no place; at most a day is forgotten by this.
DELETE FROM ladders WHERE subject LIKE 'unk%';
CREATE INDEX ladders_by_shelf ON ladders (shelf) WHERE shelf IS NOT NULL;

-- The one browser that a lock does not bind: its person opened it there by a mailed link (A31).
ALTER TABLE ladders ADD COLUMN opened_for {BYTES};

-- Names that failed from a network lately and did not get in from there since (A32, A33). A row for each pair, so
-- that many sign-ins at once never wait for one row.
CREATE TABLE source_failures (
    network TEXT NOT NULL,
    name TEXT NOT NULL,
    failed_at {BIGINT} NOT NULL,
    PRIMARY KEY (network, name)
) {STRICT};
CREATE INDEX source_failures_by_network ON source_failures (network, failed_at);
CREATE INDEX source_failures_by_time ON source_failures (failed_at);
