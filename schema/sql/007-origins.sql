-- What a referral of ours was made from (docs/protocol.md 4.6): the agency that sent that, and its id. Never leaves.
ALTER TABLE referral ADD COLUMN origin_agency TEXT;
ALTER TABLE referral ADD COLUMN origin_id BLOB;
CREATE INDEX referral_by_origin ON referral (origin_id) WHERE origin_id IS NOT NULL;
