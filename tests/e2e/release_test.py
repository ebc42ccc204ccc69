"""Who may release what, and when: four eyes, the delay before it leaves, standing approvals of feeds."""

import base64
import calendar
import grp
import json
import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time
import unittest
from contextlib import closing
from pathlib import Path

from harness import BIN, SAMPLES, PairTest, each, wait_for

import inside

PHISH = SAMPLES / "phish-bank.eml"
BASE = (Path(__file__).resolve().parents[2] / "config/disclosure.toml").read_text()
SHARED = 'class = ["AS", "SH"]\ndecide = "share"\n'
FOUR_EYES = BASE.replace(SHARED, SHARED + "four_eyes = true\n")
NO_FACTS = BASE.replace("[[rule]]", '[[rule]]\nname = "no facts"\nitem = ["facts"]\ndecide = "never"\nreason = "national-law"\nshow = "category"\n\n[[rule]]', 1)
DAY = 86400
assert BASE != FOUR_EYES and BASE != NO_FACTS
needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root: to act as several Unix accounts")


def delayed(delay, text=BASE):
    return f'release_delay = "{delay}"\n' + text


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class Release(PairTest):
    """Node a has a policy that the tests change."""

    def put(self, policy):
        path = self.a.home / "disclosure.toml"
        path.write_text(policy)
        path.chmod(0o600)

    def in_force(self, policy):
        """Runs the node with this policy."""
        self.a.stop()
        self.put(policy)
        self.start()

    def start(self):
        self.a.start()
        self.a.wait_connected(self.b)
        wait_for(lambda: self.a.call("POST", "drafts", {})[1]["error"]["code"] != "starting", "the peer to confirm the ledger")

    def draft(self, *args):
        return self.a.file(self.b.desk, *args)["referral"]

    def drafted(self, referral):
        """Its row among the drafts, those of feeds too."""
        return next((row for row in self.a.listed("drafts?all=true") if row["referral"] == referral), None)

    def sent_entries(self):
        return sum(b"\nkind sent\n" in entry for entry in inside.entries(self.a))

    def assert_sent(self, referral):
        wait_for(lambda: self.a.cli("show", referral)["messages"], f"{referral} to leave")
        self.a.wait_delivered(referral)

    def assert_stayed(self, referral):
        """Nothing of it left, and it is a draft that says why."""
        wait_for(lambda: self.drafted(referral)["state"] == "draft", f"{referral} to be a draft again")
        self.assertEqual(self.a.cli("show", referral)["messages"], [])
        self.assertIsNone(self.drafted(referral)["leaves"])
        self.assertEqual(self.a.refused("send", referral), "wrong-state")
        self.assertIsNone(self.b.row("inbox", referral))


def approvals(node, form):
    """The data of the `approved` entries that have this form, oldest first."""
    kinds = inside.entries(node)
    data = [inside.at_rest(node, keys, parts)[0][32:].decode()
            for idx, keys, parts in inside.rows(node, "SELECT idx, keys, parts FROM opening ORDER BY idx")
            if b"\nkind approved\n" in kinds[idx]]
    return [dict(line.split(" ", 1) for line in text.splitlines()[1:]) for text in data if text.startswith(form + "\n")]


class Colleagues(Release):
    """More operators of node a, each with a Unix account and a socket that all of them may open."""

    GROUP = grp.getgrnam("users")
    PEOPLE = {"dora": (12401, ["clerk", "approver"]), "emil": (12402, ["clerk", "approver"]), "vera": (12403, ["clerk", "approver"]),
              "fred": (12404, ["feeder"])}
    policy = BASE

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
        for name, (uid, roles) in cls.PEOPLE.items():
            text += (f'\n[[operator]]\nid = "{name}"\nname = "{name.title()}"\nposition = "Officer"\nuid = {uid}\n'
                     f'roles = {json.dumps(roles)}\ndesks = ["*"]\n')
        config.write_text(text)
        cls.config = text
        shutil.copy(BIN / "lapx", cls.place / "lapx")
        shutil.copy(PHISH, cls.place / "mail.eml")
        cls.a.socket_path = cls.place / "a.sock"
        cls().in_force(cls.policy)

    def by(self, who, *args):
        """Runs lapx as that operator; gives its document."""
        uid = self.PEOPLE[who][0]
        command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", f"--groups={self.GROUP.gr_gid}", self.place / "lapx", "--socket",
                   self.place / "a.sock", "--json", *map(str, args)]
        return json.loads(subprocess.run(command, capture_output=True, text=True).stdout)

    def code(self, who, *args):
        """The code with which it is refused."""
        before = self.a.traces()
        code = self.by(who, *args)["error"]["code"]
        self.assertEqual(self.a.traces(), before)
        return code

    def file_by(self, who, *args, to=None):
        return self.by(who, "file", *each("--to", to or [self.b.desk]), "--kind", "urgent", *args, self.place / "mail.eml")


