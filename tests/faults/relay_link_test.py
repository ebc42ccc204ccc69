"""The link between an agency and its relay fails at each step: deposit, answer, fetch, file, delete. The other agency has another link to the
relay, and none to the first."""

import unittest

from harness import free_port, wait_for
from link import FrameRelay
from reach_test import configure
from relay_test import Relayed
from shifted_clock import Hurry, ShiftedClock
from socks import Proxy

WAYS = ("cut before", "cut after", "half-open", "twice", "late", "dark")


class Steps(Relayed):
    sender = "again = 2\n"

    def setUp(self):
        super().setUp()
        port = free_port()
        self.link = FrameRelay(self.a, self.r, port)
        self.addCleanup(self.link.close)
        proxy = self.enterContext(Proxy(ports={self.r.port: port}))
        configure(self.a, r"(?m)^socks = .*$", f'socks = "{proxy.address}"')
        self.a.stop()
        self.hurry = Hurry(ShiftedClock(self.a, "UTC"))
        self.a.start()
        self.connect()
        self.sent = {self.a: [], self.b: []}

    def connect(self):
        for node in (self.a, self.b):
            node.wait_connected(self.r)
            self.r.wait_connected(node)

    def send(self, sender):
        other = self.b if sender is self.a else self.a
        self.sent[sender].append(sender.send(other.desk)["referral"])

    def arrived(self):
        return all(sender.delivered(referral) for sender, sent in self.sent.items() for referral in sent) and self.kept() == []

    def each_way(self, direction, kind, sender, ways=WAYS):
        for way in ways:
            with self.subTest(direction=direction, kind=kind, way=way):
                step = self.link.script(direction, kind, way)
                self.send(sender)
                self.hurry.until(step.fired.is_set, f"{kind} {direction}")
                self.send(sender)
                if way == "dark":
                    self.link.cut()
                self.hurry.until(self.arrived, "all to be delivered and the relay to be empty")
                self.connect()
        for sender, recipient in ((self.a, self.b), (self.b, self.a)):
            self.assertEqual(sorted(row["referral"] for row in recipient.listed("inbox")), sorted(self.sent[sender]), "each once")
        self.assert_sound(self.a, self.b, self.r)

    def test_deposits(self):
        self.each_way("up", "RelayPut", self.a)

    def test_what_the_relay_says_of_a_deposit(self):
        self.each_way("down", "RelayAnswer", self.a)

    def test_files_that_the_relay_gives(self):
        self.each_way("down", "RelayItem", self.b)

    def test_what_is_fetched(self):
        self.each_way("up", "RelayFetch", self.b, ("cut before", "cut after", "half-open", "twice", "dark"))

    def test_what_is_to_be_deleted(self):
        self.each_way("up", "RelayDelete", self.b)

    def test_what_goes_missing_while_the_connection_stands_comes_again(self):
        for direction, kind, sender in (("up", "RelayPut", self.a), ("down", "RelayAnswer", self.a), ("down", "RelayItem", self.b), ("up", "RelayDelete", self.b)):
            self.each_way(direction, kind, sender, ("drop",))


if __name__ == "__main__":
    unittest.main(verbosity=2)
