"""What the fault tests share: the nodes of tests/e2e, and a load of referrals that knows what was accepted."""

import base64
import http.client
import os
import random
import secrets
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
        self.name = secrets.token_hex(4)
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
                status, answer = connection.call("POST", "drafts", order(self.node, f"{self.name}-{number}", self.to))
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


def dice():
    """A seed, or that of LAPX_SEED, and what it gives."""
    seed = int(os.environ.get("LAPX_SEED") or random.randrange(1 << 32))
    return seed, random.Random(seed)


def kinds(node):
    return [entry.split(b"\n")[1].removeprefix(b"kind ").decode() for entry in inside.entries(node)]


def proved(proof):
    """Index and entry that a tlog-proof of one entry is about (docs/protocol.md 6.3)."""
    head = proof.split(b"\n\n")[0].split(b"\n")
    index, = (line for line in head if line.startswith(b"index "))
    extra, = (line for line in head if line.startswith(b"extra "))
    return int(index.split(b" ")[1]), base64.b64decode(extra.split(b" ")[1]).split(b"salt ")[0]


def assert_receipts(test, sender, recipient):
    """The recipient has each message of the sender and no other, and the sender a receipt for each, of an entry that the recipient holds."""
    out, came = (sorted(inside.rows(node, "SELECT id FROM message WHERE direction = ? AND peer = ?", way, other.agency))
                 for node, way, other in ((sender, 1, recipient), (recipient, 2, sender)))
    test.assertEqual(out, came)
    receipts = inside.rows(sender, "SELECT r.proof FROM receipt r JOIN message m ON m.seq = r.message WHERE m.direction = 1 AND m.peer = ?", recipient.agency)
    test.assertEqual(len(receipts), len(out))
    entries = inside.entries(recipient)
    for proof, in receipts:
        index, entry = proved(bytes(proof))
        test.assertEqual(entries[index], entry, "a receipt is of what is durable")


class FaultTest(PairTest):
    def assert_nothing_lost(self, accepted):
        """What must hold after any fault. `accepted`: node → the referrals that it accepted for the other one. Each of them is delivered, and
        in the other's inbox once; there is nothing else; every receipt is of an entry that the other one holds; messages, entries and
        receipts are as many as they should be; both ledgers verify and have no gaps."""
        for sender, recipient in ((self.a, self.b), (self.b, self.a)):
            referrals = accepted.get(sender, [])
            self.assertEqual(len(set(referrals)), len(referrals))
            wait_for(lambda: sender.get("status")["queued"] == 0, f"all of {sender.agency} to be delivered", deadline=120)
            sent = sender.listed("outbox")
            self.assertEqual({row["state"] for row in sent} - {"delivered"}, set())
            self.assertEqual(sorted(row["referral"] for row in sent), sorted(referrals))
            self.assertEqual(sorted(row["referral"] for row in recipient.listed("inbox")), sorted(referrals))
            assert_receipts(self, sender, recipient)
            messages = len(inside.rows(sender, "SELECT id FROM message WHERE direction = 1"))
            self.assertEqual([kinds(sender).count("sent"), kinds(recipient).count("received")], [messages, messages])
        self.assert_sound(self.a, self.b)
        for node in (self.a, self.b):
            found = node.cli("audit", "check")
            self.assertEqual((found["ok"], found["problems"]), (True, []))

    def assert_exactly_once(self, sender, recipient, referrals):
        """Nothing else was ever sent."""
        self.assert_nothing_lost({sender: referrals})
        self.assertEqual(kinds(sender).count("decided"), len(referrals))
