"""Filling in the pro forma: the form in an editor, the questions at a terminal, an approver who gives a draft back."""

import json
import re
import stat
import unittest

from harness import BIN, SAMPLES, PairTest
from terminal_test import Terminal

MAIL = SAMPLES / "phish-bank.eml"


class Drafting(PairTest):
    def draft(self, *args, **kwargs):
        return self.a.file(self.b.desk, *args, **kwargs)["referral"]

    def values(self, referral):
        """The texts of each label that is there."""
        out = {}
        for item in self.a.cli("show", referral)["items"]:
            out.setdefault(item["label"], []).append(item["value"])
        return out

    def state(self, referral):
        return self.a.row("drafts", referral)["state"]

    def withheld(self, referral):
        return {item["item"] for item in self.a.cli("preview", referral, "--as", self.b.desk)["withheld"]
                if item["label"] == "indicator"}

    def form(self, referral):
        return self.a.cli("edit", referral, "--form")["form"]

    def apply(self, referral, form, **kwargs):
        return self.a.cli("edit", referral, "--form-file", "-", stdin=form, **kwargs)


class Options(Drafting):
    def test_items_are_set_and_unset_and_the_rest_is_as_the_mail_gave_it(self):
        referral = self.draft("--set", "grading=B2")
        before = self.values(referral)
        self.assertIn("exhibit", before)
        changed = self.a.cli("edit", referral, "--set", "scale=complaints=412", "--set", "purpose=take it down", "--unset", "grading")
        self.assertEqual(changed["missing"], [])
        after = self.values(referral)
        self.assertEqual((after.pop("scale"), after.pop("purpose")), (["complaints=412"], ["take it down"]))
        before.pop("purpose")
        before.pop("grading")
        self.assertEqual(after, before)

    def test_recipient_kind_and_handling(self):
        referral = self.draft()
        self.a.cli("edit", referral, "--kind", "action", "--tlp", "RED", "--pap", "GREEN", "--use", "civil", "--use", "criminal", "--onward",
                   "none", "--until", "2027-01-31", "--attribution", "OPTA", "--no-resale", "--to", self.b.desk)
        shown = self.a.cli("show", referral)
        self.assertEqual((shown["kind"], shown["to"]), ("action", [self.b.desk]))
        handling = shown["handling"]
        # The end of that day where the node is.
        self.assertRegex(handling.pop("until"), r"^2027-0(1-31|2-01)T")
        self.assertEqual(handling, {"tlp": "RED", "pap": "GREEN", "uses": ["civil", "criminal"], "onward": "none", "attribution": "OPTA",
                                    "no_resale": True})
        self.assertEqual(shown["missing"], ["scale"])
        self.a.cli("edit", referral, "--set", "scale=victims=3")
        view = self.a.cli("preview", referral, "--as", self.b.desk)["view"]
        for line in ("tlp RED", "uses civil,criminal", "onward none", "attribution OPTA", "resale no"):
            self.assertIn(f"\n{line}\n", view)

    def test_an_edit_voids_an_approval(self):
        referral = self.draft()
        for change in (("--set", "purpose=another"), ("--unset", "purpose"), ("--tlp", "GREEN"), ("--to", self.b.desk)):
            self.a.cli("approve", referral)
            self.assertEqual(self.a.cli("edit", referral, *change)["state"], "draft")
            self.assert_no_trace(self.a, lambda: self.a.refused("send", referral), "wrong-state")

    def test_what_is_wrong_is_refused_and_changes_nothing(self):
        referral = self.draft()
        self.a.cli("approve", referral)
        before = self.a.cli("show", referral)
        for args, code in ((("--set", "fact=x"), "unknown-item"), (("--unset", "fact"), "unknown-item"), (("--set", "scale=many"), "invalid-argument"),
                           (("--kind", "tip"), "unknown-kind"), (("--until", "soon"), "invalid-argument"), (("--attribution", "x\ny"), "invalid-argument"),
                           (("--set", "addressees=spam@other.example"), "invalid-argument"), (("--onward", "nobody!"), "invalid-argument"), ((), "invalid-argument")):
            with self.subTest(args):
                self.assertEqual(self.a.refused("edit", referral, *args), code)
        self.assertEqual(self.a.cli("show", referral), before)

    def test_what_was_withheld_stays_withheld_wherever_an_edit_puts_it(self):
        referral = self.draft("--set", "indicator=domain a.example", "--set", "indicator=domain b.example")
        first = next(item["item"] for item in self.a.cli("show", referral)["items"] if item["label"] == "indicator")
        self.a.cli("withhold", referral, "indicator:2", "--reason", "confidential")
        self.assertEqual(self.withheld(referral), {first + 1})
        self.a.cli("edit", referral, "--set", "indicator=domain b.example", "--set", "indicator=domain a.example")
        self.assertEqual(self.withheld(referral), {first})
        self.a.cli("edit", referral, "--set", "indicator=domain a.example", "--set", "indicator=domain b2.example")
        self.assertEqual(self.withheld(referral), {first + 1})

    def test_what_was_sent_or_received_cannot_be_edited_or_returned(self):
        referral = self.a.send(self.b.desk)["referral"]
        self.a.wait_delivered(referral)
        for node in (self.a, self.b):
            for step in (("edit", referral, "--set", "purpose=x"), ("edit", referral, "--form"), ("return", referral, "-m", "x")):
                self.assert_no_trace(node, lambda: node.refused(*step), "wrong-state")

    def test_sending_what_is_incomplete_names_all_that_is_missing_and_keeps_nothing(self):
        before = self.a.traces()
        code, out, err = self.a.run("file", "--to", self.b.desk, "--kind", "action", "--send")
        self.assertEqual(code, 1)
        self.assertIn('"item-missing"', out)
        for label in ("facts", "seen", "scale"):
            self.assertIn(label, err)
        self.assertEqual(self.a.traces(), before)
        kept = self.a.cli("file", "--to", self.b.desk, "--kind", "action")
        self.assertEqual((kept["state"], kept["missing"]), ("draft", ["facts", "seen", "scale"]))
        self.assertEqual(self.a.refused("approve", kept["referral"]), "item-missing")


