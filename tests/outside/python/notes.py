"""C2SP signed notes and verifier keys: docs/protocol.md 2."""
import re
from dataclasses import dataclass

import nacl.bindings
import nacl.exceptions

from forms import H, Refused, b64, need, show, utf8


@dataclass(frozen=True)
class Vkey:
    text: str
    name: str
    key_id: bytes
    kind: int
    key: bytes


def vkey(value):
    parts = value.split("+", 2)
    need(len(parts) == 3 and key_name(parts[0]), f"not a vkey: {show(value[:80])}")
    need(re.fullmatch("[0-9a-f]{8}", parts[1]), "the key id of a vkey is not 8 hex digits")
    material = b64(parts[2], 33)
    key_id = bytes.fromhex(parts[1])
    need(material[0] in (1, 4), f"a vkey of type {material[0]}")
    need(H(parts[0].encode() + b"\n" + material)[:4] == key_id, "the key id of a vkey does not fit its key")
    # Canonical, on the curve, in the subgroup of prime order, and so not of small order.
    need(nacl.bindings.crypto_core_ed25519_is_valid_point(material[1:]), "a vkey with an inadmissible Ed25519 key")
    return Vkey(value, parts[0], key_id, material[0], material[1:])


def key_name(name):
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


@dataclass(frozen=True)
class Note:
    octets: bytes
    text: bytes
    signatures: list  # of (name, key id, signature)


def parse_note(octets):
    whole = utf8(octets)
    need(not re.search("[\x00-\x09\x0b-\x1f]", whole), "a note holds a control character")
    split = whole.rfind("\n\n")
    need(split >= 0 and whole.endswith("\n"), "not a signed note")
    lines = whole[split + 2:].split("\n")[:-1]
    need(1 <= len(lines) <= 16, f"a note has {len(lines)} signature lines")
    signatures = []
    for line in lines:
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014" and key_name(parts[1]), "a signature line is malformed")
        value = b64(parts[2])
        need(len(value) > 4, "a signature is too short")
        signatures.append((parts[1], value[:4], value[4:]))
    return Note(octets, whole[:split + 1].encode(), signatures)


def verified_by(note, keys):
    """The keys that signed. Lines of unknown keys are passed over; a wrong signature of a known one is fatal."""
    good = []
    for name, key_id, signature in note.signatures:
        for key in keys:
            if (key.name, key.key_id) != (name, key_id):
                continue
            message = note.text
            if key.kind == 4:  # tlog-cosignature, Ed25519
                need(len(signature) == 72, "a cosignature is not of 72 octets")
                stamp = int.from_bytes(signature[:8], "big")
                need(stamp < 2**63, "the time of a cosignature is out of range")
                message, signature = b"cosignature/v1\ntime %d\n" % stamp + message, signature[8:]
            need(len(signature) == 64, "an Ed25519 signature is not of 64 octets")
            try:
                nacl.bindings.crypto_sign_open(signature + message, key.key)
            except nacl.exceptions.BadSignatureError:
                raise Refused(f"the signature of {name} is wrong") from None
            if key not in good:
                good.append(key)
    return good
