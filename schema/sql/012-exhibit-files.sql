-- Exhibits that do not travel inside a parcel lie in files of their own, sealed, in HOME/exhibits.

-- `file` is the name there, `sealed` then is empty. `sealed_digest` and `sealed_size` are of what is not in `sealed`. `state`: 1 the octets are here,
-- 2 they may be asked for, 3 they were, and come by and by, 4 they cannot be had, and `cause` is the code that says why.
ALTER TABLE exhibit ADD COLUMN file TEXT;
ALTER TABLE exhibit ADD COLUMN sealed_digest BLOB;
ALTER TABLE exhibit ADD COLUMN sealed_size INTEGER;
ALTER TABLE exhibit ADD COLUMN state INTEGER NOT NULL DEFAULT 1;
ALTER TABLE exhibit ADD COLUMN cause TEXT NOT NULL DEFAULT '';
CREATE INDEX exhibit_by_file ON exhibit (file) WHERE file IS NOT NULL;
CREATE INDEX exhibit_wanted ON exhibit (referral, number) WHERE state = 3;

-- What an operator uploaded and has not used yet. Parts as in `exhibit`.
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    operator TEXT NOT NULL,
    created INTEGER NOT NULL,
    file TEXT NOT NULL,
    sealed_digest BLOB NOT NULL,
    sealed_size INTEGER NOT NULL,
    keys BLOB NOT NULL,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_by_file ON upload (file);

-- Hand-overs of an exhibit's octets, each with its ledger entry. `event`: 1 they came whole, 2 they go, said before the first of them leaves, 3 somebody took them out.
-- `who`: the agency of the other side, or an operator's id.
CREATE TABLE custody (
    leaf INTEGER PRIMARY KEY,
    referral INTEGER NOT NULL REFERENCES referral (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    event INTEGER NOT NULL,
    who TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX custody_by_exhibit ON custody (referral, number);

-- Files that a row named once: to be removed, unless another row names them.
CREATE TABLE unused_file (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TRIGGER exhibit_file_gone AFTER DELETE ON exhibit WHEN OLD.file IS NOT NULL
BEGIN INSERT OR IGNORE INTO unused_file (name) VALUES (OLD.file); END;
CREATE TRIGGER exhibit_file_changed AFTER UPDATE OF file ON exhibit WHEN OLD.file IS NOT NULL AND OLD.file IS NOT NEW.file
BEGIN INSERT OR IGNORE INTO unused_file (name) VALUES (OLD.file); END;
CREATE TRIGGER upload_gone AFTER DELETE ON upload
BEGIN INSERT OR IGNORE INTO unused_file (name) VALUES (OLD.file); END;
