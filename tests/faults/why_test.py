"""`lapx why`: what stands in the way of a referral now, since when, and what can be done."""

import errno
import subprocess
import unittest

from failing_store import FailingStore
from faults import FaultTest, order
from harness import BIN, wait_for


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


if __name__ == "__main__":
    unittest.main(verbosity=2)
