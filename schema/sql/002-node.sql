-- Everything a node keeps beside its ledger. Times are seconds since 1970-01-01T00:00:00Z. Enumerated columns hold the numbers of
-- schema/vocabulary.hpp, which are never renumbered. `keys` and `data` are parts sealed at rest (keys/at_rest.hpp).

-- Agencies whose card was admitted (docs/protocol.md 3.4, 3.6).
CREATE TABLE contact (
    agency TEXT PRIMARY KEY,
    state INTEGER NOT NULL,
    state_at INTEGER NOT NULL,
    state_by TEXT NOT NULL,
    card BLOB NOT NULL,
    notice BLOB,
    -- size of the largest of our checkpoints that they cosigned
    cosigned_size INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Every card ever admitted: receipts and covers of the past are checked against the card of their time.
CREATE TABLE card_history (
    agency TEXT NOT NULL,
    digest BLOB NOT NULL,
    note BLOB NOT NULL,
    admitted INTEGER NOT NULL,
    PRIMARY KEY (agency, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE revocation (
    vkey TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    note BLOB NOT NULL
) STRICT;

-- One version of one referral of ours (direction 1), or what one accepted message disclosed of one (direction 2): the same referral
-- may come to several desks here, with another view each.
-- Parts of an outgoing one: 0 inward record, 1 manifest, 2… items by number. Of an incoming one: 0 empty, 1 manifest, 2… the
-- disclosed items in ascending number.
CREATE TABLE referral (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    agency TEXT NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    external_id TEXT UNIQUE,
    keys BLOB NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX referral_by_id ON referral (id);
CREATE UNIQUE INDEX referral_of_ours ON referral (id, version) WHERE direction = 1;
CREATE INDEX referral_by_state ON referral (direction, state);

-- A sealed file of ours, or one that came inside a parcel. `number` counts the `exhibit` lines of the manifest from 1: unlike the
-- item number, by which a parcel names it, that stays as it is while a draft changes. Parts: 0 the age identity that opens it,
-- 1 digest and 2 size (in decimal) of what is then there.
CREATE TABLE exhibit (
    referral INTEGER NOT NULL REFERENCES referral (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    keys BLOB NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (referral, number)
) STRICT, WITHOUT ROWID;

-- One cover, sent (direction 1) or received (direction 2). (agency, id) is the dedupe key: the agency that signed the cover and
-- its message id. Parts: 0 cover, 1 the sender's proof of `sent` (incoming only).
CREATE TABLE message (
    seq INTEGER PRIMARY KEY,
    agency TEXT NOT NULL,
    id BLOB NOT NULL,
    direction INTEGER NOT NULL,
    referral INTEGER REFERENCES referral (seq),
    peer TEXT NOT NULL,
    desk TEXT NOT NULL,
    act INTEGER NOT NULL,
    cover BLOB NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    state INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    -- stable code of a refusal; empty when there is none
    outcome TEXT NOT NULL DEFAULT '',
    -- index of our `sent` or `received` entry
    leaf INTEGER NOT NULL,
    keys BLOB NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (agency, id)
) STRICT;
CREATE INDEX message_by_referral ON message (referral);

-- What still has to leave. A row goes when its receipt or a final refusal is durable.
CREATE TABLE outbox (
    message INTEGER PRIMARY KEY REFERENCES message (seq),
    peer TEXT NOT NULL,
    sealed BLOB NOT NULL,
    -- size of our checkpoint inside the parcel
    size INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL,
    cause TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_due ON outbox (peer, next_attempt);

-- The recipient's proof of `received` for a message of ours.
CREATE TABLE receipt (
    message INTEGER PRIMARY KEY REFERENCES message (seq),
    proof BLOB NOT NULL,
    received INTEGER NOT NULL
) STRICT;

-- Covers that came with a message id already used for another one: evidence. Part 0: the cover that came second.
CREATE TABLE disputed (
    agency TEXT NOT NULL,
    id BLOB NOT NULL,
    came INTEGER NOT NULL,
    keys BLOB NOT NULL,
    data BLOB NOT NULL
) STRICT;
