-- What programs follow: `change` is one more with each change of any message's state, so that whatever changed after one is known.
ALTER TABLE message ADD COLUMN change INTEGER NOT NULL DEFAULT 0;
UPDATE message SET change = seq;
CREATE UNIQUE INDEX message_by_change ON message (change);
