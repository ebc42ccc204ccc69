"""The other side is away for a while, comes back, or comes back as it was yesterday."""

import signal
import unittest

from faults import FaultTest, Load, assert_receipts, order
from harness import Node, wait_for


class PeerDown(FaultTest):
    def test_what_is_filed_while_the_peer_is_down_waits_says_why_and_is_delivered_when_it_is_back(self):
        self.b.kill()
        wait_for(lambda: not self.a.connected(self.b), "the outage to be noticed")
        referrals = [self.a.call("POST", "drafts", order(self.a, n, self.b.desk))[1]["referral"] for n in range(20)]
        message, = self.a.messages(referrals[0])
        self.assertEqual((message["state"], message["cause"]), ("sent", "peer-unreachable"))
        self.assertEqual(self.a.get("status")["queued"], 20)
        self.assertEqual({row["state"] for row in self.a.listed("outbox")}, {"sent"})
        self.a.stop()
        self.b.start()
        self.a.start()
        self.assert_exactly_once(self.a, self.b, referrals)


class PeerStalls(FaultTest):
    """A peer with a connection on which nothing moves: its process is stopped."""

    def test_others_are_delivered_to_meanwhile_and_it_gets_its_own_later(self):
        other = Node(self.pair.folder, "crtc.example").start()
        self.addCleanup(other.kill)
        self.a.know(other)
        other.know(self.a)
        self.a.wait_connected(other)
        self.b.process.send_signal(signal.SIGSTOP)
        stalled = [self.a.call("POST", "drafts", order(self.a, n, self.b.desk))[1]["referral"] for n in range(700)]
        for number in range(20):
            self.a.wait_delivered(self.a.call("POST", "drafts", order(self.a, f"other-{number}", other.desk))[1]["referral"])
        self.assertEqual(self.a.get("status")["queued"], len(stalled))
        self.b.process.send_signal(signal.SIGCONT)
        wait_for(lambda: self.a.get("status")["queued"] == 0, "all to be delivered", deadline=120)
        self.assertEqual(sorted(row["referral"] for row in self.b.listed("inbox")), sorted(stalled))
        for recipient in (self.b, other):
            assert_receipts(self, self.a, recipient)
        self.assert_sound(self.a, self.b, other)


class RecipientRestarts(FaultTest):
    def test_orderly_restarts_of_the_recipient_under_load_lose_and_double_nothing(self):
        load = Load(self.a, self.b.desk)
        for _ in range(4):
            before = len(load.accepted)
            wait_for(lambda: len(load.accepted) > before + 20, "load to flow")
            self.assertEqual(self.b.stop(), 0)
            self.b.start()
        self.assert_exactly_once(self.a, self.b, load.stop())


class SenderRestarts(FaultTest):
    def test_orderly_restarts_of_the_sender_under_load_lose_and_double_nothing(self):
        load = Load(self.a, self.b.desk)
        for _ in range(4):
            before = len(load.accepted)
            wait_for(lambda: len(load.accepted) > before + 20, "load to flow")
            self.assertEqual(self.a.stop(), 0)
            self.a.start()
        self.assert_exactly_once(self.a, self.b, load.stop())


class BothWays(FaultTest):
    def test_loads_in_both_directions_at_once_are_delivered(self):
        loads = Load(self.a, self.b.desk), Load(self.b, self.a.desk)
        wait_for(lambda: all(len(load.accepted) > 50 for load in loads), "load to flow")
        self.assert_nothing_lost({load.node: load.stop() for load in loads})


class Rollback(FaultTest):
    def test_a_node_restored_from_an_old_copy_signs_nothing_once_a_peer_knows_better(self):
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        self.a.stop()
        self.a.keep_copy()
        self.a.start()
        self.a.wait_connected(self.b)
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        newest = self.b.size()
        self.a.stop()
        self.a.put_copy_back()
        self.a.start()
        wait_for(lambda: self.a.get("status")["warnings"], "the node to learn that its ledger is old")
        size = self.a.size()
        status, answer = self.a.call("POST", "drafts", order(self.a, 1, self.b.desk))
        self.assertEqual((status, answer["error"]["code"]), (500, "ledger-broken"))
        self.assertEqual((self.a.size(), self.b.size()), (size, newest))
        self.assertEqual(self.b.state(self.a.agency), "verified", "nothing contradictory was ever signed")


if __name__ == "__main__":
    unittest.main()
