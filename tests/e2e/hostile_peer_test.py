"""What a verified peer can do wrong on purpose: docs/protocol.md 7.4 and 8, one refusal after the other. The peer is evil.py, with the
real keys of the agency it plays. After every wrong message an honest one must still get through."""

import re
import secrets
import struct
import unittest
import unittest.mock

import nacl.bindings
import nacl.signing

import evil
import inside
from harness import PairTest, wait_for
from forms import H
from lapx_verify import padme
from mutate_test import b64, flip, sign_line
from selftest import bech32, make_item


def act(name, case=None):
    """The cover as one of that act, on another case."""
    def change(cover):
        cover = cover.replace(b"\nact refer\n", f"\nact {name}\n".encode())
        return re.sub(rb"\ncase \S+", f"\ncase {case}".encode(), cover) if case else cover
    return change


def second_version(supersedes):
    return lambda manifest: manifest.replace(b"\nversion 1\nsupersedes none\n", f"\nversion 2\nsupersedes {b64(supersedes)}\n".encode())


class HostilePeer(PairTest):
    options = {"a": {"desks": ("spam", "fraud")}}

    def setUp(self):
        if self.b.running():
            self.b.stop()
        self.peer = type(self).__dict__.get("peer") or evil.Peer(self.b, self.a)
        type(self).peer = self.peer
        if self.peer.dealer is None:
            self.peer.connect().hello()

    def inbox(self):
        return {item["referral"] for item in self.a.listed("inbox")}

    def assert_honest_one_gets_through(self):
        referral = self.peer.referral()
        self.assertEqual(self.peer.send(referral), "accepted")
        self.assertIn(evil.uuid_text(referral.id), self.inbox())

    def assert_refused(self, code, *attempts, entry=False):
        """Each attempt, which returns what it got, gets that code. With `entry` the outcome is in the ledger; nothing is in the
        inbox in either case."""
        for attempt in attempts:
            inbox, size = self.inbox(), self.a.size()
            self.assertEqual(attempt(), code)
            self.assertEqual(self.inbox(), inbox)
            self.assertEqual(self.a.size(), size + (1 if entry else 0))
        self.assert_honest_one_gets_through()

    def send(self, **changes):
        return lambda: self.peer.send(self.peer.referral(**changes))


