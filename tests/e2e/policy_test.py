"""HOME/disclosure.toml decides what goes to whom: config/disclosure.toml says how."""

import base64
import hashlib
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from harness import Node, wait_for

import inside
from dossier import parse_cover, parse_manifest

SET = {"facts": "What happened, in these very words.", "scale": "complaints=412", "provenance": "A partner; ref 7",
       "suspect": "suspect; Nemo Nobody; NN-1"}
SECRET = {"facts": b"these very words", "provenance": b"A partner", "suspect": b"Nemo Nobody"}

BASE = (Path(__file__).resolve().parents[2] / "config/disclosure.toml").read_text()


def rule(name, decide, why="", **when):
    return "\n".join([f'[[rule]]\nname = "{name}"\ndecide = "{decide}"', *(f"{key} = {value}" for key, value in when.items()), why, ""])


NEVER = 'reason = "national-law"\nshow = "category"'
CUTS = (rule("no facts to America", "never", NEVER, item='["facts"]', country='["US"]')
        + rule("provenance to the regulator of Australia", "share", item='["provenance"]', agency='["acma.example"]')
        + rule("suspects only among enforcers we verified", "ask", NEVER, **{"class": '["CF"]'}, sector='["industry"]'))


def with_rules(rules):
    """The built-in policy with other rules before its own."""
    head, mark, tail = BASE.partition("[[rule]]")
    return head + rules + mark + tail


class Waiting(unittest.TestCase):
    """A sender with a policy, and two agencies that are away, so that parcels wait and can be looked at."""

    desks_of_b = ("spam",)

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="lapx-policy-"))
        cls.addClassCleanup(lambda: shutil.rmtree(cls.folder, ignore_errors=True))
        cls.a, cls.b, cls.c = (Node(cls.folder, agency, country, desks).start() for agency, country, desks in
                               (("opta.example", "NL", ("spam",)), ("acma.example", "AU", cls.desks_of_b), ("ftc.example", "US", ("spam",))))
        cls.addClassCleanup(lambda: [node.kill() for node in (cls.a, cls.b, cls.c)])
        for other in (cls.b, cls.c):
            cls.a.know(other)
            other.know(cls.a)

    def put(self, text, mode=0o600):
        path = self.a.home / "disclosure.toml"
        path.write_text(text)
        path.chmod(mode)
        return path

    def in_force(self, text):
        """Starts the node with this policy. Its peers are there to greet it, then away."""
        self.put(text)
        self.a.stop()
        for other in (self.b, self.c):
            other.kill()
            other.start()
        self.a.start()
        for other in (self.b, self.c):
            self.a.wait_connected(other)
        wait_for(lambda: self.a.call("POST", "drafts", {})[1]["error"]["code"] != "starting", "the peers to confirm the ledger")
        for other in (self.b, self.c):
            other.kill()