@needs_root
class FourEyes(Colleagues):
    policy = FOUR_EYES

    def test_neither_the_drafter_nor_any_editor_approves(self):
        referral = self.file_by("dora")["referral"]
        self.assertEqual(self.code("dora", "approve", referral), "four-eyes")
        self.by("emil", "edit", referral, "--set", "purpose=another")
        self.by("vera", "withhold", referral, "facts", "--reason", "national-law")
        for who in ("dora", "emil", "vera"):
            self.assertEqual(self.code(who, "approve", referral), "four-eyes")
        self.a.restart()
        self.assertEqual(self.code("emil", "approve", referral), "four-eyes")
        self.assertEqual(self.a.cli("show", referral)["editors"], ["emil", "vera"])
        self.assertEqual(self.a.cli("approve", referral)["state"], "approved")
        self.by("dora", "send", referral)
        self.assert_sent(referral)
        self.assertIn("\napprover op-1\nself-approved no\n", inside.decided_records(self.a)[-1])

    def test_who_approved_and_then_changes_it_has_voided_that_and_may_not_approve_again(self):
        referral = self.file_by("dora")["referral"]
        self.assertEqual(self.by("vera", "approve", referral)["state"], "approved")
        self.assertEqual(self.by("vera", "edit", referral, "--tlp", "GREEN")["state"], "draft")
        self.assertEqual(self.code("vera", "send", referral), "wrong-state")
        self.assertEqual(self.code("vera", "approve", referral), "four-eyes")
        self.assertEqual(self.by("emil", "approve", referral)["state"], "approved")

    def test_an_approval_falls_with_the_role_of_who_gave_it(self):
        referral = self.file_by("dora")["referral"]
        self.by("vera", "approve", referral)
        before = self.sent_entries()
        self.a.stop()
        config = self.a.home / "config.toml"
        text = config.read_text()
        vera = text.index('id = "vera"')
        config.write_text(text[:vera] + text[vera:].replace('roles = ["clerk", "approver"]', 'roles = ["auditor"]', 1))
        try:
            self.start()
            self.assertEqual(self.code("dora", "send", referral), "not-permitted")
            self.assertEqual(self.sent_entries(), before)
            self.assertEqual(self.by("emil", "approve", referral)["state"], "approved")
            self.by("dora", "send", referral)
            self.assert_sent(referral)
            self.assertIn("\napprover emil\n", inside.decided_records(self.a)[-1])
        finally:
            self.a.stop()
            config.write_text(text)
            self.start()

    def test_giving_it_back_is_no_change_of_it(self):
        referral = self.file_by("dora")["referral"]
        self.by("vera", "return", referral, "-m", "another purpose")
        self.by("dora", "edit", referral, "--set", "purpose=another")
        self.assertEqual(self.by("vera", "approve", referral)["state"], "approved")

    def test_a_correction_takes_another_person_too(self):
        referral = self.file_by("dora")["referral"]
        self.by("emil", "approve", referral)
        self.by("dora", "send", referral)
        self.assert_sent(referral)
        made = self.by("emil", "correct", referral, "--set", "facts=The right words.", "--send")
        self.assertEqual((made["state"], made["awaiting"]["code"]), ("awaiting-approval", "four-eyes"))
        self.assertEqual(self.code("emil", "approve", referral), "four-eyes")
        self.by("dora", "approve", referral)
        self.by("emil", "send", referral)
        wait_for(lambda: self.b.cli("show", referral)["version"] == 2, "the correction to arrive")
        self.assertIn("\napprover dora\nself-approved no\n", inside.decided_records(self.a)[-1])

    def test_one_officer_alone_is_told_whom_it_takes(self):
        before = self.sent_entries()
        made = self.a.send(self.b.desk)
        self.assertEqual((made["state"], made["messages"], made["awaiting"]["code"]), ("awaiting-approval", [], "four-eyes"))
        code, out, err = self.a.run("approve", made["referral"])
        error = json.loads(out)["error"]
        self.assertEqual((code, error["code"]), (1, "four-eyes"))
        self.assertIn("what every referral is made of", error["message"])
        self.assertIn("config.toml", error["hint"])
        self.assertEqual(self.sent_entries(), before)

    def test_the_policy_says_where_it_asks_for_it(self):
        referral = self.draft()
        for item, expected in (("facts", [True]), ("suspect", [False, False])):
            found = self.a.cli("policy", "why", referral, item, "--as", self.b.desk)["findings"]
            self.assertEqual([finding["four_eyes"] for finding in found], expected)
        facts, = (item for item in self.a.cli("policy", "check")["items"] if item["item"] == "facts")
        self.assertEqual([rule["four_eyes"] for rule in facts["rules"]], [True])


