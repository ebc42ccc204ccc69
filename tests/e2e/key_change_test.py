"""Notices renewed, desk and connection keys changed, keys revoked, while nodes run: docs/protocol.md 3.2, 3.3 and 3.8."""

import json
import re
import unittest

import evil
import inside
from forms import H
from harness import Failed, PairTest, wait_for
from inside import Identity, stamp
from mutate_test import b64

DAY = 86400


def body(note):
    return note.rpartition(b"\n\n")[0] + b"\n"


class Keys(PairTest):
    def wait_told(self, node, of, serial):
        wait_for(lambda: f"\nserial {serial}\n" in inside.notice_held(node, of), f"{node.agency} to hold notice {serial}")

    def files(self, folder):
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def renew(self, node, *args):
        return node.cli("card", "renew", "--root", node.root, *args)

    def rotate(self, node, *args):
        """Also where no peer answers: a node that was just started asks them first, for up to 30 s."""
        def rotated():
            code, out, err = node.run("key", "rotate", *args)
            document = json.loads(out)
            if code != 0 and document["error"]["code"] != "starting":
                raise Failed(args, code, out, err)
            return document if code == 0 else None

        return wait_for(rotated, "the key to be changed")

    def exchange(self):
        for sender, receiver in ((self.a, self.b), (self.b, self.a)):
            sender.wait_delivered(sender.send(receiver.desk)["referral"])

    def shorten_notice(self, node, days):
        """A stopped node's notice gets so many days to live, as if it had been off for long."""
        who, file = Identity.of(node), node.home / "card"
        card, _, notice = file.read_bytes().partition(b"=====\n")
        text = re.sub(rb"\nnot-before \S+\nexpires \S+\n", f"\nnot-before {stamp((days - 75) * DAY)}\nexpires {stamp(days * DAY)}\n".encode(),
                      body(notice).replace(b"\nserial 1\n", b"\nserial 2\n"))
        file.write_bytes(card + b"=====\n" + inside.sign(text, who.name("sign-1"), who.keys["sign-1"]))


class Renewal(Keys):
    def test_an_admin_renews_the_notice_and_those_connected_hold_it_at_once(self):
        pid, size = self.b.process.pid, self.b.size()
        renewed = self.b.cli("card", "renew")
        self.assertEqual((renewed["serial"], renewed["notice_serial"]), (1, 2))
        self.assertIn("\nserial 2\n", renewed["card_file"])
        self.wait_told(self.a, self.b, 2)
        self.assertEqual(self.b.size(), size + 1, "one entry for the notice")
        self.exchange()
        self.assertEqual((self.b.home / "card").read_text(), self.b.get("card")["card_file"])
        self.assertEqual(self.b.process.pid, pid)
        self.b.restart()
        self.assertEqual(self.b.get("card")["notice_serial"], 2)
        self.exchange()
        self.assert_sound(self.a, self.b)


class UnattendedRenewal(Keys):
    def test_a_node_renews_its_notice_by_itself_before_it_expires(self):
        self.b.stop()
        self.shorten_notice(self.b, 39)
        self.b.start()
        wait_for(lambda: self.b.get("card")["notice_serial"] == 3, "the renewal")
        self.wait_told(self.a, self.b, 3)
        self.exchange()
        self.assertEqual(self.b.get("status")["warnings"], [])
        self.assert_sound(self.a, self.b)


class NoRenewalYet(Keys):
    def test_a_notice_that_lasts_is_left_alone(self):
        self.b.stop()
        self.shorten_notice(self.b, 41)
        self.b.start()
        self.exchange()
        self.assertEqual(self.b.get("card")["notice_serial"], 2)


class DeskKey(Keys):
    def test_what_was_sealed_to_the_former_key_is_opened_until_its_end(self):
        self.b.stop()
        under_way = self.a.send(self.b.desk)["referral"]
        self.a.stop()
        self.b.start()
        rotated = self.rotate(self.b, "desk", "spam")
        self.assertEqual([key["desk"] for key in rotated["former_desk_keys"]], ["spam"])
        self.a.start()
        self.a.wait_delivered(under_way)
        self.wait_told(self.a, self.b, 2)
        self.exchange()
        self.b.restart()
        self.exchange()
        self.assertEqual(len(self.b.get("card")["former_desk_keys"]), 1)
        self.assert_sound(self.a, self.b)


