-- Who did something to somebody else's account or to a company: an operator's id, or `console`. Empty in records
-- of what people did themselves, and in those from before.
ALTER TABLE audit_events ADD COLUMN actor_id TEXT;

-- What an operator looks up about one person.
CREATE INDEX audit_events_by_user ON audit_events (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_by_user ON sessions (user_id, created_at) WHERE ended_at IS NULL;
CREATE INDEX memberships_by_organization ON memberships (organization_id, user_id);

-- How sending goes: what was sent lately, and what came back.
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_undelivered ON outbox (undelivered_at) WHERE undelivered_at IS NOT NULL;
