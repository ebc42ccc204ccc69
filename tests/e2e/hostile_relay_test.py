"""What a relay, its depositors and its owners can do wrong on purpose to each other: docs/protocol.md 8.8. The peers are evil.py."""

import secrets
import shutil
import tempfile
import unittest
from pathlib import Path

import evil
from harness import Node, wait_for
from mutate_test import b64
from parcel_test import carried


class Three(unittest.TestCase):
    """self.a is a node; self.b and self.c are verified peers of it that evil.py plays."""

    relays = ()
    config = ""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-relay-"))
        self.addCleanup(lambda: shutil.rmtree(self.folder, ignore_errors=True))
        self.a = Node(self.folder, "opta.example", init=self.relays)
        path = self.a.home / "config.toml"
        path.write_text(path.read_text().replace("\n[log]\n", f"\n[relay]\n{self.config}\n[log]\n"))
        nodes = [self.a, *(Node(self.folder, agency) for agency in ("acma.example", "crtc.example"))]
        self.addCleanup(lambda: [node.kill() for node in nodes])
        for node in nodes:
            node.start()
        for other in nodes[1:]:
            self.a.know(other)
            other.know(self.a)
        self.node_of_c = nodes[2]
        self.of_c = self.file_of(self.node_of_c)
        for node in nodes[1:]:
            if node.running():
                node.stop()
        self.b, self.c = (evil.Peer(node, self.a) for node in nodes[1:])
        for peer in (self.b, self.c):
            peer.connect().hello()
            self.addCleanup(peer.close)

    def file_of(self, node):
        """What is prepared with that node while it runs."""

    def asked(self, peer, octets, *kinds):
        peer.dealer.send(octets)
        return peer.wait(*kinds)

    def figure(self, name):
        return self.a.get("status")["figures"][name]


class HostileOwner(Three):
    """A is a relay for B and C."""

    config = 'for = ["acma.example", "crtc.example"]\ndepositor_files = 12\nowner_files = 20\n'

    def deposit(self, peer, owner, deposit=None, sealed=b"sealed"):
        """Gives the deposit's id, and the code of its refusal."""
        deposit = deposit or evil.uuid7()
        peer.dealer.send(evil.put_frame(owner, deposit, sealed))
        return deposit, peer.wait("RelayAnswer", message=deposit)["code"].decode()

    def fetched(self, peer, after=None, credit=8):
        """The deposits that it is given at once: those that come before the answer to a deposit made after."""
        peer.dealer.send(evil.fetch_frame(after, credit))
        peer.dealer.send(evil.put_frame("nobody.example", evil.uuid7(), b"x"))
        came = []
        while (one := peer.wait("RelayItem", "RelayAnswer"))["kind"] == "RelayItem":
            came.append((one["message"], one["depositor"].decode(), one["sealed"]))
        return came

    def kept(self):
        return len(self.a.listed("relay"))

    def test_nobody_is_given_or_deletes_what_is_kept_for_another(self):
        deposit, code = self.deposit(self.c, self.b.agency)
        self.assertEqual((code, self.kept()), ("", 1))
        self.assertEqual(self.fetched(self.c), [])
        self.assertEqual(self.fetched(self.c, after=deposit), [])
        self.c.dealer.send(evil.delete_frame(deposit))
        self.assertEqual(self.fetched(self.c), [])
        self.assertEqual(self.fetched(self.b), [(deposit, self.c.agency, b"sealed")])
        self.b.dealer.send(evil.delete_frame(deposit))
        wait_for(lambda: self.kept() == 0, "it to be removed by its owner")

    def test_who_deposits_before_anything_is_kept_is_told(self):
        self.b.close()
        self.c.close()
        self.a.restart()
        self.b.connect()
        self.assertEqual(self.deposit(self.b, self.b.agency)[1], "starting")

    def test_an_owner_is_given_no_more_than_it_asked_for_and_that_in_order(self):
        deposits = [self.deposit(self.c, self.b.agency)[0] for _ in range(10)]
        self.assertEqual([one[0] for one in self.fetched(self.b, credit=3)], deposits[:3])
        self.assertEqual([one[0] for one in self.fetched(self.b, after=deposits[2], credit=255)], deposits[3:])
        self.assertEqual([one[0] for one in self.fetched(self.b, credit=255)], deposits[:8])
        self.assertEqual(self.fetched(self.b, credit=0), [])
        later = self.deposit(self.c, self.b.agency)[0]
        self.assertEqual(self.fetched(self.b, after=later), [])
        last = self.deposit(self.c, self.b.agency)[0]
        self.assertEqual(self.b.wait("RelayItem")["message"], last)  # of the credit that was left

    def test_a_depositor_that_has_all_it_may_leaves_room_for_another(self):
        codes = [self.deposit(self.c, self.b.agency)[1] for _ in range(13)]
        self.assertEqual(codes, 12 * [""] + ["quota"])
        again, code = self.deposit(self.b, self.b.agency)
        self.assertEqual(code, "")
        self.assertEqual(self.deposit(self.b, self.b.agency, again)[1], "")
        self.assertEqual(self.kept(), 13)
        self.assertEqual(self.deposit(self.b, "nobody.example")[1], "unknown-agency")
        self.a.cli("contact", "suspend", self.b.agency)
        self.c.dealer.send(evil.delete_frame(again))
        self.assertEqual(self.deposit(self.c, self.b.agency)[1], "unknown-agency")
        self.assertEqual(self.kept(), 13)

    def test_who_fetches_the_same_again_and_again_is_shut_out_and_others_are_not(self):
        for _ in range(8):
            self.deposit(self.c, self.b.agency, sealed=secrets.token_bytes(240_000))
        self.assertEqual(len(self.fetched(self.b)), 8)

        def shut_out():
            try:
                self.b.dealer.send(evil.fetch_frame(None, 8))
            except OSError:  # nobody takes it any more
                pass
            while self.b.wait("RelayItem", seconds=0.05):
                pass
            return self.figure("peers_shut_out") == 1

        wait_for(shut_out, "it to be shut out", deadline=180)
        self.assertEqual(self.deposit(self.c, self.c.agency)[1], "")


