-- Wishes for links to choose another password by: written down the same for every address, before anybody looks whose
-- it is. `email` is there until somebody looked; the row stays a while longer, since a network's wishes are counted.
CREATE TABLE reset_wishes (
    id TEXT PRIMARY KEY NOT NULL,
    email TEXT,
    network TEXT NOT NULL,
    source TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    at {BIGINT} NOT NULL
) {STRICT};
CREATE INDEX reset_wishes_waiting ON reset_wishes (id) WHERE email IS NOT NULL;
CREATE INDEX reset_wishes_by_network ON reset_wishes (network, at);

-- How many such links were mailed to anybody lately.
CREATE INDEX links_for_resets ON links (created_at) WHERE purpose = 'reset_password';
