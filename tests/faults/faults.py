"""What the fault tests share: the nodes of tests/e2e, and a load of referrals that knows what was accepted."""

import http.client
import random
import threading
import time

import inside
from harness import PairTest, wait_for

WORDS = {"conduct": "fraud:phishing smtp", "seen": "2026-11-21T08:14:09Z", "indicator": "domain account-check.example"}


def order(node, number, to, **more):
    """What POST /v1/drafts takes, for a referral that is filed and sent at once."""
    return {"to": [to], "kind": "information", "set": {**WORDS, "facts": f"number {number} of {node.agency}"},
            "external_id": f"load-{number}", "send": True, **more}


class Load:
    """Files referrals from several threads, each until it is accepted: after a fault the same order goes again, under the same external
    id. `accepted` has the referral of each number."""

    def __init__(self, node, to, threads=3):
        self.node, self.to, self.accepted, self.refusals = node, to, {}, set()
        self.number, self.running, self.lock, self.failure = 0, True, threading.Lock(), None
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        try:
            while self.running:
                with self.lock:
                    self.number += 1
                    number = self.number
                self._file(number)
        except Exception as failure:  # shown by stop()
            self.failure = failure

    def _file(self, number):
        while True:
            connection = self.node.control()
            try:
                status, answer = connection.call("POST", "drafts", order(self.node, number, self.to))
                if status == 200:
                    self.accepted[number] = answer["referral"]
                    return
                self.refusals.add(answer["error"]["code"])
                if status != 503:
                    raise AssertionError(answer)
            except (OSError, http.client.HTTPException, ValueError):
                pass  # the node went away: its answer, if any, is unknown
            finally:
                connection.close()
            time.sleep(random.uniform(0.005, 0.05))

    def stop(self):
        """Lets what is under way be accepted, and gives all accepted referrals."""
        self.running = False
        for thread in self.threads:
            thread.join(timeout=120)
        if self.failure:
            raise self.failure
        assert not any(thread.is_alive() for thread in self.threads), "an order was never accepted"
        return list(self.accepted.values())


class FaultTest(PairTest):
    def assert_exactly_once(self, sender, recipient, referrals):
        """Each of them is delivered, with a receipt, and in the recipient's inbox once; there is nothing else; all is in both ledgers
        once."""
        self.assertEqual(len(set(referrals)), len(referrals))
        wait_for(lambda: sender.get("status")["queued"] == 0, "all to be delivered", deadline=120)
        sent, came = sender.listed("outbox"), recipient.listed("inbox")
        self.assertEqual({row["state"] for row in sent}, {"delivered"})
        self.assertEqual(sorted(row["referral"] for row in sent), sorted(referrals))
        self.assertEqual(sorted(row["referral"] for row in came), sorted(referrals))
        count, = inside.rows(sender, "SELECT count(*) FROM receipt")[0]
        self.assertEqual(count, len(referrals))
        kinds = [[entry.split(b"\n")[1] for entry in inside.entries(node)] for node in (sender, recipient)]
        self.assertEqual(kinds[0].count(b"kind sent"), len(referrals))
        self.assertEqual(kinds[0].count(b"kind decided"), len(referrals))
        self.assertEqual(kinds[1].count(b"kind received"), len(referrals))
        self.assert_sound(sender, recipient)
