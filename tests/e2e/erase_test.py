"""Erasing an item, an exhibit, a whole referral, on the sender's and on the recipient's side; and the holds that forbid it."""

import datetime
import json
import re
import sqlite3
import unittest
from pathlib import Path
from contextlib import closing

from harness import PairTest, wait_for

import inside
from audit_test import kinds, opened, set_roles

SLOT = 72
BASIS = ("--basis", "Request of 3 November, GDPR 17")
SECRET = "The words that must go"


def slots(octets):
    return {octets[at:at + SLOT] for at in range(0, len(octets), SLOT)} - {bytes(SLOT)}


def referral_slots(node, referral):
    """The wrapped keys of all items of a referral, in all its rows."""
    out = set()
    for octets, in inside.rows(node, "SELECT keys FROM referral WHERE id = ?", bytes.fromhex(referral.replace("-", ""))):
        out |= slots(octets[2 * SLOT:])
    return out


def exhibit_slots(node, referral):
    out = set()
    for octets, in inside.rows(node, "SELECT e.keys FROM exhibit e JOIN referral r ON r.seq = e.referral WHERE r.id = ?",
                               bytes.fromhex(referral.replace("-", ""))):
        out |= slots(octets)
    return out


def text_slots(node, leaf):
    (octets,), = inside.rows(node, "SELECT keys FROM opening WHERE idx = ?", leaf)
    return slots(octets[SLOT:])


def pieces(key):
    """A key that runs over the end of a page lies in two places: all but one piece are whole."""
    return [key[at:at + 8] for at in range(0, SLOT, 8)]


def files(node):
    return b"".join((node.home / name).read_bytes() for name in ("lapx.db", "lapx.db-wal") if (node.home / name).exists())


class ErasureTest(PairTest):
    def sent(self, *args):
        referral = self.a.send(self.b.desk, "--set", f"facts={SECRET}", "--set", "grading=B2", "--withhold", "scale=commercially-sensitive",
                               "--set", "scale=complaints=412", "--disclose", "exhibit", "--disclose", "grading", *args)["referral"]
        self.a.wait_delivered(referral)
        return referral

    def assert_gone(self, node, keys):
        self.assertTrue(keys)
        octets = files(node)
        self.assertEqual([piece.hex() for key in keys for piece in pieces(key) if piece in octets], [])

    def assert_there(self, node, keys):
        octets = files(node)
        self.assertTrue(keys and all(sum(piece in octets for piece in pieces(key)) >= 8 for key in keys))

    @staticmethod
    def in_days(days):
        return (datetime.date.today() + datetime.timedelta(days)).isoformat()

    @staticmethod
    def operator(node):
        return re.search(r'(?m)^id = "(.*)"', (node.home / "config.toml").read_text())[1]

    def item(self, node, referral, label):
        return next(item for item in node.cli("show", referral)["items"] if item["label"] == label)

    def assert_all_verifies(self, node):
        self.assertTrue(node.cli("ledger", "verify")["ok"])
        found = node.cli("audit", "check")
        self.assertEqual((found["ok"], found["problems"]), (True, []))
        node.cli("summary")