class DeskKeyDeleted(Keys):
    def test_a_former_key_is_deleted_on_time_and_opens_nothing_then(self):
        former = inside.secrets_of(self.b)["desk-spam"]
        self.b.stop()
        under_way = self.a.send(self.b.desk)["referral"]
        self.a.stop()
        self.b.start()
        self.rotate(self.b, "desk", "spam", "--overlap", "0s")
        wait_for(lambda: not self.b.get("card")["former_desk_keys"], "the former key to be deleted")
        self.assertNotIn(former, inside.secrets_of(self.b).values())
        self.a.start()
        wait_for(lambda: self.a.messages(under_way)[0]["state"] == "refused", "the refusal")
        self.wait_told(self.a, self.b, 2)
        self.exchange()
        self.assert_sound(self.a, self.b)

    def test_a_desk_that_is_not_there_has_no_key_to_change(self):
        self.assert_no_trace(self.b, lambda: self.b.refused("key", "rotate", "desk", "fraud"), "unknown-desk")
        self.assert_no_trace(self.b, lambda: self.b.refused("key", "rotate", "connection", "spam"), "invalid-argument")


class ConnectionKey(Keys):
    def curves(self, notice):
        return re.findall(r"\ncurve (\S+)", notice)

    def test_both_keys_are_named_and_then_the_new_one_takes_over_without_restart_or_loss(self):
        pid = self.b.process.pid
        former, = self.curves(self.b.get("card")["card_file"])
        rotated = self.rotate(self.b, "connection", "--overlap", "10s")
        first, second = self.curves(rotated["card_file"])
        self.assertEqual(first, former)
        self.assertIsNotNone(rotated["next_connection_key"])
        self.assertEqual(self.b.refused("key", "rotate", "connection"), "wrong-state")
        self.wait_told(self.a, self.b, 2)
        self.exchange()
        sent = []

        def taken_over():
            if len(sent) < 40:
                sent.append(self.a.send(self.b.desk)["referral"])
            return self.b.get("card")["next_connection_key"] is None

        wait_for(taken_over, "the new key to take over")
        for referral in sent:
            self.a.wait_delivered(referral)
        self.wait_told(self.a, self.b, 3)
        self.assertEqual(self.curves(inside.notice_held(self.a, self.b)), [second])
        self.exchange()
        self.assertEqual(self.b.process.pid, pid)
        self.b.restart()
        self.exchange()
        self.assert_sound(self.a, self.b)


class RenewedCard(Keys):
    def test_the_root_renews_the_card_and_peers_hold_it_at_once(self):
        pid, before = self.b.process.pid, self.b.get("card")
        renewed = self.renew(self.b)
        self.assertEqual((renewed["serial"], renewed["notice_serial"]), (2, 2))
        self.assertEqual(renewed["safety_number"], before["safety_number"])
        wait_for(lambda: self.a.listed("contacts")[0]["serial"] == 2, "the new card")
        self.assertEqual(self.a.state(self.b.agency), "verified")
        self.exchange()
        self.assertEqual(self.b.process.pid, pid)
        self.b.restart()
        self.exchange()
        self.assert_sound(self.a, self.b)


class AnotherSigningKey(Keys):
    def test_the_root_puts_another_signing_key_first_and_the_former_one_can_be_revoked(self):
        renewed = self.renew(self.b, "--new-sign")
        self.assertIn("/lapx/sign-2+", renewed["card_file"].split("\nsign ")[1])
        self.wait_told(self.a, self.b, 2)
        self.exchange()
        renewed = self.renew(self.b, "--new-sign", "--drop-former")
        self.assertNotIn("/lapx/sign-2+", renewed["card_file"])
        self.wait_told(self.a, self.b, 3)
        self.a.cli("contact", "add", self.b.root / "revoke-sign-1")
        self.assertEqual(self.a.state(self.b.agency), "verified")
        self.exchange()
        wait_for(lambda: [name for name in inside.secrets_of(self.b) if name.startswith("sign-")] == ["sign-3"], "the former ones to be deleted")
        self.b.restart()
        self.exchange()
        self.assert_sound(self.a, self.b)


