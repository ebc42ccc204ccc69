"""`lapx why`: what stands in the way of a referral now, since when, and what can be done."""

import errno
import subprocess
import unittest

import inside
from failing_store import FailingStore
from faults import FaultTest, order
from harness import BIN, Node, wait_for
from shifted_clock import DAY, ClockTest


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
        silent = self.assert_cause(referral, "peer-unreachable", "lapx parcel export", "Since")
        self.assertRegex(silent["since"], r"^20\d\d-")
        wait_for(lambda: self.why(referral)[0]["next_attempt"] is None, "the time of the next attempt to be over", deadline=60)
        self.a.cli("contact", "suspend", self.b.agency)
        self.assert_cause(referral, "suspended", "lapx contact verify")

    def test_one_who_was_never_reached_and_then_admits_nobody(self):
        other = Node(self.folder, "ftc.example").start()
        self.addCleanup(other.kill)
        self.a.know(other)
        other.stop()
        referral = self.a.send(other.desk)["referral"]
        silent = self.assert_cause(referral, "peer-unreachable", "does not answer", "Since")
        self.assertRegex(silent["since"], r"^20\d\d-")
        other.start()
        refused = self.assert_cause(referral, "not-admitted", "contact add", "does not admit us")
        self.assertEqual(refused["since"], silent["since"])
        other.know(self.a)
        wait_for(lambda: self.a.delivered(referral), "it to be admitted", deadline=90)


class RunOut(ClockTest):
    """The recipient's papers run out while a referral waits for it."""

    agencies = ("opta.example", "acma.example", "ftc.example")

    def pass_to(self, day):
        for clock in self.clocks:
            clock.suspend(day * DAY)
            clock.set(day * DAY)

    def go_on(self, day, *there):
        """It is so many days later, and those who are there hold what the others have renewed meanwhile."""
        serials = {node: node.get("card")["notice_serial"] + 1 for node in there}
        self.pass_to(day)
        for node, serial in serials.items():
            for other in there if node is self.a else [self.a]:
                wait_for(lambda: other is node or f"\nserial {serial}\n" in inside.notice_held(other, node), f"{other.agency} to hold a new notice of {node.agency}")

    def waiting(self, day):
        """A referral to `b`, which is away, filed on that day."""
        self.b.stop()
        self.pass_to(day)
        return self.accept(self.a, self.b)

    def assert_cause(self, referral, cause, *advice):
        wait_for(lambda: self.cause(self.a, referral) == [cause], f"the cause to be {cause}")
        for words in (cause, *advice):
            self.assertIn(words, why_text(self.a, referral))

    def test_a_notice_that_ran_out_is_told_and_the_next_one_comes_as_a_file(self):
        self.begin()
        c = self.nodes[2]  # it shows that the clock of `a` is right
        self.b.stop()
        self.go_on(40, self.a, c)
        referral = self.waiting(70)
        self.go_on(80, self.a, c)
        self.assert_cause(referral, "notice-expired", "lapx contact add FILE")
        wait_for(lambda: self.connection() == "not-dialled", "its key to be admitted no more")
        self.b.start(args=("--clock-is-right",))
        wait_for(lambda: self.b.get("card")["notice_serial"] == 2, "the renewal")
        self.assert_cause(referral, "notice-expired")
        for one, other in ((self.a, self.b), (self.b, self.a)):
            one.know(other, verify=False)
        self.a.wait_delivered(referral)

    def connection(self):
        return next(peer["connection"] for peer in self.a.get("status")["peers"] if peer["agency"] == self.b.agency)

    def test_a_card_that_ran_out_is_told_and_the_next_one_comes_by_itself(self):
        self.begin()
        for day in range(70, 701, 70):
            self.go_on(day, *self.nodes)
        self.renew_card(self.a)
        referral = self.waiting(725)
        self.go_on(735)
        self.assert_cause(referral, "card-expired", "lapx card renew")
        self.b.start()
        self.renew_card(self.b)
        self.a.wait_delivered(referral)

    @staticmethod
    def renew_card(node):
        """At the node's time."""
        subprocess.run([*node.wrapper, BIN / "lapx", "--home", node.home, "card", "renew", "--root", node.root], capture_output=True, check=True)


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
