"""SIGKILL of either side at random moments while referrals flow: nothing is lost, nothing is there twice, both ledgers verify."""

import http.client
import os
import threading
import time
import unittest

from faults import FaultTest, dice
from harness import wait_for

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


class Following(threading.Thread):
    """Asks a node what became of messages, through its restarts, as a program does that follows them."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.running, self.last, self.told = node, True, 0, []

    def run(self):
        ended = False
        while not ended:
            ending, connection = not self.running, self.node.control()
            try:
                status, answer = connection.call("GET", f"events?after={self.last}")
            except (OSError, http.client.HTTPException):
                status = None  # the node is down
            finally:
                connection.close()
            if status == 200:
                self.told += answer["items"]
                self.last = answer["last"]
                ended = ending and not answer["items"]
            time.sleep(0.002)

    def stop(self):
        """All that it was told."""
        self.running = False
        self.join()
        return self.told


class Sigkill(FaultTest):
    def test_whatever_is_killed_and_when_every_accepted_referral_is_delivered_exactly_once(self):
        seed, random = dice()
        filings = [Filing(self.a, self.b.desk, "a"), Filing(self.b, self.a.desk, "b")]
        following = [Following(filing.node) for filing in filings]
        for one in filings + following:
            one.start()
        with self.subTest(seed=seed):
            for _ in range(ROUNDS):
                for filing in filings:
                    filing.wanted.release(PER_ROUND)
                goal = [filing.done + random.randrange(PER_ROUND) for filing in filings]
                victims = random.choice([[self.a], [self.b], [self.a, self.b]])
                wait_for(lambda: any(f.failure or f.done >= g for f, g in zip(filings, goal)), "some referrals")
                for node in victims:
                    node.kill()
                for node in victims:
                    node.start()
                for filing in filings:
                    self.assertIsNone(filing.failure)
            self.finish(filings, following)

    def finish(self, filings, following):
        for filing in filings:
            wait_for(lambda: filing.failure or filing.done == ROUNDS * PER_ROUND, "all to be filed", 300)
            self.assertIsNone(filing.failure)
            filing.tag = None
            filing.wanted.release()
            filing.join()
            self.assertEqual(len(filing.accepted), ROUNDS * PER_ROUND, "one referral for each external id")
        self.assert_nothing_lost({filing.node: list(filing.accepted.values()) for filing in filings})
        for filing, one in zip(filings, following):
            told = [event["referral"] for event in one.stop() if event["state"] == "delivered"]
            self.assertEqual(sorted(told), sorted(filing.accepted.values()), "each is told once")


if __name__ == "__main__":
    unittest.main(verbosity=2)
