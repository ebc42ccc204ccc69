-- The ledger (protocol.md 6). Leaves and whatever was signed over them are append-only: the triggers
-- stop a mistake in this program; tampering is found by the hashes.

-- The octets of the entries (protocol.md 6.2), those of one transaction together, up to 64 in a row:
-- each with its length before it (u16be), as in the bundles of C2SP tlog-tiles. Apart from the
-- openings, so that a scan of all entries reads nothing else.
CREATE TABLE leaf(
    first INTEGER PRIMARY KEY,
    count INTEGER NOT NULL CHECK(count > 0),
    entries BLOB NOT NULL
) STRICT;

-- What each entry commits to, sealed at rest in two parts: salt and data; salt and texts of a
-- decided record (protocol.md 6.5), if any. Erasing destroys the key of a part in `keys`; the sealed
-- octets stay.
CREATE TABLE opening(
    idx INTEGER PRIMARY KEY,
    keys BLOB NOT NULL,
    parts BLOB NOT NULL
) STRICT;

-- Tiles of 256 hashes as in C2SP tlog-tiles. Level 0 holds full tiles only, the hashes of its last,
-- partial tile are those of the newest leaves; higher levels hold partial tiles too, which grow.
-- The id is level * 2^56 + n: one key, so that the hashes lie in the tree itself.
CREATE TABLE tile(
    id INTEGER PRIMARY KEY,
    hashes BLOB NOT NULL
) STRICT;

-- Every signed checkpoint of this log, the whole note.
CREATE TABLE checkpoint(
    size INTEGER PRIMARY KEY,
    note BLOB NOT NULL
) STRICT;

-- Signature lines of witnesses over those checkpoints.
CREATE TABLE cosignature(
    size INTEGER NOT NULL REFERENCES checkpoint(size),
    name TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY(size, name)
) STRICT, WITHOUT ROWID;

-- The newest checkpoint held of each peer's log, by its vkey: an agency that begins anew may use an old name.
CREATE TABLE peer_head(
    log TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Pairs of checkpoints that contradict each other: the one held and the one that came.
CREATE TABLE evidence(
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    held BLOB NOT NULL,
    came BLOB NOT NULL,
    UNIQUE(held, came)
) STRICT;

CREATE TRIGGER leaf_gap BEFORE INSERT ON leaf
WHEN NEW.first != coalesce((SELECT first + count FROM leaf ORDER BY first DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'leaf: not the next index'); END;
CREATE TRIGGER leaf_update BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'leaf: append-only'); END;
CREATE TRIGGER leaf_delete BEFORE DELETE ON leaf
BEGIN SELECT RAISE(ABORT, 'leaf: append-only'); END;

CREATE TRIGGER opening_update BEFORE UPDATE OF idx, parts ON opening
BEGIN SELECT RAISE(ABORT, 'opening: only keys may change'); END;
CREATE TRIGGER opening_delete BEFORE DELETE ON opening
BEGIN SELECT RAISE(ABORT, 'opening: append-only'); END;

CREATE TRIGGER tile_update BEFORE UPDATE ON tile
WHEN NEW.id != OLD.id OR substr(NEW.hashes, 1, length(OLD.hashes)) != OLD.hashes
BEGIN SELECT RAISE(ABORT, 'tile: may only grow'); END;
CREATE TRIGGER tile_delete BEFORE DELETE ON tile
BEGIN SELECT RAISE(ABORT, 'tile: may only grow'); END;

CREATE TRIGGER checkpoint_update BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoint: append-only'); END;
CREATE TRIGGER checkpoint_delete BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoint: append-only'); END;

CREATE TRIGGER cosignature_update BEFORE UPDATE ON cosignature
BEGIN SELECT RAISE(ABORT, 'cosignature: append-only'); END;
CREATE TRIGGER cosignature_delete BEFORE DELETE ON cosignature
BEGIN SELECT RAISE(ABORT, 'cosignature: append-only'); END;

CREATE TRIGGER evidence_update BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence: append-only'); END;
CREATE TRIGGER evidence_delete BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence: append-only'); END;
