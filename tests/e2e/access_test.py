"""Need to know: who sees a referral, by desk and by name; what is read, handed out and refused stands in the ledger."""

import base64
import datetime
import grp
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

from harness import BIN, DEADLINE, SAMPLES, ControlConnection, Node, PairTest, wait_for

import inside
from audit_test import kinds

GROUP = grp.getgrnam("users")
SPAM, FRAUD, AUDITOR = 12345, 12346, 12347
PEOPLE = {SPAM: ("s.spam", ["clerk", "approver"], ["spam"]), FRAUD: ("f.fraud", ["clerk", "approver"], ["fraud"]),
          AUDITOR: ("u.audit", ["auditor"], None)}
NOWHERE = "01936f2c-0000-7000-8000-000000000001"
needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root: to act as another Unix account")

READS = [("GET", "referrals/{}", None), ("GET", "referrals/{}?as=spam@opta.example", None), ("GET", "referrals/{}/why", None), ("GET", "referrals/{}?version=1", None),
         ("GET", "referrals/{}/preview?as=spam@acma.example", None), ("GET", "referrals/{}/preview", None),
         ("GET", "referrals/{}/policy?as=spam@acma.example&item=facts", None), ("GET", "referrals/{}/bundle", None),
         ("GET", "referrals/{}/exhibits/1", None), ("GET", "referrals/{}/exhibits/x", None),
         ("GET", "referrals/{}/exhibits/1/octets", None), ("GET", "referrals/{}/exhibits/x/octets", None), ("GET", "ledger/prove/{}", None)]
WRITES = [("PATCH", "referrals/{}", {"tlp": "RED"}), ("PATCH", "referrals/{}", {"tlp": "BLUE"}),
          ("POST", "referrals/{}/withhold", {"item": "seen", "reason": "national-law"}), ("POST", "referrals/{}/return", {"text": "no"}),
          ("POST", "referrals/{}/withhold", {"wholly": True, "from": "spam@acma.example", "reason": "national-law"}),
          ("POST", "referrals/{}/redact", {"item": "facts", "text": "less", "reason": "national-law"}), ("POST", "referrals/{}/redact", {}),
          ("POST", "referrals/{}/approve", {}), ("POST", "referrals/{}/send", {}), ("POST", "referrals/{}/cancel", {}),
          ("POST", "referrals/{}/discard", {}), ("POST", "referrals/{}/exhibits/1/fetch", {}),
          ("POST", "referrals/{}/follow", {"act": "supplement"}), ("POST", "referrals/{}/follow", {"act": "answer"}),
          ("POST", "referrals/{}/move", {"move": "acknowledged"}), ("POST", "referrals/{}/move", {}),
          ("POST", "referrals/{}/forward", {"to": ["spam@acma.example"]}),
          ("POST", "referrals/{}/erase", {"whole": True, "basis": "x"}), ("POST", "referrals/{}/erase", {"item": "facts"}),
          ("POST", "referrals/{}/hold", {"basis": "x"}), ("POST", "referrals/{}/hold", {"basis": "x", "lift": True}),
          ("POST", "referrals/{}/restrict", {"to": ["s.spam"]}), ("POST", "referrals/{}/restrict", {"lift": True})]
LISTS = ("drafts", "inbox", "outbox", "due")


def operator(uid, ident, roles, desks):
    lines = ["", "[[operator]]", f'id = "{ident}"', f'name = "{ident}"', 'position = "Officer"', f"uid = {uid}", f"roles = {json.dumps(roles)}"]
    return "\n".join(lines + ([f"desks = {json.dumps(desks)}"] if desks else []) + [""])


