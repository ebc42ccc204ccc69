"""Trees, entries, openings, proofs, decided records: docs/protocol.md 6."""
import datetime
import struct
from dataclasses import dataclass

from dossier import CATEGORY_OF, VALUE_OF, count_from_1, numbered
from notes import Note, parse_note, verified_by
from forms import (H, KIB128, KIB192, Lines, b64, desk, digest, need, number, one_of, operator, positive, show, time,
                   utf8, uuid7)


def node_hash(left, right):
    return H(b"\x01" + left + right)


def root_from_inclusion(index, size, leaf, path):
    """RFC 9162 2.1.3.2, which is the tree of RFC 6962: the root the path leads to."""
    need(0 <= index < size, "the index lies outside the tree")
    fn, sn, root = index, size - 1, leaf
    for step in path:
        need(sn, "the inclusion proof is too long")
        if fn & 1 or fn == sn:
            root = node_hash(step, root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, step)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the inclusion proof is too short")
    return root


def check_consistency(size1, root1, size2, root2, path):
    """RFC 9162 2.1.4.2."""
    need(1 <= size1 <= size2, "sizes that have no consistency proof")
    if size1 == size2:
        need(not path and root1 == root2, "one size with two roots, or with a proof")
        return
    path = list(path) if size1 & size1 - 1 else [root1, *path]
    need(path, "the consistency proof is empty")
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for step in path[1:]:
        need(sn, "the consistency proof is too long")
        if fn & 1 or fn == sn:
            old, new = node_hash(step, old), node_hash(step, new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, step)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and old == root1 and new == root2, "the trees are not consistent")


def parse_data(kind, octets):
    """6.4: the data of a sent, received or decided entry, as a dictionary of its lines."""
    if kind == "decided":
        return parse_decided(octets)
    need(kind in ("sent", "received"), f"the data of an entry of kind {kind} is not read here")
    lines = Lines(octets, f"lapx/{kind}@v1")
    data = {"cover": lines.one("cover", digest)}
    if kind == "received":
        data["outcome"] = lines.one("outcome", one_of(*OUTCOMES))
    lines.end()
    return data


# What 7.4 records: the final refusals found once the cover's signature has verified.
OUTCOMES = ["accepted", "expired", "message-id-reused", "manifest-mismatch", "item-mismatch", "exhibit-mismatch",
            "proof-invalid", "ledger-conflict", "item-malformed"]
CLASSES = ["AS", "SH", "PD", "CF", "CS", "PV"]


def decided_line(value):
    """6.5: `DISPOSITION LABEL CLASS`, for withheld also reason, level and decider. Returns (label, outward)."""
    parts = value.split(" ")
    need(parts[0] in ("absent", "disclosed", "withheld"), "an unknown inward disposition")
    need(len(parts) == (6 if parts[0] == "withheld" else 3), "a wrong number of words")
    need(parts[1] in VALUE_OF and parts[2] in CLASSES, "an unknown label or class")
    if parts[0] != "withheld":
        return parts[1], "silent" if parts[0] == "absent" else "disclosed"
    reason, level = parts[3], parts[4]
    need(reason in CATEGORY_OF and level in ("reason", "category", "silent"), "an unknown reason or level")
    operator(parts[5])
    words = {"reason": f"withheld reason {reason}", "category": f"withheld category {CATEGORY_OF[reason]}"}
    return parts[1], words.get(level, "silent")


def or_none(value):
    return lambda text: None if text == "none" else value(text)


def parse_decided(octets):
    lines = Lines(octets, "lapx/decided@v1", KIB128)
    shape = [("referral", uuid7), ("message", or_none(uuid7)), ("to", desk), ("cover", or_none(digest)),
             ("view", digest), ("policy", or_none(digest)), ("approver", operator), ("self-approved", one_of("yes", "no"))]
    data = {key: lines.one(key, value) for key, value in shape}
    if lines.next_is("standing"):
        data["standing"] = lines.one("standing", uuid7)
    data["texts"] = lines.one("texts", digest)
    words = lines.lines[lines.at:]
    data["items"] = count_from_1(lines.many("item", numbered(decided_line), 1, 1024))
    derived = lines.many("derived", numbered(positive), 0, 1024)
    lines.end()
    there = {n: label for (n, (label, _)), word in zip(data["items"].items(), words) if word.split(" ")[2] != "absent"}
    need([n for n, _ in derived] == sorted({n for n, _ in derived}), "derived lines do not ascend")
    for n, original in derived:
        need(there.get(n) == "redacted", f"item {n} is no derivative that is there")
        need(there.get(original, "redacted") != "redacted", f"item {n} is derived from nothing")
    need((data["message"] is None) == (data["cover"] is None), "a message without a cover, or a cover without one")
    need(data["cover"] or all(outward == "silent" for _, outward in data["items"].values()),
         "nothing went, yet something was disclosed or told")
    data["derived"] = dict(derived)
    return data