class FormerSigningKeyRevoked(Keys):
    def test_a_notice_under_a_revoked_key_counts_no_more_though_the_card_has_another(self):
        self.renew(self.b, "--new-sign")
        self.wait_told(self.a, self.b, 2)
        self.a.cli("contact", "add", self.b.root / "revoke-sign-2")
        wait_for(lambda: not self.a.connected(self.b), "the connection to be cut", deadline=5)
        self.assertEqual(inside.notice_held(self.a, self.b), "")
        self.assertEqual(self.a.state(self.b.agency), "verified")
        self.assertEqual(self.a.refused("file", "--to", self.b.desk, "--kind", "urgent", "--send", inside.SAMPLES / "phish-bank.eml"),
                         "notice-expired")


class OwnSigningKeyRevoked(Keys):
    def assert_silent(self):
        size = self.b.size()
        for command in (("file", "--to", self.a.desk, "--kind", "urgent", "--send", inside.SAMPLES / "phish-bank.eml"), ("card", "renew"),
                        ("key", "rotate", "desk", "spam"), ("contact", "vouch", self.a.agency)):
            self.assertEqual(self.b.refused(*command), "key-revoked")
        self.assertTrue(any("our own signing key is revoked" in text for text in self.b.get("status")["warnings"]))
        self.assertIn("our own signing key is revoked", self.b.run("doctor")[1])
        self.assertEqual(self.b.size(), size)

    def test_a_node_that_was_told_so_signs_nothing_until_it_has_a_card_with_another(self):
        self.a.stop()
        waits = self.b.send(self.a.desk)["referral"]
        size = self.b.size()
        for _ in range(2):  # the second time it changes nothing
            self.assertEqual(self.b.cli("contact", "add", self.b.root / "revoke-sign-1")["state"], "suspended")
            self.assertEqual(self.b.size(), size + 1, "one entry for the revocation")
        self.assert_silent()
        message, = self.b.messages(waits)
        self.assertEqual((message["state"], message["cause"]), ("sent", "key-revoked"))
        self.assertIn("lapx card renew", message["hint"])
        self.a.start()
        self.b.restart()
        self.b.wait_connected(self.a)
        self.assert_silent()
        self.assertIsNone(self.a.row("inbox", waits))
        self.assertEqual(self.b.refused("card", "renew", "--root", self.b.root), "key-revoked")
        self.assertEqual(self.b.cli("contact", "suspend", self.a.agency)["state"], "suspended")
        wait_for(lambda: not self.b.connected(self.a), "the other to be cut off")
        renewed = self.renew(self.b, "--new-sign", "--drop-former")
        self.assertNotIn("/lapx/sign-1+", renewed["card_file"])
        self.b.verify(self.a)
        self.wait_told(self.a, self.b, 2)
        self.assertEqual(self.b.get("status")["warnings"], [])
        self.exchange()
        self.assert_sound(self.a, self.b)

    def test_another_agency_revokes_none_of_our_keys(self):
        text = (self.b.root / "revoke-ledger-1").read_bytes()
        self.assertEqual(self.a.state(self.b.agency), "verified")
        file = self.folder / "forged"
        file.write_bytes(inside.sign(body(text), Identity.of(self.a).name("root-1"), Identity.of(self.a).keys["root-1"]))
        self.assert_no_trace(self.b, lambda: self.b.refused("contact", "add", file), "signature-invalid")


class PapersMeanwhile(Keys):
    def test_what_a_peer_shows_once_while_a_node_is_silent_is_taken_when_it_signs_again(self):
        self.a.stop()
        self.shorten_notice(self.a, 60)
        self.b.cli("contact", "add", self.b.root / "revoke-sign-1")
        peer = evil.Peer(self.a, self.b).connect()
        self.addCleanup(peer.close)
        peer.hello()
        self.assertEqual(peer.send(peer.referral()), "starting")  # so it has read what came before
        self.assertIn("\nserial 1\n", inside.notice_held(self.b, self.a))
        self.renew(self.b, "--new-sign", "--drop-former")
        self.wait_told(self.b, self.a, 2)