class Erasing(ErasureTest):
    def test_an_item_is_erased_on_both_sides_and_the_rest_goes_on(self):
        referral = self.sent()
        for node in (self.a, self.b):
            with self.subTest(node.agency):
                before = referral_slots(node, referral)
                self.assert_there(node, before)
                entries = node.size()
                done = node.cli("erase", referral, "--item", "facts", *BASIS)
                number = self.item(node, referral, "facts")["item"]
                self.assertEqual((done["what"], done["already_erased"], done["wal_emptied"]), (f"item {number}", False, True))
                gone = before - referral_slots(node, referral)
                self.assertEqual(len(gone), 1)
                self.assert_gone(node, gone)
                self.assertNotIn(SECRET.encode(), files(node))
                self.assertEqual((self.item(node, referral, "facts")["erased"], self.item(node, referral, "facts")["value"]), (True, ""))
                self.assertEqual((self.item(node, referral, "grading")["erased"], self.item(node, referral, "grading")["value"]), (False, "B2"))
                self.assertEqual(kinds(node)[entries], "erased")
                self.assertEqual(opened(node, entries).splitlines(),
                                 ["lapx/erased@v1", f"referral {referral}", f"agency {self.a.agency}", "version 1", f"what item {number}",
                                  f"operator {self.operator(node)}", f"basis {BASIS[1]}"])
                entries = node.size()
                self.assertTrue(node.cli("erase", referral, "--item", str(number), *BASIS)["already_erased"])
                self.assertEqual(node.size(), entries)
                self.assertEqual(node.refused("show", referral, "--bundle", node.folder / "bundle-of-less"), "erased")
                self.assert_all_verifies(node)
                node.restart()
                self.assertTrue(self.item(node, referral, "facts")["erased"])
                self.assert_gone(node, gone)

    def test_what_was_erased_is_not_disclosed_and_the_rest_still_is(self):
        referral = self.sent("--set", "provenance=A source; ref 1")
        order = ("--to", self.b.desk, "--basis", "Order 12/2026")
        self.a.cli("erase", referral, "--item", "scale", *BASIS)
        self.assertEqual(self.a.refused("disclose", referral, "--item", "scale", *order), "erased")
        self.assertEqual(self.a.refused("correct", referral, "--set", "facts=x"), "erased")
        self.a.cli("erase", referral, "--item", "grading", *BASIS)
        preview = self.a.cli("preview", referral, "--as", self.b.desk)
        gone = {item["label"]: item["item"] for item in self.a.cli("show", referral)["items"] if item["erased"]}
        self.assertEqual(set(gone), {"scale", "grading"})
        self.assertEqual(preview["erased"], sorted(gone.values()))
        self.a.cli("disclose", referral, "--item", "provenance", *order, "--send")
        self.a.wait_delivered(referral)
        shown = self.b.cli("show", referral)
        self.assertIn("A source", next(item["value"] for item in shown["items"] if item["label"] == "provenance"))
        withheld = {item["label"]: item["reason"] for item in shown["withheld"]}
        self.assertEqual((withheld.get("grading"), withheld.get("scale")), ("no-longer-held", "commercially-sensitive"))
        self.a.cli("withdraw", referral, "-m", "It was a test.", "--send")
        self.a.wait_delivered(referral)
        self.assert_all_verifies(self.a)
        self.assert_all_verifies(self.b)

    def test_an_item_is_erased_in_every_version(self):
        referral = self.sent()
        self.a.cli("correct", referral, "--set", "grading=A1", "--disclose", "grading", "--send")
        self.a.wait_delivered(referral)
        for node in (self.a, self.b):
            before = referral_slots(node, referral)
            node.cli("erase", referral, "--item", "facts", *BASIS)
            gone = before - referral_slots(node, referral)
            self.assertEqual(len(gone), 2)
            self.assert_gone(node, gone)
            for version in (1, 2):
                items = node.cli("show", referral, "--version", version)["items"]
                self.assertEqual({item["label"] for item in items if item["erased"]}, {"facts"})
            self.assertEqual(self.item(node, referral, "grading")["value"], "A1")
            node.cli("erase", referral, "--item", "grading", "--version", 1, *BASIS)
            self.assertEqual(self.item(node, referral, "grading")["value"], "A1")

    def test_an_exhibit_is_erased_and_its_description_stays(self):
        referral = self.sent()
        for node in (self.a, self.b):
            with self.subTest(node.agency):
                node.cli("exhibit", "get", referral, "1", "-o", node.folder / f"mail-{referral}")
                before = exhibit_slots(node, referral)
                self.assert_there(node, before)
                self.assertEqual(node.refused("erase", referral, "--exhibit", 2, *BASIS), "not-found")
                self.assertEqual(node.cli("erase", referral, "--exhibit", 1, *BASIS)["what"], "exhibit 1")
                self.assertEqual(exhibit_slots(node, referral), set())
                self.assert_gone(node, before)
                self.assertEqual(node.refused("exhibit", "get", referral, "1", "-o", node.folder / "none"), "erased")
                shown = node.cli("show", referral)
                self.assertEqual([(one["here"], one["erased"]) for one in shown["exhibits"]], [(False, True)])
                self.assertFalse(self.item(node, referral, "exhibit")["erased"])
                self.assertTrue(node.cli("erase", referral, "--exhibit", 1, *BASIS)["already_erased"])
                self.assert_all_verifies(node)

    def test_a_whole_referral_leaves_its_dispositions_and_its_proofs(self):
        referral = self.sent()
        audited = self.a.cli("audit", referral)["recipients"]
        for node in (self.a, self.b):
            with self.subTest(node.agency):
                before = referral_slots(node, referral) | exhibit_slots(node, referral)
                if node is self.a:
                    before |= text_slots(node, audited[0]["decided"])
                self.assertEqual(node.cli("erase", referral, *BASIS)["what"], "referral")
                node.kill()
                self.assert_gone(node, before)
                node.start()
                self.assert_gone(node, before)
                shown = node.cli("show", referral)
                self.assertTrue(shown["erased"])
                self.assertTrue(all(item["erased"] and item["value"] == "" for item in shown["items"]))
                self.assertIn("scale", {item["label"] for item in shown["withheld"]})
                self.assertNotIn(SECRET, json.dumps(shown))
                self.assertTrue(node.cli("erase", referral, *BASIS)["already_erased"])
                self.assertTrue(node.cli("erase", referral, "--item", "facts", *BASIS)["already_erased"])
                self.assertEqual(node.refused("show", referral, "--bundle", node.folder / "bundle-of-nothing"), "erased")
                self.assert_all_verifies(node)
                self.assertTrue(node.cli("ledger", "prove", referral)["proofs"])
        after = self.a.cli("audit", referral)["recipients"]
        self.assertEqual(after[0]["erased"], "texts")
        self.assertEqual([(item["label"], item["disposition"], item["reason"]) for item in after[0]["items"]],
                         [(item["label"], item["disposition"], item["reason"]) for item in audited[0]["items"]])
        self.assertEqual(after[0]["receipt"], audited[0]["receipt"])
        self.assertEqual(self.a.refused("disclose", referral, "--item", "scale", "--to", self.b.desk, "--basis", "x"), "erased")
        sample = self.a.folder / "sample-after"
        self.a.cli("audit", "sample", "--seed", "s", "--n", self.a.size(), "-o", sample)
        self.a.wait_connected(self.b)
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])

    def test_what_went_to_nobody_is_erased_with_the_words_of_the_decision_on_it(self):
        referral = self.a.file(self.b.desk, "--set", f"facts={SECRET}")["referral"]
        self.a.cli("withhold", referral, "--wholly", "--from", self.b.desk, "--reason", "out-of-mandate", "--basis", f"because {SECRET}")
        self.a.cli("approve", referral)
        self.assertEqual(self.a.cli("send", referral)["state"], "withheld")
        audited, = self.a.cli("audit", referral)["recipients"]
        before = referral_slots(self.a, referral) | text_slots(self.a, audited["decided"])
        row = self.a.row("outbox", referral)
        self.assertTrue(self.a.cli("erase", referral, *BASIS)["wal_emptied"])
        self.assert_gone(self.a, before)
        after, = self.a.cli("audit", referral)["recipients"]
        self.assertEqual((after["erased"], [item["disposition"] for item in after["items"]]),
                         ("texts", [item["disposition"] for item in audited["items"]]))
        self.assertEqual(self.a.row("outbox", referral), row)
        self.assertNotIn(SECRET, json.dumps(self.a.cli("show", referral)))
        self.assert_all_verifies(self.a)

    def test_an_original_is_erased_and_what_went_in_its_place_stays(self):
        referral = self.a.file(self.b.desk, "--set", f"facts={SECRET}")["referral"]
        self.a.cli("redact", referral, "facts", "-m", "some facts", "--reason", "commercially-sensitive")
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        self.a.wait_delivered(referral)
        self.a.cli("erase", referral, "--item", "facts", *BASIS)
        for node in (self.a, self.b):
            self.assertEqual(self.item(node, referral, "redacted")["value"], "facts; some facts")
            self.assert_all_verifies(node)
        self.assertTrue(self.item(self.a, referral, "facts")["erased"])
        self.assertEqual(self.a.refused("disclose", referral, "--item", "facts", "--to", self.b.desk, "--basis", "Order 12/2026"), "erased")

    def came(self):
        """From the other side, to be passed on back there."""
        referral = self.b.send(self.a.desk, "--set", f"facts={SECRET}", "--set", "grading=B2", "--disclose", "exhibit", "--disclose", "grading",
                               "--onward", self.b.agency)["referral"]
        self.b.wait_delivered(referral)
        return referral

    def test_what_was_made_from_it_is_named_and_stays_until_it_is_erased_too(self):
        came = self.came()
        self.a.wait_connected(self.b)
        made = self.a.cli("forward", came, "--to", self.b.desk, "--disclose", "exhibit", "--send")["referral"]
        self.a.wait_delivered(made)
        before = referral_slots(self.a, made) | exhibit_slots(self.a, made)
        self.assertEqual(self.a.cli("erase", came, "--item", "grading", *BASIS)["derived"], [made])
        self.assertEqual(self.item(self.a, made, "grading")["value"], "B2")
        self.assertEqual(self.a.cli("erase", came, *BASIS)["derived"], [made])
        self.assertEqual(referral_slots(self.a, made) | exhibit_slots(self.a, made), before)
        self.assertEqual(self.item(self.a, made, "facts")["value"], SECRET)
        self.a.cli("exhibit", "get", made, "1", "-o", self.a.folder / f"mail-{made}")
        self.assertEqual(self.a.refused("forward", came, "--to", self.b.desk), "erased")
        self.a.cli("hold", came, "--basis", "Proceedings")
        self.assertEqual(self.a.cli("erase", made, *BASIS)["derived"], [], "a hold of one is none of the other")
        self.assert_gone(self.a, before)
        again = self.a.cli("hold", came, "--lift", "--basis", "over") and self.a.cli("erase", came, *BASIS)
        self.assertEqual((again["already_erased"], again["derived"]), (True, []))
        self.assert_all_verifies(self.a)

    def test_an_exhibit_that_is_not_here_is_passed_on_as_on_request(self):
        referral = self.came()
        self.a.cli("erase", referral, "--exhibit", "1", *BASIS)
        made = self.a.cli("forward", referral, "--to", self.b.desk, "--disclose", "exhibit")["referral"]
        for step in ((), ("edit", made, "--set", "purpose=another"), ("edit", made, "--disclose", "exhibit")):
            if step:
                self.a.cli(*step)
            exhibit, = (item for item in self.a.cli("show", made)["items"] if item["label"] == "exhibit")
            self.assertIn("; on-request", exhibit["value"])

    def test_of_what_was_erased_in_part_the_rest_is_passed_on(self):
        came = self.came()
        self.a.cli("erase", came, "--item", "grading", *BASIS)
        self.a.cli("erase", came, "--exhibit", 1, *BASIS)
        self.a.wait_connected(self.b)
        made = self.a.cli("forward", came, "--to", self.b.desk, "--disclose", "exhibit", "--send")["referral"]
        self.a.wait_delivered(made)
        shown = self.b.cli("show", made)
        self.assertEqual(self.item(self.b, made, "facts")["value"], SECRET)
        self.assertNotIn("grading", {item["label"] for item in shown["items"]})
        self.assertEqual([one["here"] for one in shown["exhibits"]], [False])
        self.a.cli("erase", came, "--item", "exhibit:1", *BASIS)
        made = self.a.cli("forward", came, "--to", self.b.desk)["referral"]
        self.assertEqual(self.a.cli("show", made)["exhibits"], [])
        self.a.cli("discard", made)

    def test_a_hold_forbids_it_until_it_is_lifted(self):
        for node in (self.a, self.b):
            with self.subTest(node.agency):
                referral = self.sent()
                held = node.cli("hold", referral, "--basis", "Proceedings 12/2026")
                self.assertEqual((held["held"], held["changed"]), (True, True))
                self.assertFalse(node.cli("hold", referral, "--basis", "again")["changed"])
                before = referral_slots(node, referral)
                node.restart()
                for args in ((), ("--item", "facts"), ("--exhibit", 1)):
                    self.assert_no_trace(node, lambda: node.refused("erase", referral, *args, *BASIS), "held")
                self.assertEqual(referral_slots(node, referral), before)
                self.assertTrue(node.cli("show", referral)["hold"]["by"])
                node.cli("hold", referral, "--lift", "--basis", "They ended")
                self.assertIn("state lifted", opened(node, node.size() - 1))
                self.assertIsNone(node.cli("show", referral)["hold"])
                self.assertFalse(node.cli("erase", referral, *BASIS)["already_erased"])
                self.assert_all_verifies(node)
                self.a.wait_connected(self.b)
                self.b.wait_connected(self.a)

    def test_a_held_draft_is_not_discarded_and_one_without_an_item_is_not_sent(self):
        draft = self.a.file(self.b.desk, "--set", f"facts={SECRET}")["referral"]
        self.a.cli("hold", draft, "--basis", "Proceedings")
        self.assertEqual(self.a.refused("discard", draft), "held")
        self.a.cli("hold", draft, "--lift", "--basis", "over")
        self.a.cli("approve", draft)
        before = referral_slots(self.a, draft)
        self.a.cli("erase", draft, "--item", "facts", *BASIS)
        self.assert_gone(self.a, before - referral_slots(self.a, draft))
        for step in (("send", draft), ("edit", draft, "--set", "facts=x")):
            self.assertEqual(self.a.refused(*step), "erased")
        self.a.cli("discard", draft)

    def test_a_draft_of_which_an_exhibit_was_erased_is_not_sent(self):
        draft = self.a.file(self.b.desk, "--disclose", "exhibit")["referral"]
        self.a.cli("approve", draft)
        self.assertEqual(self.a.cli("erase", draft, "--exhibit", 1, *BASIS)["what"], "exhibit 1")
        self.assertEqual(self.a.refused("send", draft), "erased")
        self.a.cli("return", draft, "-m", "Its file is gone.")
        for step in (("approve", draft), ("edit", draft, "--set", "facts=x")):
            self.assertEqual(self.a.refused(*step), "erased")
        self.a.cli("discard", draft)

    def test_what_was_sent_without_its_exhibit_left_gets_no_new_version_but_is_withdrawn(self):
        referral = self.sent()
        self.a.cli("erase", referral, "--exhibit", 1, *BASIS)
        for step in (("correct", referral, "--set", "grading=A1"), ("correct", referral, "--set", "grading=A1", "--send"), ("supplement", referral)):
            self.assert_no_trace(self.a, lambda: self.a.refused(*step), "erased")
        self.a.cli("withdraw", referral, "-m", "It was a test.", "--send")
        self.a.wait_delivered(referral)

    def test_a_description_is_erased_and_the_file_stays_until_it_is_named(self):
        referral = self.sent()
        for node in (self.a, self.b):
            with self.subTest(node.agency):
                before = exhibit_slots(node, referral)
                done = node.cli("erase", referral, "--item", "exhibit:1", *BASIS)
                self.assertEqual(done["exhibit_left"], 1)
                shown = node.cli("show", referral)
                self.assertEqual([(one["here"], one["erased"], one["described"]) for one in shown["exhibits"]], [(True, False, False)])
                self.assertTrue(self.item(node, referral, "exhibit")["erased"])
                self.assertEqual(exhibit_slots(node, referral), before)
                text = node.run("erase", referral, "--item", "exhibit:1", *BASIS)[2]
                self.assertIn("--exhibit 1", text)
                self.assertIsNone(node.cli("erase", referral, "--exhibit", 1, *BASIS)["exhibit_left"])
                self.assert_gone(node, before)
                shown = node.cli("show", referral)
                self.assertEqual([(one["here"], one["erased"], one["described"]) for one in shown["exhibits"]], [(False, True, False)])
                self.assertIsNone(node.cli("erase", referral, "--item", "exhibit:1", *BASIS)["exhibit_left"])
                self.assert_all_verifies(node)

    def test_after_a_withdrawal_what_was_withdrawn_is_erased(self):
        referral = self.sent()
        self.a.cli("withdraw", referral, "-m", "The reason of it", "--send")
        self.a.wait_delivered(referral)
        for node in (self.a, self.b):
            with self.subTest(node.agency):
                done = node.cli("erase", referral, "--item", "facts", *BASIS)
                self.assertEqual((done["version"], done["already_erased"], done["elsewhere"]), (1, False, [2]))
                self.assertTrue(next(item["erased"] for item in node.cli("show", referral, "--version", 1)["items"] if item["label"] == "facts"))
                self.assertEqual(self.item(node, referral, "facts")["value"], "The reason of it")
                self.assertIn("hold something else under that name, and were left as they are: 2",
                              " ".join(node.run("erase", referral, "--item", "facts", *BASIS)[2].split()))
                done = node.cli("erase", referral, "--exhibit", 1, *BASIS)
                self.assertEqual((done["version"], done["what"], done["already_erased"]), (1, "exhibit 1", False))
                done = node.cli("erase", referral, "--item", "facts", "--version", 2, *BASIS)
                self.assertEqual((done["version"], done["already_erased"], done["elsewhere"]), (2, False, []))
                self.assertTrue(self.item(node, referral, "facts")["erased"])
                self.assert_all_verifies(node)

    def test_other_words_in_other_versions_are_named(self):
        referral = self.sent()
        self.a.cli("correct", referral, "--set", "facts=other words", "--send")
        self.a.wait_delivered(referral)
        for node in (self.a, self.b):
            done = node.cli("erase", referral, "--item", "facts", *BASIS)
            self.assertEqual((done["version"], done["elsewhere"]), (2, [1]))
            self.assertEqual(node.cli("erase", referral, "--item", "grading", *BASIS)["elsewhere"], [], "the same words are erased in both")
            self.assertEqual(node.cli("erase", referral, *BASIS)["elsewhere"], [])

    def test_a_held_draft_keeps_what_is_in_it(self):
        draft = self.a.file(self.b.desk, "--set", f"facts={SECRET}")["referral"]
        self.a.cli("hold", draft, "--basis", "Proceedings")
        wholly = ("--wholly", "--from", self.b.desk, "--reason", "out-of-mandate")
        for step in (("edit", draft, "--unset", "facts"), ("edit", draft, "--set", "facts=x"),
                     ("redact", draft, "facts", "-m", "less", "--reason", "commercially-sensitive")):
            with self.subTest(step):
                self.assert_no_trace(self.a, lambda: self.a.refused(*step), "held")
        self.assertEqual(self.a.call("PATCH", f"referrals/{draft}", {"unset": ["facts"], "send": True})[1]["error"]["code"], "held")
        self.assertEqual(self.item(self.a, draft, "facts")["value"], SECRET)
        self.a.cli("withhold", draft, "facts", "--reason", "commercially-sensitive")
        self.a.cli("withhold", draft, *wholly)
        self.assertEqual(self.item(self.a, draft, "facts")["value"], SECRET)
        self.a.cli("hold", draft, "--lift", "--basis", "over")
        self.a.cli("edit", draft, "--set", "facts=x")
        self.a.cli("discard", draft)

    def test_what_went_to_nobody_was_decided_on_and_not_sent(self):
        referral = self.a.file(self.b.desk)["referral"]
        self.a.cli("withhold", referral, "--wholly", "--from", self.b.desk, "--reason", "out-of-mandate")
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        for step in (("return", {"text": "no"}), ("discard", {})):
            error = self.a.call("POST", f"referrals/{referral}/{step[0]}", step[1])[1]["error"]
            self.assertEqual(error["code"], "wrong-state")
            self.assertIn("it was decided on", error["message"])

    def test_what_is_on_its_way_is_not_erased(self):
        self.b.stop()
        referral = self.a.send(self.b.desk, "--set", f"facts={SECRET}")["referral"]
        for args in ((), ("--item", "facts"), ("--exhibit", 1)):
            self.assert_no_trace(self.a, lambda: self.a.refused("erase", referral, *args, *BASIS), "wrong-state")
        self.b.start()
        self.a.wait_delivered(referral)
        self.assertFalse(self.a.cli("erase", referral, *BASIS)["already_erased"])

    def test_what_is_about_to_leave_is_stopped_before_it_is_erased(self):
        policy = self.a.home / "disclosure.toml"
        base = (Path(__file__).resolve().parents[2] / "config/disclosure.toml").read_text()
        self.a.stop()
        policy.write_text('release_delay = "2h"\n' + base)
        policy.chmod(0o600)
        self.a.start()
        try:
            referral = self.a.send(self.b.desk)["referral"]
            self.assertEqual(self.a.refused("erase", referral, *BASIS), "wrong-state")
            self.a.cli("hold", referral, *BASIS)
            self.a.cli("cancel", referral)
            self.assertEqual(self.a.refused("discard", referral), "held")
            self.a.cli("hold", referral, "--lift", *BASIS)
            self.a.cli("erase", referral, *BASIS)
            self.assertEqual(self.a.refused("approve", referral), "erased")
            self.assertEqual(self.a.cli("discard", referral)["state"], "discarded")
        finally:
            self.a.stop()
            policy.unlink()
            self.a.start()
            self.a.wait_connected(self.b)

    def test_what_is_named_wrongly_is_refused_and_changes_nothing(self):
        referral = self.sent()
        for node in (self.a, self.b):
            for args, code in ((("--item", "fact"), "unknown-item"), (("--item", "legal-advice"), "unknown-item"), (("--item", "999"), "unknown-item"),
                               (("--item", "indicator"), "invalid-argument"), (("--version", 7), "unknown-referral")):
                with self.subTest(args):
                    self.assert_no_trace(node, lambda: node.refused("erase", referral, *args, *BASIS), code)
            self.assert_no_trace(node, lambda: node.refused("erase", referral, "--basis", "a\nb"), "invalid-argument")
            self.assertEqual(node.run("erase", referral)[0], 2)
        self.assert_no_trace(self.b, lambda: self.b.refused("erase", referral, "--item", "scale", *BASIS), "unknown-item")
        before = self.a.traces()
        for named in ({}, {"item": None}, {"items": ["facts"]}, {"Item": "facts"}, {"item": "facts", "exhibit": 1}, {"item": "facts", "whole": True},
                      {"whole": False}):
            answer = self.a.call("POST", f"referrals/{referral}/erase", {"basis": "x", **named})[1]
            self.assertEqual(answer["error"]["code"], "invalid-argument", named)
        self.assertEqual(self.a.traces(), before)

    def test_while_somebody_reads_the_answer_says_so_and_it_is_done_afterwards(self):
        referral = self.sent()
        before = referral_slots(self.a, referral)
        with closing(sqlite3.connect(self.a.home / "lapx.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM referral").fetchall()
            self.assertFalse(self.a.cli("erase", referral, "--item", "facts", *BASIS)["wal_emptied"])
        gone = before - referral_slots(self.a, referral)
        wait_for(lambda: not any(piece in octets for octets in [files(self.a)] for key in gone for piece in pieces(key)), "the WAL to be emptied")

    def test_destroy_by_dates_come_due(self):
        referral = self.sent("--set", f"data-protection=public-task destroy-by={self.in_days(5)}")
        late = self.sent("--set", f"data-protection=public-task destroy-by={self.in_days(60)}")
        for node in (self.a, self.b):
            due = lambda: [one for one in node.cli("due")["items"] if one["what"] == "destroy-by" and one["referral"] in (referral, late)]
            self.assertEqual([(one["referral"], one["overdue"], one["held"]) for one in due()], [(referral, False, False)])
            node.cli("hold", referral, "--basis", "Proceedings")
            self.assertTrue(due()[0]["held"])
            node.cli("hold", referral, "--lift", "--basis", "over")
            node.cli("erase", referral, *BASIS)
            self.assertEqual(due(), [])


class Roles(ErasureTest):
    def test_an_approver_erases_and_an_admin_too_holds(self):
        referral = self.sent()
        for roles, erase, hold in ((["clerk"], False, False), (["auditor"], False, False), (["admin"], False, True), (["approver"], True, True)):
            set_roles(self.a, roles)
            with self.subTest(roles):
                if hold:
                    self.a.cli("hold", referral, "--basis", "x")
                    self.a.cli("hold", referral, "--lift", "--basis", "x")
                else:
                    self.assertEqual(self.a.refused("hold", referral, "--basis", "x"), "not-permitted")
                if erase:
                    self.a.cli("erase", referral, *BASIS)
                else:
                    self.assertEqual(self.a.refused("erase", referral, *BASIS), "not-permitted")


if __name__ == "__main__":
    unittest.main(verbosity=2)
