-- Files that this node keeps for an agency, the owner, until it fetches them (docs/protocol.md 8.8). `sealed` is a carried file: nothing in
-- it can be read here.
CREATE TABLE relayed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- what an owner was given once has a lower one than all that comes later
    owner TEXT NOT NULL,
    depositor TEXT NOT NULL,
    deposit BLOB NOT NULL,
    came INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (depositor, deposit)
) STRICT;
CREATE INDEX relayed_by_owner ON relayed (owner, seq);
CREATE INDEX relayed_by_deposit ON relayed (owner, deposit);
CREATE INDEX relayed_by_expiry ON relayed (expires);
-- What they add up to, so that no deposit needs to count them.
CREATE TABLE relayed_total (
    agency TEXT NOT NULL,
    -- 1 as owner, 2 as depositor
    part INTEGER NOT NULL,
    files INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    PRIMARY KEY (agency, part)
) STRICT, WITHOUT ROWID;