class Policies(Waiting):
    def file(self, *args, to=None):
        return self.a.file(to or [self.b.desk, self.c.desk], *args, *(w for k, v in SET.items() for w in ("--set", f"{k}={v}")))

    def parcels(self, referral):
        """Agency → plaintext and cover of its parcel, opened with the recipient's own key by stock age."""
        out = {}
        for sealed in inside.queued_parcels(self.a).values():
            for node in (self.b, self.c):
                try:
                    plain = inside.age_open(inside.secrets_of(node)["desk-spam"], sealed)
                except inside.Unreadable:
                    continue
                fields = inside.parse_parcel(plain)
                cover = parse_cover(fields["cover"])
                if str(cover.case) == referral or cover.case == referral:
                    out[node.agency] = plain, fields, cover
        return out

    def test_two_agencies_get_two_cuts_of_one_manifest_and_neither_learns_of_the_other(self):
        self.in_force(with_rules(CUTS))
        referral = self.file("--disclose", "suspect")["referral"]
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        parcels = self.parcels(referral)
        self.assertEqual(sorted(parcels), ["acma.example", "ftc.example"])
        acma, ftc = parcels["acma.example"], parcels["ftc.example"]
        self.assertEqual(acma[1]["manifest"], ftc[1]["manifest"])
        for plain, expected in ((acma[0], {"facts", "provenance", "suspect"}), (ftc[0], {"suspect"})):
            self.assertEqual({label for label, secret in SECRET.items() if secret in plain}, expected)
        self.assertNotIn(b"ftc.example", acma[0])
        self.assertNotIn(b"acma.example", ftc[0])
        self.assertEqual(len(acma[2].view.items), len(ftc[2].view.items))

    def test_the_rule_that_decided_is_named_and_the_policy_stands_in_the_ledger(self):
        self.in_force(with_rules(CUTS))
        referral = self.file()["referral"]
        why = self.a.cli("policy", "why", referral, "facts", "--as", self.c.desk)
        self.assertEqual((why["disposition"], why["reason"], why["shown"], why["decider"]),
                         ("withheld", "national-law", "category", "policy"))
        self.assertEqual([(f["class"], f["rule"], f["when"], f["decide"]) for f in why["findings"]],
                         [("SH", "no facts to America", "country US", "never")])
        why = self.a.cli("policy", "why", referral, "suspect", "--as", self.b.desk)
        self.assertEqual([f["rule"] for f in why["findings"]],
                         ["confidential matter on a person's decision", "personal data on a person's decision"])
        digest = base64.b64encode(hashlib.sha256((self.a.home / "disclosure.toml").read_bytes()).digest()).decode()
        self.assertEqual(why["policy"], digest)
        self.assertEqual(self.a.cli("policy", "check")["policy"], digest)
        self.assertEqual(self.a.refused("policy", "why", referral, "colour", "--as", self.b.desk), "unknown-item")
        self.assertEqual(self.a.refused("policy", "why", referral, "suspect:99", "--as", self.b.desk), "unknown-item")
        self.assertEqual(self.a.refused("policy", "why", referral, "facts", "--as", "spam@nobody.example"), "unknown-agency")
        self.a.cli("approve", referral)
        self.a.cli("send", referral)
        self.assertIn(f"\npolicy {digest}\n", inside.decided_records(self.a)[-1])

    def test_a_policy_that_changed_after_the_approval_voids_it(self):
        self.in_force(BASE)
        referral = self.file(to=self.b.desk)["referral"]
        self.a.cli("approve", referral)
        self.in_force(with_rules(rule("no facts", "never", NEVER, item='["facts"]')))
        before = self.a.traces()
        self.assertEqual(self.a.refused("send", referral), "approval-stale")
        self.assertEqual(self.a.traces(), before)

    def test_what_is_privileged_goes_for_nobodys_word(self):
        self.in_force(BASE)
        referral = self.file("--set", "legal-advice=privileged words of counsel", "--disclose", "legal-advice")["referral"]
        why = self.a.cli("policy", "why", referral, "legal-advice", "--as", self.b.desk)
        self.assertEqual((why["disposition"], why["reason"], why["shown"]), ("withheld", "privilege", "silent"))

    def test_personal_data_goes_only_with_a_day_on_which_it_is_destroyed(self):
        self.in_force(BASE)
        referral = self.file("--disclose", "suspect", "--set", "data-protection=public-task", to=self.b.desk)["referral"]
        self.assertEqual(self.a.refused("approve", referral), "item-missing")
        referral = self.file("--set", "data-protection=public-task", to=self.b.desk)["referral"]
        self.a.cli("approve", referral)

    def test_a_policy_that_is_not_understood_stops_the_start_with_line_and_column(self):
        self.a.stop()
        for text, mode, code in ((BASE + '[[rule]]\nname = "x"\nitem = ["colour"]\ndecide = "share"\n', 0o600, "config-invalid"),
                                 (BASE, 0o644, "unsafe-permissions")):
            path = self.put(text, mode)
            self.assertEqual(self.a.will_not_start(), code)
        path.chmod(0o600)
        path.write_text("[classes]\nfacts = [\"XX\"]\n")
        self.assertEqual(self.a.refused("policy", "check", path), "config-invalid")
        _, _, err = self.a.run("policy", "check", path)
        self.assertIn("line 2, column 10", err)
        os.remove(path)
        self.a.start()

    def test_a_policy_is_explained_item_by_item(self):
        explained = self.a.cli("policy", "check", self.put(with_rules(CUTS)))
        facts, = (item for item in explained["items"] if item["item"] == "facts")
        self.assertEqual([(r["rule"], r["when"], r["decide"]) for r in facts["rules"]],
                         [("no facts to America", "country US", "never"),
                          ("what every referral is made of", "always", "share")])
        self.assertEqual(len(explained["items"]), 26)
        self.put(BASE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
