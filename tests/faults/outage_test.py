"""The other side is away for a while, comes back, or comes back as it was yesterday."""

import errno
import signal
import subprocess
import unittest

from failing_store import FailingStore
from faults import FaultTest, Load, order
from harness import BIN, Node, wait_for


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


def why_text(node, referral):
    return subprocess.run([BIN / "lapx", "--home", node.home, "why", referral], capture_output=True, text=True, check=True).stdout


class Causes(FaultTest):
    """`lapx why` says what is true now, and not what was once."""

    def why(self, referral):
        message, = self.a.messages(referral)
        return message, why_text(self.a, referral)

    def assert_cause(self, referral, cause, hint, *words):
        wait_for(lambda: self.why(referral)[0]["cause"] == cause, f"the cause to be {cause}")
        message, text = self.why(referral)
        self.assertEqual((message["state"], message["cause"]), ("sent", cause))
        self.assertIn(hint, message["hint"])
        for word in (cause, hint, *words):
            self.assertIn(word, text)
        return message

    def test_a_refusal_for_now_then_silence_then_a_suspension(self):
        self.b.store = FailingStore(self.b)
        self.b.restart()
        self.a.wait_connected(self.b)
        self.b.store.fail("write wal", error=errno.ENOSPC, lasting=True)
        referral = self.a.call("POST", "drafts", order(self.a, "why", self.b.desk))[1]["referral"]
        self.assertIsNotNone(self.assert_cause(referral, "disk-full", "", "Next")["next_attempt"])
        self.b.kill()
        silent = self.assert_cause(referral, "peer-unreachable", "lapx parcel export", "Last heard of")
        self.assertRegex(silent["last_heard_of"], r"^20\d\d-")
        wait_for(lambda: self.why(referral)[0]["next_attempt"] is None, "the time of the next attempt to be over", deadline=60)
        self.a.cli("contact", "suspend", self.b.agency)
        self.assert_cause(referral, "suspended", "lapx contact verify")


class Unsent(FaultTest):
    def test_what_was_not_sent_says_what_it_waits_for(self):
        body = {name: value for name, value in order(self.a, "draft", self.b.desk).items() if name != "send"}
        referral = self.a.call("POST", "drafts", body)[1]["referral"]
        for waits_for, advice, do in (("approval", "lapx approve", "approve"), ("sending", "lapx send", "send")):
            shown = self.a.get(f"referrals/{referral}/why")
            self.assertEqual((shown["waits_for"], shown["messages"]), (waits_for, []))
            text = why_text(self.a, referral)
            self.assertIn(waits_for, text)
            self.assertIn(advice, text)
            self.a.cli(do, referral)
        self.assertIsNone(self.a.get(f"referrals/{referral}/why")["waits_for"])


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
        accepted = [load.stop() for load in loads]
        for node, other, referrals in ((self.a, self.b, accepted[0]), (self.b, self.a, accepted[1])):
            wait_for(lambda: node.get("status")["queued"] == 0, "all to be delivered", deadline=150)
            self.assertEqual(sorted(row["referral"] for row in other.listed("inbox")), sorted(referrals))
        self.assert_sound(self.a, self.b)


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