class OwnLedgerKeyRevoked(Keys):
    def test_a_node_that_was_told_so_signs_nothing_any_more(self):
        self.b.cli("contact", "add", self.b.root / "revoke-ledger-1")
        before = self.files(self.b.root)
        self.assertEqual(self.b.refused("card", "renew", "--root", self.b.root, "--new-sign", "--drop-former"), "key-revoked")
        self.assertEqual(self.files(self.b.root), before, "the root signs no card that would not be taken")
        self.assertTrue(any("our own ledger key is revoked" in text for text in self.b.get("status")["warnings"]))
        referral = self.a.send(self.b.desk)["referral"]
        wait_for(lambda: self.a.messages(referral)[0]["cause"] == "starting", "it to be told to come again")


class AnotherRoot(Keys):
    def test_a_new_root_is_signed_by_both_and_makes_a_stranger_until_compared(self):
        passphrase = self.folder / "passphrase"
        passphrase.write_text("a passphrase of the new root\n")
        passphrase.chmod(0o600)
        fresh = self.folder / "root-2"
        renewed = self.renew(self.b, "--new-root", fresh, "--new-root-passphrase-file", passphrase)
        self.assertNotEqual(renewed["safety_number"], self.b.made["safety_number"])
        wait_for(lambda: self.a.state(self.b.agency) == "stranger", "the new root")
        self.assertEqual(len(renewed["card_file"].split("=====")[0].split("\n\n")[1].strip().splitlines()), 2)
        self.a.cli("contact", "verify", self.b.agency, "--safety-number", renewed["safety_number"])
        self.exchange()
        self.b.cli("card", "renew", "--root", fresh, "--root-passphrase-file", passphrase)
        wait_for(lambda: self.a.listed("contacts")[0]["serial"] == 3, "the card under the new root alone")
        self.assertEqual(self.a.state(self.b.agency), "verified")
        self.assertEqual(self.b.refused("card", "renew", "--root", self.b.root), "key-invalid")
        self.assert_sound(self.a, self.b)


class OlderPapers(Keys):
    def test_a_lower_serial_is_refused_and_alarmed(self):
        self.b.stop()
        self.b.keep_copy()
        self.b.start()
        self.b.cli("card", "renew")
        self.wait_told(self.a, self.b, 2)
        former = (self.b.folder / "copy" / "card").read_bytes()
        self.b.stop()
        (self.b.home / "card").write_bytes(former)
        self.b.start()
        wait_for(lambda: any("notice-serial-lower" in text for text in self.a.get("status")["warnings"]), "the alarm")
        self.assertIn("\nserial 2\n", inside.notice_held(self.a, self.b))


class Warnings(Keys):
    def test_both_sides_are_told_of_what_ends_soon_also_by_their_logs(self):
        who = Identity.of(self.b)
        self.b.stop()
        file = self.b.home / "card"
        card, _, notice = file.read_bytes().partition(b"=====\n")
        text = re.sub(rb"\nserial 1\nprevious none\n", b"\nserial 2\nprevious " + b64(H(card)).encode() + b"\n", body(card))
        text = re.sub(rb"\nexpires \S+\n", f"\nexpires {stamp(20 * DAY)}\n".encode(), text)
        file.write_bytes(inside.sign(text, who.name("root-1"), who.keys["root-1"]) + b"=====\n" + notice)
        self.b.start()
        wait_for(lambda: any("the card of acma.example expires" in text for text in self.a.get("status")["warnings"]), "the peer's warning")
        self.assertTrue(any("our card expires" in text for text in self.b.get("status")["warnings"]))
        code, out, _ = self.a.run("doctor")
        self.assertEqual(code, 1)
        self.assertIn("the card of acma.example expires", out)
        wait_for(lambda: self.b.log().count("warning our card expires") == 1, "the line in its log")
        self.a.restart()
        wait_for(lambda: self.a.log().count("warning the card of acma.example expires") == 1, "the line in the other's")


if __name__ == "__main__":
    unittest.main()