@needs_root
class NoSelfApproval(Colleagues):
    """self_approval = false: whatever the rules say."""

    def test_an_editor_is_no_other_person(self):
        config = self.a.home / "config.toml"
        self.a.stop()
        config.write_text(self.config.replace("self_approval = true", "self_approval = false"))
        self.start()
        referral = self.file_by("dora")["referral"]
        self.by("emil", "edit", referral, "--set", "purpose=another")
        for who in ("dora", "emil"):
            self.assertEqual(self.code(who, "approve", referral), "not-permitted")
        self.assertEqual(self.by("vera", "approve", referral)["state"], "approved")
        self.by("vera", "standing", "add", "--feed", "own", "--to", self.b.desk, "--per-day", 5, "--until", "2099-12-31")
        self.assertEqual(self.file_by("vera", "--feed", "own")["awaiting"]["code"], "not-permitted")
        self.assertEqual(self.file_by("fred", "--feed", "own")["state"], "sent")


class Restart(Release):
    def alter(self, referral, column, at):
        """Flips a bit of what the stopped node keeps of a referral; gives what was there."""
        name = bytes.fromhex(referral.replace("-", ""))
        with closing(sqlite3.connect(self.a.home / "lapx.db")) as database:
            (octets,), = database.execute(f"SELECT {column} FROM referral WHERE id = ?", (name,))
            changed = bytearray(octets)
            changed[at(len(octets))] ^= 1
            database.execute(f"UPDATE referral SET {column} = ? WHERE id = ?", (bytes(changed), name))
            database.commit()
        return octets

    def put_back(self, referral, column, octets):
        with closing(sqlite3.connect(self.a.home / "lapx.db")) as database:
            database.execute(f"UPDATE referral SET {column} = ? WHERE id = ?", (octets, bytes.fromhex(referral.replace("-", ""))))
            database.commit()

    def test_what_became_stale_is_approved_again(self):
        referral = self.draft()
        self.a.cli("approve", referral)
        self.in_force(NO_FACTS)
        self.assertEqual(self.a.refused("send", referral), "approval-stale")
        self.assertEqual(self.a.cli("approve", referral)["state"], "approved")
        self.a.cli("send", referral)
        self.assert_sent(referral)
        self.in_force(BASE)

    def test_an_approval_survives_a_restart_but_no_change_of_the_bytes(self):
        referral = self.draft()
        self.a.cli("approve", referral)
        before = self.sent_entries()
        for column, at in (("data", lambda n: n // 8), ("data", lambda n: n // 2), ("data", lambda n: n - 1), ("keys", lambda n: n // 2)):
            self.a.stop()
            held = self.alter(referral, column, at)
            self.start()
            self.assertNotEqual(self.a.run("send", referral)[0], 0)
            self.a.kill()
            self.assertEqual(self.sent_entries(), before)
            self.put_back(referral, column, held)
            self.start()
        self.a.cli("send", referral)
        self.assert_sent(referral)
        self.assertEqual(self.sent_entries(), before + 1)

    def test_what_cannot_be_read_when_its_time_has_come_stays_and_the_others_leave(self):
        self.in_force(delayed("4s"))
        broken, whole = (self.a.send(self.b.desk)["referral"] for _ in range(2))
        leaves = seconds(self.drafted(whole)["leaves"])
        self.a.stop()
        self.alter(broken, "data", lambda n: n // 2)
        wait_for(lambda: time.time() > leaves, "the time to come")
        self.start()
        self.assert_sent(whole)
        self.assertIn("cannot be read, and stays here", self.a.log())
        self.assertIsNone(self.b.row("inbox", broken))
        self.assertTrue(self.a.running())


class Delay(Release):
    def sent(self, delay, *args):
        """A referral that was told to leave, under the built-in policy with this delay; and when."""
        self.in_force(delayed(delay))
        before = time.time()
        made = self.a.send(self.b.desk, *args)
        self.assertEqual((made["state"], made["messages"]), ("releasing", []))
        leaves = seconds(made["leaves"])
        self.assertGreaterEqual(leaves, int(before))
        return made["referral"], leaves

    def test_it_waits_and_says_so_and_cancel_stops_it(self):
        referral, leaves = self.sent("2h")
        self.assertLess(abs(leaves - time.time() - 7200), 60)
        for where in (self.drafted(referral), self.a.cli("show", referral), self.a.cli("why", referral)):
            self.assertEqual((where["state"], where["leaves"]), ("releasing", stamp(leaves)))
        self.assertIsNone(self.a.row("outbox", referral))
        for step in (("edit", referral, "--set", "purpose=x"), ("withhold", referral, "facts", "--reason", "national-law"),
                     ("discard", referral), ("approve", referral)):
            self.assert_no_trace(self.a, lambda: self.a.refused(*step), "wrong-state")
        self.assertEqual(self.a.cli("send", referral)["leaves"], stamp(leaves), "it is on its way already")
        self.a.kill()
        self.start()
        self.assertEqual(self.drafted(referral)["leaves"], stamp(leaves))
        self.assertEqual(self.a.cli("cancel", referral)["state"], "draft")
        self.assert_stayed(referral)
        self.assert_no_trace(self.a, lambda: self.a.refused("cancel", referral), "wrong-state")
        self.a.cli("approve", referral)
        self.assert_no_trace(self.a, lambda: self.a.refused("cancel", referral), "wrong-state")

    def test_an_approver_gives_back_what_is_about_to_leave(self):
        referral, _ = self.sent("2h")
        self.a.cli("return", referral, "-m", "not yet")
        self.assert_stayed(referral)
        self.assertEqual(self.drafted(referral)["returned"]["by"], "op-1")

    def test_it_leaves_by_itself_and_not_before(self):
        referral, leaves = self.sent("3s")
        self.assert_sent(referral)
        record = self.a.cli("show", referral)
        sent, = (step for step in record["history"] if step["event"].startswith("sent to"))
        self.assertGreaterEqual(seconds(sent["time"]), leaves)
        self.assertEqual((record["state"], record["leaves"]), ("delivered", None))
        self.assertIn("\napprover op-1\nself-approved yes\n", inside.decided_records(self.a)[-1])
        self.assertEqual(self.a.refused("cancel", referral), "wrong-state")

    def test_a_correction_and_a_later_disclosure_wait_too(self):
        self.in_force(BASE)
        referral = self.a.send(self.b.desk, "--withhold", "seen=national-law")["referral"]
        self.assert_sent(referral)
        self.in_force(delayed("2h"))
        for act in (("correct", referral, "--set", "facts=The right words."), ("disclose", referral, "--item", "seen", "--to", self.b.desk, "--basis", "Order 12/2026")):
            self.in_force(delayed("2h"))
            made = self.a.cli(*act, "--send")
            self.assertEqual((made["state"], made["messages"]), ("releasing", []))
            self.assertEqual(self.a.refused("correct", referral), "wrong-state")
            self.assertEqual(self.a.cli("cancel", referral)["state"], "draft")
            self.in_force(delayed("1s"))
            self.a.cli("approve", referral)
            self.a.cli("send", referral)
            wait_for(lambda: self.b.cli("show", referral)["act"] == act[0], f"the step {act[0]} to arrive")
        self.assertIn("seen", {item["label"] for item in self.b.cli("show", referral)["items"]})

    def test_what_goes_to_nobody_is_decided_on_when_its_time_has_come(self):
        self.in_force(delayed("3s"))
        referral = self.draft()
        self.a.cli("withhold", referral, "--wholly", "--from", self.b.desk, "--reason", "out-of-mandate")
        self.a.cli("approve", referral)
        before = len(inside.decided_records(self.a))
        self.assertEqual(self.a.cli("send", referral)["state"], "releasing")
        self.assertEqual(len(inside.decided_records(self.a)), before)
        wait_for(lambda: self.a.cli("show", referral)["state"] == "withheld", "the decision")
        self.assertEqual(len(inside.decided_records(self.a)), before + 1)
        self.assertEqual(self.a.row("outbox", referral)["state"], "withheld")
        self.assertIsNone(self.b.row("inbox", referral))

    def test_a_node_that_was_down_releases_when_it_is_up_again(self):
        referral, leaves = self.sent("3s")
        self.a.kill()
        wait_for(lambda: time.time() > leaves, "the time to come")
        self.start()
        self.assert_sent(referral)

    def test_the_delay_of_its_sending_counts_whatever_the_policy_says_now(self):
        referral, _ = self.sent("4s")
        self.in_force(delayed("2h"))
        self.assert_sent(referral)

    def stays_after(self, change, *said):
        referral, leaves = self.sent("4s")
        self.a.stop()
        change()
        wait_for(lambda: time.time() > leaves, "the time to come")
        before = self.sent_entries()
        self.start()
        self.assert_stayed(referral)
        returned = self.drafted(referral)["returned"]
        self.assertEqual(returned["by"], "lapxd")
        for word in said:
            self.assertIn(word, returned["text"])
        self.assertRegex(self.a.log(), f"warn.*{referral}.*{said[0]}")
        self.assertEqual(self.sent_entries(), before)

    def test_nothing_leaves_under_a_policy_that_shows_something_else(self):
        self.stays_after(lambda: self.put(delayed("4s", NO_FACTS)), "approval-stale")

    def test_nothing_leaves_under_a_policy_that_asks_for_another_approver_by_now(self):
        self.stays_after(lambda: self.put(delayed("4s", FOUR_EYES)), "four-eyes")

    def test_nothing_leaves_to_an_agency_that_was_suspended_meanwhile(self):
        referral, _ = self.sent("4s")
        self.a.cli("contact", "suspend", self.b.agency)
        wait_for(lambda: self.drafted(referral)["state"] == "draft", "the referral to be given back")
        self.assertIn("suspended", self.drafted(referral)["returned"]["text"])
        self.a.verify(self.b)
        self.a.wait_connected(self.b)
        self.assert_stayed(referral)

    def test_nothing_leaves_under_a_standing_approval_that_was_ended_meanwhile(self):
        self.in_force(delayed("4s"))
        self.a.cli("standing", "add", "--feed", "isp", "--to", self.b.desk, "--per-day", 5, "--until", "2099-12-31")
        made = self.a.file(self.b.desk, "--feed", "isp")
        self.assertEqual(made["state"], "releasing")
        self.a.cli("standing", "end", "isp")
        wait_for(lambda: self.drafted(made["referral"])["state"] == "draft", "the referral to be given back")
        self.assertIn("no-standing-approval", self.drafted(made["referral"])["returned"]["text"])
        self.assert_stayed(made["referral"])


class Standing(Release):
    """One officer files and approves; what it takes of several is below."""

    options = {"b": {"desks": ("spam", "fraud")}}
    number = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls().in_force(BASE)

    def setUp(self):
        wait_for(lambda: time.time() % DAY < DAY - 90, "the day to be over", 100)
        type(self).number += 1
        self.feed = f"feed-{self.number}"

    def add(self, *args, per_day=5, until="2099-12-31", to=None):
        return self.a.cli("standing", "add", "--feed", self.feed, *each("--to", to or [self.b.desk]), "--per-day", per_day, "--until", until, *args)

    def fed(self, *args, to=None):
        return self.a.file(to or self.b.desk, "--feed", self.feed, *args)

    def listed(self):
        return next(item for item in self.a.cli("standing", "list")["items"] if item["feed"] == self.feed)

    def assert_waits(self, made, code):
        """A draft that says why, and that a person may approve."""
        self.assertEqual((made["state"], made["awaiting"]["code"], made["messages"]), ("awaiting-approval", code, []))
        self.assertTrue(made["awaiting"]["hint"])
        self.assertEqual(self.drafted(made["referral"])["state"], "draft")

    def test_what_it_covers_is_sent_and_both_records_name_it(self):
        added = self.add("--tlp", "GREEN", "--use", "civil", "--attribution", "Example ISP", "--no-resale")
        self.assertEqual((added["in_force"], added["per_day"], added["used_today"], added["cause"]), (True, 5, 0, None))
        made = self.fed("--tlp", "GREEN", "--use", "civil", "--attribution", "Example ISP", "--no-resale")
        self.assertEqual((made["state"], made["feed"]), ("sent", self.feed))
        self.assert_sent(made["referral"])
        self.assertEqual(self.listed()["used_today"], 1)
        record = approvals(self.a, "lapx/standing@v1")[-1]
        self.assertEqual((record["id"], record["feed"], record["to"], record["tlp"], record["per-day"], record["approver"]),
                         (added["standing"], self.feed, self.b.desk, "GREEN", "5", "op-1"))
        self.assertEqual(record["policy"], self.a.cli("policy", "check")["policy"])
        approved = approvals(self.a, "lapx/approved@v1")[-1]
        self.assertEqual((approved["referral"], approved["approver"], approved["standing"]), (made["referral"], "op-1", added["standing"]))
        self.assertIn(f"\napprover op-1\nself-approved yes\nstanding {added['standing']}\n", inside.decided_records(self.a)[-1])
        self.assertEqual(self.a.cli("audit", made["referral"])["recipients"][0]["standing"], added["standing"])
        self.assertTrue(self.a.cli("audit", "check")["ok"])
        self.assert_sound(self.a)

    def test_feeds_stay_outside_the_lists_and_the_recipient_learns_nothing_of_them(self):
        self.add()
        sent, waits = self.fed()["referral"], self.fed("--tlp", "RED")["referral"]
        self.assert_sent(sent)
        for what, referral in (("outbox", sent), ("drafts", waits)):
            self.assertIsNone(self.a.row(what, referral))
            for option in (("--feed", self.feed), ("--all",)):
                self.assertIn(referral, [item["referral"] for item in self.a.cli(what, *option)["items"]])
            self.assertEqual(self.a.cli(what, "--feed", "no-such-feed")["items"], [])
        self.assertEqual(self.a.call("GET", "outbox?all=no")[0], 400)
        self.assertIsNotNone(self.b.row("inbox", sent))
        self.assertNotIn(self.feed, json.dumps(self.b.cli("show", sent)))
        for plain in inside.parts_of(self.a, sent)[1:2]:
            self.assertNotIn(self.feed.encode(), plain)

    def test_what_it_does_not_cover_waits_and_says_why(self):
        self.assert_waits(self.fed(), "no-standing-approval")
        self.add()
        fraud = f"fraud@{self.b.agency}"
        self.assert_waits(self.fed(to=fraud), "standing-recipients")
        self.assert_waits(self.fed(to=[self.b.desk, fraud]), "standing-recipients")
        for terms in (("--tlp", "GREEN"), ("--pap", "CLEAR"), ("--use", "criminal"), ("--onward", "none"), ("--until", "2099-01-01"),
                      ("--attribution", "X"), ("--no-resale",)):
            self.assert_waits(self.fed(*terms), "standing-terms")
        self.assertEqual(self.listed()["used_today"], 0)
        referral = self.fed("--tlp", "GREEN")["referral"]
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        self.assert_sent(referral)
        self.assertNotIn("\nstanding ", inside.decided_records(self.a)[-1])

    def test_some_of_its_recipients_will_do(self):
        fraud = f"fraud@{self.b.agency}"
        self.add(to=[self.b.desk, fraud])
        for to in (self.b.desk, fraud, [self.b.desk, fraud]):
            self.assertEqual(self.fed(to=to)["state"], "sent")

    def test_the_quota_holds_across_sigkill_and_filings_at_once(self):
        self.add(per_day=4)
        self.assertEqual(self.fed()["state"], "sent")
        self.a.kill()
        self.start()
        states, body = [], {"to": [self.b.desk], "kind": "urgent", "feed": self.feed,
                            "message_base64": base64.b64encode(PHISH.read_bytes()).decode()}
        threads = [threading.Thread(target=lambda: states.append(self.a.call("POST", "drafts", body))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({status for status, _ in states}, {200})
        self.assertEqual(sorted(made["state"] for _, made in states), ["awaiting-approval"] * 5 + ["sent"] * 3)
        self.assertEqual({made["awaiting"]["code"] for _, made in states if made["state"] != "sent"}, {"standing-quota"})
        self.a.kill()
        self.start()
        self.assert_waits(self.fed(), "standing-quota")
        self.assertEqual(self.listed()["used_today"], 4)

    def test_the_same_number_again_counts_once(self):
        self.add(per_day=2)
        first = self.fed("--external-id", f"{self.feed}-1")
        again = self.fed("--external-id", f"{self.feed}-1")
        self.assertEqual((again["referral"], again["already_filed"]), (first["referral"], True))
        self.assertEqual(self.listed()["used_today"], 1)

    def test_it_expires(self):
        end = int(time.time()) + 4
        self.add(until=stamp(end))
        self.assertEqual(self.fed()["state"], "sent")
        wait_for(lambda: time.time() > end, "its end")
        self.assert_waits(self.fed(), "standing-expired")
        self.assertEqual((self.listed()["in_force"], self.listed()["cause"]), (False, "standing-expired"))
        self.add()
        self.assertEqual(self.fed()["state"], "sent")

    def test_another_policy_ends_it_even_where_nothing_else_would_go(self):
        self.add()
        try:
            self.in_force(BASE + "# a word\n")
            self.assert_waits(self.fed(), "standing-policy")
            self.assertEqual(self.listed()["cause"], "standing-policy")
            self.a.cli("standing", "end", self.feed)
            self.add()
            self.assertEqual(self.fed()["state"], "sent")
        finally:
            self.in_force(BASE)

    def test_it_is_ended_once_and_recorded(self):
        added = self.add()
        self.assert_no_trace(self.a, lambda: self.a.refused("standing", "add", "--feed", self.feed, "--to", self.b.desk, "--per-day", 1,
                                                            "--until", "2099-12-31"), "wrong-state")
        self.assertEqual(self.a.cli("standing", "end", self.feed)["in_force"], False)
        self.assertEqual(approvals(self.a, "lapx/standing-ended@v1")[-1], {"standing": added["standing"], "operator": "op-1"})
        self.assert_no_trace(self.a, lambda: self.a.refused("standing", "end", self.feed), "wrong-state")
        self.assert_no_trace(self.a, lambda: self.a.refused("standing", "end", "no-such-feed"), "not-found")
        self.assert_waits(self.fed(), "no-standing-approval")

    def test_a_rehearsal_sends_nothing(self):
        self.add()
        self.assertEqual(self.fed("--dry-run")["state"], "discarded")
        self.assertEqual((self.listed()["used_today"], self.a.cli("outbox", "--feed", self.feed)["items"]), (0, []))

    def test_what_cannot_be_approved_at_all_is_refused_and_not_kept(self):
        self.add()
        for code, args in (("item-missing", ("--set", "indicator=")), ("unknown-reason", ("--withhold", "facts=because"))):
            self.assert_no_trace(self.a, lambda: self.a.refused("file", "--to", self.b.desk, "--kind", "urgent", "--feed", self.feed, *args, PHISH),
                                 code)

    def test_what_is_wrong_with_one_is_refused(self):
        good = {"feed": self.feed, "to": [self.b.desk], "per_day": 5, "expires": "2099-12-31"}
        for change, code in (({"feed": "No Feed"}, "invalid-argument"), ({"feed": ""}, "invalid-argument"), ({"to": []}, "no-recipient"),
                             ({"to": ["nobody@" + self.b.agency]}, "unknown-desk"), ({"to": ["spam@nowhere.example"]}, "unknown-agency"),
                             ({"per_day": 0}, "invalid-argument"), ({"per_day": -1}, "invalid-argument"), ({"per_day": "5"}, "invalid-argument"),
                             ({"per_day": 1000001}, "invalid-argument"), ({"expires": "2001-01-01"}, "invalid-argument"),
                             ({"expires": "soon"}, "invalid-argument"), ({"expires": None}, "invalid-argument"), ({"tlp": "PINK"}, "invalid-argument"),
                             ({"uses": []}, "invalid-argument")):
            before = self.a.traces()
            status, answer = self.a.call("POST", "standing", good | change)
            self.assertEqual((status, answer["error"]["code"]), (400, code), change)
            self.assertEqual(self.a.traces(), before)
        status, answer = self.a.call("POST", "drafts", {"to": [self.b.desk], "kind": "urgent", "feed": "No Feed"})
        self.assertEqual((status, answer["error"]["code"]), (400, "invalid-argument"))


@needs_root
class StandingOfSeveral(Colleagues):
    policy = FOUR_EYES

    def test_a_feeder_sends_under_what_an_approver_gave_and_four_eyes_are_two_persons(self):
        terms = ("--to", self.b.desk, "--per-day", 5, "--until", "2099-12-31")
        self.assertEqual(self.by("fred", "standing", "add", "--feed", "isp", *terms)["error"]["code"], "not-permitted")
        added = self.by("vera", "standing", "add", "--feed", "isp", *terms)
        made = self.file_by("fred", "--feed", "isp")
        self.assertEqual(made["state"], "sent", made)
        self.assert_sent(made["referral"])
        self.assertIn(f"\napprover vera\nself-approved no\nstanding {added['standing']}\n", inside.decided_records(self.a)[-1])
        own = self.file_by("vera", "--feed", "isp")
        self.assertEqual((own["state"], own["awaiting"]["code"]), ("awaiting-approval", "four-eyes"))
        self.assertEqual(self.by("dora", "standing", "list")["items"][0]["used_today"], 1)
        self.assertEqual(self.by("fred", "standing", "end", "isp")["error"]["code"], "not-permitted")

    def test_a_feeder_learns_of_what_others_filed_no_more_than_that_it_is_there(self):
        made = self.by("dora", "file", "--to", self.b.desk, "--kind", "urgent", "--external-id", "N-1", "--set", "facts=Secret words.",
                       self.place / "mail.eml")
        again = self.file_by("fred", "--external-id", "N-1")
        self.assertEqual((again["referral"], again["already_filed"], again["state"]), (made["referral"], True, "draft"))
        self.assertNotIn("items", again)
        self.assertNotIn("Secret", json.dumps(again))
        own = self.file_by("fred", "--external-id", "N-2")
        self.assertEqual(self.file_by("fred", "--external-id", "N-2")["items"], own["items"])

    def test_it_falls_with_the_role_of_who_gave_it(self):
        self.by("emil", "standing", "add", "--feed", "other", "--to", self.b.desk, "--per-day", 5, "--until", "2099-12-31")
        config = self.a.home / "config.toml"
        self.a.stop()
        config.write_text(re.sub(r'(id = "emil"(?:.*\n)+?roles = )\[.*\]', r'\1["clerk"]', config.read_text()))
        self.start()
        try:
            self.assertEqual(self.file_by("fred", "--feed", "other")["awaiting"]["code"], "no-standing-approval")
        finally:
            self.a.stop()
            config.write_text(self.config)
            self.start()


if __name__ == "__main__":
    unittest.main(verbosity=2)
