-- Dossiers that follow a referral (docs/protocol.md 4.6). `act` is that of the cover. `case_id` and `opener`: the referral that opened the case and
-- whose it is, for a referral itself its own id and agency; an id alone is only what somebody claims. A later disclosure is of the version that is there
-- already; every other dossier of ours is a version of its own.
ALTER TABLE referral ADD COLUMN act INTEGER NOT NULL DEFAULT 1;
ALTER TABLE referral ADD COLUMN case_id BLOB NOT NULL DEFAULT x'';
ALTER TABLE referral ADD COLUMN opener TEXT NOT NULL DEFAULT '';
UPDATE referral SET case_id = id, opener = agency;
CREATE INDEX referral_by_case ON referral (case_id);
DROP INDEX referral_of_ours;
CREATE UNIQUE INDEX referral_of_ours ON referral (id, version) WHERE direction = 1 AND act != 7;
