-- Which checkpoints of ours a file showed to an agency, or it said that it holds, newest last: those since the one that it cosigned
-- last (contact.cosigned_size), and the last 16 at most. The next file links to all of them (docs/protocol.md 7.5).
CREATE TABLE shown_checkpoint (
    seq INTEGER PRIMARY KEY,
    agency TEXT NOT NULL,
    size INTEGER NOT NULL,
    UNIQUE (agency, size)
) STRICT;
