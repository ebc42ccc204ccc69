-- What is read often is read without going over everything that was ever kept.

-- The outbox of a peer in the order in which it leaves: the rowid, which is the message.
CREATE INDEX outbox_of_peer ON outbox (peer);
-- New versions, withdrawals and the like, which are few beside the referrals themselves (act 1).
CREATE INDEX referral_by_act ON referral (direction, act) WHERE act != 1;
CREATE INDEX move_by_word ON move (direction, word, referral);