class HostileRelay(Three):
    """A names B as its relay; C is a peer that is none."""

    relays = ("--relay", "acma.example")

    def file_of(self, node):
        self.a.stop()
        self.referral = node.send(self.a.desk)["referral"]
        path = self.folder / "file"
        node.cli("parcel", "export", self.referral, "-o", path)
        node.stop()
        self.a.start()
        return path.read_bytes()

    def give(self, sealed):
        """The id of the deposit, once A has looked at it."""
        deposit = evil.uuid7()
        self.b.dealer.send(evil.item_frame(self.c.agency, deposit, sealed))
        self.assertIsNotNone(self.b.wait("RelayDelete", message=deposit))

    def test_it_alters_nothing_and_what_it_gives_again_counts_once(self):
        before = self.a.size()
        for sealed in (b"x", secrets.token_bytes(9000), self.of_c[:-1], self.of_c[:500] + bytes([self.of_c[500] ^ 1]) + self.of_c[501:]):
            self.give(sealed)
        self.assertEqual((self.a.size(), self.a.listed("inbox")), (before, []))
        for _ in range(30):
            self.give(self.of_c)
        self.assertEqual([row["referral"] for row in self.a.listed("inbox")], [self.referral])
        self.assertEqual(self.a.size(), before + 1)
        self.assertEqual(self.a.get("ledger/verify")["problems"], [])

    def test_who_is_no_relay_of_ours_gives_us_nothing(self):
        self.c.dealer.send(evil.item_frame(self.c.agency, evil.uuid7(), self.of_c))
        self.assertEqual(self.c.send(self.c.referral()), "accepted")  # it was looked at before this
        self.assertEqual(len(self.a.listed("inbox")), 1)
        self.assertIsNone(self.a.row("inbox", self.referral))

    def feed(self, file):
        """Gives such files as long as A asks for more."""
        sent = 0
        while self.b.wait("RelayFetch", seconds=15 if sent > 100 else 50):  # after a minute it asks again whatever was
            for _ in range(8):
                self.b.dealer.send(evil.item_frame(self.c.agency, evil.uuid7(), file()))
                sent += 1
            self.assertLess(sent, 20_000)
        self.assertGreater(sent, 100)

    def test_a_relay_full_of_cosignatures_of_nothing_is_asked_less_often(self):
        line = f"\u2014 {self.c.agency}/lapx/witness-1 {b64(secrets.token_bytes(76))}\n"
        file = carried(self.node_of_c, self.a, evil.cosignature_frame(line, 1 << 62))
        self.feed(lambda: file)
        self.assertIn("cosignature dropped", self.a.log())

    def test_a_relay_full_of_garbage_is_asked_less_often_and_not_shut_out(self):
        self.feed(lambda: secrets.token_bytes(200_000))
        self.assertEqual(self.figure("peers_shut_out"), 0)
        self.assertEqual(self.c.send(self.c.referral()), "accepted")


if __name__ == "__main__":
    unittest.main()
