"""A roster for a conference: docs/protocol.md 3.10. Its number is worked out here once more."""

import hashlib
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import inside
from audit_test import kinds, set_roles
from harness import Node
from inside import Identity, stamp

NAMES = ("acma.example", "ftc.example", "mic.example", "opta.example")


def number_of(note):
    digest = hashlib.sha256(b"lapx/roster-number@v1\n" + note.rpartition(b"\n\n")[0] + b"\n").digest()
    return " ".join(f"{int.from_bytes(digest[i:i + 4], 'big') % 100000:05}" for i in range(0, 32, 4))


def text_of(maker, members):
    """The text of a roster; members are (agency, root) in any order."""
    return (f"lapx/roster@v1\nfrom {maker}\nname Call of 1 December\ncreated {stamp()}\n"
            + "".join(f"member {root}\n" for _, root in sorted(members)))


class Conference(unittest.TestCase):
    """Four nodes, of which each has the others' cards and has verified nobody; mimic is somebody else under the name of the third."""

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        self.folder, self.nodes = Path(tempfile.mkdtemp(prefix="lapx-e2e-")), []
        try:
            super().run(result)
        finally:
            for node in self.nodes:
                node.kill()
                if len(result.failures) + len(result.errors) > before:
                    print(f"--- log of {node.agency}\n{node.log()}", file=sys.stderr)
            shutil.rmtree(self.folder, ignore_errors=True)

    def setUp(self):
        for name in NAMES:
            self.nodes.append(Node(self.folder, name).start())
        self.acma, self.ftc, self.mic, self.opta = self.nodes
        for node in self.nodes:
            for other in self.nodes:
                if other is not node:
                    node.know(other, verify=False)

    def path(self, note, name="roster"):
        path = self.folder / name
        path.write_bytes(note)
        return path

    def states(self, node):
        return {contact["agency"]: contact["state"] for contact in node.get("contacts")["items"]}

    def refused(self, node, path, number, expected):
        before = node.traces()
        self.assertEqual(node.refused("roster", "verify", path, "--number", number), expected)
        self.assertEqual(node.traces(), before)


class OneNumber(Conference):
    def test_all_who_see_the_same_number_have_verified_all(self):
        path = self.folder / "call.roster"
        made = self.acma.cli("roster", "make", "--name", "Call of 1 December", *NAMES[1:], "-o", path)
        self.assertEqual((made["members"], made["from"]), (list(NAMES), "acma.example"))
        number = number_of(path.read_bytes())
        for node in self.nodes:
            shown = node.cli("roster", "show", path)
            self.assertEqual((shown["number"], shown["problem"], shown["not_listed"]), (number, None, []))
            self.assertEqual([(m["agency"], m["compared"], m["own"], m["state"]) for m in shown["members"]],
                             [(name, "same", name == node.agency, None if name == node.agency else "stranger") for name in NAMES])
            self.assertEqual([m["safety_number"] for m in shown["members"]], [other.made["safety_number"] for other in self.nodes])
            self.assertEqual(set(self.states(node).values()), {"stranger"}, "showing changes nothing")
        for node in self.nodes:
            size = node.size()
            done = node.cli("roster", "verify", path, "--number", number.replace(" ", "-"))
            self.assertEqual([(i["state"], i["now_verified"], i["refused"]) for i in done["items"]], [("verified", True, None)] * 3)
            self.assertEqual(set(self.states(node).values()), {"verified"})
            self.assertEqual(kinds(node)[size:], ["card"] * 3)
        for sender, receiver in ((self.opta, self.mic), (self.ftc, self.acma)):
            sender.wait_connected(receiver)
            sender.wait_delivered(sender.send(receiver.desk)["referral"])
        before = self.opta.traces()
        again = self.opta.cli("roster", "verify", path, "--number", number)
        self.assertEqual([(i["state"], i["now_verified"]) for i in again["items"]], [("verified", False)] * 3)
        self.assertEqual(self.opta.traces(), before, "the same again changes nothing")
        self.opta.restart()
        self.assertEqual(set(self.states(self.opta).values()), {"verified"})
        own = self.opta.cli("roster", "make", "--name", "All that we verified", "-o", self.folder / "own.roster")
        self.assertEqual(own["members"], list(NAMES))
        for node in self.nodes:
            self.assertEqual(node.cli("ledger", "verify")["problems"], [])


