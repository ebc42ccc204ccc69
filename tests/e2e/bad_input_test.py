"""Whatever is wrong is refused with its stable code, and leaves everything as it was."""

import grp
import json
import os
import re
import secrets
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import unittest
from contextlib import closing
from pathlib import Path

import evil
import inside
from harness import BIN, SAMPLES, Node, PairTest, wait_for
from inside import Identity
from mutate_test import b64, flip
from forms import H

PHISH = SAMPLES / "phish-bank.eml"
NOBODY = 65534
needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root: to act as another Unix account")


class Sending(PairTest):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = Identity("stranger.example")
        path = cls.folder / "stranger.card"
        path.write_bytes(cls.stranger.card_file())
        cls.a.cli("contact", "add", path)

    def refused(self, code, *args, mail=PHISH, to=None, kind="urgent"):
        self.assert_no_trace(self.a, lambda: self.a.refused(
            "file", "--to", to or self.b.desk, "--kind", kind, *args, mail), code)

    def test_a_desk_that_the_agency_does_not_have(self):
        self.refused("unknown-desk", "--send", to="nobody@acma.example")
        self.refused("unknown-desk", to="nobody@acma.example")

    def test_an_agency_that_nobody_introduced(self):
        self.refused("unknown-agency", "--send", to="spam@nowhere.example")

    def test_a_stranger(self):
        self.assertEqual(self.a.state("stranger.example"), "stranger")
        self.refused("not-verified", "--send", to="spam@stranger.example")

    def test_our_own_desk(self):
        self.refused("unknown-agency", "--send", to=self.a.desk)

    def test_a_desk_that_is_none(self):
        for desk in ("acma.example", "spam@", "@acma.example", "spam@acma.example@x", "Spam@acma.example", "spam@acma example"):
            with self.subTest(desk):
                self.assert_no_trace(self.a, lambda: self.one_of(
                    "file", "--to", desk, "--kind", "urgent", "--send", PHISH), "invalid-argument")

    def one_of(self, *args):
        """The code, whether the command line (exit 2) or the node (exit 1) found it."""
        code, out, _ = self.a.run(*args)
        self.assertIn(code, (1, 2))
        return json.loads(out)["error"]["code"]

    def test_an_unknown_reason_or_item(self):
        self.refused("unknown-reason", "--withhold", "facts=because", "--send")
        self.refused("unknown-item", "--withhold", "fact=confidential", "--send")
        self.refused("unknown-item", "--withhold", "77=confidential", "--send")
        self.refused("unknown-item", "--set", "fact=x", "--send")

    def test_an_unknown_kind(self):
        self.assert_no_trace(self.a, lambda: self.one_of("file", "--to", self.b.desk, "--kind", "tip", PHISH), "unknown-kind")
        before = self.a.traces()
        status, answer = self.a.call("POST", "drafts", {"to": [self.b.desk], "kind": "tip"})
        self.assertEqual((status, answer["error"]["code"]), (400, "unknown-kind"))
        self.assertEqual(self.a.traces(), before)

    def test_a_value_that_is_not_one_of_its_item(self):
        for value in ("scale=many", "seen=yesterday", "conduct=crime", "jurisdictions=Holland", "grading=Z9", "urgency=soonish",
                      "exhibit=a file"):
            with self.subTest(value):
                self.refused("invalid-argument", "--set", value, "--send")

    def test_a_mandatory_item_that_is_missing(self):
        self.refused("item-missing", "--set", "indicator=", "--send")

    def test_more_than_one_parcel_holds(self):
        self.refused("too-large", "--set", "facts=" + "x" * 60000, "--set", "legal-basis=own=" + "y" * 8000, "--send",
                     *[word for i in range(20) for word in ("--set", f"custodian=Provider {i}; {'z' * 8000}")])

    def test_a_mail_that_is_too_large(self):
        path = self.folder / "large.eml"
        path.write_bytes(b"Subject: x\r\n\r\n" + b"x" * 75 + b"\r\n" + (b"y" * 75 + b"\r\n") * (26 * 1024 * 1024 // 77))
        self.refused_as_intake(path)

    def test_mails_that_intake_refuses(self):
        mails = {"headers over 256 KiB": b"Subject: x\r\n" + b"X-A: " + b"y" * 70 + b"\r\n" + (b"X-B: " + b"z" * 900 + b"\r\n") * 300 + b"\r\nbody\r\n",
                 "a field over 16 KiB": b"To: " + b"g:" * 50000 + b"\r\n\r\nbody\r\n",
                 "too many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 2000 + b"--b--\r\n"}
        for what, octets in mails.items():
            with self.subTest(what):
                path = self.folder / "refused.eml"
                path.write_bytes(octets)
                self.refused_as_intake(path)

    def refused_as_intake(self, path):
        before = self.a.traces()
        self.assertIn(self.a.refused("file", "--to", self.b.desk, "--kind", "information", path), ("intake-refused", "too-large"))
        self.assertEqual(self.a.traces(), before)

    def test_files_that_are_not_there_or_no_mail(self):
        self.assert_no_trace(self.a, lambda: self.one_of("file", "--to", self.b.desk, self.folder / "nowhere.eml"), "not-found")
        empty = self.folder / "empty.eml"
        empty.write_bytes(b"")
        before = self.a.traces()
        code, _, _ = self.a.run("file", "--to", self.b.desk, "--send", empty)
        self.assertIn(code, (1, 2))
        self.assertEqual(self.a.traces(), before)

    def test_a_hostile_mail_is_filed_or_refused_and_the_node_stays_up(self):
        code, _, _ = self.a.run("file", "--to", self.b.desk, "--kind", "information", "--send", SAMPLES / "hostile.eml")
        self.assertIn(code, (0, 1))
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])

    def test_a_referral_nobody_knows(self):
        for name in ("01936f2c-0000-7000-8000-000000000001", "0193", "no such", "zzzz", "x" * 300):
            for verb in ("show", "why", "send", "approve", "discard"):
                self.assertEqual(self.a.refused(verb, name), "unknown-referral")

    def test_words_that_are_no_command(self):
        for args in (("frobnicate",), ("file", "--to"), ("file", "--no-such-flag"), ("contact", "verify", "acma.example"), ("send",)):
            code, _, _ = self.a.run(*args)
            self.assertEqual(code, 2, args)

    def test_requests_on_the_control_socket_that_are_not_as_the_api_says(self):
        before = self.a.traces()
        for method, path, body, status, code in (
                ("GET", "nothing", None, 404, "not-found"), ("DELETE", "status", None, 405, "invalid-argument"),
                ("POST", "drafts", [], 400, "invalid-argument"), ("POST", "drafts", {"to": "x", "kind": "urgent"}, 400, "invalid-argument"),
                ("POST", "drafts", {"to": [self.b.desk], "kind": 7}, 400, "invalid-argument"),
                ("POST", "drafts", {"to": [self.b.desk], "kind": "urgent", "message_base64": "%%%"}, 400, "invalid-argument"),
                ("POST", "contacts", {"card_file": 5}, 400, "invalid-argument"), ("POST", "contacts", {}, 400, "invalid-argument"),
                ("POST", "drafts", {"to": [self.b.desk], "kind": "urgent", "withold": [{"item": "facts", "reason": "national-law"}]}, 400, "invalid-argument"),
                ("POST", "drafts", {"to": [self.b.desk], "kind": "urgent", "withhold": [{"item": "facts", "reason": "national-law", "form": "x"}]},
                 400, "invalid-argument"),
                ("GET", "inbox?cursor=abc", None, 400, "invalid-argument"), ("GET", "outbox?feeds=x", None, 400, "invalid-argument"),
                ("GET", "summary?from=2026-02-30&to=2026-03-01", None, 400, "invalid-argument")):
            with self.subTest((method, path, body)):
                got, answer = self.a.call(method, path, body)
                self.assertEqual((got, answer["error"]["code"]), (status, code))
        for octets in (b"", b"\0\0\0\0", b"GET\r\n\r\n", b"GET /v1/status HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                       b"POST /v1/drafts HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", secrets.token_bytes(3000)):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(self.a.home / "control.sock"))
                raw.sendall(octets)
        for text in ('{"kind":"urgent","kind":"action","to":[]}', "[" * 5000, '{"to":["\\ud800"]}', "{", '"x"', "null", "nul"):
            connection = self.a.control()
            connection.request("POST", "/v1/drafts", text.encode())
            self.assertIn(connection.getresponse().status, (400, 404), text[:40])
            connection.close()
        self.assertEqual(self.a.traces(), before)

    def test_the_ledger_still_verifies_after_all_that(self):
        self.assert_sound(self.a, self.b)


class Contacts(PairTest):
    options = {"verify": False}

    def add(self, octets):
        path = self.folder / "card.tmp"
        path.write_bytes(octets if isinstance(octets, bytes) else octets.encode())
        return self.a.refused("contact", "add", path)

    def assert_not_added(self, octets, *codes):
        before = self.a.traces()
        self.assertIn(self.add(octets), codes)
        self.assertEqual(self.a.traces(), before)

    def known(self, identity, **card):
        """Admits a first card of that identity."""
        path = self.folder / "known.tmp"
        path.write_bytes(identity.card_file(card, {}))
        self.a.cli("contact", "add", path)

    def test_a_wrong_safety_number(self):
        self.a.know(self.b, verify=False)
        right = self.b.made["safety_number"]
        wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
        for number in (wrong, right[:-6], right + " 00000", self.a.made["safety_number"], "1"):
            self.assert_no_trace(self.a, lambda: self.a.refused(
                "contact", "verify", self.b.agency, "--safety-number", number), "safety-number-mismatch")
        self.assertEqual(self.a.state(self.b.agency), "stranger")
        self.a.cli("contact", "verify", self.b.agency, "--safety-number", right.replace(" ", "-"))
        self.assertEqual(self.a.state(self.b.agency), "verified")

    def test_an_agency_that_is_not_known(self):
        for step in (("verify", "x.example", "--safety-number", "1"), ("suspend", "x.example"), ("remove", "x.example")):
            self.assert_no_trace(self.a, lambda: self.a.refused("contact", *step), "unknown-agency")

    def test_a_file_cut_short_or_altered_anywhere(self):
        card = Identity("cut.example").card_file()
        for size in (0, 1, 20, len(card) // 3, len(card) // 2, len(card) - 1):
            self.assert_not_added(card[:size], "note-malformed", "invalid-argument", "signature-invalid")
        for at in range(3, len(card), 41):
            self.assert_not_added(flip(card, at), "note-malformed", "signature-invalid", "key-invalid", "invalid-argument")

    def test_files_that_are_no_cards(self):
        for octets in (b"<html>not found</html>", b"\x89PNG\r\n\x1a\n" + bytes(100), secrets.token_bytes(2000), b"=====\n",
                       PHISH.read_bytes(), b"x" * 200_000):
            self.assert_not_added(octets, "note-malformed", "invalid-argument", "too-large")

    def test_a_card_signed_by_another_root(self):
        real, forger = Identity("forged.example"), Identity("forged.example")
        text = real.card().rpartition(b"\n\n")[0] + b"\n"
        forged = inside.sign(text, forger.name("root-1"), forger.keys["root-1"])
        self.assert_not_added(forged + b"=====\n" + real.notice(), "signature-invalid")

    def test_a_notice_signed_by_another_key_or_of_another_agency(self):
        real, other = Identity("notice.example"), Identity("notice.example")
        self.assert_not_added(real.card() + b"=====\n" + other.notice(), "signature-invalid")
        self.assert_not_added(real.card() + b"=====\n" + Identity("another.example").notice(), "signature-invalid")

    def test_our_own_card(self):
        self.assert_not_added(self.a.card_file().read_bytes(), "invalid-argument")
        self.assert_not_added(Identity(self.a.agency).card_file(), "invalid-argument")

    def test_a_card_that_expired_or_is_not_yet_valid(self):
        late, early = Identity("late.example"), Identity("early.example")
        self.assert_not_added(late.card_file({"begin": -7200, "end": -3600}), "card-expired")
        self.assert_not_added(early.card_file({"begin": 7200, "end": 86400}), "card-not-yet-valid")
        self.assert_not_added(late.card_file({}, {"begin": -7200, "end": -3600}), "notice-expired")
        self.assert_not_added(late.card_file({"end": 800 * 86400}), "note-malformed", "invalid-argument")

    def test_a_card_that_goes_back_forks_or_does_not_follow(self):
        who = Identity("chain.example")
        first = who.card()
        second = who.card(serial=2, previous=b64(H(first)))
        self.known(who, serial=2, previous=b64(H(first)))
        held = next(c for c in self.a.listed("contacts") if c["agency"] == who.agency)
        self.assertEqual(held["serial"], 2)
        self.assert_not_added(first + b"=====\n" + who.notice(), "card-serial-lower")
        self.assert_not_added(who.card(serial=2, previous=b64(bytes(32))) + b"=====\n" + who.notice(), "card-fork")
        self.assert_not_added(who.card(serial=3, previous=b64(bytes(32))) + b"=====\n" + who.notice(serial=2), "card-chain-broken")
        thief = Identity(who.agency)
        self.assert_not_added(thief.card(serial=3, previous=b64(H(second))) + b"=====\n" + thief.notice(serial=2), "card-chain-broken")
        self.assert_not_added(thief.card(serial=9, previous=b64(bytes(32))) + b"=====\n" + thief.notice(serial=2), "card-chain-broken")

    def test_a_notice_that_goes_back_or_forks(self):
        who = Identity("bulletin.example")
        card = who.card()
        path = self.folder / "bulletin.tmp"
        path.write_bytes(card + b"=====\n" + who.notice(serial=5))
        self.a.cli("contact", "add", path)
        self.assert_not_added(card + b"=====\n" + who.notice(serial=4), "notice-serial-lower")
        self.assert_not_added(card + b"=====\n" + who.notice(serial=5, end=43200), "notice-fork")

    def test_a_successor_with_a_new_root_signed_by_both_makes_a_stranger_until_compared_again(self):
        old = Identity("renew.example")
        first = old.card()
        path = self.folder / "renew.tmp"
        path.write_bytes(first + b"=====\n" + old.notice())
        number = self.a.cli("contact", "add", path)["safety_number"]
        self.a.cli("contact", "verify", old.agency, "--safety-number", number)
        new = Identity(old.agency)
        text = new.card(serial=2, previous=b64(H(first)))
        text += inside.sign(text.rpartition(b"\n\n")[0] + b"\n", old.name("root-1"), old.keys["root-1"]).rpartition(b"\n\n")[2]
        path.write_bytes(text + b"=====\n" + new.notice(serial=2))
        made = self.a.cli("contact", "add", path)
        self.assertEqual((made["state"], made["serial"]), ("stranger", 2))
        self.assertNotEqual(made["safety_number"], number)
        self.assertEqual(self.a.refused("contact", "verify", old.agency, "--safety-number", number), "safety-number-mismatch")

    def test_a_contact_that_was_removed_can_be_added_again(self):
        who = Identity("again.example")
        path = self.folder / "again.tmp"
        path.write_bytes(who.card_file())
        for _ in range(2):
            self.assertEqual(self.a.cli("contact", "add", path)["state"], "stranger")
            self.assertEqual(self.a.cli("contact", "remove", who.agency)["state"], "removed")
        self.assertIsNone(self.a.state(who.agency))

    def test_revocations_that_are_not_the_agencys_own(self):
        who, other = Identity("revoke.example"), Identity("other.example")
        self.known(who)
        for octets in (Identity(who.agency).revocation("sign-1"), other.revocation("sign-1"),
                       who.revocation("sign-1", signed_by="sign-1"), who.revocation("sign-1")[:-10]):
            self.assert_not_added(octets, "signature-invalid", "unknown-agency", "note-malformed")
        self.assertEqual(self.a.state(who.agency), "stranger")


class Revoked(PairTest):
    def test_the_revocation_of_a_root_stops_all_exchange_at_once_and_for_good(self):
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        self.a.wait_connected(self.b)
        made = self.a.cli("contact", "add", self.b.root / "revoke-root-1")
        self.assertEqual(made["state"], "revoked")
        wait_for(lambda: not self.a.connected(self.b), "the connection to be cut")
        wait_for(lambda: not self.b.connected(self.a), "the other side to see it")
        size = len(self.a.listed("inbox"))
        self.assert_no_trace(self.a, lambda: self.a.refused("file", "--to", self.b.desk, "--kind", "urgent", "--send", PHISH), "revoked")
        self.assert_no_trace(self.a, lambda: self.a.refused("contact", "verify", self.b.agency, "--safety-number",
                                                            self.b.made["safety_number"]), "revoked")
        self.assert_no_trace(self.a, lambda: self.a.refused("contact", "remove", self.b.agency), "revoked")
        late = self.b.send(self.a.desk)["referral"]
        self.a.restart()
        self.assertEqual(self.a.state(self.b.agency), "revoked")
        self.assertEqual(self.b.messages(late)[0]["state"], "sent")
        self.assertEqual(len(self.a.listed("inbox")), size)
        before = self.a.traces()
        self.a.cli("contact", "add", self.b.root / "revoke-root-1")
        self.assertEqual(self.a.traces(), before, "the same revocation again changes nothing")
        self.assert_sound(self.a, self.b)


class RevokedSigningKey(PairTest):
    def test_nothing_signed_by_a_revoked_key_is_taken(self):
        self.a.cli("contact", "add", self.b.root / "revoke-sign-1")
        self.assertEqual(self.a.state(self.b.agency), "suspended", "it has no other key to sign with")
        self.b.send(self.a.desk)
        self.assertEqual(self.a.refused("file", "--to", self.b.desk, "--kind", "urgent", "--send", PHISH), "suspended")
        number = self.b.cli("card", "show")["safety_number"]
        self.assertEqual(self.a.refused("contact", "verify", self.b.agency, "--safety-number", number), "key-revoked")
        self.assertEqual(self.a.listed("inbox"), [])


class Suspended(PairTest):
    def test_a_suspended_agency_gets_nothing_and_gives_nothing_until_it_is_verified_again(self):
        self.a.cli("contact", "suspend", self.b.agency)
        wait_for(lambda: not self.a.connected(self.b), "the connection to be cut")
        self.assert_no_trace(self.a, lambda: self.a.refused("file", "--to", self.b.desk, "--kind", "urgent", "--send", PHISH), "suspended")
        late = self.b.send(self.a.desk)["referral"]
        self.assertEqual(self.a.listed("inbox"), [])
        self.a.verify(self.b)
        self.b.wait_delivered(late)
        self.assertEqual([item["referral"] for item in self.a.listed("inbox")], [late])


@needs_root
class Operators(PairTest):
    """Colleagues let in as docs/operations.md says: a socket outside the home, for a group. Who in it may do what is then decided by the
    configuration alone."""

    GROUP = grp.getgrnam("users")
    CLERK = 12345

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder.chmod(0o755)
        cls.place = cls.folder / "run"
        cls.place.mkdir(mode=0o755)
        config = cls.a.home / "config.toml"
        text = config.read_text()
        for before, after in (('socket = "control.sock"', f'socket = "{cls.place}/a.sock"'), ('group = ""', f'group = "{cls.GROUP.gr_name}"')):
            assert before in text
            text = text.replace(before, after)
        text += f'''
[[operator]]
id = "clerk-9"
name = "Carl Clerk"
position = "Clerk"
uid = {cls.CLERK}
roles = ["clerk"]
desks = ["*"]
'''
        config.write_text(text)
        cls.a.stop()
        cls.a.socket_path = cls.place / "a.sock"
        cls.a.start()
        cls.a.wait_connected(cls.b)
        # The programs, where another account can run them.
        shutil.copy(BIN / "lapx", cls.place / "lapx")

    def as_user(self, uid, *args, groups=None):
        command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", f"--groups={groups or self.GROUP.gr_gid}", self.place / "lapx", "--socket",
                   self.place / "a.sock", "--json", *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout or "{}")

    def test_the_socket_is_for_the_group_alone(self):
        self.assertEqual(self.as_user(self.CLERK, "inbox")[0], 0)
        code, answer = self.as_user(self.CLERK, "inbox", groups=self.CLERK)
        self.assertEqual((code, answer["error"]["code"]), (1, "not-permitted"))
        self.assertIn("[control] group", answer["error"]["hint"])

    def test_an_account_that_is_no_operator_may_do_nothing(self):
        before = self.a.traces()
        for args in (("status",), ("inbox",), ("ledger", "head"), ("contact", "list"), ("file", "--to", self.b.desk, "--send", "/etc/hostname"),
                     ("contact", "suspend", self.b.agency)):
            code, answer = self.as_user(NOBODY, *args)
            self.assertEqual((code, answer["error"]["code"]), (1, "not-permitted"), args)
        self.assertEqual(self.a.traces(), before)

    def test_an_operator_may_do_what_the_role_says_and_the_rest_is_refused_and_recorded(self):
        self.assertEqual(self.as_user(self.CLERK, "inbox")[0], 0)
        code, made = self.as_user(self.CLERK, "file", "--to", self.b.desk, "--kind", "information", "--send", "/dev/stdin")
        entries = len(inside.entries(self.a))
        for args in (("contact", "suspend", self.b.agency), ("contact", "add", "/etc/hostname"), ("ledger", "export", "-o", "/tmp/x-nowhere")):
            code, answer = self.as_user(self.CLERK, *args)
            self.assertEqual((code, answer["error"]["code"]), (1, "not-permitted"), args)
        self.assertEqual(self.a.state(self.b.agency), "verified")
        kinds = [re.search(rb"\nkind (\S+)\n", entry)[1] for entry in inside.entries(self.a)[entries:]]
        self.assertEqual(set(kinds), {b"refused"})

    def test_a_clerk_cannot_release_alone(self):
        status, draft = self.a.call("POST", "drafts", {"to": [self.b.desk], "kind": "information",
                                                       "set": {"conduct": "fraud:phishing smtp", "seen": "2026-11-21T08:14:09Z"}})
        self.assertEqual(status, 200, draft)
        code, answer = self.as_user(self.CLERK, "approve", draft["referral"])
        self.assertEqual((code, answer["error"]["code"]), (1, "not-permitted"))
        self.assertEqual(self.as_user(self.CLERK, "send", draft["referral"])[1]["error"]["code"], "wrong-state")
        self.a.cli("discard", draft["referral"])


class Starting(unittest.TestCase):
    """A node that is not as it should be does not start, and says why."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.node = Node(self.folder, "opta.example")

    def assert_starts(self):
        self.node.start()
        self.assertEqual(self.node.stop(), 0)

    def test_a_second_node_on_the_same_home(self):
        self.node.start()
        try:
            before = self.node.traces()
            self.assertEqual(self.node.will_not_start(), "home-in-use")
            self.assertEqual(self.node.traces(), before)
        finally:
            self.node.stop()

    def test_a_home_or_secrets_that_others_can_read(self):
        for path in (".", "config.toml", "keys/node.keyring"):
            with self.subTest(path):
                place = self.node.home / path
                mode = place.stat().st_mode
                for bit in (0o040, 0o004):
                    place.chmod(mode | bit)
                    self.assertEqual(self.node.will_not_start(), "unsafe-permissions")
                place.chmod(mode)
        self.node.keyfile.chmod(0o644)
        self.assertEqual(self.node.will_not_start(), "unsafe-permissions")
        self.node.keyfile.chmod(0o600)
        self.assert_starts()

    @needs_root
    def test_a_home_of_another_account(self):
        os.chown(self.node.home, NOBODY, NOBODY)
        self.assertEqual(self.node.will_not_start(), "unsafe-permissions")

    def test_a_database_of_a_newer_version(self):
        self.assert_starts()
        with closing(sqlite3.connect(self.node.home / "lapx.db")) as database:
            version, = database.execute("PRAGMA user_version").fetchone()
            database.execute(f"PRAGMA user_version = {version + 1}")
            database.commit()
        self.assertEqual(self.node.will_not_start(), "database-newer")
        with closing(sqlite3.connect(self.node.home / "lapx.db")) as database:
            database.execute(f"PRAGMA user_version = {version}")
            database.commit()
        self.assert_starts()

    def test_a_database_that_is_none(self):
        self.assert_starts()
        for path in self.node.home.glob("lapx.db*"):
            path.write_bytes(secrets.token_bytes(20000))
        self.assertEqual(self.node.will_not_start(), "database-broken")

    def test_a_key_file_or_keyring_that_does_not_fit(self):
        good = self.node.keyfile.read_text()
        self.node.keyfile.write_text("0" * 64 + "\n")
        self.assertEqual(self.node.will_not_start(), "passphrase-wrong")
        self.node.keyfile.write_text("no key\n")
        self.assertEqual(self.node.will_not_start(), "key-invalid")
        self.node.keyfile.write_text(good)
        ring = self.node.home / "keys/node.keyring"
        octets = ring.read_bytes()
        ring.write_bytes(octets[:-30])
        self.assertEqual(self.node.will_not_start(), "key-invalid")
        ring.write_bytes(octets)
        self.assert_starts()

    def test_a_configuration_that_is_not_as_documented(self):
        config = self.node.home / "config.toml"
        good = config.read_text()
        for change in (good + "\nunknown = 1\n", good.replace('agency = "opta.example"', 'agency = "other.example"'), good.replace("[keys]", "[kyes]"),
                       good.replace('"info"', '"loud"'), good[:good.index('"info"') + 3], "", "\0\0\0", good.replace('"clerk"', '"king"')):
            config.write_text(change)
            self.assertEqual(self.node.will_not_start(), "config-invalid")
        config.write_text(good)
        self.assert_starts()

    def test_a_card_that_is_not_this_nodes(self):
        (self.node.home / "card").write_bytes(Identity("opta.example").card_file())
        self.assertEqual(self.node.will_not_start(), "key-invalid")
        (self.node.home / "card").write_bytes(b"no card")
        self.assertEqual(self.node.will_not_start(), "note-malformed")

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.node.port))
            taken.listen()
            self.node.will_not_start()
        self.assert_starts()

    def test_init_never_overwrites(self):
        before = {path: path.read_bytes() for path in self.node.home.rglob("*") if path.is_file()}
        code, out, _ = self.node.run("init", "--agency", "other.example", "--name", "x", "--country", "NL", "--sector", "government",
                                     "--desk", "spam", "--root", self.folder / "other-root", "--sandbox", "--listen", "127.0.0.1:1")
        self.assertNotEqual(code, 0)
        self.assertEqual({path: path.read_bytes() for path in self.node.home.rglob("*") if path.is_file()}, before)


class Passphrase(unittest.TestCase):
    def test_a_wrong_passphrase_does_not_open_the_keyring_and_the_right_one_does(self):
        folder = Path(tempfile.mkdtemp(prefix="lapx-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        right, wrong = folder / "right", folder / "wrong"
        right.write_text("correct horse battery staple\n")
        wrong.write_text("correct horse battery stable\n")
        for path in (right, wrong):
            path.chmod(0o600)
        node = Node(folder, "opta.example", extra=("--passphrase-file", right), sandbox=False)
        self.assertEqual(node.will_not_start(("--passphrase-file", wrong)), "passphrase-wrong")
        node.start(args=("--passphrase-file", right))
        self.assertEqual(node.stop(), 0)


class Network(PairTest):
    """What anybody on the network can throw at the port; deliveries go on meanwhile."""

    def assert_deliveries_go_on(self):
        size = self.b.size()
        for _ in range(2):
            self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        self.assertEqual(self.b.size(), size + 2, "strangers' bytes leave no entry")

    def raw(self, octets):
        connection = socket.create_connection(("127.0.0.1", self.b.port), timeout=5)
        self.addCleanup(connection.close)
        try:
            connection.sendall(octets)
        except OSError:
            pass  # it hung up, which is as good an answer
        return connection

    def test_garbage_and_other_protocols(self):
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + b"\0" + bytes(31)
        null = greeting.replace(b"CURVE", b"NULL\0")
        for octets in (b"", b"\0" * 10000, secrets.token_bytes(100_000), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" * 100,
                       b"SSH-2.0-OpenSSH_9.2\r\n", greeting, greeting + secrets.token_bytes(2000), greeting + b"\x04\xc8\x05HELLO" + bytes(194),
                       null + b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER", b"\xff" * 64, greeting[:30]):
            self.raw(octets)
        self.assert_deliveries_go_on()

    def test_zeromq_without_curve(self):
        plain = evil.Dealer(self.b.port)
        self.addCleanup(plain.close)
        for _ in range(10):
            plain.send(b"x" * 1000)
        self.assert_deliveries_go_on()
        self.assertIsNone(plain.receive(0.1))

    def test_zeromq_with_a_curve_key_that_nobody_admitted(self):
        server = evil.Peer(self.a, self.b).server
        dealers = [evil.Dealer(self.b.port, server, secrets.token_bytes(32)) for _ in range(20)]
        for dealer in dealers:
            self.addCleanup(dealer.close)
            dealer.send(evil.hello_frame(b"card", b"notice"))
        self.assert_deliveries_go_on()
        self.assertTrue(all(dealer.receive(0.01) is None for dealer in dealers))

    def test_a_wrong_server_key(self):
        dealer = evil.Dealer(self.b.port, evil.nacl.bindings.crypto_scalarmult_base(secrets.token_bytes(32)),
                             inside.secrets_of(self.a)["curve"])
        self.addCleanup(dealer.close)
        dealer.send(b"x")
        self.assert_deliveries_go_on()
        self.assertIsNone(dealer.receive(0.01))

    def test_many_connections_that_say_nothing(self):
        for _ in range(300):
            self.raw(b"")
        self.assert_deliveries_go_on()

    def test_the_ledgers_still_verify_after_all_that(self):
        self.assert_sound(self.a, self.b)


if __name__ == "__main__":
    unittest.main()
