"""SIGKILL of either side at random moments while referrals flow: nothing is lost, nothing is there twice, both ledgers verify."""

import http.client
import os
import random
import threading
import unittest

from harness import PairTest, wait_for

ROUNDS = int(os.environ.get("LAPX_KILL_ROUNDS", "50"))
PER_ROUND = 30


class Filing(threading.Thread):
    """Files referrals one after another until told to stop, through restarts of the node. What it was answered with 200 it remembers; what
    it was not answered it files again under the same external id, as a program that lost its connection would."""

    def __init__(self, node, to, tag):
        super().__init__(daemon=True)
        self.node, self.to, self.tag = node, to, tag
        self.accepted, self.failure = {}, None
        self.wanted = threading.Semaphore(0)
        self.done = 0

    def run(self):
        try:
            while True:
                self.wanted.acquire()
                if self.tag is None:
                    return
                self.file(f"{self.tag}-{self.done}")
                self.done += 1
        except Exception as error:  # shown by the test, which joins this thread
            self.failure = error

    def file(self, external_id):
        body = {"to": [self.to], "kind": "information", "external_id": external_id, "send": True,
                "set": {"facts": f"case {external_id}", "seen": "2026-11-21"}}

        def once():
            connection = self.node.control()
            try:
                status, answer = connection.call("POST", "drafts", body)
            except (OSError, http.client.HTTPException):
                return False  # the node is down, or went down before it answered
            finally:
                connection.close()
            if status == 200:
                self.accepted[external_id] = answer["referral"]
            elif status != 503:
                raise AssertionError(f"{status} {answer}")
            return status == 200

        wait_for(once, f"{external_id} to be accepted")


class Sigkill(PairTest):
    def test_whatever_is_killed_and_when_every_accepted_referral_is_delivered_exactly_once(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        filings = [Filing(self.a, self.b.desk, "a"), Filing(self.b, self.a.desk, "b")]
        for filing in filings:
            filing.start()
        with self.subTest(seed=seed):
            for _ in range(ROUNDS):
                for filing in filings:
                    filing.wanted.release(PER_ROUND)
                goal = [filing.done + dice.randrange(PER_ROUND) for filing in filings]
                victims = dice.choice([[self.a], [self.b], [self.a, self.b]])
                wait_for(lambda: any(f.failure or f.done >= g for f, g in zip(filings, goal)), "some referrals")
                for node in victims:
                    node.kill()
                for node in victims:
                    node.start()
                for filing in filings:
                    self.assertIsNone(filing.failure)
            self.finish(filings)

    def finish(self, filings):
        for filing in filings:
            wait_for(lambda: filing.failure or filing.done == ROUNDS * PER_ROUND, "all to be filed", 300)
            self.assertIsNone(filing.failure)
            filing.tag = None
            filing.wanted.release()
            filing.join()
        for sender, receiver, filing in ((self.a, self.b, filings[0]), (self.b, self.a, filings[1])):
            wait_for(lambda: sender.get("status")["queued"] == 0, "the outbox to be empty", 300)
            sent = [item for item in sender.listed("outbox")]
            received = [item["referral"] for item in receiver.listed("inbox")]
            accepted = set(filing.accepted.values())
            self.assertEqual(len(accepted), ROUNDS * PER_ROUND, "one referral for each external id")
            self.assertEqual({item["state"] for item in sent}, {"delivered"})
            self.assertEqual(sorted(item["referral"] for item in sent), sorted(accepted), "sent exactly what was accepted")
            self.assertEqual(sorted(received), sorted(accepted), "received each exactly once")
            for referral in random.sample(sorted(accepted), 20):
                self.assertIsNotNone(sender.cli("show", referral)["receipt"])
        self.assert_sound(self.a, self.b)


if __name__ == "__main__":
    unittest.main(verbosity=2)
