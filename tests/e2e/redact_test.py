"""Telling less: a derivative in the place of a withheld item, and a recipient to whom nothing goes at all."""

import shutil
import tempfile
import unittest
from pathlib import Path

from harness import Node

import inside
from ledger import parse_decided

FACTS = "The very words of the complainant."
LESS = "Somebody complained."
SCALE = "complaints=412"
REASON = ("--reason", "prejudices-investigation", "--show", "category")
MANDATE = ("--reason", "out-of-mandate")


def value(shown, label):
    return next((item["value"] for item in shown["items"] if item["label"] == label), None)


def told(shown):
    return {item["label"]: item["reason"] for item in shown["withheld"]}


class Telling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="lapx-redact-"))
        cls.addClassCleanup(lambda: shutil.rmtree(cls.folder, ignore_errors=True))
        cls.a, cls.b, cls.c = (Node(cls.folder, agency, country).start()
                               for agency, country in (("opta.example", "NL"), ("acma.example", "AU"), ("ftc.example", "US")))
        cls.addClassCleanup(lambda: [node.kill() for node in (cls.a, cls.b, cls.c)])
        for other in (cls.b, cls.c):
            cls.a.know(other)
            other.know(cls.a)
            cls.a.wait_connected(other)
            other.wait_connected(cls.a)

    def draft(self, *args):
        return self.a.file([self.b.desk, self.c.desk], "--set", f"facts={FACTS}", "--set", f"scale={SCALE}", *args)["referral"]

    def release(self, referral):
        self.a.cli("approve", referral)
        return self.a.cli("send", referral)

    def delivered(self, referral):
        self.release(referral)
        self.a.wait_delivered(referral)

    def numbers(self, referral):
        """Label → numbers of the items of that label that are there."""
        out = {}
        for item in self.a.cli("show", referral)["items"]:
            out.setdefault(item["label"], []).append(item["item"])
        return out

    def records(self, referral):
        return [one for one in (parse_decided(text.encode()) for text in inside.decided_records(self.a)) if str(one["referral"]) == referral]

    def assert_sound(self):
        for node in (self.a, self.b, self.c):
            self.assertEqual(node.cli("ledger", "verify")["problems"], [])
            self.assertEqual(node.cli("audit", "check")["problems"], [])

    def test_a_derivative_goes_in_the_place_of_its_original_and_is_linked_to_it_inwardly(self):
        referral = self.draft()
        drafted = self.a.cli("redact", referral, "facts", "-m", LESS, *REASON, "--basis", "Tw 18.7", "--from", self.b.desk)
        number = self.numbers(referral)
        derivative, = (item for item in drafted["items"] if item["label"] == "redacted" and item["present"])
        self.assertEqual((derivative["item"], derivative["original"]), (number["redacted"][0], number["facts"][0]))
        self.delivered(referral)
        got = self.b.cli("show", referral)
        self.assertEqual((value(got, "facts"), value(got, "redacted")), (None, f"facts; {LESS}"))
        self.assertEqual(told(got)["facts"], "proceedings")
        other = self.c.cli("show", referral)
        self.assertEqual((value(other, "facts"), value(other, "redacted")), (FACTS, None))
        self.assertNotIn("redacted", told(other), "who gets the original does not learn of the derivative")
        folder = self.folder / "bundle"
        self.b.cli("show", referral, "--bundle", folder)
        self.assertEqual(self.b.cli("verify", folder)["problems"], [])
        self.assertNotIn(FACTS.encode(), b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()))
        audited = {one["to"]: {item["item"]: item for item in one["items"]} for one in self.a.cli("audit", referral)["recipients"]}
        for desk, dispositions in ((self.b.desk, ("withheld", "disclosed")), (self.c.desk, ("disclosed", "withheld"))):
            items = audited[desk]
            original, redacted = items[number["facts"][0]], items[number["redacted"][0]]
            self.assertEqual((original["disposition"], redacted["disposition"]), dispositions)
            self.assertEqual((original["original"], redacted["original"]), (None, number["facts"][0]))
        self.assertEqual(audited[self.b.desk][number["facts"][0]]["basis"], "Tw 18.7")
        for record in self.records(referral):
            self.assertEqual(record["derived"], {number["redacted"][0]: number["facts"][0]})
        self.assert_sound()

    def test_it_follows_its_original_through_edits_and_goes_with_it(self):
        referral = self.draft()
        self.a.cli("edit", referral, "--set", "indicator=domain a.example", "--set", "indicator=domain b.example")
        self.a.cli("redact", referral, "indicator:2", "-m", "a domain in Europe", *REASON)
        self.a.cli("edit", referral, "--set", "indicator=domain b.example", "--set", "indicator=domain a.example")

        def pairs():
            items = {item["item"]: item for item in self.a.call("GET", f"referrals/{referral}")[1]["items"]}
            drafted = self.a.cli("edit", referral, "--tlp", "AMBER")
            return [(items[item["original"]]["value"], items[item["item"]]["value"]) for item in drafted["items"] if item["original"]]

        self.assertEqual(pairs(), [("domain b.example", "indicator; a domain in Europe")])
        self.a.cli("redact", referral, "facts", "-m", LESS, *REASON)
        self.assertEqual(len(pairs()), 2)
        self.a.cli("edit", referral, "--set", "indicator=domain a.example", "--set", "indicator=domain x.example")
        self.assertEqual(pairs(), [(FACTS, f"facts; {LESS}")])
        withheld = {item["label"] for item in self.a.cli("preview", referral, "--as", self.b.desk)["withheld"]}
        self.assertIn("indicator", withheld, "what came in the place of the original stays here")
        self.a.cli("edit", referral, "--unset", "redacted")
        self.assertEqual(pairs(), [])

    def test_what_cannot_be_redacted_is_refused_and_changes_nothing(self):
        referral = self.draft()
        before = self.a.cli("show", referral)
        for code, args in (("silence-shows", ("facts", "-m", LESS, "--reason", "confidential", "--show", "silent")),
                           ("unknown-item", ("grading", "-m", LESS, *REASON)),
                           ("unknown-item", ("colour", "-m", LESS, *REASON)),
                           ("unknown-reason", ("facts", "-m", LESS, "--reason", "because")),
                           ("no-recipient", ("facts", "-m", LESS, *REASON, "--from", "spam@nobody.example")),
                           ("invalid-argument", ("facts", *REASON)),
                           ("invalid-argument", ("indicator", "-m", LESS, *REASON)),
                           ("invalid-argument", ("redacted:1", "-m", LESS, *REASON))):
            self.assertEqual(self.a.refused("redact", referral, *args), code, args)
        self.assertEqual(self.a.refused("edit", referral, "--set", "redacted=facts; made up"), "invalid-argument")
        self.assertEqual(self.a.cli("show", referral), before)
        self.a.cli("redact", referral, "facts", "-m", LESS, *REASON)
        self.delivered(referral)
        self.assertEqual(self.a.refused("redact", referral, "scale", "-m", LESS, *REASON), "wrong-state")

    def test_a_redaction_voids_the_approval(self):
        referral = self.draft()
        self.a.cli("approve", referral)
        self.a.cli("redact", referral, "facts", "-m", LESS, *REASON)
        self.assertEqual(self.a.refused("send", referral), "wrong-state")

    def test_a_later_disclosure_and_a_correction_of_what_was_redacted(self):
        referral = self.draft()
        self.a.cli("redact", referral, "facts", "-m", LESS, *REASON)
        self.delivered(referral)
        for verb, *args in (("disclose", "--item", "facts", "--to", self.b.desk, "--basis", "Order 12/2026"), ("correct", "--set", f"scale={SCALE}")):
            self.a.cli(verb, referral, *args, "--send")
            self.a.wait_delivered(referral)
            shown = self.b.cli("show", referral)
            self.assertEqual(value(shown, "facts"), FACTS)
            self.assertEqual(value(shown, "redacted"), f"facts; {LESS}" if verb == "disclose" else None)
        self.assertEqual(value(self.c.cli("show", referral), "redacted"), f"facts; {LESS}")
        self.assert_sound()

    def test_nothing_goes_to_a_desk_that_all_is_withheld_from_and_nobody_learns_of_it(self):
        referral = self.draft("--disclose", "addressees")
        drafted = self.a.cli("withhold", referral, "--wholly", "--from", self.c.desk, *MANDATE, "--basis", "Tw 18.7")
        self.assertEqual(drafted["wholly_withheld"], [{"to": self.c.desk, "reason": "out-of-mandate"}])
        preview = self.a.cli("preview", referral, "--as", self.c.desk)
        self.assertEqual((preview["wholly_withheld"], preview["disclosed"]), (True, []))
        size, came = self.a.size(), len(self.c.listed("inbox"))
        sent = self.release(referral)
        self.assertEqual([message["to"] for message in sent["messages"]], [self.b.desk])
        self.a.wait_delivered(referral)
        self.assertEqual(self.a.size(), size + 4, "approved, decided and sent, decided")
        self.assertEqual(len(self.c.listed("inbox")), came)
        self.assertEqual(self.c.refused("show", referral), "unknown-referral")
        got = self.b.cli("show", referral)
        self.assertEqual(value(got, "addressees"), self.b.desk)
        shown = self.a.cli("show", referral)
        self.assertEqual((shown["state"], shown["wholly_withheld"]), ("delivered", drafted["wholly_withheld"]))
        self.assertIn(f"wholly withheld from {self.c.desk}", [event["event"] for event in shown["history"]])
        audited = {one["to"]: one for one in self.a.cli("audit", referral)["recipients"]}
        self.assertEqual(sorted(audited), sorted([self.b.desk, self.c.desk]))
        nothing = audited[self.c.desk]
        self.assertEqual([nothing[key] for key in ("message", "cover", "sent", "receipt", "state")], [None, None, None, None, "withheld"])
        there = [item for item in nothing["items"] if item["disposition"] != "absent"]
        self.assertGreater(len(there), 8)
        self.assertEqual({(item["disposition"], item["reason"], item["shown"], item["basis"]) for item in there},
                         {("withheld", "out-of-mandate", "silent", "Tw 18.7")})
        record, = (one for one in self.records(referral) if one["to"] == self.c.desk)
        self.assertEqual((record["message"], record["cover"]), (None, None))
        summary = self.a.cli("summary", "--from", shown["created"][:10], "--to", "2999-01-01")
        table, = (one for one in summary["tables"] if one["name"] == "wholly withheld")
        self.assertIn("out-of-mandate", [row[0] for row in table["rows"]])
        self.assert_sound()

    def test_where_nothing_goes_to_anybody_it_ends_withheld(self):
        referral = self.draft()
        for node in (self.b, self.c):
            self.a.cli("withhold", referral, "--wholly", "--from", node.desk, *MANDATE)
        size = self.a.size()
        self.assertEqual(self.release(referral)["messages"], [])
        self.assertEqual(self.a.size(), size + 3, "approved and decided twice")
        self.assertEqual(self.a.cli("show", referral)["state"], "withheld")
        self.assertEqual(self.a.row("outbox", referral)["state"], "withheld")
        self.assertIsNone(self.a.row("drafts", referral))
        for verb, *args in (("edit", "--tlp", "RED"), ("discard",), ("withhold", "facts", *MANDATE), ("redact", "facts", "-m", LESS, *REASON)):
            self.assertEqual(self.a.refused(verb, referral, *args), "wrong-state", verb)
        self.assertEqual(self.a.cli("send", referral)["state"], "withheld", "again it is the same")
        self.assertEqual(self.a.size(), size + 3)
        self.assertEqual(self.a.refused("correct", referral, "--set", "facts=x"), "no-recipient")
        self.assertEqual(len(self.a.cli("audit", referral)["recipients"]), 2)
        self.assert_sound()

    def test_all_is_withheld_from_a_named_recipient_only(self):
        referral = self.draft()
        before = self.a.cli("show", referral)
        for code, args in (("no-recipient", ("--from", "spam@nobody.example", *MANDATE)), ("unknown-reason", ("--from", self.c.desk, "--reason", "x"))):
            self.assertEqual(self.a.refused("withhold", referral, "--wholly", *args), code)
        for args in (("--wholly", *MANDATE), ("facts", "--wholly", "--from", self.c.desk, *MANDATE), MANDATE,
                     ("--wholly", "--from", self.c.desk, "--show", "reason", *MANDATE)):
            self.assertEqual(self.a.refused("withhold", referral, *args, expected_exit=2), "invalid-argument", args)
        for body in ({"item": "facts", "from": self.c.desk}, {"show": "reason", "from": self.c.desk}, {}):
            status, answer = self.a.call("POST", f"referrals/{referral}/withhold", {"wholly": True, "reason": "out-of-mandate", **body})
            self.assertEqual((status, answer["error"]["code"]), (400, "invalid-argument"), body)
        self.assertEqual(self.a.cli("show", referral), before)

    def test_the_approval_is_of_the_decision_to_send_nothing(self):
        referral = self.draft()
        self.a.cli("approve", referral)
        self.a.cli("withhold", referral, "--wholly", "--from", self.c.desk, *MANDATE)
        self.assertEqual(self.a.refused("send", referral), "wrong-state")
        self.delivered(referral)
        self.assertEqual([message["to"] for message in self.a.messages(referral)], [self.b.desk])

    def test_a_later_version_goes_to_those_who_hold_it(self):
        referral = self.draft()
        self.a.cli("withhold", referral, "--wholly", "--from", self.c.desk, *MANDATE)
        self.delivered(referral)
        self.assertEqual(self.a.refused("disclose", referral, "--item", "facts", "--to", self.c.desk, "--basis", "Order"), "no-recipient")
        corrected = self.a.cli("correct", referral, "--set", "facts=Better.", "--send")
        self.assertEqual(corrected["to"], [self.b.desk])
        self.a.wait_delivered(referral)
        self.assertEqual(self.c.refused("show", referral), "unknown-referral")


if __name__ == "__main__":
    unittest.main(verbosity=2)
