-- Releases that wait for their time, and standing approvals.

-- When a referral of ours that is told to leave does so; nothing in any other state.
ALTER TABLE referral ADD COLUMN leaves INTEGER;
-- The feed that it was filed from; empty: none.
ALTER TABLE referral ADD COLUMN feed TEXT NOT NULL DEFAULT '';
CREATE INDEX referral_by_leaving ON referral (leaves) WHERE leaves IS NOT NULL;
CREATE INDEX referral_by_feed ON referral (direction, feed);

-- Standing approvals; of a feed the newest counts. Part 0: the record of its ledger entry (docs/protocol.md 6.4).
CREATE TABLE standing (
    seq INTEGER PRIMARY KEY,
    feed TEXT NOT NULL,
    -- when a person ended it before its time
    ended INTEGER,
    keys BLOB NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX standing_by_feed ON standing (feed);

-- How many referrals each let go, by day (UTC, days since 1970-01-01).
CREATE TABLE standing_use (
    standing INTEGER NOT NULL REFERENCES standing (seq),
    day INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (standing, day)
) STRICT, WITHOUT ROWID;
