"""What an auditor asks of a node: docs/operations.md "Audit", docs/protocol.md 9.1. Draw and proofs are worked out here once more."""

import base64
import hashlib
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import unittest
from contextlib import closing

from harness import BIN, PairTest

import inside
from mutate_test import flip

SECRET = "The partner nobody may know"
SEED = "Lotto of 21 November 2026: 4 8 15 16 23 42"
COUNT = 12


def draw(seed, size, count):
    """protocol.md 9.1, from its words."""
    out, counter = [], 0
    while len(out) < count:
        octets = b"lapx/audit-sample@v1\n" + seed.encode() + struct.pack(">QQ", size, counter)
        value, counter = int.from_bytes(hashlib.sha256(octets).digest()[:8], "big"), counter + 1
        if value < 2**64 - 2**64 % size and value % size not in out:
            out.append(value % size)
    return out


def verify(*args):
    """lapx verify, without a node; gives (exit code, document)."""
    done = subprocess.run([BIN / "lapx", "--json", "verify", *map(str, args)], capture_output=True, text=True,
                          env={**os.environ, "LAPX_HOME": "/nowhere"})
    return done.returncode, json.loads(done.stdout)


def kinds(node):
    return [entry.split(b"\n")[1].removeprefix(b"kind ").decode() for entry in inside.entries(node)]


def opened(node, index):
    """The data of an entry."""
    (keys, parts), = inside.rows(node, "SELECT keys, parts FROM opening WHERE idx = ?", index)
    return inside.at_rest(node, keys, parts)[0][32:].decode()


def set_roles(node, roles):
    config = node.home / "config.toml"
    config.write_text(re.sub(r"(?ms)^roles = \[.*?\]", f"roles = {json.dumps(roles)}", config.read_text()))
    node.restart()


def tamper(node, *script):
    """Changes the database of a stopped node, behind the triggers that stop mistakes of the program."""
    with closing(sqlite3.connect(node.home / "lapx.db")) as database:
        for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in script:
            database.execute(*statement) if isinstance(statement, tuple) else database.execute(statement)
        database.commit()


