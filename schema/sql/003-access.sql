-- Who may see a referral: whoever works at its desk and, where it is restricted, is named.

-- The id of our desk that a referral is from (direction 1) or came to (direction 2). NULL for one of ours that was last written before there was
-- this column: what the record says of its desk is sealed. Such a row is for those who work at every desk.
ALTER TABLE referral ADD COLUMN desk TEXT;
UPDATE referral SET desk = (SELECT desk FROM message WHERE message.referral = referral.seq) WHERE direction = 2;

-- An agency's own number for a referral of ours. Takes the place of external_id, which is unique and stays empty: to those who do not see the
-- referral that has a number, the number is free.
ALTER TABLE referral ADD COLUMN own_number TEXT;
UPDATE referral SET own_number = external_id, external_id = NULL WHERE external_id IS NOT NULL;
CREATE INDEX referral_by_own_number ON referral (own_number);

-- The operators who alone see a case: every version and copy of the referral with this id, and what follows it. No row: it is not restricted.
CREATE TABLE restriction (
    case_id BLOB NOT NULL,
    officer TEXT NOT NULL,
    PRIMARY KEY (case_id, officer)
) STRICT, WITHOUT ROWID;
