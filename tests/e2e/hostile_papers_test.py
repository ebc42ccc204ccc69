"""Cards, notices, revocations and greetings that somebody made to harm others: docs/protocol.md 3 and 8.4."""

import contextlib
import re
import secrets
import unittest

import evil
import inside
from forms import H
from harness import Node, PairTest, wait_for
from inside import Identity
from mutate_test import b64

DRAFT = {"kind": "information", "set": {"facts": "x", "seen": "2026-11-21"}, "send": True}


def body(note):
    return note.rpartition(b"\n\n")[0] + b"\n"


class Papers(PairTest):
    def stranger(self, name):
        """An agency of which the node knows the card, and nothing else."""
        who = Identity(name)
        papers = who.card(), who.notice()
        file = self.folder / f"{name}.card"
        file.write_bytes(b"=====\n".join(papers))
        return who, papers, self.a.cli("contact", "add", file)

    def assert_b_gets_through(self):
        self.b.wait_delivered(self.b.send(self.a.desk)["referral"])


class AnotherSigningKey(Papers):
    def test_a_notice_under_another_signing_key_does_not_keep_the_node_from_starting(self):
        self.b.stop()
        who, peer = Identity.of(self.b), evil.Peer(self.b, self.a).connect()
        peer.hello()
        who.keys["sign-2"] = secrets.token_bytes(32)
        text = body(peer.card).replace(b"serial 1\nprevious none", b"serial 2\nprevious " + b64(H(peer.card)).encode())
        text = re.sub(rb"\nsign [^\n]+\n", b"\nsign " + who.vkey("sign-2").encode() + b"\n", text)
        card = inside.sign(text, who.name("root-1"), who.keys["root-1"])
        notice = inside.sign(body(peer.notice), who.name("sign-2"), who.keys["sign-2"])
        before = self.a.size()
        peer.dealer.send(evil.hello_frame(card, notice))
        wait_for(lambda: self.a.size() > before, "the new card to be admitted")
        self.a.restart()
        contact, = self.a.listed("contacts")
        self.assertEqual((contact["serial"], contact["state"]), (2, "verified"))
        self.assert_sound(self.a)


class AnothersConnectionKey(Papers):
    def test_who_publishes_the_key_of_another_gets_none_of_its_connections(self):
        curve = (self.b.home / "card").read_text().split("\ncurve ")[1].split("\n")[0]
        who = Identity("aaa.example")
        file = self.folder / "aaa.card"
        file.write_bytes(who.card() + b"=====\n" + who.notice(change=lambda text: re.sub(r"\ncurve \S+", "\ncurve " + curve, text)))
        self.assertEqual(self.a.refused("contact", "add", file), "key-invalid")
        self.assert_b_gets_through()
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])


class KeyOfAPeerToBe(Papers):
    def test_a_stranger_that_published_it_before_is_put_aside_once_its_owner_is_verified(self):
        self.a.cli("contact", "remove", self.b.agency)
        curve = (self.b.home / "card").read_text().split("\ncurve ")[1].split("\n")[0]
        who = Identity("aaa.example")
        file = self.folder / "aaa.card"
        file.write_bytes(who.card() + b"=====\n" + who.notice(change=lambda text: re.sub(r"\ncurve \S+", "\ncurve " + curve, text)))
        number = self.a.cli("contact", "add", file)["safety_number"]
        self.a.know(self.b)
        self.assert_b_gets_through()
        self.assertIn("aaa.example publishes the connection key of acma.example", self.a.log())
        self.assertEqual(self.a.refused("contact", "verify", "aaa.example", "--safety-number", number), "key-invalid")


