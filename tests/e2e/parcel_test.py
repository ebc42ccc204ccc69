"""Parcels and receipts by hand: two agencies whose nodes never reach each other, and what a hostile hand can do (docs/protocol.md 7.5)."""

import base64
import json
import shutil
import struct
import tempfile
import unittest
from pathlib import Path

import evil
import inside
from harness import Node
from flat import Flat
from forms import H
from lapx_verify import padme
from mutate_test import b64

FACTS = "Onleesbaar voor wie dit draagt."


def node_secret(node):
    return inside.secrets_of(node)["node"]


def opened(node, octets):
    """(note, frame) of a carried file for that node."""
    plain = inside.age_open(node_secret(node), octets)
    assert len(plain) == max(8192, padme(4 + struct.unpack("<I", plain[:4])[0])), "the padding"
    flat = Flat(plain[4:])
    return tuple(flat.vector(flat.follow(slot)) for slot in flat.slots(flat.follow(0))[:2])


def sealed(node, note, frame, spoil=lambda plain: plain):
    b = evil.SizePrefixed()
    plain = b.finish(b.raw_table([lambda: b.vector(note), lambda: b.vector(frame)]))
    plain += bytes(max(8192, padme(len(plain))) - len(plain))
    return inside.age_seal(inside.Identity(node.agency, inside.secrets_of(node)).recipient("node"), spoil(plain))


def carried(sender, to, frame, change=lambda text: text, key="sign-1", name=None, keys=None):
    """A carried file as that node would make it, or somebody with other keys."""
    text = change(f"lapx/carried@v1\nfrom {sender.agency}\nto {to.agency}\ncreated {inside.stamp()}\nframe {b64(H(frame))}\n")
    note = inside.sign(text, f"{sender.agency}/lapx/{name or key}", (keys or inside.secrets_of(sender))[key])
    return sealed(to, note, frame)


