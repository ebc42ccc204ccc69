"""What is withheld is not there, cannot be guessed, and where it is withheld silently cannot be told from what never was:
docs/protocol.md 4."""

import re
import struct
import unittest

from harness import PairTest

import inside
from dossier import item_digest, parse_cover, parse_manifest
from flat import Flat

SECRETS = {
    "suspect": "suspect; Xavier-Undisclosed; XU-4711-secret",
    "scale": "complaints=412 messages=90210 estimated",
    "provenance": "The partner nobody may know; ref 99-confidential",
    "legal-advice": "privileged words of counsel",
    "grading": "B3",
}
OPEN = {"facts": "These words of the facts are for the recipient."}


class Parcels(PairTest):
    """The recipient is down, so that each parcel waits in the sender's outbox and can be looked at as it will travel."""

    options = {"b": {"desks": ("spam", "fraud")}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.b.stop()

    def file(self, *args, to=None):
        """Files a referral; gives its id, and of the parcels it made: octets, plaintext, fields, cover."""
        before = set(inside.queued_parcels(self.a))
        referral = self.a.send(to or self.b.desk, *args)["referral"]
        made = []
        for ident, sealed in inside.queued_parcels(self.a).items():
            if ident not in before:
                made.append(self.opened(sealed))
        return referral, made

    def opened(self, sealed):
        for desk in ("spam", "fraud"):
            try:
                plain = inside.age_open(inside.secrets_of(self.b)[f"desk-{desk}"], sealed)
            except inside.Unreadable:
                continue
            fields = inside.parse_parcel(plain)
            return sealed, plain, fields, parse_cover(fields["cover"])
        self.fail("no desk of the recipient opens the parcel")

    def test_withheld_words_are_nowhere_in_the_parcel_and_disclosed_ones_are(self):
        args = [word for label, value in {**SECRETS, **OPEN}.items() for word in ("--set", f"{label}={value}")]
        referral, ((sealed, plain, fields, cover),) = self.file(
            *args, "--withhold", "scale=commercially-sensitive", "--withhold", "exhibit=prejudices-investigation")
        self.assertTrue(OPEN["facts"].encode() in plain)
        octets = inside.parts_of(self.a, referral)[2]
        manifest = parse_manifest(fields["manifest"])
        shown = cover.view.disclosed()
        for secret in (b"Xavier-Undisclosed", b"XU-4711-secret", b"The partner nobody", b"99-confidential",
                       b"privileged words", struct.pack("<q", 412), struct.pack("<q", 90210), b"phish-bank.eml",
                       b"klantenservice@bank.example", b"v.dejong"):
            self.assertTrue(any(secret in octets[n] for n in octets if n not in shown), f"{secret} is in no withheld item")
            self.assertFalse(secret in plain, secret)
        for n, (label, _) in manifest.items.items():
            if n in shown:
                self.assertTrue(octets[n] in plain, f"item {n} ({label}) is disclosed, yet missing")
            else:
                self.assertFalse(octets[n] in plain, f"item {n} ({label}) is withheld, yet there")
        self.assertFalse(fields["exhibits"])

    def test_no_salt_of_a_withheld_item_is_in_the_parcel(self):
        referral, ((_, plain, _, cover),) = self.file()
        octets = inside.parts_of(self.a, referral)[2]
        for n, item in octets.items():
            flat = Flat(item)
            at = flat.slots(flat.follow(0))[0]
            self.assertEqual(item[at:at + 32] in plain, n in cover.view.disclosed(), f"item {n}")

    def test_the_mail_itself_stays_here_unless_somebody_discloses_it(self):
        _, ((_, _, fields, cover),) = self.file()
        self.assertFalse(fields["exhibits"])
        self.assertEqual(cover.view.exhibits, {})

    def test_a_withheld_exhibit_leaves_no_trace_and_a_disclosed_one_opens_with_the_identity_in_the_parcel(self):
        mail = (inside.SAMPLES / "phish-bank.eml").read_bytes()
        _, ((_, plain, fields, cover),) = self.file("--disclose", "exhibit")
        exhibit, = fields["exhibits"]
        self.assertEqual(inside.age_open(exhibit["identity"], exhibit["sealed"]), mail)
        self.assertEqual(list(cover.view.exhibits), [exhibit["number"]])
        _, ((_, less, fields, cover),) = self.file("--disclose", "exhibit", "--withhold", "exhibit=confidential")
        self.assertFalse(fields["exhibits"])
        self.assertEqual(cover.view.exhibits, {})
        self.assertLess(len(less), len(plain))

    def test_privileged_advice_stays_even_when_somebody_permits_its_disclosure(self):
        status, draft = self.a.call("POST", "drafts", {
            "to": [self.b.desk], "kind": "information", "set": {"legal-advice": SECRETS["legal-advice"],
            "conduct": "fraud:phishing smtp", "seen": "2026-11-21T08:14:09Z"}, "disclose": ["legal-advice"]})
        self.assertEqual(status, 200, draft)
        shown = self.a.cli("preview", draft["referral"], "--as", self.b.desk)
        self.assertNotIn("legal-advice", [item["label"] for item in shown["disclosed"]])
        self.assertNotIn("privileged words", str(shown))
        self.a.cli("discard", draft["referral"])

    def test_another_recipient_is_not_named_and_each_gets_what_is_meant_for_it_only(self):
        referral = self.a.file(["spam@acma.example", "fraud@acma.example"], "--set", f"facts={OPEN['facts']}")["referral"]
        self.a.cli("withhold", referral, "facts", "--reason", "out-of-mandate", "--from", "fraud@acma.example")
        before = set(inside.queued_parcels(self.a))
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        plain = {}
        for ident, sealed in inside.queued_parcels(self.a).items():
            if ident not in before:
                _, octets, _, cover = self.opened(sealed)
                plain[cover.to] = octets
        self.assertEqual(set(plain), {"spam@acma.example", "fraud@acma.example"})
        self.assertIn(OPEN["facts"].encode(), plain["spam@acma.example"])
        self.assertNotIn(OPEN["facts"].encode(), plain["fraud@acma.example"])
        self.assertNotIn(b"fraud@acma.example", plain["spam@acma.example"])
        self.assertNotIn(b"spam@acma.example", plain["fraud@acma.example"])

    def test_a_recipient_who_tries_all_values_of_a_withheld_number_cannot_confirm_any(self):
        referral, ((_, _, fields, cover),) = self.file("--set", "scale=complaints=412 estimated",
                                                       "--withhold", "scale=commercially-sensitive")
        manifest = parse_manifest(fields["manifest"])
        number = next(n for n, (label, _) in manifest.items.items() if label == "scale")
        committed = manifest.items[number][1]
        true = inside.parts_of(self.a, referral)[2][number]
        value_at, salt_at = true.index(struct.pack("<q", 412)), self.salt_at(true)

        def guess(complaints, salt):
            octets = bytearray(true)
            octets[value_at:value_at + 8] = struct.pack("<q", complaints)
            octets[salt_at:salt_at + 32] = salt
            return item_digest(bytes(octets))

        true_salt = true[salt_at:salt_at + 32]
        self.assertEqual(guess(412, true_salt), committed, "the control: who had the salt could confirm the value")
        self.assertEqual([n for n in range(1000) if guess(n, true_salt) == committed], [412])
        known = {bytes(32), committed, *(digest for _, digest in manifest.items.values())}
        known |= {item["octets"][self.salt_at(item["octets"]):][:32] for item in fields["items"]}
        self.assertNotIn(true_salt, known)
        for salt in known:
            for complaints in range(1000):
                self.assertNotEqual(guess(complaints, salt), committed)

    def salt_at(self, octets):
        flat = Flat(octets)
        return flat.slots(flat.follow(0))[0]

    def test_salts_are_never_used_twice(self):
        salts = []
        for _ in range(2):
            referral, _ = self.file()
            for octets in inside.parts_of(self.a, referral)[2].values():
                salts.append(octets[self.salt_at(octets):][:32])
        self.assertGreater(len(salts), 90)
        self.assertEqual(len(set(salts)), len(salts))

    def shape(self, *args):
        """All that the recipient, or somebody who reads the sender's public log, can measure of one referral."""
        entries = len(inside.entries(self.a))
        _, ((sealed, plain, fields, _),) = self.file(*args)
        new = inside.entries(self.a)[entries:]
        return inside.shape_of(sealed, plain, fields) | {"entries": [len(entry) for entry in new],
                                                         "kinds": [re.search(rb"\nkind (\S+)\n", entry)[1] for entry in new]}

    def test_a_silently_withheld_item_and_an_absent_one_cannot_be_told_apart(self):
        cases = {
            "five suspects, withheld by the policy": ((), ("--set", f"suspect={SECRETS['suspect']}",
                                                           *(f for n in range(4) for f in ("--set", f"suspect=suspect; Another-{n}")))),
            "grading, withheld by the policy": ((), ("--set", f"grading={SECRETS['grading']}")),
            "legal advice": ((), ("--set", "legal-advice=" + 500 * "x")),
        }
        for what, (without, with_it) in cases.items():
            with self.subTest(what):
                absent, silent = self.shape(*without), self.shape(*with_it)
                self.assertEqual(absent, silent)
                self.assertEqual(absent["kinds"], [b"approved", b"decided", b"sent"])

    def test_an_item_withheld_silently_by_a_person_and_one_that_was_removed_cannot_be_told_apart(self):
        shapes = []
        for change in ({"set": {"facts": ""}},
                       {"withhold": [{"item": "facts", "reason": "confidential", "show": "silent"}]}):
            entries, before = len(inside.entries(self.a)), set(inside.queued_parcels(self.a))
            referral = self.a.file(self.b.desk)["referral"]
            self.assertEqual(self.a.call("PATCH", f"referrals/{referral}", change)[0], 200)
            self.a.cli("approve", referral)
            self.a.cli("send", referral)
            sealed, = [octets for ident, octets in inside.queued_parcels(self.a).items() if ident not in before]
            _, plain, fields, cover = self.opened(sealed)
            shapes.append((inside.content_size(sealed, plain, fields), len(fields["cover"]), len(fields["manifest"]), cover.view.items,
                           [len(entry) for entry in inside.entries(self.a)[entries:]]))
        self.assertEqual(*shapes)

    def test_the_senders_own_record_says_what_was_withheld_and_why(self):
        referral, _ = self.file("--set", f"suspect={SECRETS['suspect']}", "--withhold", "scale=commercially-sensitive",
                                "--set", "scale=complaints=3")
        shown = self.a.cli("show", referral)
        withheld = {(w["label"], w["reason"], w["shown"]) for w in shown["withheld"]}
        self.assertLessEqual({("suspect", "confidential", "silent"), ("scale", "commercially-sensitive", "reason")}, withheld)
        self.assertIn("Xavier-Undisclosed", str(shown["items"]))

    def test_case_content_and_secrets_are_in_no_log_and_not_readable_in_the_database(self):
        self.file("--set", f"facts={OPEN['facts']}", "--set", f"suspect={SECRETS['suspect']}")
        secrets = inside.secrets_of(self.a).values()
        for path in self.a.home.glob("lapx.db*"):
            octets = path.read_bytes()
            for words in (b"Xavier-Undisclosed", OPEN["facts"].encode(), b"account-check", *secrets):
                self.assertFalse(words in octets, (path.name, words))
        for words in ("Xavier-Undisclosed", OPEN["facts"], "account-check"):
            self.assertNotIn(words, self.a.log())


if __name__ == "__main__":
    unittest.main()