class KeyOfAnother(Papers):
    """b publishes a key of c's that the node has not heard of from its owner, and is heard first."""

    def setUp(self):
        self.c = Node(self.folder, "cnil.example").start()
        self.addCleanup(self.c.kill)
        self.a.know(self.c)
        self.c.know(self.a)
        self.a.wait_connected(self.c)
        self.c.wait_connected(self.a)
        self.a.stop()
        self.b.stop()

    def rotate(self):
        self.c.cli("key", "rotate", "connection", "--overlap", "10s")
        return (self.c.home / "card").read_text().split("\ncurve ")[2].split("\n")[0].encode()

    def squat(self, coming):
        self.a.start()
        who, peer = Identity.of(self.b), evil.Peer(self.b, self.a).connect()
        peer.hello()
        # c has cut its connection, and no peer held anything: a Hello with a checkpoint makes it sign.
        text = re.sub(rb"\ncurve (\S+)", rb"\ncurve \1\ncurve " + coming, body(peer.notice).replace(b"\nserial 1\n", b"\nserial 2\n"))
        notice = inside.sign(text, who.name("sign-1"), who.keys["sign-1"])

        def taken():
            peer.dealer.send(evil.hello_frame(peer.card, notice))
            peer.dealer.receive(0.2)
            return "\nserial 2\n" in inside.notice_held(self.a, self.b)

        wait_for(taken, "the notice with the other's key")
        return peer

    def wait_settled(self):
        wait_for(lambda: f"{self.b.agency} publishes the connection key of {self.c.agency}" in self.a.log(), "it to show whose the key is")

    def assert_c_is_heard(self):
        self.c.start()
        self.a.wait_connected(self.c)
        sent, got = self.c.send(self.a.desk)["referral"], self.a.send(self.c.desk)["referral"]
        self.c.wait_delivered(sent)
        self.a.wait_delivered(got)
        self.assert_sound(self.a, self.c)


class ComingConnectionKey(KeyOfAnother):
    """One that c is about to use."""

    def test_who_publishes_it_takes_no_connection_over_that_begins_to_use_it(self):
        coming = self.rotate()
        self.c.stop()
        peer = self.squat(coming)
        self.assert_c_is_heard()
        wait_for(lambda: self.c.get("card")["next_connection_key"] is None, "the new key to take over")
        self.wait_settled()
        self.a.wait_delivered(self.a.send(self.c.desk)["referral"])
        self.c.wait_delivered(self.c.send(self.a.desk)["referral"])
        peer.dealer.send(evil.hello_frame(peer.card, peer.notice))
        self.a.wait_connected(self.b)  # by its own key, as before
        peer.dealer.close()


class ConnectionKeyInUse(KeyOfAnother):
    """One that is in use by then."""

    def test_who_publishes_it_takes_no_connection_over_that_begins_to_use_it(self):
        coming = self.rotate()
        wait_for(lambda: self.c.get("card")["next_connection_key"] is None, "the new key to take over")
        self.c.stop()
        self.squat(coming).dealer.close()
        self.assert_c_is_heard()
        self.wait_settled()


class KeyOfAnotherWhoIsShutOut(KeyOfAnother):
    """b has spent more than its quota by its own key."""

    def test_its_owner_pays_for_nothing_of_it(self):
        coming = self.rotate()
        wait_for(lambda: self.c.get("card")["next_connection_key"] is None, "the new key to take over")
        self.c.stop()
        squatter = self.squat(coming)
        with contextlib.suppress(OSError):
            for _ in range(12_000):
                squatter.dealer.send(b"x")
        wait_for(lambda: self.a.get("status")["figures"]["peers_shut_out"] == 1, "it to be shut out")
        squatter.dealer.close()
        owner = evil.Peer(self.c, self.a).connect()
        for frame in (evil.hello_frame(owner.card, owner.notice), *[b"x"] * 1_000):  # before its connection counts for it
            owner.dealer.send(frame)
        self.wait_settled()
        owner.close()
        self.assert_c_is_heard()
        self.assertEqual(self.a.get("status")["figures"]["peers_shut_out"], 1)


class AnothersRevocation(Papers):
    def test_an_agency_revokes_its_own_keys_only(self):
        who, _, _ = self.stranger("xyz.example")
        who.keys["sign-9"] = inside.secrets_of(self.b)["sign-1"]
        file = self.folder / "revocation"
        file.write_bytes(who.revocation("sign-9"))
        self.a.cli("contact", "add", file)
        self.assert_b_gets_through()
        self.a.restart()
        self.a.wait_connected(self.b)
        self.assertEqual(self.a.state(self.b.agency), "verified")
        self.assert_b_gets_through()