@contextmanager
def account(uid):
    """The socket's peer is then this account, in the group that may connect."""
    os.setegid(GROUP.gr_gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@needs_root
class Access(PairTest):
    maxDiff = None
    options = {"a": {"desks": ("spam", "fraud")}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder.chmod(0o755)
        cls.place = cls.folder / "run"
        cls.place.mkdir(mode=0o755)
        config = cls.a.home / "config.toml"
        text = config.read_text()
        for before, after in (('socket = "control.sock"', f'socket = "{cls.place}/a.sock"'), ('group = ""', f'group = "{GROUP.gr_name}"')):
            assert before in text
            text = text.replace(before, after)
        config.write_text(text + "".join(operator(uid, *person) for uid, person in PEOPLE.items()))
        cls.a.stop()
        cls.a.socket_path = cls.place / "a.sock"
        cls.a.start()
        cls.b.wait_connected(cls.a)
        # The program, and a mail, where another account can read them.
        shutil.copy(BIN / "lapx", cls.place / "lapx")
        cls.mail = cls.place / "mail.eml"
        shutil.copy(SAMPLES / "phish-bank.eml", cls.mail)
        cls.plain = cls.a.file(cls.b.desk)["referral"]
        cls.hidden = cls.make("spam")
        cls.frauds = cls.make("fraud")
        for referral in cls.hidden.values():
            cls.a.cli("restrict", referral, "--to", "op-1")

    @classmethod
    def make(cls, desk):
        """A draft with a number of our own, one that was sent, one that was wholly withheld and one that came."""
        more = ("--from-desk", desk)
        withheld = cls.a.file(cls.b.desk, *more)["referral"]
        cls.a.cli("withhold", withheld, "--wholly", "--from", cls.b.desk, "--reason", "out-of-mandate")
        cls.a.cli("approve", withheld)
        cls.a.cli("send", withheld)
        sent = cls.a.send(cls.b.desk, *more)["referral"]
        came = cls.b.send(f"{desk}@{cls.a.agency}")["referral"]
        cls.a.wait_delivered(sent)
        cls.b.wait_delivered(came)
        draft = cls.a.file(cls.b.desk, *more, "--external-id", f"{desk}/2026-148", "--set", "suspect=suspect; Nemo Nobody; NN-1")
        return {"draft": draft["referral"], "sent": sent, "withheld": withheld, "came": came}

    def octets(self, uid, method, path, body=None):
        """The answer as it comes: status, headers but the time, octets."""
        connection = ControlConnection(self.a.socket_path)
        try:
            with account(uid):
                connection.connect()
            connection.request(method, "/v1/" + path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, sorted(h for h in answer.getheaders() if h[0] != "Date"), answer.read()
        finally:
            connection.close()

    def call(self, uid, method, path, body=None):
        status, _, octets = self.octets(uid, method, path, body)
        return status, json.loads(octets)

    def as_user(self, uid, *args):
        """The command line as another account; gives (exit code, document)."""
        command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", f"--groups={GROUP.gr_gid}", self.place / "lapx", "--socket",
                   self.a.socket_path, "--json", *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)
        return done.returncode, json.loads(done.stdout or "{}")

    def listed(self, uid):
        return {item["referral"] for what in LISTS[0 if uid != AUDITOR else 1:] for item in self.call(uid, "GET", what)[1]["items"]}

    def records(self, since):
        """The entries from that one on: (kind, data)."""
        found = inside.rows(self.a, "SELECT keys, parts FROM opening WHERE idx >= ? ORDER BY idx", since)
        return list(zip(kinds(self.a)[since:], (inside.at_rest(self.a, *row)[0][32:].decode() for row in found), strict=True))

    def settled(self):
        """The ledger's size once what was refused before is in it: a refusal is answered without waiting for that, a change is not."""
        status, answer = self.a.call("PATCH", f"referrals/{self.plain}", {})
        self.assertEqual(status, 200, answer)
        return self.a.size()

    def assert_unseen(self, uid, names, requests):
        """Each request gets, octet for octet, what it gets of a referral that does not exist, and leaves as much in the ledger."""
        size, refused = self.settled(), [f"lapx/refused@v1\noperator {PEOPLE[uid][0]}\nwhat {code}\n" for code in ("unknown-referral", "not-permitted")]
        for name, nothing in names:
            for method, path, body in requests:
                with self.subTest(uid=uid, name=name, request=(method, path, body)):
                    expected = self.octets(uid, method, path.format(nothing), body)
                    self.assertEqual((expected[0], json.loads(expected[2])["error"]["code"]), (404, "unknown-referral"))
                    self.assertEqual(self.octets(uid, method, path.format(name), body), expected)
        self.assertEqual(self.settled(), size + 2 * len(names) * len(requests))
        self.assertEqual(self.records(size), [("refused", data) for data in refused] * (len(names) * len(requests)))

    def names(self, referrals, number):
        """All names of these, each with one of the same kind that nothing has."""
        out = [(referral, NOWHERE) for referral in referrals.values()]
        return out + [(referrals["draft"][:23], NOWHERE[:23]), (number.replace("/", "%2F"), "no%2F2026-148")]

    def state(self):
        """All of it, as those who may see it do."""
        return [self.a.get(f"referrals/{referral}") for made in (self.hidden, self.frauds) for referral in made.values()]

    def test_a_restricted_referral_is_as_none_to_everybody_else(self):
        before, names = self.state(), self.names(self.hidden, "spam/2026-148")
        self.assert_unseen(SPAM, names, READS + WRITES)
        self.assert_unseen(FRAUD, names, READS + WRITES)
        self.assert_unseen(AUDITOR, names, READS)
        for uid in PEOPLE:
            self.assertEqual(self.listed(uid) & set(self.hidden.values()), set())
        self.assertEqual(self.state(), before)

    def test_a_referral_of_another_desk_is_as_none(self):
        before = self.state()
        self.assert_unseen(SPAM, self.names(self.frauds, "fraud/2026-148"), READS + WRITES)
        self.assertEqual(self.listed(SPAM) & set(self.frauds.values()), set())
        self.assertEqual(self.state(), before)
        self.assertLessEqual(set(self.frauds.values()), self.listed(FRAUD))
        self.assertLessEqual({self.frauds["sent"], self.frauds["withheld"], self.frauds["came"]}, self.listed(AUDITOR), "no desks of one's own: every desk")
        for referral in self.frauds.values():
            self.assertEqual(self.call(FRAUD, "GET", f"referrals/{referral}")[0], 200)
            self.assertEqual(self.call(AUDITOR, "GET", f"referrals/{referral}")[0], 200)

    def test_lists_of_others_stay_octet_for_octet_what_they_are(self):
        lists = {uid: [self.octets(uid, "GET", what) for what in LISTS] for uid in (SPAM, AUDITOR)}
        made = self.make("fraud")
        for uid, before in lists.items():
            if uid == SPAM:
                self.assertEqual([self.octets(uid, "GET", what) for what in LISTS], before)
        for referral in made.values():
            self.a.cli("restrict", referral, "--to", "f.fraud")
        for uid, before in lists.items():
            self.assertEqual([self.octets(uid, "GET", what) for what in LISTS], before)
        self.a.cli("drafts")
        self.assertEqual(self.a.refused("show", made["draft"]), "unknown-referral", "whoever restricts need not be among them")
        self.assertLessEqual(set(made.values()), self.listed(FRAUD))

    def test_events_are_told_to_those_who_see_the_referral(self):
        told = lambda uid: {event["referral"] for event in self.call(uid, "GET", "events")[1]["items"]}
        hidden = {self.hidden[which] for which in ("sent", "came")}
        frauds = {self.frauds[which] for which in ("sent", "came")}
        self.assertEqual(told(SPAM) & (hidden | frauds), set())
        self.assertEqual(told(AUDITOR) & hidden, set())
        self.assertLessEqual(frauds, told(FRAUD) & told(AUDITOR))
        self.assertLessEqual(hidden | frauds, {event["referral"] for event in self.a.cli("events")["items"]})

    def test_a_standing_approval_is_for_the_desks_of_who_gave_it(self):
        code, added = self.as_user(FRAUD, "standing", "add", "--feed", "desks", "--to", self.b.desk, "--per-day", "9", "--until", "2099-12-31")
        self.assertEqual(code, 0, added)
        for desk, state in (("spam", "awaiting-approval"), ("fraud", "sent")):
            made = self.a.file(self.b.desk, "--from-desk", desk, "--feed", "desks")
            self.assertEqual(made["state"], state, made)
        self.a.cli("standing", "end", "desks")

    def test_a_restart_keeps_it(self):
        before = {uid: [self.octets(uid, "GET", what) for what in LISTS] for uid in PEOPLE}
        self.a.restart()
        wait_for(lambda: self.a.call("POST", "drafts", {})[1]["error"]["code"] != "starting", "the peer to confirm the ledger")
        self.assert_unseen(SPAM, self.names(self.hidden, "spam/2026-148"), READS[:1] + WRITES[:1])
        self.assertEqual({uid: [self.octets(uid, "GET", what) for what in LISTS] for uid in PEOPLE}, before)
        self.assertEqual(self.a.get(f"referrals/{self.hidden['sent']}")["restricted_to"], ["op-1"])

    def test_restricting_is_recorded_and_can_be_lifted(self):
        referral = self.a.file(self.b.desk, "--from-desk", "spam")["referral"]
        self.assertEqual(self.a.get(f"referrals/{referral}")["restricted_to"], [])
        size = self.settled()
        code, made = self.as_user(SPAM, "restrict", referral, "--to", "s.spam", "--to", "op-1", "--to", "op-1")
        self.assertEqual((code, made), (0, {"referral": referral, "case": referral, "restricted_to": ["op-1", "s.spam"]}))
        head = f"lapx/restricted@v1\nreferral {referral}\noperator s.spam\n"
        self.assertEqual(self.records(size), [("restricted", head + "officer op-1\nofficer s.spam\n")])
        self.assertEqual(self.call(AUDITOR, "GET", f"referrals/{referral}")[0], 404)
        self.assertEqual(self.a.get(f"referrals/{referral}")["restricted_to"], ["op-1", "s.spam"])
        size = self.settled()
        self.assertEqual(self.as_user(SPAM, "restrict", referral, "--lift"), (0, {"referral": referral, "case": referral, "restricted_to": []}))
        self.assertEqual(self.records(size), [("restricted", head)])
        self.assertEqual(self.call(AUDITOR, "GET", f"referrals/{referral}")[0], 200)
        self.a.cli("audit", "check")
        self.a.cli("discard", referral)

    def test_nobody_is_named_who_is_not_there_or_not_at_the_desk_and_somebody_must_go_on(self):
        referral = self.hidden["draft"]
        for to, code in ((("nobody",), "unknown-operator"), (("op-1", "op-9"), "unknown-operator"), (("f.fraud",), "invalid-argument"),
                         (("op-1", "f.fraud"), "invalid-argument"), (("u.audit",), "invalid-argument")):
            with self.subTest(to):
                self.assert_no_trace(self.a, lambda: self.a.refused("restrict", referral, *(w for o in to for w in ("--to", o))), code)
        for body in ({}, {"to": []}, {"to": ["op-1"], "lift": True}, {"to": "op-1"}, {"lift": False}, {"lift": 1}):
            with self.subTest(body):
                self.assert_no_trace(self.a, lambda: self.a.call("POST", f"referrals/{referral}/restrict", body)[1]["error"]["code"], "invalid-argument")
        self.assertEqual(self.a.run("restrict", referral)[0], 2)
        self.assertEqual(self.a.run("restrict", referral, "--lift", "--to", "op-1")[0], 2)
        self.assertEqual(self.as_user(AUDITOR, "restrict", self.frauds["sent"], "--lift")[1]["error"]["code"], "not-permitted")

    def test_an_auditor_accounts_for_what_they_may_not_read(self):
        referral = self.hidden["sent"]
        code, audit = self.as_user(AUDITOR, "audit", referral)
        self.assertEqual((code, audit["referral"]), (0, referral))
        self.assertEqual(self.as_user(AUDITOR, "show", referral)[1]["error"]["code"], "unknown-referral")
        self.assertEqual(self.as_user(AUDITOR, "audit", "check")[1]["problems"], [])

    def test_a_number_of_a_referral_one_does_not_see_is_free(self):
        code, first = self.as_user(SPAM, "file", "--to", self.b.desk, "--external-id", "spam/2026-148", self.mail)
        self.assertEqual(code, 0, first)
        self.assertNotIn("already_filed", first)
        self.assertNotIn(first["referral"], self.hidden.values())
        again = self.as_user(SPAM, "file", "--to", self.b.desk, "--external-id", "spam/2026-148", self.mail)[1]
        self.assertEqual((again["referral"], again["already_filed"]), (first["referral"], True))
        self.assertEqual(self.as_user(SPAM, "show", "spam/2026-148")[1]["referral"], first["referral"])
        self.assertEqual(self.a.refused("show", "spam/2026-148"), "ambiguous", "who sees both")
        self.a.cli("discard", first["referral"])
        self.assertEqual(self.a.cli("show", "spam/2026-148")["referral"], self.hidden["draft"])

    def test_one_files_for_desks_one_works_at(self):
        body = {"to": [self.b.desk], "kind": "information"}
        made = self.call(FRAUD, "POST", "drafts", body)[1]
        self.assertEqual(self.call(FRAUD, "GET", f"referrals/{made['referral']}")[1]["from"], f"fraud@{self.a.agency}")
        before = self.a.traces()
        for method, path, more in (("POST", "drafts", body), ("PATCH", f"referrals/{made['referral']}", {})):
            self.assertEqual(self.call(FRAUD, method, path, {**more, "from_desk": "spam"})[1]["error"]["code"], "not-permitted")
        self.assertEqual(self.a.traces(), before)
        self.a.cli("discard", made["referral"])

    def test_of_what_came_to_two_desks_each_sees_its_own_copy(self):
        desks = [f"{desk}@{self.a.agency}" for desk in ("spam", "fraud")]
        referral = self.b.send(desks)["referral"]
        self.b.wait_delivered(referral)
        for uid, own, other in ((SPAM, *desks), (FRAUD, *desks[::-1])):
            shown = self.call(uid, "GET", f"referrals/{referral}")[1]
            self.assertEqual((shown["to"], shown["copies"]), ([own], [own]))
            self.assertEqual(self.octets(uid, "GET", f"referrals/{referral}?as={other}"),
                             self.octets(uid, "GET", f"referrals/{referral}?as=nobody@{self.a.agency}"))
            self.assertEqual(self.call(uid, "GET", f"referrals/{referral}?as={own}")[0], 200)
        self.assertEqual(self.as_user(FRAUD, "restrict", referral, "--to", "f.fraud", "--to", "op-1")[0], 0)
        self.assertEqual(self.call(SPAM, "GET", f"referrals/{referral}")[0], 404)
        self.assertNotIn(referral, self.listed(SPAM))
        self.assertEqual(sorted(self.a.get(f"referrals/{referral}")["copies"]), sorted(desks))

    def test_each_erases_its_own_copy_and_sees_what_of_it_is_due(self):
        day = datetime.date.today() + datetime.timedelta(5)
        referral = self.b.send([f"{desk}@{self.a.agency}" for desk in ("spam", "fraud")],
                               "--set", f"data-protection=public-task destroy-by={day}")["referral"]
        self.b.wait_delivered(referral)
        path, basis = f"referrals/{referral}/", {"basis": "x"}
        due = lambda: [[one["what"] for one in self.call(uid, "GET", "due")[1]["items"] if one["referral"] == referral] for uid in (SPAM, FRAUD)]
        self.assertEqual(due(), [["destroy-by"]] * 2)
        self.assertEqual(self.call(FRAUD, "POST", path + "hold", basis)[0], 200)
        self.assertEqual(self.call(SPAM, "POST", path + "erase", {**basis, "whole": True})[1]["error"]["code"], "held", "a hold is of all copies")
        self.assertEqual(self.call(FRAUD, "POST", path + "hold", {**basis, "lift": True})[0], 200)
        self.assertEqual(self.call(SPAM, "POST", path + "erase", {**basis, "whole": True})[1]["already_erased"], False)
        self.assertEqual(due(), [[], ["destroy-by"]])
        self.assertTrue(self.call(SPAM, "GET", path[:-1])[1]["erased"])
        shown = self.call(FRAUD, "GET", path[:-1])[1]
        self.assertEqual((shown["erased"], {item["erased"] for item in shown["items"]}), (None, {False}))
        self.a.cli("restrict", referral, "--to", "op-1")
        self.assertEqual(due(), [[], []])
        self.assertFalse(self.a.cli("erase", referral, "--basis", "x")["already_erased"], "that of the other desk was left")
        self.assertTrue(self.a.cli("erase", referral, "--basis", "x")["already_erased"])

    def test_what_two_desks_owe_is_listed_by_desk(self):
        desks = ("fraud", "spam")
        referral = self.b.send([f"{desk}@{self.a.agency}" for desk in desks])["referral"]
        self.b.wait_delivered(referral)
        self.b.cli("correct", referral, "--set", "facts=The right words.", "--send")
        self.b.wait_delivered(referral)
        owed = lambda node, key: sorted((one["what"], one[key]) for one in node.cli("due")["items"] if one["referral"] == referral)
        self.assertEqual(owed(self.a, "desk"), [("acknowledge", desk) for desk in desks])
        self.assertEqual(owed(self.b, "desk"), [("acknowledgement", "spam")] * 2)
        self.assertEqual(owed(self.b, "with"), [("acknowledgement", f"{desk}@{self.a.agency}") for desk in desks])
        self.assertEqual([one["desk"] for one in self.call(FRAUD, "GET", "due")[1]["items"] if one["referral"] == referral], ["fraud"])
        self.assertIn("DESK", subprocess.run([BIN / "lapx", "--home", self.a.home, "--socket", self.a.socket_path, "due"],
                                             capture_output=True, text=True, timeout=DEADLINE).stdout)

    def test_what_was_made_from_what_is_erased_is_named_to_those_who_see_it(self):
        came = self.b.send(f"spam@{self.a.agency}", "--onward", self.b.agency)["referral"]
        self.b.wait_delivered(came)
        hidden, seen = (self.a.cli("forward", came, "--to", self.b.desk)["referral"] for _ in range(2))
        self.a.cli("restrict", hidden, "--to", "op-1")
        erased = self.call(SPAM, "POST", f"referrals/{came}/erase", {"whole": True, "basis": "x"})[1]
        self.assertEqual(erased["derived"], [seen])
        self.assertEqual(self.a.cli("erase", came, "--basis", "x")["derived"], [hidden, seen])

    def test_what_follows_a_referral_is_seen_by_those_who_see_that(self):
        referral = self.a.send(self.b.desk, "--from-desk", "spam")["referral"]
        self.a.wait_delivered(referral)
        answer = self.b.cli("answer", referral, "-m", "We look into it.", "--send")["referral"]
        self.b.wait_delivered(answer)
        self.assertLessEqual({referral, answer}, self.listed(SPAM))
        self.assertEqual(self.call(FRAUD, "GET", f"referrals/{answer}")[0], 404)
        shown = self.call(SPAM, "GET", f"referrals/{referral}")[1]
        self.assertEqual([d["referral"] for d in shown["dossiers"]], [referral, answer])
        self.a.cli("restrict", answer, "--to", "op-1")
        late = self.b.cli("answer", referral, "-m", "The page is down.", "--send")["referral"]
        self.b.wait_delivered(late)
        self.assertFalse({referral, answer, late} & (self.listed(SPAM) | self.listed(AUDITOR)))
        self.assert_unseen(SPAM, [(ident, NOWHERE) for ident in (referral, answer, late)], READS[:2])
        self.assertEqual([d["referral"] for d in self.a.get(f"referrals/{late}")["dossiers"]], [referral, answer, late])
        supplement = self.a.cli("supplement", referral, "--set", "scale=complaints=412", "--send")
        self.a.wait_delivered(referral)
        self.assertEqual(supplement["version"], 2)
        self.assertEqual(self.call(SPAM, "GET", f"referrals/{referral}?version=2")[0], 404)

    def test_what_is_made_from_a_restricted_referral_is_restricted_alike(self):
        came = self.b.send(f"spam@{self.a.agency}", "--onward", self.b.agency)["referral"]
        self.b.wait_delivered(came)
        self.a.cli("restrict", came, "--to", "op-1")
        made = self.a.cli("forward", came, "--to", self.b.desk)["referral"]
        self.assertEqual(self.a.get(f"referrals/{made}")["restricted_to"], ["op-1"])
        self.assertNotIn(made, self.listed(SPAM))
        self.a.cli("restrict", made, "--lift")
        shown = self.call(SPAM, "GET", f"referrals/{made}")[1]
        self.assertIsNone(shown["made_from"], "that is still hidden")
        self.assertNotIn(came, json.dumps(shown))
        self.assertEqual(self.a.get(f"referrals/{made}")["made_from"]["referral"], came)

    def recorded(self, uid, method, path, body=None):
        """The request, which must succeed, and the entries that were there when it was answered."""
        size = self.settled()
        status, document = self.call(uid, method, path, body)
        self.assertEqual(status, 200, document)
        return self.records(size)

    def test_reading_what_is_confidential_is_in_the_ledger_before_it_is_answered(self):
        plain = self.a.file(self.b.desk, "--from-desk", "spam")["referral"]
        secret = self.a.file(self.b.desk, "--from-desk", "spam", "--set", "suspect=suspect; Nemo Nobody; NN-1")["referral"]
        preview = f"/preview?as={self.b.desk}"
        read = lambda what: [("read", f"lapx/read@v1\noperator s.spam\nwhat {what}\n")]
        for path in ("", "/why", preview, f"/policy?as={self.b.desk}&item=facts"):
            self.assertEqual(self.recorded(SPAM, "GET", f"referrals/{plain}{path}"), [], path)
        self.assertEqual(self.recorded(SPAM, "GET", f"referrals/{plain}/exhibits/1"), [], "only what is known of it")
        size = self.settled()
        status, _, mail = self.octets(SPAM, "GET", f"referrals/{plain}/exhibits/1/octets")
        self.assertEqual(status, 200)
        self.assertEqual(self.records(size), read(f"exhibit 1 of {plain}, sha256 {base64.b64encode(hashlib.sha256(mail).digest()).decode()}"))
        self.assertEqual(self.recorded(SPAM, "GET", f"referrals/{secret}"), read(f"show of {secret}"))
        self.assertEqual(self.recorded(SPAM, "GET", f"referrals/{secret}{preview}"), [], "it shows nothing confidential")
        self.assertEqual(self.recorded(SPAM, "PATCH", f"referrals/{secret}", {"disclose": ["suspect"]}), read(f"edit of {secret}"))
        self.assertEqual(self.recorded(SPAM, "GET", f"referrals/{secret}{preview}"), read(f"preview of {secret}"))
        for verb, change in (("withhold", {"item": "scale"}), ("redact", {"item": "facts", "text": "Less."}),
                             ("withhold", {"wholly": True, "from": self.b.desk})):
            change["reason"] = "national-law"
            self.assertEqual(self.recorded(SPAM, "POST", f"referrals/{secret}/{verb}", change), read(f"{verb} of {secret}"))
            self.assertEqual(self.recorded(SPAM, "POST", f"referrals/{plain}/{verb}", change), [])
        for to in (self.a.desk, self.b.desk):
            self.assertEqual(self.recorded(SPAM, "PATCH", f"referrals/{secret}", {"to": [to]}), read(f"edit of {secret}"))
        self.assertEqual(self.recorded(SPAM, "POST", f"referrals/{secret}/return", {"text": "no"}), read(f"return of {secret}"))
        self.assertEqual(self.recorded(SPAM, "PATCH", f"referrals/{plain}", {"tlp": "RED"}), [])
        for step in ("approve", "send"):
            status, answer = self.call(0, "POST", f"referrals/{secret}/{step}", {})
            self.assertEqual(status, 200, answer)
        self.a.wait_delivered(secret)
        self.assertEqual(self.recorded(SPAM, "GET", f"referrals/{secret}/bundle"),
                         [("exported", f"lapx/exported@v1\noperator s.spam\nwhat bundle of {secret}\n")])
        for path, entries in ((f"referrals/{secret}", ["read"]), (f"referrals/{secret}/bundle", ["exported"])):
            size = self.b.size()
            self.b.get(path)
            self.assertEqual(kinds(self.b)[size:], entries, "as the recipient was told of the suspect")
        self.a.cli("discard", plain)

    def test_the_summary_counts_what_one_does_not_see(self):
        count = lambda document: sum(row[2] for table in document["tables"] if table["name"] in ("sent", "received") for row in table["rows"])
        query = "summary?from=2020-01-01&to=2090-01-01"
        everything = self.a.get(query)
        seen = self.call(SPAM, "GET", query)[1]
        self.assertEqual(count(seen), count(everything))
        self.assertFalse([r for made in (self.hidden, self.frauds) for r in made.values() if r in json.dumps(seen)])

    def test_the_ledgers_are_sound(self):
        self.assert_sound(self.a, self.b)
        self.assertEqual(self.a.cli("audit", "check")["problems"], [])


class Desks(unittest.TestCase):
    def test_a_node_with_an_operator_at_a_desk_it_does_not_have_does_not_start(self):
        folder = Path(tempfile.mkdtemp(prefix="lapx-e2e-"))
        self.addCleanup(shutil.rmtree, folder)
        node = Node(folder, "opta.example")
        config = node.home / "config.toml"
        good = config.read_text()
        config.write_text(good + operator(SPAM, "s.spam", ["clerk"], ["spam", "sapm"]))
        line = len(config.read_text().splitlines())
        done = subprocess.run([BIN / "lapxd", "--home", node.home], capture_output=True, text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'config-invalid: {config}: line {line}, column 9: this agency has no desk "sapm"', done.stderr)
        config.write_text(good + operator(SPAM, "s.spam", ["clerk"], ["spam"]))
        node.start()
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    unittest.main()