def check_decided(data, cover, manifest=None):
    """What an auditor compares: the record decides exactly what the cover shows."""
    need(data["cover"] == cover.digest(), "the record is of another cover")
    need(data["message"] == cover.message and data["to"] == cover.to, "the record is of another message or desk")
    need(data["referral"] == cover.case, "the record is of another referral")
    need(cover.view and data["view"] == H(cover.view.octets), "the record is of another view")
    need({n: outward for n, (_, outward) in data["items"].items()} == cover.view.items,
         "the record and the view differ in a disposition")
    if manifest:
        need({n: label for n, (label, _) in data["items"].items()} == {n: i[0] for n, i in manifest.items.items()},
             "the record and the manifest differ in a label")


ENTRY_KINDS = ("open card approved decided sent received moved consent refused exported read erased conflict "
               "recovered restricted").split()


def commitment(kind, salt, data):
    return H(b"lapx/commit@v1\n" + kind.encode() + b"\n" + salt + struct.pack(">Q", len(data)) + data)


@dataclass(frozen=True)
class Opening:
    entry: bytes
    kind: str
    time: datetime.datetime
    data: bytes


def parse_opening(octets):
    """6.3: entry text, salt, data; the data is what the entry commits to."""
    lines = Lines(octets, "lapx/entry@v1", KIB192)
    kind, when, body = lines.one("kind", one_of(*ENTRY_KINDS)), lines.one("time", time), lines.one("body", digest)
    entry = "".join(line + "\n" for line in lines.lines[:4]).encode()
    salt, data = lines.one("salt", digest), lines.one("data", b64)
    lines.end()
    need(commitment(kind, salt, data) == body, "the opening is not what the entry commits to")
    return Opening(entry, kind, when, data)


@dataclass(frozen=True)
class Checkpoint:
    note: Note
    origin: str
    size: int
    root: bytes


def parse_checkpoint(octets):
    note = parse_note(octets)
    lines = utf8(note.text)[:-1].split("\n")
    need(len(lines) == 3 and lines[0], "a checkpoint is not of three lines")
    return Checkpoint(note, lines[0], number(lines[1]), digest(lines[2]))


@dataclass(frozen=True)
class Proof:
    opening: Opening
    index: int
    checkpoint: Checkpoint
    cosigned: list


def parse_hashes(lines):
    need(len(lines) <= 63, "more hashes than a tree can need")
    return [digest(line) for line in lines]


def check_proof(octets, card, witnesses=()):
    """A tlog-proof whose checkpoint the card's ledger key signed; the opening is in the tree."""
    head, mark, note = octets.partition(b"\n\n")
    need(mark, "not a tlog-proof")
    lines = utf8(head).split("\n")
    need(lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) >= 3, "not a tlog-proof with an opening")
    need(lines[1].startswith("extra ") and lines[2].startswith("index "), "a tlog-proof without extra or index")
    checkpoint = parse_checkpoint(note)
    ledger = [k for k in card.ledger if k.name == checkpoint.origin]
    need(ledger, f"{show(checkpoint.origin)} is no log of {card.agency}")
    need(verified_by(checkpoint.note, ledger), "the checkpoint is not signed by its log")
    opening = parse_opening(b64(lines[1][6:]))
    index = number(lines[2][6:])
    root = root_from_inclusion(index, checkpoint.size, H(b"\x00" + opening.entry), parse_hashes(lines[3:]))
    need(root == checkpoint.root, "the entry is not in the tree of the checkpoint")
    return Proof(opening, index, checkpoint, verified_by(checkpoint.note, witnesses))


def check_commits(proof, kind, cover=None):
    """The proof is of an entry of that kind, and of that cover if one is given. Returns the entry's data."""
    need(proof.opening.kind == kind, f"an entry of kind {proof.opening.kind} instead of {kind}")
    data = parse_data(kind, proof.opening.data)
    need(cover is None or data["cover"] == cover.digest(), "the entry commits to another cover")
    return data