class Strangers(Papers):
    def test_a_stranger_changes_nothing_by_greeting(self):
        who, (card, _), _ = self.stranger("xyz.example")
        before = self.a.size()
        dealer = evil.Dealer(self.a.port, evil.Peer(self.b, self.a).server, who.keys["curve"])
        for serial in range(2, 40):
            notice = who.notice(change=lambda text: text.replace("\nserial 1\n", f"\nserial {serial}\n"))
            dealer.send(evil.hello_frame(card, notice))
        self.assert_b_gets_through()
        self.assertEqual(self.a.size(), before + 1, "the one entry of what came through")
        dealer.close()

    def test_a_stranger_that_contradicts_itself_fills_no_ledger_and_no_table(self):
        who, papers, _ = self.stranger("two.example")
        before = self.a.size()
        dealer = evil.Dealer(self.a.port, evil.Peer(self.b, self.a).server, who.keys["curve"])
        dealer.send(evil.hello_frame(*papers))
        for n in range(20):
            ledger = evil.Ledger("two.example/lapx/ledger-1", who.keys["ledger-1"])
            index, opening = ledger.append("received", f"lapx/received@v1\ncover {b64(H(bytes([n])))}\noutcome accepted\n".encode())
            head, _, note = ledger.proof(index, opening).partition(b"\n\n")
            dealer.send(evil.receipts_frame(note, None, {evil.uuid7(): head + b"\n\n"}))
        self.assert_b_gets_through()
        self.assertEqual(self.a.size(), before + 1, "the one entry of what came through")
        self.assertEqual(inside.rows(self.a, "SELECT count(*) FROM evidence"), [(0,)])
        dealer.close()


class Fork(Papers):
    def test_two_cards_of_one_serial_are_evidence_and_an_alarm(self):
        self.b.stop()
        who, peer = Identity.of(self.b), evil.Peer(self.b, self.a).connect()
        peer.hello()
        fork = inside.sign(re.sub(rb"\nname [^\n]+", b"\nname Another", body(peer.card)), who.name("root-1"), who.keys["root-1"])
        peer.dealer.send(evil.hello_frame(fork, peer.notice))
        wait_for(lambda: self.a.state(self.b.agency) == "suspended", "the suspension")
        (held, came), = inside.rows(self.a, "SELECT held, came FROM evidence")
        self.assertEqual((bytes(held), bytes(came)), (peer.card, fork))
        self.assertEqual(len([entry for entry in inside.entries(self.a) if b"\nkind conflict\n" in entry]), 1)
        self.assert_sound(self.a)


class ForkByFile(Papers):
    def test_a_file_that_contradicts_the_card_that_is_held_is_evidence_too(self):
        who, (card, notice) = Identity.of(self.b), self.b.card_file().read_bytes().split(b"=====\n")
        fork = inside.sign(re.sub(rb"\nname [^\n]+", b"\nname Another", body(card)), who.name("root-1"), who.keys["root-1"])
        path = self.folder / "fork.card"
        path.write_bytes(fork + b"=====\n" + notice)
        self.assertEqual(self.a.refused("contact", "add", path), "card-fork")
        self.assertEqual(self.a.state(self.b.agency), "suspended")
        (held, came), = inside.rows(self.a, "SELECT held, came FROM evidence")
        self.assertEqual((bytes(held), bytes(came)), (card, fork))
        self.assertEqual(len([entry for entry in inside.entries(self.a) if b"\nkind conflict\n" in entry]), 1)
        self.assertEqual(self.a.refused("file", "--to", self.b.desk, "--kind", "information", "--set", "facts=x", "--send"), "suspended")
        self.assert_sound(self.a)


class RestoredCopy(Papers):
    def test_only_a_peer_that_held_as_much_as_ever_lets_a_restored_node_sign(self):
        who, papers, _ = self.stranger("xyz.example")
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        wait_for(lambda: inside.rows(self.a, "SELECT max(cosigned_size) FROM contact")[0][0] > 0, "a cosignature")
        self.a.stop()
        self.a.keep_copy()
        self.a.start()
        self.a.wait_connected(self.b)
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        self.a.stop()
        self.b.stop()
        self.a.put_copy_back()
        self.a.start()
        size = self.a.size()
        peer = evil.Peer(self.b, self.a)
        for keys, hello in ((who.keys["curve"], evil.hello_frame(*papers)),
                            (inside.secrets_of(self.b)["curve"], evil.hello_frame(peer.card, peer.notice))):
            dealer = evil.Dealer(self.a.port, peer.server, keys)
            dealer.send(hello)
            dealer.receive(3)
            status, answer = self.a.call("POST", "drafts", {**DRAFT, "to": [self.b.desk]})
            self.assertEqual((status, answer["error"]["code"]), (503, "starting"))
            dealer.close()
        self.b.start()
        wait_for(lambda: self.a.call("POST", "drafts", {**DRAFT, "to": [self.b.desk]})[1]["error"]["code"] == "ledger-broken",
                 "the node to learn that it is an old copy")
        self.assertEqual(self.a.size(), size)


if __name__ == "__main__":
    unittest.main()
