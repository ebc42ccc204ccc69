-- Recipients of a dossier of ours to whom nothing went (docs/protocol.md 6.5): `leaf` is the index of the `decided` entry, which no `sent` one
-- follows. `desk` is DESK@AGENCY.
CREATE TABLE kept_back (
    leaf INTEGER PRIMARY KEY,
    referral INTEGER NOT NULL REFERENCES referral (seq),
    desk TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_back_by_referral ON kept_back (referral);
