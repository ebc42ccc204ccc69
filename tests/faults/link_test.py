"""The link between two nodes fails at each step of the handshake, and amid the octets that follow. One node listens and is reached through link.py
alone; the other cannot be dialled. After each fault, what must hold is FaultTest.assert_nothing_lost."""

import unittest

from faults import FaultTest, Load, dice, order
from harness import Pair, free_port, wait_for
from link import TcpProxy


class LinkTest(FaultTest):
    """`a` dials; `b` listens."""

    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.pair = Pair(verify=False, a={"no_inbound": True}, b={"init": ("--advertise", f"127.0.0.1:{cls.port}")}).__enter__()
        cls.addClassCleanup(lambda: cls.pair.__exit__(AssertionError if cls.any_failed else None, None, None))
        cls.a, cls.b, cls.folder = cls.pair.a, cls.pair.b, cls.pair.folder
        cls.link = cls.make_link()
        cls.addClassCleanup(cls.link.close)
        cls.b.know(cls.a)
        cls.a.know(cls.b)
        cls.connect()
        cls.accepted, cls.number = {cls.a: [], cls.b: []}, 0

    @classmethod
    def connect(cls):
        cls.a.wait_connected(cls.b)
        cls.b.wait_connected(cls.a)

    def accept(self, sender):
        """A referral to the other one, accepted."""
        type(self).number += 1
        recipient = self.b if sender is self.a else self.a
        status, answer = sender.call("POST", "drafts", order(sender, self.number, recipient.desk))
        self.assertEqual(status, 200, answer)
        self.accepted[sender].append(answer["referral"])
        return answer["referral"]

    def is_all_delivered(self):
        return all(node.get("status")["queued"] == 0 for node in (self.a, self.b))

    def all_delivered(self):
        wait_for(self.is_all_delivered, "all to be delivered", deadline=120)

    def fired(self, event, what):
        self.assertTrue(event.wait(60), f"{what} never came")


class Handshake(LinkTest):
    """Signature, version, the rest of the greeting; HELLO and INITIATE one way, WELCOME and READY the other; then the first frame."""

    @classmethod
    def make_link(cls):
        return TcpProxy(cls.port, cls.b.port)

    def each_step(self, stream, numbers):
        for number in numbers:
            for way in ("before", "inside", "after", "twice", "spoilt", "dark"):
                with self.subTest(unit=number, way=way):
                    self.link.script(stream, number, way)
                    self.fired(self.link.fired, "the step")
                    self.accept(self.a)
                    self.accept(self.b)
                    if way in ("dark", "twice", "spoilt"):
                        self.link.cut(reset=True)
                    self.all_delivered()
        self.assert_nothing_lost(self.accepted)

    def test_whatever_happens_to_the_greeting_of_who_dials_nothing_is_lost(self):
        self.each_step("up", range(3))

    def test_whatever_happens_to_the_greeting_of_who_listens_nothing_is_lost(self):
        self.each_step("down", range(3))

    def test_whatever_happens_to_the_keys_and_first_frame_of_who_dials_nothing_is_lost(self):
        self.each_step("up", range(3, 6))

    def test_whatever_happens_to_the_keys_and_first_frame_of_who_listens_nothing_is_lost(self):
        self.each_step("down", range(3, 6))


class Weather(LinkTest):
    """Octets that come late, out of step, or never."""

    @classmethod
    def make_link(cls):
        return TcpProxy(cls.port, cls.b.port)

    def tearDown(self):
        self.link.latency = (0.0, 0.0)

    def under_load(self, trouble):
        loads = {node: Load(node, other.desk) for node, other in ((self.a, self.b), (self.b, self.a))}
        try:
            trouble(loads)
        finally:
            for node, load in loads.items():
                self.accepted[node] += load.stop()
        self.assert_nothing_lost(self.accepted)

    def more(self, loads, count):
        goal = {node: len(load.accepted) + count for node, load in loads.items()}
        wait_for(lambda: all(len(load.accepted) >= goal[node] for node, load in loads.items()), "load to flow")

    def test_resets_under_load_lose_and_double_nothing(self):
        def trouble(loads):
            for _ in range(12):
                self.more(loads, 5)
                self.link.cut(reset=True)
        self.under_load(trouble)

    def test_cuts_amid_any_frame_under_load_lose_and_double_nothing(self):
        seed, random = dice()

        def trouble(loads):
            for _ in range(12):
                self.link.script(random.choice(("up", "down")), 6 + random.randrange(12), random.choice(("before", "inside", "after", "twice", "spoilt")))
                self.more(loads, 3)
                self.fired(self.link.fired, "the frame")
        with self.subTest(seed=seed):
            self.under_load(trouble)

    def test_a_slow_and_uneven_line_delays_and_loses_nothing(self):
        def trouble(loads):
            self.link.latency = (0.05, 0.1)
            self.more(loads, 30)
        self.under_load(trouble)

    def test_a_line_that_goes_dark_without_a_word_is_noticed_and_what_was_on_it_is_sent_again(self):
        first = self.accept(self.a)
        self.a.wait_delivered(first)
        self.link.dark = True
        self.accept(self.a)
        self.accept(self.b)
        wait_for(lambda: not self.a.connected(self.b) and not self.b.connected(self.a), "both to notice the silence")
        self.link.dark = False
        self.assert_nothing_lost(self.accepted)


class Forgotten(LinkTest):
    """A router between the two forgets a connection: who dialled comes again at once, who listens finds out much later."""

    @classmethod
    def make_link(cls):
        return TcpProxy(cls.port, cls.b.port)

    def test_when_the_dead_connection_is_noticed_the_one_that_stands_goes_on(self):
        self.accept(self.b)
        self.all_delivered()
        ended = f"disconnected: {self.a.agency}"
        before = self.b.log().count(ended)
        self.link.forget()
        wait_for(lambda: self.b.log().count(ended) > before, "the dead connection to be noticed", deadline=120)
        for sender in (self.b, self.a):
            self.accept(sender)
        self.all_delivered()
        self.assert_nothing_lost(self.accepted)


if __name__ == "__main__":
    unittest.main(verbosity=2)
