-- What is uploaded and fits into a parcel needs no file. Uploads that wait are dropped: they were for a day at most.

DELETE FROM upload;
DROP TABLE upload;
-- `sealed` are the octets where there is no file. Parts as in `exhibit`.
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    operator TEXT NOT NULL,
    created INTEGER NOT NULL,
    file TEXT,
    sealed BLOB NOT NULL,
    sealed_digest BLOB NOT NULL,
    sealed_size INTEGER NOT NULL,
    keys BLOB NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX upload_by_file ON upload (file) WHERE file IS NOT NULL;
CREATE INDEX upload_by_age ON upload (created);
CREATE TRIGGER upload_gone AFTER DELETE ON upload WHEN OLD.file IS NOT NULL
BEGIN INSERT OR IGNORE INTO unused_file (name) VALUES (OLD.file); END;
