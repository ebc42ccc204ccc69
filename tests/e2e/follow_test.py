"""What follows a referral: corrections, supplements, withdrawals, later disclosures, questions and answers. All of them are dossiers, and go the
way of a draft."""

import shutil
import tempfile
import unittest
from pathlib import Path

from harness import Node, wait_for

FACTS = "The first words."


def labels(shown, what="items"):
    return {item["label"] for item in shown[what]}


def value(shown, label):
    return next((item["value"] for item in shown["items"] if item["label"] == label), None)


class Following(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="lapx-follow-"))
        cls.addClassCleanup(lambda: shutil.rmtree(cls.folder, ignore_errors=True))
        cls.a, cls.b, cls.c = (Node(cls.folder, agency, country).start()
                               for agency, country in (("opta.example", "NL"), ("acma.example", "AU"), ("ftc.example", "US")))
        cls.addClassCleanup(lambda: [node.kill() for node in (cls.a, cls.b, cls.c)])
        for one, other in ((cls.a, cls.b), (cls.a, cls.c), (cls.b, cls.c)):
            one.know(other)
            other.know(one)
            one.wait_connected(other)
            other.wait_connected(one)

    def sent(self, *args):
        """A referral to both, with its scale withheld."""
        referral = self.a.send([self.b.desk, self.c.desk], "--set", f"facts={FACTS}", "--set", "scale=complaints=412",
                               "--withhold", "scale=commercially-sensitive", *args)["referral"]
        self.a.wait_delivered(referral)
        return referral

    def follow(self, node, verb, referral, *args):
        out = node.cli(verb, referral, *args, "--send")
        node.wait_delivered(out["referral"])
        return out

    def bundle(self, node, referral, *args):
        folder = Path(tempfile.mkdtemp(dir=self.folder)) / "bundle"
        node.cli("show", referral, "--bundle", folder, *args)
        checked = node.cli("verify", folder)
        self.assertEqual(checked["problems"], [])
        return folder

    def test_a_correction_goes_to_everybody_who_holds_the_version_before(self):
        referral = self.sent()
        first = (self.bundle(self.b, referral) / "manifest").read_bytes()
        draft = self.a.cli("correct", referral, "--set", "facts=The right words.")
        self.assertEqual((draft["version"], draft["act"], draft["state"]), (2, "correct", "draft"))
        self.assertEqual(sorted(draft["to"]), sorted([self.b.desk, self.c.desk]))
        self.assertEqual(self.a.refused("correct", referral), "wrong-state")
        self.assertEqual(self.a.refused("edit", referral, "--to", self.b.desk), "invalid-argument")
        self.assertEqual(value(self.b.cli("show", referral), "facts"), FACTS)
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        self.a.wait_delivered(referral)
        for node in (self.b, self.c):
            shown = node.cli("show", referral)
            self.assertEqual((shown["version"], shown["act"], value(shown, "facts")), (2, "correct", "The right words."))
            self.assertEqual([(one["version"], one["act"]) for one in shown["dossiers"]], [(1, "refer"), (2, "correct")])
            self.assertIn("scale", labels(shown, "withheld"))
            self.assertNotIn("scale", labels(shown))
        second = (self.bundle(self.b, referral) / "manifest").read_text()
        self.assertNotEqual(first.decode(), second)
        self.assertIn("\nversion 2\n", second)
        self.assertIn(f"\nsupersedes {self.digest(first)}\n", second)
        self.assertEqual(len(self.a.cli("audit", referral)["recipients"]), 4)
        self.assertEqual(len(self.a.cli("ledger", "prove", referral)["proofs"]), 4)
        self.assertEqual(self.a.cli("show", referral)["dossiers"][1]["state"], "sent")

    @staticmethod
    def digest(octets):
        import base64
        import hashlib
        return base64.b64encode(hashlib.sha256(octets).digest()).decode()

    def test_a_supplement_keeps_what_was_there(self):
        referral = self.sent()
        self.follow(self.a, "supplement", referral, "--set", "grading=B2")
        shown = self.b.cli("show", referral)
        self.assertEqual((shown["act"], value(shown, "facts")), ("supplement", FACTS))
        self.assertIn("grading", labels(self.a.cli("show", referral)))

    def test_after_a_withdrawal_there_is_nothing_to_correct(self):
        referral = self.sent()
        self.assertEqual(self.a.refused("withdraw", referral), "invalid-argument")
        self.follow(self.a, "withdraw", referral, "-m", "It was a test.")
        shown = self.b.cli("show", referral)
        self.assertEqual((shown["act"], value(shown, "facts"), labels(shown)), ("withdraw", "It was a test.", {"facts"}))
        self.assertEqual(self.a.refused("correct", referral, "--set", "facts=x"), "wrong-state")
        self.bundle(self.c, referral)

    def test_a_later_disclosure_is_of_what_was_signed_at_first_and_for_one_recipient(self):
        referral = self.sent()
        first = (self.bundle(self.b, referral) / "manifest").read_bytes()
        order = ("--basis", "Order 12/2026 of the court of Rotterdam")
        self.assertEqual(self.a.refused("disclose", referral, "--item", "scale", "--to", "fraud@acma.example", *order), "no-recipient")
        self.assertEqual(self.a.refused("disclose", referral, "--item", "grading", "--to", self.b.desk, *order), "unknown-item")
        self.assertEqual(self.a.refused("disclose", referral, "--item", "scale", "--to", self.b.desk, expected_exit=2), "invalid-argument")
        self.follow(self.a, "disclose", referral, "--item", "scale", "--to", self.b.desk, *order)
        shown = self.b.cli("show", referral)
        self.assertEqual((shown["version"], shown["act"], value(shown, "scale")), (1, "disclose", "complaints=412"))
        self.assertEqual((self.bundle(self.b, referral) / "manifest").read_bytes(), first)
        self.assertNotIn("scale", labels(self.c.cli("show", referral)))
        audited = self.a.cli("audit", referral)["recipients"]
        self.assertEqual([(one["to"], one["act"]) for one in audited],
                         [(self.b.desk, "refer"), (self.c.desk, "refer"), (self.b.desk, "disclose")])
        scale = [next(item for item in one["items"] if item["label"] == "scale") for one in audited]
        self.assertEqual([item["disposition"] for item in scale], ["withheld", "withheld", "disclosed"])
        self.assertEqual(scale[2]["basis"], order[1])
        # What was disclosed to one stays disclosed to that one, and to nobody else.
        self.follow(self.a, "correct", referral, "--set", "facts=Better words.")
        self.assertIn("scale", labels(self.b.cli("show", referral)))
        self.assertNotIn("scale", labels(self.c.cli("show", referral)))

    def test_no_basis_lets_go_what_is_privileged_and_a_pending_disclosure_is_not_edited(self):
        referral = self.sent("--set", "legal-advice=Do not.")
        order = ("--to", self.b.desk, "--basis", "Order 12/2026")
        before = self.a.size()
        self.assertEqual(self.a.refused("disclose", referral, "--item", "legal-advice", *order), "not-permitted")
        self.assertEqual(self.a.size(), before)
        draft = self.a.cli("disclose", referral, "--item", "scale", *order)
        self.assertEqual(draft["act"], "disclose")
        self.assertEqual(self.a.refused("edit", referral, "--set", "facts=Other."), "wrong-state")
        self.assertEqual(self.a.refused("withhold", referral, "facts", "--reason", "national-law"), "wrong-state")
        self.a.cli("discard", referral)
        self.assertEqual(self.a.cli("show", referral)["act"], "refer")

    def test_an_order_is_for_the_words_it_was_given_for_and_a_later_decision_goes_before_it(self):
        referral = self.a.send([self.b.desk, self.c.desk], "--set", "facts=Old words.", "--set", "scale=complaints=412",
                               "--set", "suspect=suspect; Ann First; A1", "--withhold", "facts=national-law",
                               "--withhold", "scale=commercially-sensitive")["referral"]
        self.a.wait_delivered(referral)
        for item in ("facts", "scale", "suspect"):
            self.follow(self.a, "disclose", referral, "--item", item, "--to", self.b.desk, "--basis", "Order 12/2026")
        self.assertLessEqual({"facts", "scale", "suspect"}, labels(self.b.cli("show", referral)))
        draft = self.a.cli("correct", referral, "--set", "facts=New words.", "--set", "suspect=suspect; Ann First; A1",
                           "--set", "suspect=suspect; Bob Second; B2")
        seen = self.a.cli("preview", referral, "--as", self.b.desk)
        told = [item["value"] for item in seen["disclosed"]]
        self.assertEqual([value for value in told if "words" in value or "Bob" in value], [], draft)
        self.assertIn("scale", {item["label"] for item in seen["disclosed"]})
        self.assertEqual([value for value in told if "Ann" in value], ["suspect; Ann First; A1"])
        self.a.cli("withhold", referral, "scale", "--from", self.b.desk, "--reason", "national-law")
        seen = self.a.cli("preview", referral, "--as", self.b.desk)
        self.assertNotIn("scale", {item["label"] for item in seen["disclosed"]})
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        self.a.wait_delivered(referral)
        for node in (self.b, self.c):
            self.assertNotIn("New words.", str(node.cli("show", referral, "--version", "2")))
            self.assertNotIn("Bob", str(node.cli("show", referral, "--version", "2")))

    def test_what_is_added_under_a_label_takes_a_decision_of_its_own(self):
        referral = self.a.send(self.b.desk, "--set", "suspect=suspect; Ann First; A1", "--disclose", "suspect")["referral"]
        self.a.wait_delivered(referral)
        self.assertIn("Ann", str(self.b.cli("show", referral)))
        self.follow(self.a, "supplement", referral, "--set", "suspect=suspect; Ann First; A1", "--set", "suspect=suspect; Bob Second; B2")
        self.assertIn("Ann", str(self.b.cli("show", referral)))
        self.assertNotIn("Bob", str(self.b.cli("show", referral)))

    def test_questions_and_answers_pass_the_same_preview_and_ledger(self):
        referral = self.sent()
        self.assertEqual(self.b.refused("correct", referral, "--set", "facts=x"), "wrong-state")
        self.assertEqual(self.a.refused("answer", referral, "-m", "To myself"), "wrong-state")
        asked = self.follow(self.b, "clarify", referral, "-m", "Which time zone?")["referral"]
        self.assertNotEqual(asked, referral)
        came = self.a.cli("show", asked)
        self.assertEqual((came["act"], came["case"], came["from"], value(came, "facts")),
                         ("clarify", referral, self.b.desk, "Which time zone?"))
        told = self.follow(self.a, "answer", asked, "-m", "UTC.")["referral"]
        self.assertEqual(value(self.b.cli("show", told), "facts"), "UTC.")
        draft = self.b.cli("answer", referral, "-m", "The page is down.", "--set", "party=suspect; Nemo Nobody",
                           "--withhold", "party=prejudices-investigation")
        self.assertEqual(draft["to"], [self.a.desk])
        answer = draft["referral"]
        preview = self.b.cli("preview", answer, "--as", self.a.desk)
        self.assertEqual({item["label"] for item in preview["withheld"] if item["reason"] == "prejudices-investigation"}, {"party"})
        self.b.cli("approve", answer)
        self.b.cli("send", answer)
        self.b.wait_delivered(answer)
        shown = self.a.cli("show", answer)
        self.assertEqual((value(shown, "facts"), shown["act"]), ("The page is down.", "answer"))
        self.assertNotIn("party", labels(shown))
        self.assertEqual([one["act"] for one in self.a.cli("show", referral)["dossiers"]], ["refer", "clarify", "answer", "answer"])
        self.assertEqual([one["act"] for one in self.c.cli("show", referral)["dossiers"]], ["refer"])
        party = next(item for item in self.b.cli("audit", answer)["recipients"][0]["items"] if item["label"] == "party")
        self.assertEqual((party["disposition"], party["reason"]), ("withheld", "prejudices-investigation"))
        self.bundle(self.a, answer)
        self.follow(self.b, "correct", answer, "--set", "facts=It is down since noon.")
        self.assertEqual(value(self.a.cli("show", answer), "facts"), "It is down since noon.")

    def owed(self, node, what, referral):
        return [one for one in node.cli("due")["items"] if (one["what"], one["referral"]) == (what, referral)]

    def moves(self, node, referral):
        return [(one["move"], one["direction"], one["with"], one["version"]) for one in node.cli("show", referral)["moves"]]

    def wait_move(self, node, referral, move):
        wait_for(lambda: any(one["move"] == move and one["state"] in ("received", "delivered")
                             for one in node.cli("show", referral)["moves"]), f"{move} at {node.agency}")

    def test_a_new_version_is_acknowledged_by_each_recipient_and_is_owed_until_then(self):
        referral = self.sent()
        self.assertEqual(self.a.refused("acknowledge", referral), "wrong-state")
        self.follow(self.a, "correct", referral, "--set", "facts=The right words.")
        self.assertEqual(sorted(one["with"] for one in self.owed(self.a, "acknowledgement", referral)), [self.b.desk, self.c.desk])
        self.assertEqual([one["version"] for one in self.owed(self.b, "acknowledge", referral)], [2])
        said = self.b.cli("acknowledge", referral)
        self.assertEqual((said["move"], said["version"], said["with"]), ("acknowledged", 2, self.a.desk))
        size = self.b.size()
        self.b.cli("acknowledge", referral)
        self.assertEqual(self.b.size(), size)
        self.wait_move(self.a, referral, "acknowledged")
        self.wait_move(self.b, referral, "acknowledged")
        self.assertEqual(self.owed(self.b, "acknowledge", referral), [])
        self.assertEqual([one["with"] for one in self.owed(self.a, "acknowledgement", referral)], [self.c.desk])
        self.assertEqual(self.moves(self.a, referral), [("acknowledged", "in", self.b.desk, 2)])
        self.assertEqual(self.moves(self.c, referral), [])

    def test_a_correction_is_recalled_only_by_those_who_say_so_and_nobody_claims_more(self):
        referral = self.sent()
        self.assertEqual(self.b.refused("recall", referral, "done"), "wrong-state")
        self.follow(self.a, "withdraw", referral, "-m", "It was a test.")
        self.b.cli("recall", referral, "pending")
        self.assertEqual(len(self.owed(self.b, "recall", referral)), 1)
        self.b.cli("recall", referral, "refused")
        self.wait_move(self.a, referral, "recall-refused")
        self.assertEqual(self.owed(self.b, "recall", referral), [])
        self.assertEqual([move for move, *_ in self.moves(self.a, referral)], ["recall-pending", "recall-refused"])

    def test_a_use_is_asked_for_and_granted_or_refused_to_the_one_who_asked(self):
        referral = self.sent()
        self.assertEqual(self.a.refused("consent", "grant", referral, "--to", self.b.desk), "wrong-state")
        self.assertEqual(self.b.refused("consent", "ask", referral), "invalid-argument")
        self.assertEqual(self.b.refused("consent", "ask", referral, "--use", "gossip"), "invalid-argument")
        self.b.cli("consent", "ask", referral, "--use", "judicial-evidence", "--onward", "ftc.example")
        self.wait_move(self.a, referral, "consent-asked")
        self.assertEqual([one["with"] for one in self.owed(self.a, "consent", referral)], [self.b.desk])
        self.assertEqual(self.a.refused("consent", "grant", referral, "--to", self.c.desk), "wrong-state")
        granted = self.a.cli("consent", "grant", referral, "--to", self.b.desk)
        self.assertEqual((granted["uses"], granted["onward"]), (["judicial-evidence"], ["ftc.example"]))
        self.wait_move(self.b, referral, "consent-granted")
        self.assertEqual(self.owed(self.a, "consent", referral), [])
        self.assertEqual(self.a.refused("consent", "refuse", referral, "--to", self.b.desk), "wrong-state")
        self.b.cli("consent", "ask", referral, "--use", "criminal")
        self.wait_move(self.a, referral, "consent-asked")
        wait_for(lambda: self.owed(self.a, "consent", referral), "the second question")
        self.a.cli("consent", "refuse", referral, "--to", self.b.desk)
        self.wait_move(self.b, referral, "consent-refused")
        self.assertEqual([move for move, *_ in self.moves(self.b, referral)],
                         ["consent-asked", "consent-granted", "consent-asked", "consent-refused"])

    def forbidden(self, referral, *args):
        before = self.b.size(), len(self.b.listed("drafts"))
        self.assertEqual(self.b.refused("forward", referral, "--to", self.c.desk, *args), "passing-on-forbidden")
        self.assertEqual((self.b.size(), len(self.b.listed("drafts"))), before)

    def only_b(self, *args):
        referral = self.a.send(self.b.desk, "--set", f"facts={FACTS}", "--disclose", "exhibit", *args)["referral"]
        self.a.wait_delivered(referral)
        return referral

    def test_what_its_sender_does_not_want_passed_on_stays_here(self):
        for terms in (["--onward", "none"], ["--onward", "ask"], ["--onward", "nobody.example"], ["--onward", "ftc.example", "--tlp", "RED"],
                      ["--onward", "ftc.example", "--tlp", "AMBER+STRICT"]):
            self.forbidden(self.only_b(*terms))
        referral = self.only_b("--onward", "ftc.example", "--tlp", "AMBER", "--use", "administrative", "--attribution", "OPTA", "--no-resale",
                               "--until", "2099-01-01")
        for looser in (["--tlp", "GREEN"], ["--pap", "CLEAR"], ["--use", "criminal"], ["--until", "2100-01-01"], ["--attribution", "ACMA"]):
            self.forbidden(referral, *looser)
        row = self.b.row("inbox", referral)
        self.assertEqual((row["tlp"], row["until"][:4]), ("AMBER", "2099"))
        draft = self.b.cli("forward", referral, "--to", self.c.desk)
        self.b.cli("edit", draft["referral"], "--tlp", "CLEAR")
        self.assertEqual(self.b.refused("approve", draft["referral"]), "passing-on-forbidden")
        self.b.cli("edit", draft["referral"], "--tlp", "AMBER")
        self.b.cli("approve", draft["referral"])
        self.b.cli("send", draft["referral"])
        self.b.wait_delivered(draft["referral"])
        shown = self.c.cli("show", draft["referral"])
        self.assertEqual((shown["from"], value(shown, "facts"), shown["handling"]["attribution"], shown["handling"]["no_resale"]),
                         (self.b.desk, FACTS, "OPTA", True))
        self.assertNotIn(referral, str(shown))
        self.assertEqual(self.b.cli("show", draft["referral"])["made_from"]["referral"], referral)

    def test_what_stood_in_the_place_of_something_is_not_passed_on_and_that_is_said(self):
        referral = self.b.file(self.a.desk, "--set", f"facts={FACTS}", "--onward", self.c.agency)["referral"]
        self.b.cli("redact", referral, "facts", "-m", "some facts", "--reason", "national-law")
        self.b.cli("approve", referral)
        self.b.cli("send", referral)
        self.b.wait_delivered(referral)
        made = self.a.cli("forward", referral, "--to", self.c.desk)
        self.assertEqual(made["left_out"], ["facts; some facts"])
        self.assertNotIn("some facts", str(made["items"]))

    def test_with_its_senders_consent_it_goes_on_and_a_correction_comes_due_as_a_recall(self):
        referral = self.only_b()
        self.forbidden(referral)
        self.b.cli("consent", "ask", referral, "--onward", "ftc.example")
        self.wait_move(self.a, referral, "consent-asked")
        self.forbidden(referral)
        self.a.cli("consent", "grant", referral, "--to", self.b.desk)
        self.wait_move(self.b, referral, "consent-granted")
        passed = self.follow(self.b, "forward", referral, "--to", self.c.desk, "--disclose", "exhibit")["referral"]
        mail = self.c.cli("show", passed)["exhibits"]
        self.assertEqual([one["here"] for one in mail], [True])
        self.assertEqual(self.owed(self.b, "recall", referral), [])
        self.follow(self.a, "withdraw", referral, "-m", "It was a test.")
        self.assertEqual(len(self.owed(self.b, "recall", referral)), 1)
        self.forbidden(referral)
        self.assertEqual(self.b.refused("correct", passed, "--set", "facts=x", "--send"), "passing-on-forbidden")
        self.follow(self.b, "withdraw", passed, "-m", "Its source was withdrawn.")
        self.b.cli("recall", referral, "done")
        self.assertEqual(self.owed(self.b, "recall", referral), [])
        self.wait_move(self.a, referral, "recall-done")

    def test_what_follows_survives_restarts_and_the_ledgers_have_no_gaps(self):
        referral = self.sent()
        self.a.cli("correct", referral, "--set", "facts=After the restart.")
        self.a.cli("approve", referral)
        self.a.restart()
        wait_for(lambda: self.a.run("send", referral)[0] == 0, "the node to sign again")
        self.a.wait_delivered(referral)
        self.assertEqual(value(self.b.cli("show", referral), "facts"), "After the restart.")
        for node in (self.a, self.b, self.c):
            self.assertEqual(node.cli("audit", "check")["problems"], [])
            self.assertTrue(node.cli("ledger", "verify")["ok"])


if __name__ == "__main__":
    unittest.main()