class Decisions(PairTest):
    options = {"b": {"desks": ("spam", "fraud")}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desks = [cls.b.desk, f"fraud@{cls.b.agency}"]
        referral = cls.a.file(cls.desks, "--set", f"provenance={SECRET}; ref 1", "--set", "scale=complaints=412 messages=9 estimated")["referral"]
        cls.referral = referral
        status, answer = cls.a.call("PATCH", f"referrals/{referral}", {"withhold": [
            {"item": "scale", "reason": "commercially-sensitive", "show": "category", "from": cls.desks[1], "basis": "Act 7, section 4"}]})
        assert status == 200, answer
        cls.a.cli("approve", referral)
        cls.a.cli("send", referral)
        cls.a.wait_delivered(referral)

    def test_each_item_of_the_manifest_has_one_disposition_for_each_recipient(self):
        audit = self.a.cli("audit", self.referral)
        self.assertEqual(audit["referral"], self.referral)
        self.assertEqual([r["to"] for r in audit["recipients"]], self.desks)
        manifest = inside.parts_of(self.a, self.referral)[1].decode()
        labels = [line.split()[2] for line in manifest.splitlines() if line.startswith("item ")]
        ledger = inside.entries(self.a)
        for recipient in audit["recipients"]:
            with self.subTest(recipient["to"]):
                self.assertEqual([i["label"] for i in recipient["items"]], labels)
                self.assertEqual([i["item"] for i in recipient["items"]], list(range(1, len(labels) + 1)))
                self.assertLessEqual({i["disposition"] for i in recipient["items"]}, {"disclosed", "withheld", "absent"})
                self.assertEqual(recipient["sent"], recipient["decided"] + 1)
                self.assertIn(b"\nkind decided\n", ledger[recipient["decided"]])
                self.assertIn(b"\nkind sent\n", ledger[recipient["sent"]])
                record = opened(self.a, recipient["decided"])
                for line in (f"cover {recipient['cover']}", f"view {recipient['view']}", f"policy {recipient['policy']}",
                             f"message {recipient['message']}", "self-approved yes"):
                    self.assertIn(f"\n{line}\n", record)
                self.assertEqual(recipient["self_approved"], True)
                self.assertEqual((recipient["approver"]["name"], recipient["approver"]["position"]), ("Ada Officer", "Investigator"))
                self.assertIn(f"\napprover {recipient['approver']['id']}\n", record)
                self.assertEqual((recipient["receipt"]["outcome"], recipient["receipt"]["verifies"]), ("accepted", True))
                self.assertIsNone(recipient["erased"])
                for item in recipient["items"]:
                    withheld = item["disposition"] == "withheld"
                    self.assertEqual([item[key] is not None for key in ("reason", "shown", "decider")], [withheld] * 3, item)
        spam, fraud = ({i["label"]: i for i in r["items"]} for r in audit["recipients"])
        self.assertEqual(spam["scale"]["disposition"], "disclosed")
        self.assertEqual([fraud["scale"][key] for key in ("disposition", "reason", "shown", "basis")],
                         ["withheld", "commercially-sensitive", "category", "Act 7, section 4"])
        self.assertEqual(fraud["scale"]["decider"]["name"], "Ada Officer")
        self.assertEqual(spam["provenance"]["disposition"], "withheld")
        self.assertNotIn(SECRET, json.dumps(audit))

    def test_the_text_for_a_person_says_it_too(self):
        done = subprocess.run([BIN / "lapx", "--home", self.a.home, "audit", self.referral], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("commercially-sensitive", "Act 7, section 4", "Ada Officer, Investigator", "accepted", "Self-approved"):
            self.assertIn(words, done.stdout)

    def test_a_look_at_decisions_stands_in_the_ledger(self):
        size = self.a.size()
        self.a.cli("audit", self.referral)
        self.assertEqual(kinds(self.a)[size:], ["read"])
        record = opened(self.a, size)
        self.assertTrue(record.startswith("lapx/read@v1\noperator "), record)
        self.assertIn(f"\nwhat audit of {self.referral}\n", record)

    def test_it_is_for_what_was_sent_and_for_auditors(self):
        draft = self.a.file(self.b.desk)["referral"]
        self.assertEqual(self.a.refused("audit", draft), "wrong-state")
        self.assertEqual(self.b.refused("audit", self.referral), "wrong-state")
        self.assertEqual(self.a.refused("audit", "00000000"), "unknown-referral")
        self.assertEqual(self.a.run("audit")[0], 2)
        self.a.cli("discard", draft)
        set_roles(self.a, ["clerk", "approver", "admin"])
        try:
            self.assertEqual(self.a.refused("audit", self.referral), "not-permitted")
            set_roles(self.a, ["clerk"])
            self.assertEqual(self.a.refused("audit", "check"), "not-permitted")
            self.assertEqual(self.a.refused("audit", "sample", "--seed", "x", "--n", 1, "-o", self.folder / "no"), "not-permitted")
        finally:
            set_roles(self.a, ["clerk", "approver", "auditor", "admin"])
        self.assertEqual(kinds(self.a)[-3:], ["refused"] * 3)

    def test_a_sound_ledger_has_no_gaps_and_looking_leaves_no_trace(self):
        for node in (self.a, self.b):
            size = node.size()
            found = node.cli("audit", "check")
            self.assertEqual((found["ok"], found["problems"], found["checked"]), (True, [], size))
            self.assertEqual(node.size(), size)


class Sample(PairTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for _ in range(4):
            cls.a.wait_delivered(cls.a.send(cls.b.desk)["referral"])
        cls.b.wait_delivered(cls.b.send(cls.a.desk)["referral"])
        cls.card = cls.a.card_file()
        cls.size = cls.a.size()
        cls.sample = cls.folder / "sample"
        cls.made = cls.a.cli("audit", "sample", "--seed", SEED, "--n", COUNT, "-o", cls.sample)
        cls.drawn = draw(SEED, cls.size, COUNT)

    def verify(self, folder=None, seed=SEED, count=COUNT):
        return verify("--seed", seed, "--n", count, "--card", self.card, folder or self.sample)

    def test_it_draws_what_the_seed_decides_and_verifies_without_a_node(self):
        code, found = self.verify()
        self.assertEqual((code, found["problems"]), (0, []))
        self.assertEqual([entry["index"] for entry in found["drawn"]], self.drawn)
        self.assertEqual({entry["shown"] for entry in found["drawn"]}, {"opened"})
        self.assertEqual({path.name for path in (self.sample / "proofs").iterdir()}, {f"{index}.tlog-proof" for index in self.drawn})
        self.assertEqual(verify(self.sample)[0], 0)
        ledger = inside.entries(self.a)
        for index in self.drawn:
            extra = (self.sample / f"proofs/{index}.tlog-proof").read_text().splitlines()[1].removeprefix("extra ")
            self.assertTrue(base64.b64decode(extra).startswith(ledger[index]), index)

    def test_the_export_stands_in_the_ledger_with_its_seed(self):
        self.assertEqual(kinds(self.a)[self.size], "exported")
        self.assertIn(f"\nwhat sample of {COUNT} of {self.size} entries, seed {SEED}\n", opened(self.a, self.size))

    def test_the_same_seed_draws_the_same_of_the_same_ledger_and_another_another(self):
        size = self.a.size()
        for seed in ("one", "two"):
            self.a.cli("audit", "sample", "--seed", seed, "--n", 5, "-o", self.folder / seed)
            code, found = verify("--seed", seed, "--n", 5, self.folder / seed)
            self.assertEqual((code, [e["index"] for e in found["drawn"]]), (0, draw(seed, size, 5)))
            size += 1

    def refused(self, what, change):
        folder = self.folder / "altered"
        shutil.copytree(self.sample, folder)
        try:
            change(folder)
            code, found = self.verify(folder)
            self.assertEqual(code, 1, what)
            self.assertTrue(found.get("problems") or found.get("error"), what)
            return found
        finally:
            shutil.rmtree(folder)

    def test_whatever_was_altered_removed_or_added_is_refused(self):
        files = sorted(path.relative_to(self.sample) for path in self.sample.rglob("*") if path.is_file() and path.name != "README")
        for name in files:
            octets = (self.sample / name).read_bytes()
            places = {5, len(octets) // 5, len(octets) // 2, len(octets) - 2} if name.name != "policy" else {5, 40}
            for at in places:
                self.refused(f"{name}: octet {at}", lambda folder: (folder / name).write_bytes(flip(octets, at)))
            self.refused(f"{name}: cut short", lambda folder: (folder / name).write_bytes(octets[:-1]))
            found = self.refused(f"{name}: removed", lambda folder: (folder / name).unlink())
            if name.parent.name == "proofs":
                self.assertEqual(found["problems"], [f"entry {name.name.split('.')[0]}: its proof is missing"])
                self.assertEqual(len(found["drawn"]), COUNT - 1)
        first, second = (f"proofs/{index}.tlog-proof" for index in self.drawn[:2])
        self.refused("a proof in another's place", lambda folder: shutil.copy(folder / first, folder / second))
        self.refused("a file too many", lambda folder: (folder / "proofs/x.tlog-proof").write_text("x"))

    def test_another_seed_number_or_card_is_refused_and_so_is_another_draw(self):
        for args in ({"seed": SEED + "."}, {"count": COUNT + 1}, {"count": COUNT - 1}):
            self.assertEqual(self.verify(**args)[0], 1, args)
        self.assertEqual(verify("--card", self.b.card_file(), self.sample)[0], 1)
        text = (self.sample / "sample").read_text()
        lines = text.splitlines(keepends=True)
        for what, other in {"another seed": text.replace(SEED, "mine"),
                            "one left out": "".join(lines[:-1]),
                            "two swapped": "".join([*lines[:4], lines[5], lines[4], *lines[6:]]),
                            "said to be sealed": text.replace("opened", "sealed", 1),
                            "said to be erased": text.replace("opened", "erased", 1)}.items():
            self.refused(what, lambda folder: (folder / "sample").write_text(other))

    def test_a_seed_or_number_that_will_not_do_is_refused_and_leaves_no_trace(self):
        for seed, count in (("", 1), ("x" * 201, 1), ("two\nlines", 1), (" x", 1), ("x", 0), ("x", 1001), ("x", 900)):
            refusal = lambda: self.a.refused("audit", "sample", "--seed", seed, "--n", count, "-o", self.folder / "none")
            self.assert_no_trace(self.a, refusal, "invalid-argument")
        for body in ({"seed": "x"}, {"n": 1}, {"seed": 1, "n": 1}, {"seed": "x", "n": "1"}, {"seed": "x", "n": -1}, {"seed": "x", "n": 1.5}):
            status, answer = self.a.call("POST", "ledger/sample", body)
            self.assertEqual((status, answer["error"]["code"]), (400, "invalid-argument"), body)
        self.assertFalse((self.folder / "none").exists())


class SealedAndErased(PairTest):
    def test_what_the_role_may_not_open_is_sealed_and_what_was_erased_is_still_accounted_for(self):
        referral = self.a.send(self.b.desk)["referral"]
        self.a.wait_delivered(referral)
        decided = kinds(self.a).index("decided")
        self.a.stop()
        (keys,), = inside.rows(self.a, "SELECT keys FROM opening WHERE idx = ?", decided)
        tamper(self.a, ("UPDATE opening SET keys = ? WHERE idx = ?", (keys[:72] + bytes(72), decided)))
        self.a.start()
        audit = self.a.cli("audit", referral)["recipients"][0]
        self.assertEqual(audit["erased"], "texts")
        self.assertEqual((audit["approver"]["name"], audit["self_approved"]), (None, True))
        self.a.stop()
        tamper(self.a, ("UPDATE opening SET keys = ? WHERE idx = ?", (bytes(144), decided)))
        self.a.start()
        audit = self.a.cli("audit", referral)["recipients"][0]
        self.assertEqual((audit["erased"], audit["decided"], audit["items"]), ("decided", decided, []))
        self.assertEqual(audit["receipt"]["verifies"], True)
        self.assertTrue(self.a.cli("audit", "check")["ok"])

        set_roles(self.a, ["admin"])
        size, sample = self.a.size(), self.folder / "sample"
        self.a.cli("audit", "sample", "--seed", "all", "--n", size, "-o", sample)
        code, found = verify("--seed", "all", "--n", size, sample)
        self.assertEqual((code, found["problems"]), (0, []))
        shown = {entry["index"]: entry["shown"] for entry in found["drawn"]}
        for index, kind in enumerate(kinds(self.a)[:size]):
            expected = "erased" if index == decided else "opened" if kind in ("sent", "received") else "sealed"
            self.assertEqual(shown[index], expected, (index, kind))
        text = (sample / "sample").read_text()
        (sample / "sample").write_text(text.replace("sealed", "opened", 1))
        self.assertEqual(verify(sample)[0], 1)


class Gaps(PairTest):
    """What somebody did to the database behind the node's back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for _ in range(2):
            cls.a.wait_delivered(cls.a.send(cls.b.desk)["referral"])
        cls.b.wait_delivered(cls.b.send(cls.a.desk)["referral"])
        cls.sent = [i for i, kind in enumerate(kinds(cls.a)) if kind == "sent"]
        cls.received = [i for i, kind in enumerate(kinds(cls.a)) if kind == "received"]
        cls.a.stop()
        cls.a.keep_copy()

    def found(self, *script):
        self.a.put_copy_back()
        tamper(self.a, *script)
        self.a.start()
        try:
            code, out, err = self.a.run("audit", "check")
            found = json.loads(out)
            self.assertEqual(code, 0 if found["ok"] else 1, err)
            self.assertEqual(found["checked"], self.a.size())
            return {(problem["index"], problem["what"]) for problem in found["problems"]}
        finally:
            self.a.stop()

    def test_nothing_is_found_where_nothing_was_done(self):
        self.assertEqual(self.found(), set())

    def test_a_message_that_was_deleted(self):
        one, two = self.sent
        where = "(SELECT seq FROM message WHERE leaf = %d)"
        self.assertEqual(self.found(f"DELETE FROM receipt WHERE message = {where % one}", f"DELETE FROM message WHERE leaf = {one}"),
                         {(one, "`sent` without its message")})
        self.assertEqual(self.found(f"DELETE FROM message WHERE leaf = {self.received[0]}"),
                         {(self.received[0], "`received` without its message")})
        self.assertEqual(self.found(f"UPDATE message SET leaf = {one} WHERE leaf = {two}"),
                         {(one, "more than one message has this entry"), (two, "`sent` without its message")})

    def test_openings_that_were_swapped_removed_or_spoilt(self):
        one, two = self.sent
        self.assertEqual(self.found(f"DELETE FROM opening WHERE idx = {one}"), {(one, "it cannot be opened: not-found")})
        self.assertEqual(
            self.found(f"UPDATE opening SET (keys, parts) = (SELECT keys, parts FROM opening WHERE idx = {two - 1}) WHERE idx = {one - 1}"),
            {(one - 1, "it cannot be opened: ledger-broken")})
        self.assertEqual(self.found(f"UPDATE opening SET parts = zeroblob(length(parts)) WHERE idx = {one}"),
                         {(one, "it cannot be opened: database-broken")})

    def test_covers_and_referrals_that_were_exchanged(self):
        one, two = self.sent
        self.assertEqual(self.found(f"UPDATE message SET cover = zeroblob(32) WHERE leaf = {one}"), {(one, "its message has another cover")})
        found = self.found(f"UPDATE message SET referral = (SELECT referral FROM message WHERE leaf = {two}) WHERE leaf = {one}")
        self.assertEqual({index for index, _ in found}, {one})
        self.assertIn((one, "the manifest is not the one the view names"), found)

    def test_the_audit_of_a_referral_does_not_take_a_swapped_decision(self):
        one, two = self.sent
        self.a.put_copy_back()
        (ident,), = inside.rows(self.a, "SELECT r.id FROM referral r JOIN message m ON m.referral = r.seq WHERE m.leaf = ?", one)
        tamper(self.a, f"UPDATE opening SET (keys, parts) = (SELECT keys, parts FROM opening WHERE idx = {two - 1}) WHERE idx = {one - 1}")
        self.a.start()
        try:
            size = self.a.size()
            text = ident.hex()
            self.assertEqual(self.a.refused("audit", f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"), "ledger-broken")
            self.assertEqual(self.a.size(), size)
        finally:
            self.a.stop()


if __name__ == "__main__":
    unittest.main()
