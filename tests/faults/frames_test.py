"""The link between two nodes fails at each frame of the protocol: greeting, parcel, receipts, refusal, cosignature, exhibit. After each fault, what
must hold is FaultTest.assert_nothing_lost."""

import errno
import unittest

from exhibits import FILE, exhibit_of, make_file, send_file, sha256_of, wait_state
from failing_store import FailingStore
from link import FrameRelay
from link_test import LinkTest
from shifted_clock import Hurry, ShiftedClock


class Frames(LinkTest):
    """Every frame of a delivery, in both directions."""

    WAYS = ("cut before", "cut after", "half-open", "twice", "late", "dark")

    @classmethod
    def make_link(cls):
        return FrameRelay(cls.a, cls.b, cls.port)

    @classmethod
    def begin_again(cls):
        for node in (cls.b, cls.a):
            node.start()
        cls.link.cut()  # who dialled sees the relay, and not that the node behind it ended
        cls.connect()

    def tearDown(self):
        self.assert_nothing_lost(self.accepted)

    def treat(self, direction, kind, way, act):
        with self.subTest(direction=direction, kind=kind, way=way):
            step = self.link.script(direction, kind, way)
            act()
            self.fired(step.fired, f"{kind} {direction}")
            for sender in (self.a, self.b):
                self.accept(sender)
            if way == "dark":
                self.link.cut()
            self.all_delivered()
            self.connect()

    def test_greetings(self):
        for direction in ("up", "down"):
            for way in self.WAYS:
                # Nothing comes after a greeting that is held back, but for the other side's own.
                if (direction, way) != ("down", "late"):
                    self.treat(direction, "Hello", way, self.link.cut)

    def test_parcels(self):
        for direction, sender in (("up", self.a), ("down", self.b)):
            for way in self.WAYS:
                self.treat(direction, "ParcelFrame", way, lambda: self.accept(sender))

    def test_receipts(self):
        for direction, sender in (("down", self.a), ("up", self.b)):
            for way in self.WAYS:
                self.treat(direction, "Receipts", way, lambda: self.accept(sender))

    def test_cosignatures(self):
        for direction, sender in (("up", self.a), ("down", self.b)):
            for way in self.WAYS:
                self.treat(direction, "Cosignature", way, lambda: self.accept(sender))


class Exhibits(Frames):
    """An exhibit that is fetched: what is asked for, and what is given, in either direction."""

    WAYS = ("cut before", "cut after", "half-open", "twice", "dark")

    test_greetings = test_parcels = test_receipts = test_cosignatures = None

    def fetched(self, kind, directions, ways):
        path, digest = make_file(self.folder, 1 << 20)
        for direction, sender, recipient in zip(directions, (self.a, self.b), (self.b, self.a)):
            for way in ways:
                with self.subTest(direction=direction, way=way):
                    step = self.link.script(direction, kind, way)
                    referral = send_file(sender, recipient.desk, path)
                    self.accepted[sender].append(referral)
                    self.fired(step.fired, f"{kind} {direction}")
                    if way == "dark":
                        self.link.cut()
                    self.wait_here(recipient, referral)
                    recipient.cli("exhibit", "get", referral, FILE, "-o", self.folder / f"got-{referral}")
                    self.assertEqual(sha256_of(self.folder / f"got-{referral}"), digest)

    @staticmethod
    def wait_here(recipient, referral):
        wait_state(recipient, referral, "here")

    def test_requests(self):
        self.fetched("ExhibitRequest", ("down", "up"), ("cut before", "twice"))

    def test_chunks(self):
        self.fetched("ExhibitChunk", ("up", "down"), self.WAYS)

class Reach(LinkTest):
    """What is asked of a peer and has no answer ends nothing, and can be asked again."""

    @classmethod
    def make_link(cls):
        return FrameRelay(cls.a, cls.b, cls.port)

    def reached(self):
        return self.b.call("POST", f"contacts/{self.a.agency}/reach")

    def test_a_question_or_its_answer_that_comes_twice_or_never(self):
        for direction, kind, way, code in (("down", "ReachRequest", "cut before", "timeout"), ("up", "ReachAnswer", "cut before", "timeout"),
                                           ("up", "ReachAnswer", "twice", None)):
            with self.subTest(kind=kind, way=way):
                step = self.link.script(direction, kind, way)
                status, answer = self.reached()
                self.fired(step.fired, kind)
                self.assertEqual((status, answer.get("error", {}).get("code")), (503, code) if code else (200, None), answer)
                self.connect()
                self.accept(self.b)
                self.all_delivered()
        self.assertEqual(self.reached()[1]["endpoints"][0]["result"], "reached")
        self.assert_nothing_lost(self.accepted)


class Refusals(Frames):
    """`b`, who listens, has no room for what comes, and says so."""

    direction = "down"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refuser, cls.sender = (cls.b, cls.a) if cls.direction == "down" else (cls.a, cls.b)
        cls.refuser.stop()
        cls.sender.stop()
        cls.refuser.store = FailingStore(cls.refuser)
        cls.hurry = Hurry(ShiftedClock(cls.sender, "UTC"))
        cls.begin_again()

    test_greetings = test_parcels = test_receipts = test_cosignatures = None

    def test_refusals(self):
        for way in (*self.WAYS, "drop"):
            with self.subTest(way=way):
                step = self.link.script(self.direction, "Refusal", way)
                self.refuser.store.fail("write wal", error=errno.ENOSPC, lasting=True)
                self.accept(self.sender)
                self.fired(step.fired, "the refusal")
                self.accept(self.sender)
                self.refuser.store.mend()
                if way == "dark":
                    self.link.cut()
                self.hurry.until(self.is_all_delivered, "all to be delivered")


class RefusalsOfWhoDials(Refusals):
    direction = "up"


class Swallowed(Exhibits):
    """A frame that is gone while the connection stands, as none should be: it is asked for, or said, again after some time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.a.stop()
        cls.b.stop()
        cls.hurry = Hurry(*(ShiftedClock(node, "UTC") for node in (cls.a, cls.b)))
        cls.begin_again()

    test_chunks = None

    def swallow(self, direction, kind, act):
        with self.subTest(direction=direction, kind=kind):
            step = self.link.script(direction, kind, "drop")
            act()
            self.fired(step.fired, f"{kind} {direction}")
            for sender in (self.a, self.b):
                self.accept(sender)
            self.hurry.until(self.is_all_delivered, "all to be delivered")

    def test_parcels(self):
        self.swallow("up", "ParcelFrame", lambda: self.accept(self.a))
        self.swallow("down", "ParcelFrame", lambda: self.accept(self.b))

    def test_receipts(self):
        self.swallow("down", "Receipts", lambda: self.accept(self.a))
        self.swallow("up", "Receipts", lambda: self.accept(self.b))

    def test_cosignatures(self):
        self.swallow("up", "Cosignature", lambda: self.accept(self.a))
        self.swallow("down", "Cosignature", lambda: self.accept(self.b))

    def test_greetings(self):
        for direction in ("up", "down"):
            self.swallow(direction, "Hello", self.link.cut)

    def wait_here(self, recipient, referral):
        self.hurry.until(lambda: exhibit_of(recipient, referral)["state"] == "here", "the exhibit")

    def test_requests(self):
        self.fetched("ExhibitRequest", ("down", "up"), ("drop",))

    def test_chunks_that_never_come(self):
        self.fetched("ExhibitChunk", ("up", "down"), ("drop",))


if __name__ == "__main__":
    unittest.main(verbosity=2)