class TheForm(Drafting):
    def test_of_any_sample_mail_it_changes_nothing_as_it_is(self):
        for mail in sorted(SAMPLES.glob("*.eml")):
            code, out, _ = self.a.run("file", "--to", self.b.desk, mail)
            if code != 0:  # intake refuses some
                continue
            with self.subTest(mail.name):
                referral = json.loads(out)["referral"]
                before = self.a.cli("show", referral)
                self.assertEqual(self.apply(referral, self.form(referral))["state"], "draft")
                self.assertEqual(self.a.cli("show", referral), before)

    def test_an_approval_outlives_a_form_that_changes_nothing(self):
        referral = self.draft()
        self.a.cli("approve", referral)
        self.apply(referral, self.form(referral))
        self.assertEqual(self.state(referral), "approved")

    def test_all_of_the_pro_forma_can_be_filled_in(self):
        referral = self.draft(mail=MAIL)
        form = self.form(referral).replace('kind = "urgent"', 'kind = "assistance"')
        # Every example, by taking its comment sign away; what is there stays.
        filled = re.sub(r"(?m)^# (\w[\w-]* = )", r"\1", form)
        made = self.apply(referral, filled)
        self.assertEqual((made["missing"], made["kind"]), ([], "assistance"))
        # All but derivatives, which `lapx redact` makes.
        labels = {item["item"] for item in self.a.cli("list", "items")["items"]} - {"redacted"}
        self.assertEqual({item["label"] for item in made["items"] if item["present"]}, labels)
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        self.a.wait_delivered(referral)
        came = self.b.cli("show", referral)
        self.assertIn("who registered account-check.example; asked", [item["value"] for item in came["items"] if item["label"] == "assistance"])
        self.assertEqual((came["handling"]["attribution"], came["handling"]["no_resale"]), ("OPTA", True))

    def test_what_is_taken_out_is_gone(self):
        referral = self.draft("--set", "grading=B2")
        form = self.form(referral)
        self.apply(referral, form.replace("\ngrading = ", "\n# grading = "))
        self.assertNotIn("grading", self.values(referral))

    def test_a_mistake_is_told_with_line_and_column_and_changes_nothing(self):
        referral = self.draft()
        form = self.form(referral) + 'scales = "x"\n'
        line = form.count("\n")
        before = self.a.cli("show", referral)
        code, _, err = self.a.run("edit", referral, "-F", "-", stdin=form)
        self.assertEqual(code, 1)
        self.assertIn(f"line {line}, column 1: there is nothing called scales", err)
        self.assertEqual(self.a.cli("show", referral), before)