class WrongParcels(HostilePeer):
    def test_an_honest_referral_is_accepted_as_a_control(self):
        self.assert_honest_one_gets_through()
        self.assert_sound(self.a)

    # 7.4, step 1

    def test_a_bit_flipped_anywhere_in_a_sealed_parcel_makes_it_unreadable(self):
        referral = self.peer.referral()
        sealed = referral.sealed(self.peer.ledger.copy())
        places = [*range(0, 210, 7), *range(210, len(sealed), len(sealed) // 40), len(sealed) - 1]
        self.assert_refused("parcel-unreadable", *[
            lambda at=at: self.peer.send(referral, sealed=flip(sealed, at, at % 8), link=None) for at in places])

    def test_a_truncated_or_lengthened_parcel_is_unreadable(self):
        referral = self.peer.referral()
        sealed = referral.sealed(self.peer.ledger.copy())
        pieces = [sealed[:-1], sealed[:len(sealed) // 2], sealed[:200], sealed[:1], sealed[1:], sealed + b"\0",
                  secrets.token_bytes(len(sealed)), referral.plain(self.peer.ledger.copy())]
        self.assert_refused("parcel-unreadable", *[
            lambda piece=piece: self.peer.send(referral, sealed=piece, link=None) for piece in pieces])

    def test_a_parcel_sealed_to_another_desk_is_unreadable(self):
        referral = self.peer.referral(desk="fraud@opta.example")
        sealed = referral.sealed(self.peer.ledger.copy())
        self.assert_refused("parcel-unreadable",
                            lambda: self.peer.send(referral, sealed=sealed, desk="spam@opta.example", link=None))

    def test_a_parcel_that_is_not_as_7_1_says_is_malformed(self):
        def unpadded(plain):
            return plain[:4 + struct.unpack("<I", plain[:4])[0]]

        def grown(plain):
            return plain + bytes(padme(len(plain) + 1) - len(plain))
        self.assert_refused("parcel-malformed", *[self.send(plain=change) for change in (
            unpadded, grown, lambda p: p[:-1] + b"\1", lambda p: b"", lambda p: bytes(len(p)),
            lambda p: secrets.token_bytes(len(p)), lambda p: struct.pack("<I", len(p) + 1) + p[4:],
            lambda p: p[:4] + b"\xff\xff\xff\xff" + p[8:])])

    def test_a_cover_that_is_no_cover_is_malformed(self):
        self.assert_refused("parcel-malformed", *[self.send(cover=change) for change in (
            lambda c: c.replace(b"act refer", b"act Refer"), lambda c: c.replace(b"tlp AMBER\n", b""),
            lambda c: c.replace(b"\nexpires ", b"\nexpires  "), lambda c: c + b"more x\n",
            lambda c: re.sub(rb"\nexpires 2", rb"\nexpires 3", c), lambda c: c.replace(b"lapx/cover@v1", b"lapx/cover@v2"))])

    # steps 2 and 3

    def test_a_cover_for_another_desk_or_agency_is_not_taken_for_ours(self):
        self.assert_refused(
            "not-addressed-here",
            self.send(cover=lambda c: c.replace(b"to spam@opta.example", b"to fraud@opta.example")),
            self.send(cover=lambda c: c.replace(b"to spam@opta.example", b"to spam@other.example")),
            self.send(cover=lambda c: re.sub(rb"\nkey \S+", b"\nkey " + b64(bytes(32)).encode(), c)))

    def test_a_frame_for_a_desk_we_do_not_have_is_refused(self):
        self.assert_refused("unknown-desk", *[
            lambda desk=desk: self.peer.send(self.peer.referral(), self.peer.ledger.copy(), desk=desk)
            for desk in ("nobody@opta.example", "spam@acma.example")])

    def test_a_parcel_of_somebody_else_passed_on_as_ones_own_is_refused(self):
        third, name = secrets.token_bytes(32), "third.example/lapx/sign-1"
        self.assert_refused("wrong-sender", self.send(
            manifest=lambda m: m.replace(b"from spam@acma.example", b"from spam@third.example"),
            cover=lambda c: c.replace(b"from spam@acma.example", b"from spam@third.example"),
            note=lambda n: evil.sign(n.rpartition(b"\n\n")[0] + b"\n", name, third)))

    def test_a_frame_that_names_another_message_than_its_cover_is_refused(self):
        referral = self.peer.referral()
        self.assert_refused("wrong-sender", lambda: self.peer.send(referral, self.peer.ledger.copy(), message=evil.uuid7()))

    # step 5

    def test_a_cover_without_the_right_signature_is_refused(self):
        def text(note):
            return note.rpartition(b"\n\n")[0] + b"\n"

        def signed(name, seed):
            return lambda note: evil.sign(text(note), name, seed)
        keys, agency = self.peer.secrets, self.peer.agency
        self.assert_refused("signature-invalid", *[self.send(note=change) for change in (
            signed(f"{agency}/lapx/sign-1", secrets.token_bytes(32)), signed(f"{agency}/lapx/ledger-1", keys["ledger-1"]),
            signed(f"{agency}/lapx/sign-2", keys["sign-1"]), signed("opta.example/lapx/sign-1", keys["sign-1"]),
            lambda note: note.replace(b"tlp AMBER", b"tlp GREEN"),
            lambda note: note + sign_line(text(note), "x.example/k", nacl.signing.SigningKey(secrets.token_bytes(32))))])

    # step 6

    def test_a_cover_from_the_future_is_to_come_again_later(self):
        self.assert_refused("clock", self.send(created=3600))

    def test_an_expired_cover_is_refused_for_good(self):
        self.assert_refused("expired", self.send(created=-7200, life=3600), entry=True)

    # step 7

    def test_a_replayed_parcel_gets_its_receipt_again_and_makes_no_second_row(self):
        referral = self.peer.referral()
        sealed = referral.sealed(self.peer.ledger)
        self.assertEqual(self.peer.send(referral, sealed=sealed), "accepted")
        inbox, size = self.a.listed("inbox"), self.a.size()
        for _ in range(5):
            self.assertEqual(self.peer.send(referral, sealed=sealed, link=None), "accepted")
        again = referral.sealed(self.peer.ledger)
        self.assertEqual(self.peer.send(referral, sealed=again), "accepted", "the same cover, sealed and logged anew")
        self.assertEqual((self.a.listed("inbox"), self.a.size()), (inbox, size))

    def test_the_outcome_of_a_refused_message_is_not_changed_by_sending_it_again(self):
        referral = self.peer.referral(created=-7200, life=3600)
        self.assertEqual(self.peer.send(referral), "expired")
        size = self.a.size()
        self.assertEqual(self.peer.send(referral), "expired")
        self.assertEqual(self.a.size(), size)

    # steps 8 and 10

    def test_a_manifest_that_is_not_the_covers_is_refused(self):
        other = self.peer.referral()
        self.assert_refused("manifest-mismatch", *[self.send(**changes) for changes in (
            {"given": {"manifest": other.manifest}},
            {"view": lambda v: re.sub(rb"\nmanifest \S+", b"\nmanifest " + b64(bytes(32)).encode(), v)},
            {"cover": lambda c: re.sub(rb"\ncase \S+", b"\ncase " + evil.uuid_text(evil.uuid7()).encode(), c)},
            {"manifest": lambda m: m.replace(b"from spam@acma.example", b"from fraud@acma.example")},
            {"view": lambda v: re.sub(rb"item \d+ silent\n$", b"", v)})], entry=True)

    def test_items_that_are_not_exactly_the_disclosed_ones_are_refused(self):
        def given(change):
            def attempt():
                referral = self.peer.referral()
                items = [dict(number=n, octets=octets) for n, octets in referral.items.items()]
                change(items)
                referral.given["items"] = items
                return self.peer.send(referral)
            return attempt
        self.assert_refused(
            "item-mismatch", given(lambda items: items.pop()), given(lambda items: items.pop(0)),
            given(lambda items: items.append(dict(number=40, octets=items[0]["octets"]))),
            given(lambda items: items[2].update(octets=flip(items[2]["octets"], 40))),
            given(lambda items: items[2].update(octets=items[3]["octets"])), given(lambda items: items.clear()),
            self.send(view=lambda v: v.replace(b"item 1 silent", b"item 1 disclosed")),
            self.send(view=lambda v: v.replace(b"item 3 disclosed", b"item 3 silent")), entry=True)

    def test_items_whose_value_is_not_one_of_their_label_are_refused(self):
        salt = bytes(32)

        def instead_of_the_first(octets):
            left = [octets]
            return self.send(item=lambda right: left.pop() if left else right)
        self.assert_refused("item-malformed", *[instead_of_the_first(octets) for octets in (
            make_item(salt, "Absent", {}), make_item(salt, "Grading", dict(source="A", information="1")),
            b"\0" * 64, secrets.token_bytes(200), make_item(salt, "Text", dict(text="x" * 61000)))], entry=True)

    def test_an_exhibit_line_without_its_exhibit_is_refused(self):
        numbers = [number for number, item in self.peer.referral().items.items()]
        line = f"exhibit {numbers[-1]} {b64(bytes(32))} 5 {b64(bytes(32))} 200\n".encode()
        self.assert_refused("exhibit-mismatch", self.send(view=lambda v: v + line),
                            self.send(given={"exhibits": [dict(number=numbers[-1], identity=bytes(32), sealed=b"x" * 200)]}), entry=True)

    def exhibit(self, label, plain):
        """What makes a referral carry those octets, sealed as they should be, as what the first item of that label describes."""
        number = int(re.search(rf"\nitem (\d+) {label} ".encode(), self.peer.referral().manifest)[1])
        identity = secrets.token_bytes(32)
        sealed = inside.age_seal(bech32(nacl.bindings.crypto_scalarmult_base(identity)), plain)
        line = f"exhibit {number} {b64(H(plain))} {len(plain)} {b64(H(sealed))} {len(sealed)}\n".encode()
        return {"view": lambda v: v + line, "given": {"exhibits": [dict(number=number, identity=identity, sealed=sealed)]}}

    def test_an_exhibit_that_is_not_what_its_item_describes_is_refused(self):
        mail = b"the mail itself"
        described = dict(name="mail.eml", media_type="message/rfc822", size=len(mail), sha256=H(mail), state="Sent")
        with unittest.mock.patch.dict(evil.WORDS, exhibit=described):
            self.assertEqual(self.send(**self.exhibit("exhibit", mail))(), "accepted", "the control")
            self.assert_refused("exhibit-mismatch", self.send(**self.exhibit("facts", mail)),
                                self.send(**self.exhibit("exhibit", b"another of size")),
                                self.send(**self.exhibit("exhibit", mail + b", and more")), entry=True)

    # step 9

    def test_a_parcel_without_a_proof_of_its_entry_is_refused(self):
        def by_a_wrong_key(proof):
            head, _, note = proof.partition(b"\n\n")
            return head + b"\n\n" + evil.sign(note.rpartition(b"\n\n")[0] + b"\n", self.peer.ledger.origin, secrets.token_bytes(32))
        other = f"lapx/sent@v1\ncover {b64(bytes(32))}\n".encode()
        received = lambda d: d.replace(b"lapx/sent@v1", b"lapx/received@v1") + b"outcome accepted\n"  # noqa: E731
        self.assert_refused("proof-invalid", *[self.send(**changes) for changes in (
            {"data": lambda d: other}, {"data": received}, {"proof": lambda p: b"no proof at all\n"}, {"proof": by_a_wrong_key},
            {"proof": lambda p: re.sub(rb"\nindex \d+\n", b"\nindex 1\n", p)},
            {"proof": lambda p: p.replace(b"\nextra ", b"\nextra AAAA")})], entry=True)

    def test_a_proof_from_another_log_is_refused(self):
        theirs = evil.Ledger("opta.example/lapx/ledger-1", self.peer.secrets["ledger-1"], [b"x"])
        self.assert_refused("proof-invalid", lambda: self.peer.send(self.peer.referral(), theirs, link=None), entry=True)

    def test_a_checkpoint_without_a_link_to_the_one_held_is_to_come_again_with_one(self):
        self.assert_honest_one_gets_through()
        referral = self.peer.referral()
        sealed = referral.sealed(self.peer.ledger)
        self.assert_no_entry(lambda: self.peer.send(referral, sealed=sealed, link=None), "checkpoint-gap")
        self.assertEqual(self.peer.send(referral, sealed=sealed), "accepted")

    def assert_no_entry(self, attempt, code):
        size = self.a.size()
        self.assertEqual(attempt(), code)
        self.assertEqual(self.a.size(), size)

    # what comes round to the same referral

    def test_a_second_message_about_the_same_referral_does_no_harm(self):
        first = self.peer.referral()
        self.assertEqual(self.peer.send(first), "accepted")
        for desk in (None, "fraud@opta.example"):
            again = self.peer.referral(ident=first.id, desk=desk, manifest=lambda _: first.manifest)
            again.items = first.items
            self.assertEqual(self.peer.send(again), "accepted")
        self.assertEqual(self.a.cli("show", evil.uuid_text(first.id))["direction"], "in")
        self.assert_honest_one_gets_through()

    def test_a_version_that_is_held_cannot_be_rewritten(self):
        first = self.peer.referral()
        self.assertEqual(self.peer.send(first), "accepted")
        before = self.a.cli("show", evil.uuid_text(first.id))["messages"]
        self.assert_refused("manifest-mismatch", self.send(ident=first.id), self.send(ident=first.id, desk="fraud@opta.example"),
                            self.send(ident=first.id, manifest=second_version(bytes(32)), cover=act("correct")), entry=True)
        self.assertEqual(self.a.cli("show", evil.uuid_text(first.id))["messages"], before)
        self.assertEqual(self.send(ident=first.id, manifest=second_version(H(first.manifest)), cover=act("correct"))(), "accepted")

    def test_a_correction_that_comes_before_what_it_corrects_stays_the_newest(self):
        first = self.peer.referral()
        self.assertEqual(self.send(ident=first.id, manifest=second_version(H(first.manifest)), cover=act("correct"))(), "accepted")
        self.assert_refused("manifest-mismatch", self.send(ident=first.id), entry=True)
        self.assertEqual(self.peer.send(first), "accepted")
        shown = self.a.cli("show", evil.uuid_text(first.id))
        self.assertEqual((shown["version"], sorted(one["version"] for one in shown["dossiers"])), (2, [1, 2]))

    def test_an_act_that_does_not_fit_its_manifest_is_refused(self):
        self.assert_refused("manifest-mismatch",
                            *[self.send(cover=act(one)) for one in ("correct", "supplement", "withdraw", "clarify", "answer")],
                            self.send(manifest=second_version(bytes(32))), entry=True)

    def test_only_who_is_in_a_case_can_add_to_it(self):
        never_sent = self.a.file(self.b.desk)["referral"]
        self.assert_refused("case-unknown", *[self.send(cover=act(one, case)) for one in ("clarify", "answer")
                                              for case in (never_sent, evil.uuid_text(evil.uuid7()))], entry=True)
        ours = self.a.send(self.b.desk)["referral"]
        self.peer.wait("ParcelFrame")
        answer = self.peer.referral(cover=act("answer", ours))
        self.assertEqual(self.peer.send(answer), "accepted")
        self.assertEqual([one["act"] for one in self.a.cli("show", ours)["dossiers"]], ["refer", "answer"])
        self.a.cli("discard", never_sent)

    def test_a_move_is_of_who_may_say_it_and_carries_its_body_alone(self):
        ours = self.a.send(self.b.desk)["referral"]
        self.peer.wait("ParcelFrame")

        def move(dossier, word, version=1, **given):
            body = f"lapx/move@v1\ndossier {dossier}\nversion {version}\nmove {word}\n{given.pop('more', '')}".encode()
            def cover(text):
                head = act("move", given.pop("case", dossier))(text).split(b"lapx/view@v1\n")[0]
                return head + b"body " + b64(H(given.get("signed", body))).encode() + b"\n"
            return self.send(cover=cover, given=dict(manifest=given.get("manifest", b""), items=[], body=body))
        other = evil.uuid_text(evil.uuid7())
        never_sent = self.a.file(self.b.desk)["referral"]
        uses = "uses judicial-evidence\n"
        self.assert_refused("case-unknown", move(other, "acknowledged"), move(never_sent, "acknowledged"), move(ours, "acknowledged", 2),
                            move(ours, "consent-granted", more=uses), move(ours, "acknowledged", case=other), entry=True)
        self.assert_refused("parcel-malformed", move(ours, "forgotten"), move(ours, "acknowledged", more=uses),
                            move(ours, "consent-asked"), move(ours, "acknowledged", 0), move(ours, "acknowledged", more="note x\n"),
                            move(ours, "acknowledged", signed=b"other"), move(ours, "acknowledged", manifest=b"x"), entry=True)
        self.assertEqual(self.a.cli("show", ours)["moves"], [])
        self.assertEqual(move(ours, "acknowledged")(), "accepted")
        self.assertEqual([one["move"] for one in self.a.cli("show", ours)["moves"]], ["acknowledged"])
        self.a.cli("discard", never_sent)

    def test_a_peer_cannot_hide_a_referral_of_ours_behind_its_id(self):
        ours = self.a.send(self.b.desk)["referral"]
        self.peer.wait("ParcelFrame")
        ident = bytes.fromhex(ours.replace("-", ""))
        self.assertEqual(self.peer.send(self.peer.referral(ident=ident)), "accepted")
        self.assertEqual(self.a.cli("show", ours)["direction"], "out")

    def test_the_ledger_still_verifies_after_all_that(self):
        self.assert_sound(self.a)
        self.assertTrue(self.a.running())


class WrongFrames(HostilePeer):
    def drops(self, *octets):
        size, inbox = self.a.size(), self.inbox()
        for one in octets:
            self.peer.dealer.send(one)
        self.assert_honest_one_gets_through()
        self.assertEqual((self.a.size(), len(self.inbox())), (size + 1, len(inbox) + 1))

    def test_frames_that_are_no_frames_are_dropped(self):
        good = evil.parcel_frame(evil.uuid7(), self.a.desk, b"sealed")
        self.drops(b"", b"\0", b"\xff" * 64, secrets.token_bytes(5000), good[:-1], good + b"\0", good[4:], b"\0\0\0\0" + good[4:],
                   *[flip(good, at, 7) for at in range(0, 48)])

    def test_ids_that_are_no_version_7_uuids_are_dropped(self):
        self.drops(evil.parcel_frame(bytes(16), self.a.desk, b"sealed"), evil.parcel_frame(b"\xff" * 16, self.a.desk, b"sealed"))

    def test_a_frame_over_256_kib_cuts_the_connection_and_the_next_one_works(self):
        size = self.a.size()
        self.peer.dealer.send(bytes(300_000))
        self.peer.close()
        self.assertEqual(self.a.size(), size)
        self.reconnect_and_send()

    def reconnect_and_send(self):
        wait_for(lambda: self.peer.connect() and self.try_hello(), "the peer to be admitted again")
        self.assert_honest_one_gets_through()

    def try_hello(self):
        self.peer.dealer.send(evil.hello_frame(self.peer.card, self.peer.notice))
        return self.peer.wait("Hello", seconds=2)

    def test_a_hello_with_a_card_of_another_agency_plants_no_stranger(self):
        card, notice = made_up("third.example")
        before = self.a.traces()
        self.peer.dealer.send(evil.hello_frame(card, notice))
        self.peer.dealer.send(evil.hello_frame(b"no card", b"no notice"))
        self.peer.dealer.send(evil.hello_frame(self.peer.card, notice))
        self.peer.dealer.send(evil.hello_frame(self.peer.card, self.peer.notice, b"no checkpoint"))
        self.peer.hello()
        self.assertEqual(self.a.traces(), before)

    def test_a_fork_of_its_own_card_by_hello_changes_nothing(self):
        before = self.a.listed("contacts")
        card, notice = made_up(self.peer.agency)
        self.peer.dealer.send(evil.hello_frame(card, notice))
        self.assert_honest_one_gets_through()
        self.assertEqual(self.a.listed("contacts"), before)


class ManyFrames(HostilePeer):
    def test_a_message_of_many_frames_costs_the_peer_its_connection_and_nothing_more(self):
        self.assert_honest_one_gets_through()
        size = self.a.size()
        self.peer.dealer.send(b"one", b"two", b"three")
        wait_for(lambda: not self.a.connected(self.b), "the connection to be cut")
        self.assertEqual(self.a.size(), size)
        self.assert_sound(self.a)


def made_up(agency, **changes):
    """Card and notice of an agency with fresh keys."""
    return inside.Identity(agency).card_file(**changes).split(b"=====\n")


class WrongReceipts(HostilePeer):
    """A sends; the peer answers with what it should not."""

    def setUp(self):
        super().setUp()
        self.referral = self.a.send(self.b.desk)["referral"]
        self.parcel = self.peer.wait("ParcelFrame")
        plain = inside.age_open(self.peer.secrets["desk-spam"], self.parcel["sealed"])
        self.cover = inside.parse_parcel(plain)["cover"]

    def answer(self, data, ledger=None, message=None, checkpoint=None, path=lambda p: p, kind="received"):
        ledger = ledger or self.peer.ledger
        index, opening = ledger.append(kind, data)
        head, _, note = ledger.proof(index, opening).partition(b"\n\n")
        link = ledger.link(self.peer.told) if 0 < self.peer.told < len(ledger.leaves) else None
        if ledger is self.peer.ledger:
            self.peer.told = len(ledger.leaves)
        self.peer.dealer.send(evil.receipts_frame(checkpoint or note, link, {message or self.parcel["message"]: path(head) + b"\n\n"}))

    def state(self):
        return self.a.messages(self.referral)[0]["state"]

    def receipt(self, outcome="accepted", cover=None):
        return f"lapx/received@v1\ncover {b64(evil.H(cover or self.cover))}\noutcome {outcome}\n".encode()

    def test_a_receipt_that_proves_something_else_does_not_make_it_delivered_and_the_right_one_does(self):
        self.answer(self.receipt(cover=b"another cover"))
        self.answer(f"lapx/sent@v1\ncover {b64(evil.H(self.cover))}\n".encode(), kind="sent")
        self.answer(self.receipt("well-done"))
        self.answer(self.receipt(), message=evil.uuid7())
        self.answer(self.receipt(), path=lambda head: head.replace(b"\nindex ", b"\nindex 1"))
        self.answer(self.receipt(), path=lambda head: b"garbage")
        forged = evil.Ledger(self.peer.ledger.origin, secrets.token_bytes(32), [b"x"])
        self.answer(self.receipt(), forged)
        self.assert_honest_one_gets_through()
        self.assertEqual(self.state(), "sent")
        self.answer(self.receipt())
        self.a.wait_delivered(self.referral)
        self.answer(self.receipt("expired"))
        self.assert_honest_one_gets_through()
        self.assertEqual(self.state(), "delivered", "a receipt is final")

    def test_a_receipt_of_a_refusal_ends_the_delivery_as_refused(self):
        self.answer(self.receipt("item-mismatch"))
        wait_for(lambda: self.state() == "refused", "the refusal to be taken")
        message, = self.a.messages(self.referral)
        self.assertEqual(message["cause"], "item-mismatch")

    def test_a_final_refusal_without_a_receipt_ends_the_delivery_too(self):
        self.peer.dealer.send(evil.refusal_frame(self.parcel["message"], "unknown-desk", final=True))
        wait_for(lambda: self.state() == "refused", "the refusal to be taken")
        self.assertEqual(self.a.messages(self.referral)[0]["cause"], "unknown-desk")

    def test_a_refusal_to_be_retried_keeps_it_queued_with_its_cause(self):
        self.peer.dealer.send(evil.refusal_frame(self.parcel["message"], "disk-full", final=False, retry_after=2))
        cause = wait_for(lambda: self.a.messages(self.referral)[0]["cause"] == "disk-full", "the cause")
        self.assertTrue(cause)
        self.assertEqual(self.state(), "sent")
        self.assertIsNotNone(self.peer.wait("ParcelFrame", message=self.parcel["message"]), "it is not sent again")

    def test_refusals_and_cosignatures_of_anything_else_change_nothing(self):
        before = self.a.head()
        self.peer.dealer.send(evil.refusal_frame(evil.uuid7(), "unknown-desk", final=True))
        self.peer.dealer.send(evil.refusal_frame(self.parcel["message"], "no-such-code", final=True))
        self.peer.dealer.send(evil.cosignature_frame("\u2014 acma.example/lapx/witness-1 AAAA", before["size"]))
        self.peer.dealer.send(evil.cosignature_frame("garbage", 1 << 40))
        self.assert_honest_one_gets_through()
        self.assertEqual(self.state(), "sent")
        self.assert_sound(self.a)


class Conflict(HostilePeer):
    def test_a_forked_ledger_is_evidence_and_nothing_more_is_taken_until_a_person_looked(self):
        self.assert_honest_one_gets_through()
        fork = self.peer.ledger.copy()
        self.assert_honest_one_gets_through()
        self.assertEqual(self.a.state(self.b.agency), "verified")
        fork.append("read", b"another history")
        fork.append("read", b"another history")
        referral, inbox = self.peer.referral(), self.inbox()
        sealed = referral.sealed(fork)
        self.peer.send(referral, fork, sealed=sealed, link=fork.link(len(self.peer.ledger.leaves)))
        wait_for(lambda: self.a.state(self.b.agency) == "suspended", "the suspension")
        self.assertEqual(self.inbox(), inbox)
        self.assertEqual(self.a.refused("file", "--to", self.b.desk, "--kind", "information", "--send",
                                        inside.SAMPLES / "phish-bank.eml"), "suspended")
        kinds = [re.search(rb"\nkind (\S+)\n", entry)[1] for entry in inside.entries(self.a)]
        self.assertIn(b"conflict", kinds)
        self.assertEqual(len(inside.rows(self.a, "SELECT * FROM evidence")), 1)
        self.assert_sound(self.a)


class SameSizeFork(HostilePeer):
    def test_two_checkpoints_of_one_size_are_a_conflict(self):
        self.assert_honest_one_gets_through()
        fork = self.peer.ledger.copy()
        fork.leaves[-1] = evil.H(b"\0another entry")
        first, second = self.peer.referral(), self.peer.referral()
        sealed = second.sealed(fork)
        self.assertEqual(self.peer.send(first), "accepted")
        self.peer.send(second, fork, sealed=sealed, link=None)
        wait_for(lambda: self.a.state(self.b.agency) == "suspended", "the suspension")
        self.assertNotIn(evil.uuid_text(second.id), self.inbox())


class ReusedMessageId(HostilePeer):
    def test_another_cover_under_a_used_message_id_is_kept_as_evidence(self):
        first = self.peer.referral()
        self.assertEqual(self.peer.send(first), "accepted")
        # The connection is cut at once, so that the refusal may not get out any more.
        self.assertIn(self.peer.send(self.peer.referral(message=first.message)), ("message-id-reused", None))
        wait_for(lambda: self.a.state(self.b.agency) == "suspended", "the suspension")
        self.assertEqual(len(inside.rows(self.a, "SELECT * FROM disputed")), 1)
        self.assertEqual(len(self.a.listed("inbox")), 1)
        self.assert_sound(self.a)


class Quarantine(PairTest):
    options = {"verify": False}

    def test_a_strangers_parcel_is_to_come_again_and_leaves_no_entry(self):
        self.b.know(self.a)
        self.a.cli("contact", "add", self.b.card_file())
        self.b.stop()
        peer = evil.Peer(self.b, self.a).connect()
        peer.hello()
        size = self.a.size()
        self.assertEqual(peer.send(peer.referral()), "quarantine")
        self.assertEqual((self.a.size(), self.a.listed("inbox")), (size, []))
        self.a.verify(self.b)
        self.assertEqual(peer.send(peer.referral()), "accepted")


if __name__ == "__main__":
    unittest.main()