class Wrong(Conference):
    def setUp(self):
        super().setUp()
        self.roots = {name: Identity.of(node).vkey("root-1") for name, node in zip(NAMES, self.nodes)}
        self.maker = Identity.of(self.acma)

    def note(self, members, maker=None, role="sign-1", signer=None):
        maker = maker or self.maker
        signer = signer or maker
        return inside.sign(text_of(maker.agency, members), maker.name(role), signer.keys[role])

    def test_whatever_does_not_agree_verifies_nobody(self):
        good = self.note(self.roots.items())
        path, number = self.path(good), number_of(good)
        self.refused(self.opta, path, number[:-1] + str((int(number[-1]) + 1) % 10), "roster-mismatch")
        self.refused(self.opta, path, self.acma.made["safety_number"], "roster-mismatch")

        flipped = good.replace(b"Call of 1", b"Call of 2")
        self.refused(self.opta, self.path(flipped), number, "roster-mismatch")
        self.refused(self.opta, self.path(flipped), number_of(flipped), "signature-invalid")
        self.refused(self.opta, self.path(good[:-12] + b"AAAA" + good[-8:]), number, "signature-invalid")
        self.refused(self.opta, self.path(good + good.splitlines(True)[-1]), number, "signature-invalid")
        by_another = self.note(self.roots.items(), signer=Identity.of(self.ftc))
        self.refused(self.opta, self.path(by_another), number_of(by_another), "signature-invalid")
        for octets in (b"\xff\xfe", b"\n", good[:200], good.replace(b"lapx/roster@v1", b"lapx/roster@v2"), good[:-1]):
            self.refused(self.opta, self.path(octets), number, "note-malformed")

        stranger = Identity("zzz.example")
        theirs = self.note([*self.roots.items(), (stranger.agency, stranger.vkey("root-1"))], maker=stranger)
        self.refused(self.opta, self.path(theirs), number_of(theirs), "unknown-agency")

        without = self.note([item for item in self.roots.items() if item[0] != "opta.example"])
        self.refused(self.opta, self.path(without), number_of(without), "roster-differs")
        self.assertEqual(self.ftc.cli("roster", "verify", self.path(without), "--number", number_of(without))["items"][1]["state"], "verified",
                         "to the others that one is good")
        self.assertEqual(set(self.states(self.opta).values()), {"stranger"})

    def test_a_member_with_another_root_is_named_and_verifies_nobody(self):
        """Somebody set up a node of his own under the name of a member, and his root is on the roster."""
        (self.folder / "other").mkdir()
        mimic = Node(self.folder / "other", "mic.example").start()
        self.nodes.append(mimic)
        note = self.note((self.roots | {"mic.example": Identity.of(mimic).vkey("root-1")}).items())
        path, number = self.path(note), number_of(note)
        for node in (self.opta, self.mic):
            shown = node.cli("roster", "show", path)
            self.assertEqual(shown["problem"]["code"], "roster-differs")
            self.assertIn("mic.example", shown["problem"]["message"])
            line = shown["members"][2]
            self.assertEqual((line["agency"], line["compared"], line["safety_number"], line["safety_number_here"]),
                             ("mic.example", "differs", mimic.made["safety_number"], self.mic.made["safety_number"]))
            self.refused(node, path, number, "roster-differs")
            self.assertIn("critical", node.log())
            self.assertIn("mic.example", next(line for line in node.log().splitlines() if "roster: " in line))
        good = self.path(self.note(self.roots.items()), "good")
        for files, second in (((path, good), "Call of 1 December"), ((path,), None)):
            found = self.opta.cli("roster", "diff", *files)
            self.assertEqual((found["first"]["number"], (found["second"] or {}).get("name"), found["same"]), (number, second, 3))
            self.assertEqual(found["items"], [{"agency": "mic.example", "difference": "other-root", "first": mimic.made["safety_number"],
                                               "second": self.mic.made["safety_number"]}])

    def test_who_is_unknown_or_shut_out_stays_so_and_only_an_admin_verifies(self):
        self.opta.cli("contact", "remove", "mic.example")
        self.opta.cli("contact", "suspend", "ftc.example")
        note = self.note(self.roots.items())
        path, number = self.path(note), number_of(note)
        shown = self.opta.cli("roster", "show", path)
        self.assertEqual([m["compared"] for m in shown["members"]], ["same", "same", "unknown", "same"])
        found = self.opta.cli("roster", "diff", path)
        self.assertEqual(found["items"], [{"agency": "mic.example", "difference": "only-first", "first": self.mic.made["safety_number"],
                                           "second": None}])
        set_roles(self.opta, ["clerk", "approver", "auditor"])
        self.assertEqual(self.opta.refused("roster", "verify", path, "--number", number), "not-permitted")
        self.assertEqual(self.opta.refused("roster", "make", "--name", "Call"), "not-permitted")
        self.assertIsNone(self.opta.cli("roster", "show", path)["problem"])
        self.assertEqual(self.states(self.opta), {"acma.example": "stranger", "ftc.example": "suspended"})
        set_roles(self.opta, ["admin"])
        done = self.opta.cli("roster", "verify", path, "--number", number)
        self.assertEqual([(i["agency"], i["state"], i["now_verified"]) for i in done["items"]],
                         [("acma.example", "verified", True), ("ftc.example", "suspended", False), ("mic.example", None, False)])
        self.opta.know(self.mic, verify=False)
        again = self.opta.cli("roster", "verify", path, "--number", number)
        self.assertEqual([i["now_verified"] for i in again["items"]], [False, False, True], "whose card came later")
        self.assertEqual(self.opta.refused("roster", "make", "--name", "Call", "ftc.example"), "suspended")
        self.assertEqual(self.opta.refused("roster", "make", "--name", "Call", "zzz.example"), "unknown-agency")


if __name__ == "__main__":
    unittest.main()