class AtATerminal(Drafting):
    def lapx(self, *args, **variables):
        """lapx on a terminal of its own, without --json."""
        words = [f"{key}={value}" for key, value in variables.items()]
        return Terminal("/usr/bin/env", "-u", "XDG_RUNTIME_DIR", *words, f"TMPDIR={self.folder}", BIN / "lapx", "--home", self.a.home, *args)

    def editor(self, script):
        path = self.folder / "editor"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o700)
        return path

    def left(self):
        return list(self.folder.glob("lapx-*/*"))

    def test_the_form_opens_in_the_editor(self):
        referral = self.draft()
        seen = self.folder / "seen"
        editor = self.editor(f'stat -c %a "$1" "$(dirname "$1")" >{seen}\nsed -i \'s/^# scale = .*/scale = "complaints=7"/\' "$1"\n')
        with self.lapx("edit", referral, EDITOR=editor) as terminal:
            terminal.see("complaints=7")
            self.assertEqual(terminal.wait(), 0)
        self.assertEqual(seen.read_text().split(), ["600", "700"])
        self.assertEqual(self.values(referral)["scale"], ["complaints=7"])
        self.assertEqual(self.left(), [])

    def test_a_mistake_in_the_editor_loses_nothing(self):
        referral = self.draft()
        editor = self.editor('sed -i \'s/^# scale = .*/scale = "many"/\' "$1"\n')
        with self.lapx("edit", referral, VISUAL=editor, EDITOR="/bin/false") as terminal:
            terminal.see("column 9: scale is: ")
            terminal.see("Edit again?")
            terminal.type("no")
            terminal.see("what you typed is in ")
            self.assertEqual(terminal.wait(), 1)
        kept, = self.left()
        self.assertIn('scale = "many"', kept.read_text())
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        self.assertNotIn("scale", self.values(referral))
        kept.write_text(kept.read_text().replace('"many"', '"victims=3"'))
        self.a.cli("edit", referral, "-F", kept)
        self.assertEqual(self.values(referral)["scale"], ["victims=3"])
        kept.unlink()

    def test_filing_asks_for_what_the_mail_does_not_tell_and_sends(self):
        with self.lapx("file", "--to", self.b.desk, "--kind", "preservation", "--send", MAIL) as terminal:
            terminal.see("needs more than it has: custodian, preservation.")
            terminal.see("Whoever holds the data must be asked before it expires.")
            terminal.see("Form: ORGANISATION; HOLDS")
            terminal.see("custodian: ")
            terminal.type("Hosting BV; logs; some day")
            terminal.see("That is not ORGANISATION")
            terminal.type("Hosting BV; logs; 2026-12-05")
            terminal.see("custodian, another: ")
            terminal.type("")
            terminal.see("preservation: ")
            terminal.type("access log; it expires; formal")
            terminal.see("sent")
            self.assertEqual(terminal.wait(), 0)
        referral = self.a.listed("outbox")[0]["referral"]
        self.a.wait_delivered(referral)
        self.assertEqual(self.values(referral)["preservation"], ["access log; it expires; formal"])

    def test_filing_offers_what_is_usual_and_keeps_what_was_answered(self):
        with self.lapx("file", "--to", self.b.desk, "--kind", "action") as terminal:
            terminal.see("facts: ")
            terminal.type("They sell pills.")
            terminal.see("seen [20")
            terminal.type("")
            terminal.see("scale: ")
            terminal.type("")
            terminal.see("Still missing: scale. Next: lapx edit ")
            self.assertEqual(terminal.wait(), 0)
        values = self.values(self.a.listed("drafts")[0]["referral"])
        self.assertEqual(values["facts"], ["They sell pills."])
        self.assertIn("day", values["seen"][0])


class Returned(Drafting):
    def test_an_approver_gives_a_draft_back_and_the_next_edit_answers(self):
        referral = self.draft()
        self.a.cli("approve", referral)
        back = self.a.cli("return", referral, "-m", "withhold the facts,\nthey name the source")
        self.assertEqual(back["state"], "draft")
        self.assertEqual(self.state(referral), "draft")
        for where in (back, self.a.row("drafts", referral), self.a.cli("show", referral)):
            self.assertEqual((where["returned"]["by"], where["returned"]["text"]), ("op-1", "withhold the facts,\nthey name the source"))
        self.assertIn("# they name the source", self.form(referral))
        self.assert_no_trace(self.a, lambda: self.a.refused("send", referral), "wrong-state")
        self.a.cli("withhold", referral, "facts", "--reason", "endangers-person-or-source")
        self.assertIsNone(self.a.row("drafts", referral)["returned"])

    def test_an_edit_or_an_approval_ends_it_and_a_restart_does_not(self):
        referral = self.draft()
        for step in (("edit", referral, "--set", "purpose=another"), ("approve", referral)):
            self.a.cli("return", referral, "-m", "no")
            self.a.restart()
            self.assertEqual(self.a.row("drafts", referral)["returned"]["text"], "no")
            self.a.cli(*step)
            self.assertIsNone(self.a.row("drafts", referral)["returned"])

    def test_what_was_said_lies_sealed(self):
        referral = self.draft()
        words = "the informant of the harbour office"
        self.a.cli("return", referral, "-m", words)
        self.a.stop()
        try:
            for path in self.a.home.iterdir():
                if path.is_file():
                    self.assertNotIn(words.encode(), path.read_bytes(), path.name)
            self.assertNotIn(words, self.a.log())
        finally:
            self.a.start()

    def test_a_text_is_needed(self):
        referral = self.draft()
        for args in ((), ("-m", " \n"), ("-F", "/nonexistent")):
            self.assertIn(self.a.refused("return", referral, *args), ("invalid-argument", "not-found"))
        status, answer = self.a.call("POST", f"referrals/{referral}/return", {"text": "x" * 60001})
        self.assertEqual((status, answer["error"]["code"]), (400, "invalid-argument"))

    def test_only_an_approver_may(self):
        referral = self.draft()
        config = self.a.home / "config.toml"
        whole = config.read_text()
        self.assertIn('"approver"', whole)
        self.a.stop()
        config.write_text(re.sub(r'\s*"approver",', "", whole))
        self.a.start()
        try:
            self.assertEqual(self.a.refused("return", referral, "-m", "x"), "not-permitted")
        finally:
            self.a.stop()
            config.write_text(whole)
            self.a.start()


if __name__ == "__main__":
    unittest.main()
