-- Erasure. `erased`: when all content of this row was. `destroy_by`: until when it may be kept, as its data-protection item says.
ALTER TABLE referral ADD COLUMN erased INTEGER;
ALTER TABLE referral ADD COLUMN destroy_by INTEGER;
CREATE INDEX referral_by_end ON referral (destroy_by) WHERE erased IS NULL AND destroy_by IS NOT NULL;

-- Dossiers of which nothing may be erased, as long as they stand here. Why, says the ledger.
CREATE TABLE hold (
    direction INTEGER NOT NULL,
    agency TEXT NOT NULL,
    id BLOB NOT NULL,
    operator TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (direction, agency, id)
) STRICT, WITHOUT ROWID;
