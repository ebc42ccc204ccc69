"""Agencies that others vouch for: docs/protocol.md 3.9."""

import unittest

import inside
from harness import PairTest
from inside import Identity, stamp


class Vouching(PairTest):
    options = {"verify": False}

    def known(self, name, verify=False):
        """An agency of which the node holds card and notice."""
        who, file = Identity(name), self.folder / f"{name}.card"
        file.write_bytes(who.card_file())
        number = self.a.cli("contact", "add", file)["safety_number"]
        if verify:
            self.a.cli("contact", "verify", name, "--safety-number", number)
        return who

    def note(self, who, of, root=None, end=86400, signed_by="sign-1"):
        file = self.folder / f"{who.agency}-{of.agency}.vouch"
        text = (f"lapx/vouch@v1\nfrom {who.agency}\nagency {of.agency}\nroot {root or of.vkey('root-1')}\n"
                f"created {stamp(-60)}\nexpires {stamp(end)}\n")
        file.write_bytes(inside.sign(text, who.name(signed_by), who.keys[signed_by]))
        return file

    def test_two_verified_members_make_a_stranger_vouched_while_they_are_verified(self):
        first, second, third = self.known("first.example", True), self.known("second.example", True), self.known("third.example")
        fresh = self.known("new.example")
        self.assertEqual(self.a.cli("contact", "add", self.note(first, fresh))["state"], "stranger", "one is not enough")
        self.assertEqual(self.a.cli("contact", "add", self.note(first, fresh))["state"], "stranger", "nor is one twice")
        for code, who, how in (("not-verified", third, {}), ("key-invalid", second, {"root": Identity(fresh.agency).vkey("root-1")}),
                               ("signature-invalid", second, {"signed_by": "root-1"}), ("expired", second, {"end": -1})):
            note = self.note(who, fresh, **how)
            self.assert_no_trace(self.a, lambda: self.a.refused("contact", "add", note), code)
        self.assertEqual(self.a.cli("contact", "add", self.note(second, fresh))["state"], "vouched")
        self.a.restart()
        self.assertEqual(self.a.state(fresh.agency), "vouched")
        self.assertEqual(self.a.refused("contact", "vouch", fresh.agency), "not-verified")
        self.a.cli("contact", "suspend", first.agency)
        self.assertEqual(self.a.state(fresh.agency), "stranger")
        self.assert_sound(self.a)

    def test_a_node_vouches_for_whom_it_verified(self):
        target = self.known("target.example", True)
        path = self.folder / "said"
        self.a.cli("contact", "vouch", target.agency, "-o", path)
        self.b.know(self.a)
        file = self.folder / "target.card"
        file.write_bytes((self.folder / "target.example.card").read_bytes())
        self.b.cli("contact", "add", file)
        self.assertEqual(self.b.cli("contact", "add", path)["state"], "stranger", "the first of two")


if __name__ == "__main__":
    unittest.main()
