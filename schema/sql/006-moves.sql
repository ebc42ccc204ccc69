-- Steps of fixed words in a case (docs/protocol.md 4.7): ours (direction 1) and theirs (2). `referral` is the version that the step is about, `other` the
-- desk on the other side. The message has no referral of its own: it is about one. Part 0: the body.
CREATE TABLE move (
    message INTEGER PRIMARY KEY REFERENCES message (seq),
    referral INTEGER NOT NULL REFERENCES referral (seq),
    direction INTEGER NOT NULL,
    word INTEGER NOT NULL,
    other TEXT NOT NULL,
    at INTEGER NOT NULL,
    keys BLOB NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX move_by_referral ON move (referral);