class ByHand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="lapx-parcel-"))
        cls.addClassCleanup(lambda: shutil.rmtree(cls.folder, ignore_errors=True))
        # Nobody listens where their notices say.
        cls.a, cls.b, cls.c = (
            Node(cls.folder, agency, country, desks=("spam", "fraud"),
                 extra=("--keyfile", cls.folder / agency / "keyfile", "--advertise", "127.0.0.1:1")).start()
            for agency, country in (("opta.example", "NL"), ("acma.example", "AU"), ("ftc.example", "US")))
        cls.addClassCleanup(lambda: [node.kill() for node in (cls.a, cls.b, cls.c)])
        cls.a.know(cls.b)
        cls.b.know(cls.a)
        cls.files = 0

    def path(self):
        type(self).files += 1
        return self.folder / f"file-{self.files}"

    def filed(self, sender=None, to=None, *args):
        return (sender or self.a).send(to or self.b.desk, "--set", f"facts={FACTS}", *args)["referral"]

    def export(self, node, referral, *args):
        path = self.path()
        return path, node.cli("parcel", "export", referral, *args, "-o", path)

    def give(self, node, path):
        """Imports it; gives what the command says, and the answer's path or nothing."""
        answer = self.path()
        taken = node.cli("parcel", "import", path, "-o", answer)
        self.assertEqual(taken["answer"], str(answer) if answer.exists() else None)
        return taken, answer if answer.exists() else None

    def refusal(self, node, octets):
        """The code of the error that such a file gets, which must leave everything as it was."""
        before = node.traces()
        status, document = node.call("POST", "parcels", {"file": base64.b64encode(octets).decode()})
        self.assertEqual(node.traces(), before)
        self.assertNotEqual(status, 200, document)
        return document["error"]["code"]

    def state(self, node, referral):
        message, = node.messages(referral)
        return message["state"]

    def deliver(self, sender, to, referral, *args):
        """There and back again."""
        path, _ = self.export(sender, referral, *args)
        taken, answer = self.give(to, path)
        self.assertEqual((taken["what"], taken["outcome"]), ("parcel", "accepted"))
        return self.give(sender, answer)

    def test_a_referral_goes_there_and_its_receipt_comes_back_without_any_connection(self):
        referral = self.filed()
        path, made = self.export(self.a, referral)
        self.assertEqual((made["what"], made["from"], made["to"]), ("parcel", "opta.example", "acma.example"))
        self.assertEqual(self.state(self.a, referral), "sent")

        taken, answer = self.give(self.b, path)
        self.assertEqual((taken["from"], taken["what"], taken["outcome"]), ("opta.example", "parcel", "accepted"))
        self.assertEqual(taken["messages"], [{"message": made["messages"][0], "state": "received"}])
        self.assertEqual({i["label"]: i["value"] for i in self.b.cli("show", referral)["items"]}["facts"], FACTS)
        self.assertEqual(self.state(self.a, referral), "sent")

        back, cosignature = self.give(self.a, answer)
        self.assertEqual((back["what"], back["outcome"]), ("receipt", "accepted"))
        self.assertEqual(back["messages"], [{"message": made["messages"][0], "state": "delivered"}])
        self.assertEqual(self.state(self.a, referral), "delivered")
        self.assertIn(("acma.example/lapx/witness-1",), inside.rows(self.a, "SELECT name FROM cosignature"))
        self.assertEqual(self.give(self.b, cosignature)[0]["what"], "cosignature")
        self.assertIn(("opta.example/lapx/witness-1",), inside.rows(self.b, "SELECT name FROM cosignature"))
        for node in (self.a, self.b):
            bundle = self.folder / f"bundle-{node.agency}"
            node.cli("show", referral, "--bundle", bundle)
            self.assertEqual(node.cli("verify", bundle)["problems"], [])
            self.assertEqual(node.cli("ledger", "verify")["problems"], [])
        self.assertFalse(self.a.connected(self.b) or self.b.connected(self.a))

    def test_it_goes_in_both_directions_many_times_and_in_any_order(self):
        referrals = [self.filed() for _ in range(3)]
        theirs = [self.filed(self.b, self.a.desk) for _ in range(3)]
        files = [self.export(self.a, referral)[0] for referral in referrals]
        answers = [self.give(self.b, path)[1] for path in reversed(files)]
        for referral in theirs:
            self.deliver(self.b, self.a, referral)
        for answer in (answers[1], answers[2], answers[0]):
            self.give(self.a, answer)
        self.assertEqual({self.state(self.a, r) for r in referrals} | {self.state(self.b, r) for r in theirs}, {"delivered"})

    def test_importing_again_changes_nothing_and_gives_the_same_outcome(self):
        referral = self.filed()
        path, made = self.export(self.a, referral)
        first, answer = self.give(self.b, path)
        size = self.b.size()
        again, second = self.give(self.b, path)
        self.assertEqual(again | {"answer": 0}, first | {"answer": 0})
        self.assertEqual(self.b.size(), size)
        self.give(self.a, second)
        self.assertEqual(self.state(self.a, referral), "delivered")
        size = self.a.size()
        for one in (answer, second, answer):
            self.assertEqual(self.give(self.a, one)[0]["outcome"], "accepted")
        self.assertEqual(self.a.size(), size)
        self.assertEqual(self.a.refused("parcel", "export", referral, "-o", self.path()), "wrong-state")

    def test_the_receipt_of_what_came_can_be_exported_again(self):
        referral = self.filed()
        self.give(self.b, self.export(self.a, referral)[0])
        path, made = self.export(self.b, referral)
        self.assertEqual((made["what"], made["to"]), ("receipt", "opta.example"))
        self.give(self.a, path)
        self.assertEqual(self.state(self.a, referral), "delivered")

    def test_a_step_of_fixed_words_travels_too_and_a_receipt_is_asked_for_by_name(self):
        referral = self.filed()
        self.deliver(self.a, self.b, referral)
        self.b.cli("acknowledge", referral)
        self.assertEqual(self.export(self.b, referral, "--receipt")[1]["what"], "receipt")
        path, made = self.export(self.b, referral)
        self.assertEqual(made["what"], "parcel")
        self.give(self.b, self.give(self.a, path)[1])
        self.assertEqual([move["move"] for move in self.a.cli("show", referral)["moves"]], ["acknowledged"])

    def test_what_went_to_two_desks_is_exported_for_one_of_them(self):
        referral = self.filed(self.a, ["spam@acma.example", "fraud@acma.example"])
        self.assertEqual(self.a.refused("parcel", "export", referral, "-o", self.path()), "ambiguous")
        for desk in ("spam@acma.example", "fraud@acma.example"):
            self.deliver(self.a, self.b, referral, "--to", desk)
        self.assertEqual({message["state"] for message in self.a.messages(referral)}, {"delivered"})

    def test_nothing_readable_is_in_a_file(self):
        path, _ = self.export(self.a, self.filed())
        octets = path.read_bytes()
        for word in (FACTS.encode(), b"opta.example", b"acma", b"spam", b"lapx/"):
            self.assertNotIn(word, octets)
        note, frame = opened(self.b, octets)
        self.assertTrue(note.startswith(b"lapx/carried@v1\nfrom opta.example\nto acma.example\n"))
        self.assertNotIn(FACTS.encode(), frame)

    def test_each_export_is_in_the_ledger(self):
        size = self.a.size()
        referral = self.filed()
        self.export(self.a, referral)
        kinds = [entry.split(b"\nkind ")[1].split(b"\n")[0] for entry in inside.entries(self.a)[size:]]
        self.assertEqual(kinds[-1], b"exported")

    def test_a_file_is_never_written_over_unless_told_to(self):
        referral = self.filed()
        path, _ = self.export(self.a, referral)
        self.assertEqual(self.a.refused("parcel", "export", referral, "-o", path), "invalid-argument")
        self.a.cli("parcel", "export", referral, "-o", path, "--force")
        self.assertEqual(self.b.refused("parcel", "import", path, "-o", path), "invalid-argument")

    # What a hostile hand can do

    def test_one_octet_changed_anywhere_is_refused_and_leaves_no_trace(self):
        path, _ = self.export(self.a, self.filed())
        octets = path.read_bytes()
        before = self.b.traces()
        connection = self.b.control()
        for at in [*range(300), *range(300, len(octets), 5), len(octets) - 1]:
            wrong = bytearray(octets)
            wrong[at] ^= 1 << at % 8
            status, answer = connection.call("POST", "parcels", {"file": base64.b64encode(wrong).decode()})
            self.assertEqual((status, answer["error"]["code"]), (400, "parcel-unreadable"), at)
        connection.close()
        self.assertEqual(self.b.traces(), before)
        self.give(self.b, path)

    def test_what_is_no_such_file_is_refused(self):
        path, _ = self.export(self.a, self.filed())
        octets = path.read_bytes()
        for wrong in (b"hello", octets[:100], octets[:-1], octets + b"\0", bytes(len(octets))):
            self.assertEqual(self.refusal(self.b, wrong), "parcel-unreadable")
        self.assertEqual(self.refusal(self.b, bytes(300_000)), "too-large")
        self.assertEqual(self.refusal(self.a, octets), "parcel-unreadable")
        large = self.path()
        large.write_bytes(bytes(300_000))
        self.assertEqual(self.b.refused("parcel", "import", large), "too-large")
        self.assertEqual(self.b.call("POST", "parcels", {"file": "?"})[0], 400)

    def test_only_a_known_agency_speaks_and_only_to_whom_it_says(self):
        _, frame = opened(self.b, self.export(self.a, self.filed())[0].read_bytes())
        self.assertEqual(self.refusal(self.b, carried(self.c, self.b, frame)), "quarantine")
        wrong = {
            "not-addressed-here": dict(change=lambda text: text.replace("to acma", "to ftc")),
            "signature-invalid": dict(key="ledger-1", name="sign-1"),
            "clock": dict(change=lambda text: text.replace(text.split("\ncreated ")[1].split("\n")[0], inside.stamp(3600))),
            "parcel-malformed": dict(change=lambda text: text + "more words\n"),
        }
        for code, change in wrong.items():
            with self.subTest(code):
                self.assertEqual(self.refusal(self.b, carried(self.a, self.b, frame, **change)), code)
        other = carried(self.a, self.b, frame, change=lambda text: text.replace(b64(H(frame)), b64(H(b"another"))))
        self.assertEqual(self.refusal(self.b, other), "signature-invalid")

    def test_a_plaintext_of_another_shape_is_refused(self):
        path, _ = self.export(self.a, self.filed())
        note, frame = opened(self.b, path.read_bytes())
        shapes = [lambda plain: plain[:-1] + b"\1", lambda plain: plain + bytes(512), lambda plain: plain[:4096],
                  lambda plain: bytes(8192), lambda plain: b"\xff" * 8192]
        for i, spoil in enumerate(shapes):
            with self.subTest(i):
                self.assertEqual(self.refusal(self.b, sealed(self.b, note, frame, spoil)), "parcel-malformed")
        self.assertEqual(self.refusal(self.b, sealed(self.b, note, b"no frame")), "signature-invalid")

    def test_only_what_has_an_answer_and_papers_travel_as_files(self):
        for frame in (b"no frame", evil.request_frame(bytes(16), 1, 0, 8)):
            self.assertEqual(self.refusal(self.b, carried(self.a, self.b, frame)), "frame-malformed")

    def test_papers_travel_as_files_of_whose_they_are(self):
        d = Node(self.folder, "cnil.example", "FR", extra=("--keyfile", self.folder / "cnil.example/keyfile")).start()
        self.addCleanup(d.kill)
        self.b.know(d)
        held, whose, fresh = inside.papers_of(d), inside.Identity.of(d), inside.Identity(d.agency)
        self.take_papers(d, held)
        stranger = inside.Identity("fcc.example")
        for others in (inside.papers_of(self.a), inside.papers_of(self.c), (stranger.card(), stranger.notice())):
            self.assertEqual(self.refusal(self.b, carried(d, self.b, evil.hello_frame(*others))), "wrong-sender", "an agency speaks for itself")
        # Neither another's root nor another's hand, and the six changes of papers at once are not used up by trying.
        for _ in range(8):
            frame = evil.hello_frame(fresh.card(serial=2, previous=b64(H(held[0]))), fresh.notice(serial=2))
            self.assertEqual(self.refusal(self.b, carried(d, self.b, frame, keys=fresh.keys)), "signature-invalid")
        new = inside.Identity(d.agency, whose.keys | {"sign-1": fresh.keys["sign-1"]})
        papers = new.card(serial=2, previous=b64(H(held[0]))), new.notice(serial=2)
        self.assertEqual(self.refusal(self.b, carried(d, self.b, evil.hello_frame(*papers), keys=inside.Identity("x").keys)), "signature-invalid")
        self.take_papers(d, papers, new.keys)
        self.assertEqual(inside.card_held(self.b, d), papers[0])
        self.take_papers(d, held, new.keys)  # overtaken on their way: nothing to be alarmed at
        self.assertEqual(inside.card_held(self.b, d), papers[0])
        self.assertEqual([one for one in self.b.get("status")["warnings"] if "older" in one], [])

    def take_papers(self, sender, papers, keys=None):
        file = carried(sender, self.b, evil.hello_frame(*papers), keys=keys)
        status, answer = self.b.call("POST", "parcels", {"file": base64.b64encode(file).decode()})
        self.assertEqual((status, answer.get("what"), answer.get("outcome")), (200, "card", "accepted"), answer)

    def test_a_parcel_that_is_refused_has_an_answer_that_says_so(self):
        _, frame = opened(self.b, self.export(self.a, self.filed())[0].read_bytes())
        path = self.path()
        path.write_bytes(carried(self.b, self.a, frame))  # their own parcel, back to them
        inbox = self.a.listed("inbox")
        answer = self.path()
        code, out, _ = self.a.run("parcel", "import", path, "-o", answer)
        document = json.loads(out)
        self.assertEqual((code, document["error"]["code"], document["outcome"]), (1, "unknown-desk", "unknown-desk"))
        self.assertEqual(self.a.listed("inbox"), inbox)
        self.assertTrue(answer.exists())

    def test_a_receipt_for_something_else_delivers_nothing(self):
        first, second = self.filed(), self.filed()
        path, made = self.export(self.a, first)
        _, answer = self.give(self.b, path)
        other, = self.export(self.a, second)[1]["messages"]
        _, frame = opened(self.a, answer.read_bytes())
        ident, of_other = (bytes.fromhex(text.replace("-", "")) for text in (made["messages"][0], other))
        self.assertEqual(frame.count(ident), 1)
        path = self.path()
        for wrong, code in ((frame.replace(ident, of_other), "proof-invalid"), (frame.replace(ident, evil.uuid7()), "not-found")):
            path.write_bytes(carried(self.b, self.a, wrong))
            self.assertEqual(self.a.refused("parcel", "import", path), code)
            self.assertEqual((self.state(self.a, first), self.state(self.a, second)), ("sent", "sent"))
        self.give(self.a, answer)
        self.assertEqual((self.state(self.a, first), self.state(self.a, second)), ("delivered", "sent"))

    def test_a_gap_is_told_and_the_next_file_closes_it(self):
        """The recipient holds a checkpoint that the sender does not know it holds."""
        referral = self.filed()
        self.give(self.b, self.export(self.a, referral)[0])
        later = self.filed()
        path, made = self.export(self.a, later)
        _, frame = opened(self.b, path.read_bytes())
        ident = bytes.fromhex(made["messages"][0].replace("-", ""))
        _, whole = opened(self.b, path.read_bytes())
        bare = evil.parcel_frame(ident, self.b.desk, evil.Received(whole)["sealed"])  # without any link
        gap = self.path()
        gap.write_bytes(carried(self.a, self.b, bare))
        answer = self.path()
        self.assertEqual(self.b.refused("parcel", "import", gap, "-o", answer), "checkpoint-gap")
        taken, _ = self.give(self.a, answer)
        self.assertEqual(taken["what"], "refusal")
        self.deliver(self.a, self.b, later)
        self.assertEqual(self.state(self.a, later), "delivered")


if __name__ == "__main__":
    unittest.main()
