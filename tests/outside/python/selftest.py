#!/usr/bin/python3
"""Checks the verifier by itself: on bundles made here with keys of their own, on published vectors, and, when
LAPX_ORACLES is set, on the oracles. `selftest.py -o DIR` also writes the bundle."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import nacl.bindings
import nacl.signing

import dossier
import flat
import identity
import lapx_verify
import ledger
import notes
import forms
import mutate_test as mutate
from mutate_test import b64, sign_line, sub, vkey_of

HERE = pathlib.Path(__file__).resolve().parent
failures, passes = [], 0


def expect(condition, what):
    global passes
    if condition:
        passes += 1
    else:
        failures.append(what)
        print("failed:", what)


def refuses(call, what, *words):
    try:
        call()
        expect(False, f"{what}: accepted")
    except forms.Refused as why:
        expect(all(word in str(why) for word in words), f"{what}: refused, but as: {why}")


def verify(world, roots=(), revocations=()):
    report = lapx_verify.Report()
    trust = lapx_verify.Trust(roots, revocations)
    lapx_verify.verify_bundle(world.files(), trust, report)
    trust.finish()
    return report.lines


# --- making a bundle ---

def seeded(name):
    return hashlib.sha256(b"selftest " + name.encode()).digest()


def signing_key(name):
    return nacl.signing.SigningKey(seeded(name))


def bech32(octets, prefix="age"):
    """BIP 173, of 32 octets."""
    bits = int.from_bytes(octets, "big") << 4
    data = [bits >> 5 * i & 31 for i in reversed(range(52))]

    def polymod(values):
        check = 1
        for v in values:
            top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ v
            for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= g if top >> i & 1 else 0
        return check
    words = [ord(c) for c in prefix]
    check = polymod([c >> 5 for c in words] + [0] + [c & 31 for c in words] + data + [0] * 6) ^ 1
    data += [check >> 5 * i & 31 for i in reversed(range(6))]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[v] for v in data)


class Builder:
    """FlatBuffers laid out front to back, every inline field in 8 octets of its own."""

    def __init__(self):
        self.out = bytearray(8)

    def pad(self):
        self.out += bytes(-len(self.out) % 8)
        return len(self.out)

    def raw_table(self, fields):
        """`fields`: per id None, inline octets, or a function that writes what is pointed to."""
        sizes = [0 if f is None else len(f) if isinstance(f, bytes) else 4 for f in fields]
        starts = [8 + sum(s + -s % 8 for s in sizes[:i]) if sizes[i] else 0 for i in range(len(sizes))]
        span = 8 + sum(s + -s % 8 for s in sizes)
        vtable = self.pad()
        self.out += struct.pack(f"<HH{len(starts)}H", 4 + 2 * len(starts), span, *starts)
        at = self.pad()
        self.out += struct.pack("<i", at - vtable) + bytes(span - 4)
        for field, start in zip(fields, starts):
            if isinstance(field, bytes):
                self.out[at + start:at + start + len(field)] = field
            elif field:
                self.point(at + start, field)
        return at

    def point(self, at, write):
        target = write()
        self.out[at:at + 4] = struct.pack("<I", target - at)

    def vector(self, octets, count=None):
        at = self.pad()
        self.out += struct.pack("<I", len(octets) if count is None else count) + octets + b"\0"
        return at

    def pointers(self, writers):
        at = self.vector(bytes(4 * len(writers)), len(writers))
        for i, write in enumerate(writers):
            self.point(at + 4 + 4 * i, write)
        return at

    def table(self, name, values):
        fields = []
        for field in flat.TABLES[name].split():
            key, kind = field.split("=")[0].rstrip("!").split(":")
            fields.append(self.field(kind, values[key]) if key in values else None)
        return self.raw_table(fields)

    def field(self, kind, v):
        if kind in flat.ENUMS:
            return bytes([flat.ENUMS[kind].index(v)])
        if kind in "bBHqQ":
            return struct.pack("<" + kind, v)
        if kind in "sY":
            return lambda: self.vector(v.encode() if kind == "s" else v)
        if kind == "S":
            return lambda: self.pointers([lambda s=s: self.vector(s.encode()) for s in v])
        return lambda: self.pointers([lambda t=t: self.table(kind.strip("[]"), t) for t in v])

    def finish(self, root):
        self.out[:4] = struct.pack("<I", root)
        return bytes(self.out)


def make_item(salt, table, values):
    b = Builder()
    kind = bytes([flat.VALUES.index(table) + 1])
    return b.finish(b.raw_table([salt, kind, lambda: b.table(table, values)]))


SEALED = b"sealed" * 1000

VALUES = {  # label: its elements; True where it is disclosed
    "officer": [(dict(name="A. Jansen", position="inspector"), False)],
    "legal-basis": [(dict(own_law=["Tw 11.7"], similar_prohibition=True), True)],
    "purpose": [(dict(text="Onderzoek naar spam\u2026"), True)],
    "conduct": [(dict(rsit="abusive-content:spam", channel="Smtp"), True)],
    "seen": [(dict(first=1795000000, last=1795086400, precision="Hour"), True)],
    "indicator": [(dict(type="Ip", value="192.0.2.1", port=25, at=1795000000), True),
                  (dict(type="Domain", value="spam.example"), True),
                  (dict(type="Url", value="https://spam.example/"), False)],
    "scale": [(dict(complaints=12, counting="Measured"), False)], "urgency": [(dict(level="Urgent"), True)],
    "exhibit": [(dict(name="mail.eml", media_type="message/rfc822", size=5, sha256=forms.H(b"plain"), state="Sent"),
                 True)]}


class World:
    """One referral from opta.nl to acma.example. `changes` are (stage, old, new): a replacement in one text before it
    is signed, hashed or committed to; so all that comes after is by the right keys and fits."""

    def __init__(self, *changes, cosigned=True, message="01936f2d-0000-7000-8000-000000000001"):
        self.changes, self.cosigned = changes, cosigned
        self.items, manifest, view, exhibits = {}, [], [], []
        for label, table, repeats in dossier.TEMPLATE:
            elements = VALUES.get(label, [])
            least = 8 if label in dossier.AT_LEAST_8 else 2
            lines = 1 if not repeats else max(least, 1 << (len(elements) - 1).bit_length() if elements else least)
            for i in range(lines):
                n = len(manifest) + 1
                values, disclosed = elements[i] if i < len(elements) else (None, False)
                octets = make_item(seeded(f"salt {n}"), "Absent" if values is None else table, values or {})
                octets = self.changed(f"item {label}", octets)
                manifest.append(f"item {n} {label} {b64(dossier.item_digest(octets))}\n")
                outward = "disclosed" if disclosed else "silent"
                outward = "withheld reason commercially-sensitive" if label == "scale" else outward
                outward = "withheld category confidentiality" if label == "officer" else outward
                view.append(f"item {n} {outward}\n")
                if disclosed:
                    self.items[n] = octets
                    if label == "exhibit":
                        hashes = [b64(forms.H(octets)) for octets in (b"plain", SEALED)]
                        exhibits.append(f"exhibit {n} {hashes[0]} 5 {hashes[1]} {len(SEALED)}\n")
        self.card, self.peer = self.card_file("opta.nl"), self.card_file("acma.example")
        self.manifest = self.changed("manifest", (
            "lapx/referral@v1\nfrom spam@opta.nl\nid 01936f2c-0000-7000-8000-000000000001\nkind urgent\nversion 1\n"
            "supersedes none\ntemplate lapx-pro-forma-1\ncreated 2026-11-21T18:38:17Z\n" + "".join(manifest)).encode())
        self.view = self.changed("view", (
            f"lapx/view@v1\nto spam@acma.example\nmanifest {b64(forms.H(self.manifest))}\ntlp AMBER\npap AMBER\n"
            "uses administrative,civil\nonward ask\n" + "".join(view + exhibits)).encode())
        desk_key = forms.H(b"lapx/desk-key@v1\n" + seeded("desk acma.example"))
        self.cover = self.note("cover", "opta.nl/lapx/sign-1", (
            f"lapx/cover@v1\nfrom spam@opta.nl\nto spam@acma.example\nkey {b64(desk_key)}\n"
            f"message {message}\ncreated 2026-11-21T18:38:17Z\nexpires 2027-01-22T18:38:17Z\n"
            "act refer\ncase 01936f2c-0000-7000-8000-000000000001\n").encode() + self.view)
        self.sent = self.proof("sent", "opta.nl", "acma.example")
        self.receipt = self.proof("received", "acma.example", "opta.nl", "outcome accepted\n")

    def changed(self, stage, octets):
        for at, old, new in self.changes:
            octets = sub(octets, old, new) if at == stage else octets
        return octets

    def note(self, stage, name, text):
        text = self.changed(stage, text)
        return self.changed(stage + " note", text + b"\n" + sign_line(text, name, signing_key(name)))

    def card_file(self, agency):
        def key(role, kind=1):
            name = f"{agency}/lapx/{role}"
            return vkey_of(name, signing_key(name), kind)
        card = self.note(f"card {agency}", f"{agency}/lapx/root-1", (
            f"lapx/card@v1\nagency {agency}\nname Autorit\u00e9 {agency}\ncountry NL\nsector enforcement\nserial 1\n"
            f"previous none\nnot-before 2026-11-21T00:00:00Z\nexpires 2028-11-20T00:00:00Z\n"
            f"root {key('root-1')}\nsign {key('sign-1')}\nsign {key('sign-2')}\nledger {key('ledger-1')}\n"
            f"witness {key('witness-1', 4)}\nnode {bech32(seeded('node' + agency))}\n"
        ).encode())
        notice = self.note(f"notice {agency}", f"{agency}/lapx/sign-2", (
            f"lapx/notice@v1\nagency {agency}\nserial 1\n"
            f"not-before 2026-11-21T00:00:00Z\nexpires 2027-02-03T00:00:00Z\n"
            f"curve {b64(seeded('curve' + agency))}\nendpoint tcp://192.0.2.7:5617\nzone Europe/Amsterdam\ndesk spam\n"
            f"role Spam desk\nlanguages nl,en\nhours mon-fri 09:00-17:00\nclosed 2026-12-25\n"
            f"recipient {bech32(seeded('desk ' + agency))}\n").encode())
        return card + b"=====\n" + notice

    def proof(self, kind, agency, other, more="", cover=None):
        data = f"lapx/{kind}@v1\ncover {b64(forms.H(cover or self.cover))}\n{more}".encode()
        return self.proof_of(kind, self.changed(f"{kind} data", data), agency, other)

    def proof_of(self, kind, data, agency, other):
        salt = seeded("salt " + kind)
        entry = self.changed(f"{kind} entry", (f"lapx/entry@v1\nkind {kind}\ntime 2026-11-21T18:38:18Z\n"
                             f"body {b64(ledger.commitment(kind, salt, data))}\n").encode())
        leaves = [hashlib.sha256(b"\0leaf %d" % i).digest() for i in range(11)]
        leaves[6] = forms.H(b"\0" + entry)
        opening = entry + f"salt {b64(salt)}\ndata {b64(data)}\n".encode()
        origin = f"{agency}/lapx/ledger-1"
        note = self.note(f"{kind} checkpoint", origin, f"{origin}\n11\n{b64(tree(leaves))}\n".encode())
        if self.cosigned:
            text, name = notes.parse_note(note).text, f"{other}/lapx/witness-1"
            stamp, key = 1795286300, signing_key(name)
            value = key.sign(b"cosignature/v1\ntime %d\n" % stamp + text).signature
            ident = mutate.key_id(name, b"\x04" + key.verify_key.encode())
            note += f"\u2014 {name} {b64(ident + struct.pack('>Q', stamp) + value)}\n".encode()
        path = "".join(b64(h) + "\n" for h in inclusion(leaves, 6))
        return f"c2sp.org/tlog-proof@v1\nextra {b64(opening)}\nindex 6\n{path}\n".encode() + note

    def decided(self):
        cover, manifest = dossier.parse_cover(self.cover), dossier.parse_manifest(self.manifest)
        text = (f"lapx/decided@v1\nreferral {cover.case}\nmessage {cover.message}\nto {cover.to}\n"
                f"cover {b64(cover.digest())}\nview {b64(forms.H(self.view))}\npolicy none\napprover op-1\n"
                f"self-approved yes\ntexts {b64(forms.H(b'texts'))}\n")
        for n, outward in cover.view.items.items():
            label = manifest.items[n][0]
            word = {"silent": f"absent {label} SH", "disclosed": f"disclosed {label} SH"}.get(outward)
            word = word or f"withheld {label} CF commercially-sensitive {outward.split()[1]} op-1"
            text += f"item {n} {word}\n"
        return self.changed("decided data", text.encode())

    def parcel(self):
        b = Builder()
        items = [dict(number=n, octets=octets) for n, octets in self.items.items()]
        exhibits = [dict(number=n, identity=bytes(32), sealed=SEALED) for n in dossier.parse_view(self.view).exhibits]
        flat = b.finish(b.table("Parcel", dict(cover=self.cover, manifest=self.manifest, items=items, proof=self.sent,
                                               consistency=f"old 3\n{b64(bytes(32))}\n".encode(), exhibits=exhibits)))
        plain = struct.pack("<I", len(flat)) + flat
        return plain + bytes(max(8192, lapx_verify.padme(len(plain))) - len(plain))

    def files(self):
        files = {"card": self.card, "peer-card": self.peer, "cover": self.cover, "manifest": self.manifest,
                 "sent.tlog-proof": self.sent, "receipt.tlog-proof": self.receipt}
        return files | {f"items/{n}": octets for n, octets in self.items.items()}


def split_of(n):
    return 1 << (n - 1).bit_length() - 1


def tree(leaves):
    """RFC 6962 2.1, by its definition."""
    if len(leaves) == 1:
        return leaves[0]
    k = split_of(len(leaves))
    return ledger.node_hash(tree(leaves[:k]), tree(leaves[k:]))


def inclusion(leaves, m):
    """RFC 6962 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split_of(len(leaves))
    if m < k:
        return inclusion(leaves[:k], m) + [tree(leaves[k:])]
    return inclusion(leaves[k:], m - k) + [tree(leaves[:k])]


# --- the tests ---

# What somebody with all the keys does wrong: (stage, old, new), the check that refuses, words of its reason.
KEYED = [
    (("view", "item 5 silent", "item 5 disclosed"), "items", "missing"),
    (("view", "item 3 disclosed", "item 3 silent"), "items", "not disclosed"),
    (("view", "item 5 silent\n", ""), "cover", "without gaps"),
    (("view", "category confidentiality", "category law-and-order"), "cover", "none of"),
    (("view", "item 1 ", "item 01 "), "cover", "not a number"),
    (("view", "tlp AMBER\npap AMBER\n", "pap AMBER\ntlp AMBER\n"), "cover", "'tlp"),
    (("view", "tlp AMBER\n", "tlp AMBER\ntlp AMBER\n"), "cover", "'pap"),
    (("view", "tlp AMBER", "tlp  AMBER"), "cover", "one space"),
    (("view", "tlp AMBER", "tlp amber"), "cover", "none of"),
    (("view", "administrative,civil", "civil,administrative"), "cover", "out of order"),
    (("view", "administrative,civil", "civil,civil"), "cover", "repeats"),
    (("view", "onward ask\n", "onward ask\nresale yes\n"), "cover", "none of"),
    (("view", "onward ask\n", "onward ask\nresale no\nattribution OPTA\n"), "cover", "'item"),
    (("view", "to spam@acma.example", "to spam@other.example"), "cover", "another desk"),
    (("view", "exhibit ", "exhibit 1 "), "cover", "not digest"),
    (("view", " 5 " + b64(forms.H(SEALED)), " 4 " + b64(forms.H(SEALED))), "items", "description"),
    (("cover", "expires 2027-01-22", "expires 2027-01-23"), "cover", "62 days"),
    (("cover", "created 2026-11-21", "created 2026-02-30"), "cover", "not a time"),
    (("cover", "-7000-", "-4000-"), "cover", "uuid"),
    (("cover", "from spam@opta.nl", "from spam@acma.example"), "cover", "another agency"),
    (("cover", "from spam@opta.nl", "from Spam@opta.nl"), "cover", "desk id"),
    (("cover", "act refer", "act refer\nact refer"), "cover", "'case"),
    (("cover", "act refer", "act move"), "cover", "'body"),
    (("cover", "case 01936f2c", "case 01936f2f"), "manifest", "case"),
    (("cover", "act refer\n", "act refer\r\n"), "cover", "control"),
    (("cover note", "\u2014 opta.nl/lapx/sign-1", "\u2014 opta.nl/lapx/sign-3"), "cover", "not signed"),
    (("manifest", "kind urgent", "kind fun"), "manifest", "none of"),
    (("manifest", "version 1", "version 2"), "manifest", "supersedes"),
    (("manifest", "item 2 addressees", "item 2 officer"), "manifest", "lines of officer"),
    (("manifest", "item 3 legal-basis", "item 3 lawful-basis"), "manifest", "no label"),
    (("manifest", "spam@opta.nl", "spam@opta.example"), "manifest", "different agencies"),
    (("manifest", "18:38:17Z\n", "18:38:17Z\nnote x\n"), "manifest", "'item"),
    (("item purpose", b"\x02\0\0\0\0\0\0\0", b"\x03\0\0\0\0\0\0\0"), "items", ""),
    (("item conduct", b"\x01\0\0\0\0\0\0\0", b"\x63\0\0\0\0\0\0\0"), "items", "no Channel"),
    (("sent data", "cover ", "outcome accepted\ncover "), "sent", "'cover"),
    (("received data", "outcome accepted", "outcome perhaps"), "receipt", "none of"),
    (("received data", "outcome accepted\n", ""), "receipt", "'outcome"),
    (("received data", "outcome accepted\n", "outcome accepted\nwhat more\n"), "receipt", "unknown"),
    (("received entry", "kind received", "kind sent"), "receipt", "commits"),
    (("received entry", "kind received", "kind seen"), "receipt", "none of"),
    (("received checkpoint", "\n11\n", "\n6\n"), "receipt", "outside the tree"),
    (("received checkpoint", "\n11\n", "\n011\n"), "receipt", "not a number"),
    (("received checkpoint", "\n11\n", "\n11\nmore\n"), "receipt", "three lines"),
    (("received checkpoint", "ledger-1\n", "ledger-2\n"), "receipt", "no log"),
    (("card opta.nl", "serial 1", "serial 2"), "card", "previous"),
    (("card opta.nl", "expires 2028-11-20", "expires 2028-11-23"), "card", "731 days"),
    (("card opta.nl", "sector enforcement", "sector spam"), "card", "none of"),
    (("card opta.nl", "country NL", "country nl"), "card", "country"),
    (("card opta.nl", "agency opta.nl", "agency opta"), "card", "agency"),
    (("card opta.nl", "name Autorit\u00e9", "name  Autorit\u00e9"), "card", "one space"),
    (("card opta.nl", b"name Autorit\xc3\xa9", b"name Autorit\xed\xa0\x80"), "card", "UTF-8"),
    (("card opta.nl", "node age1", "node age1q"), "card", "recipient"),
    (("card opta.nl", "\nnode ", "\nnode AGE1"), "card", "recipient"),
    (("notice opta.nl", "expires 2027-02-03", "expires 2027-02-05"), "card", "75 days"),
    (("notice opta.nl", ":5617", ":65536"), "card", "endpoint"),
    (("notice opta.nl", "closed 2026-12-25", "closed 2026-12-32"), "card", "not a time"),
    (("notice opta.nl", "closed 2026-12-25\n", "deputy fraud\n"), "card", "deputy"),
    (("notice opta.nl", "languages nl,en", "languages nl, en"), "card", "language"),
]


def test_bundle(world):
    files = world.files()
    lines = verify(world)
    expect("outcome accepted" in lines[-1] and "cosigned by opta.nl/lapx/witness-1" in lines[-1], "receipt")
    expect(any("sealed to the desk key" in line for line in lines), "desk key")
    other = World(message="01936f2d-0000-7000-8000-000000000002").files()
    passed, failed = mutate.run(files, other)
    expect(failed == 0 and passed > 40, f"mutations: {passed} passed, {failed} failed")


def test_keyed():
    for change, step, words in KEYED:
        refuses(lambda: verify(World(change)), f"{change[0]}: {change[1]!r} to {change[2]!r}", f"{step}: ", words)
    absent = World(("view", "item 2 silent", "item 2 disclosed"))
    absent.items[2] = make_item(seeded("salt 2"), "Absent", {})
    refuses(lambda: verify(absent), "an absent item disclosed", "absent")


def test_every_octet():
    """A flipped bit anywhere in an uncosigned bundle is refused, and never otherwise than by Refused."""
    files, rng = World(cosigned=False).files(), random.Random(1)
    expect(mutate.refused_by(files) is None, "the bundle without cosignatures is accepted")
    for name, octets in sorted(files.items()):
        for at in rng.sample(range(len(octets)), min(60, len(octets))):
            changed = files | {name: mutate.flip(octets, at, rng.randrange(8))}
            expect(mutate.refused_by(changed), f"a bit of octet {at} of {name} can be flipped")
        cut = files | {name: octets[:rng.randrange(len(octets))]}
        expect(mutate.refused_by(cut), f"{name} can be cut short")


def test_identity():
    world = World()
    card = identity.parse_card_file(world.card)
    root, sign = card.root, card.sign[0]
    other = notes.vkey(vkey_of("acma.example/lapx/root-1", signing_key("forger")))
    verify(world, [root])
    for pins in ([notes.vkey(vkey_of("opta.nl/lapx/root-1", signing_key("forger")))], [root, other]):
        refuses(lambda: verify(world, pins), "another root", "not the one given")
    stranger = notes.vkey(vkey_of("x.example/lapx/root-1", signing_key("x")))
    refuses(lambda: verify(world, [stranger]), "a root of neither", "of another agency")
    for key in (root, sign, card.ledger[0], card.witness[0]):
        revocation = world.note("revoke", root.name, (
            f"lapx/revoke@v1\nagency opta.nl\ncreated 2026-12-01T00:00:00Z\nkey {key.text}\n").encode())
        refuses(lambda: verify(world, (), [revocation]), "a revoked key", "is revoked")
    unsigned = revocation.replace(b"2026-12-01", b"2026-12-02")
    refuses(lambda: verify(world, (), [unsigned]), "a forged revocation", "is wrong")
    name = "opta.nl/lapx/root-1"
    for bad in ("95" + "99" * 31, "01" + "00" * 31, "00" * 32, "ec" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f"):
        material = b"\x01" + bytes.fromhex(bad)
        text = f"{name}+{mutate.key_id(name, material).hex()}+{b64(material)}"
        refuses(lambda: notes.vkey(text), f"key {bad[:4]}", "inadmissible")
    refuses(lambda: notes.vkey(root.text.replace("+" + root.key_id.hex(), "+00000000")), "key id", "does not fit")
    secret = bytes([0x42]) * 32
    known = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"  # age's testkit
    expect(forms.recipient(known) == nacl.bindings.crypto_scalarmult_base(secret), "age recipient")
    expect(bech32(forms.recipient(known)) == known, "bech32")
    refuses(lambda: forms.recipient(known[:-1] + "q"), "a wrong checksum", "checksum")


def check_derived():
    folder = pathlib.Path(__file__).resolve().parents[2] / "vectors/schema"
    went, nothing = ((folder / name).read_text() for name in ("decided.txt", "decided-wholly.txt"))
    expect(ledger.parse_decided(went.encode())["derived"] == {48: 9}, "what item 48 is derived from")
    expect(ledger.parse_decided(nothing.encode())["cover"] is None, "nothing went")
    for text, old, new, words in [
            (went, "derived 48 9", "derived 49 9", "no derivative"), (went, "derived 48 9", "derived 48 48", "derived from nothing"),
            (went, "derived 48 9", "derived 48 47", "derived from nothing"), (went, "derived 48 9", "derived 48 9\nderived 48 9", "ascend"),
            (nothing, "message none", "message 01936f2d-0000-7000-8000-000000000000", "without a cover"),
            (nothing, "out-of-mandate silent", "out-of-mandate reason", "nothing went")]:
        expect(old in text, f"{old} stands in the vector")
        refuses(lambda: ledger.parse_decided(text.replace(old, new, 1).encode()), f"{old} to {new}", words)


def test_ledger():
    world = World()
    card, cover = identity.parse_card_file(world.card), dossier.parse_cover(world.cover)
    manifest = dossier.parse_manifest(world.manifest)

    def audit(*changes):
        data = World(*changes).decided()
        proof = ledger.check_proof(world.proof_of("decided", data, "opta.nl", "acma.example"), card)
        ledger.check_decided(ledger.check_commits(proof, "decided"), cover, manifest)
    audit()
    standing = "self-approved yes\nstanding 01936f2b-0a1b-7c2d-8e3f-405060708090\n"
    audit(("decided data", "self-approved yes\n", standing))
    for old, new, words in [("self-approved yes\n", standing.replace("-7c2d-", "-4c2d-"), "uuid"),
                            ("approver op-1\n", standing.partition("\n")[2] + "approver op-1\n", "approver"),
                            ("commercially-sensitive reason", "commercially-sensitive silent", "disposition"),
                            ("commercially-sensitive category", "reciprocity category", "disposition"),
                            ("item 3 disclosed", "item 3 absent", "disposition"),
                            ("item 3 disclosed legal-basis", "item 3 disclosed facts", "label"),
                            ("approver op-1\n", "", "approver"), ("yes", "maybe", "none of")]:
        refuses(lambda: audit(("decided data", old, new)), f"decided {old} to {new}", words)
    check_derived()
    for n in range(1, 20):
        leaves = [forms.H(b"\0%d" % i) for i in range(n)]
        for m in range(n):
            path = inclusion(leaves, m)
            expect(ledger.root_from_inclusion(m, n, leaves[m], path) == tree(leaves), f"inclusion {m} of {n}")
            for wrong in (path[:-1], path + [leaves[0]]):
                if wrong != path:
                    refuses(lambda: ledger.root_from_inclusion(m, n, leaves[m], wrong), f"a wrong path, {m} of {n}")


def test_parcel():
    world = World()
    card, plain = identity.parse_card_file(world.card), world.parcel()
    expect(len(plain) > 8192 and lapx_verify.check_parcel(plain, card), "parcel")
    for length, padded in [(8192, 8192), (8193, 8704), (9000, 9216), (10000, 10240), (65537, 67584), (196608, 196608)]:
        expect(lapx_verify.padme(length) == padded, f"padme of {length}")
    refuses(lambda: lapx_verify.check_parcel(plain[:-1] + b"\1", card), "a tail that is not zero", "not zero")
    refuses(lambda: lapx_verify.check_parcel(plain + bytes(512), card), "too much padding", "not padded")
    changed = plain.replace(SEALED, SEALED.upper())
    refuses(lambda: lapx_verify.check_parcel(changed, card), "a sealed file", "sealed file")
    refuses(lambda: lapx_verify.check_parcel(sub(plain, b"old 3\n", b"old x\n"), card), "a link", "number")
    world.items.pop(3)
    refuses(lambda: lapx_verify.check_parcel(world.parcel(), card), "an item missing", "missing")
    rng = random.Random(2)
    for _ in range(300):  # whatever is flipped, nothing but Refused comes out
        mangled = mutate.flip(plain, rng.randrange(len(plain)), rng.randrange(8))
        try:
            lapx_verify.check_parcel(mangled, card)
        except forms.Refused:
            pass


def samples(table):
    """Values for every field of a table, so often that every name of an enum is met."""
    fields = [re.fullmatch(r"(\w+):([^=!]+)!?(=.+)?", field).groups() for field in flat.TABLES[table].split()]
    kinds = {"s": "caf\u00e9", "S": ["a", "b"], "Y": [1, 2, 255], "B": 7, "H": 65535, "q": -2**63, "Q": 2**64 - 1}
    for i in range(max([1, *(len(flat.ENUMS.get(kind, "")) for _, kind, _ in fields)])):
        values = {}
        for key, kind, default in fields:
            names = flat.ENUMS.get(kind)
            values[key] = names[i % len(names)] if names else default != "=1" if kind == "b" else kinds[kind]
        yield values


def test_flatc():
    """Items written by flatc from the schema are read alike."""
    schema = HERE.parents[2] / "schema" / "proforma.fbs"
    if not shutil.which("flatc") or not schema.exists():
        return print("skipped: flatc or schema/proforma.fbs is not here")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "item.json"
        for table in flat.VALUES:
            for values in samples(table):
                source.write_text(json.dumps(dict(salt=dict(bytes=[7] * 32), value_type=table, value=values)))
                subprocess.run(["flatc", "--binary", "-o", folder, str(schema), str(source)], check=True)
                got, fields = flat.decode_item((pathlib.Path(folder) / "item.bin").read_bytes())
                fields = {k: list(v) if isinstance(v, bytes) else v for k, v in fields.items()}
                expect((got, fields) == (table, values), f"flatc {table}: {got} {fields}")
    return None


WORKED = """refex.example/agency-a/ledger-1
3
coNAoCHJhriPzCPpP52v/YDlNH/kQ0UbCHvVVce1HdY=

\u2014 refex.example/agency-a/ledger-1 V9xxrUpbT8cej3yNuigXuak/OfQjfyp9qzBSFPSZnW8TdxtUUqMnkPUJ+qBXQAN99Ca3ECn6xoHxRC+mhXO5C6q0mw8=
\u2014 refex.example/agency-b/witness-1 9/yW4wAAAABpIIy8oOSNWfdPrW+rpS4xhIgjtJv/Y/SmAzTqh554FThJTQ++EWpar/86fdOJC1NjFI2aF57Anxv3hcNxFuYWzEfNCA==
"""
WORKED_KEYS = ["refex.example/agency-a/ledger-1+57dc71ad+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
               "refex.example/agency-b/witness-1+f7fc96e3+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM"]


def test_worked_vector():
    keys = [notes.vkey(text) for text in WORKED_KEYS]
    checkpoint = ledger.parse_checkpoint(WORKED.encode())
    expect(checkpoint.size == 3 and notes.verified_by(checkpoint.note, keys) == keys, "worked vector")
    for line in (4, 5):
        lines = WORKED.split("\n")
        lines[line] = lines[line][:60] + ("A" if lines[line][60] != "A" else "B") + lines[line][61:]
        changed = notes.parse_note("\n".join(lines).encode())
        refuses(lambda: notes.verified_by(changed, keys), "worked vector changed", "wrong")


def test_oracles():
    folder = os.environ.get("LAPX_ORACLES")
    if not folder:
        return print("skipped: LAPX_ORACLES is not set")
    folder = pathlib.Path(folder) / "ledger"
    for vector in json.loads((folder / "signed-notes.json").read_text())["vectors"]:
        recomputed = vector["recomputed"]
        texts = {r.get("verified_by") for r in recomputed} if isinstance(recomputed, list) else set()
        good = bool(texts & set(vector["vkeys"])) and vector["note"].endswith("\n")

        def check():
            note = notes.parse_note(vector["note"].encode())
            forms.need(notes.verified_by(note, [notes.vkey(k) for k in vector["vkeys"]]), "not signed")
        if good:
            check()
            expect(True, vector["id"])
        else:
            refuses(check, vector["id"])
    count = 0
    for path in sorted(folder.glob("merkle/*/*/*.json")):
        case, count = json.loads(path.read_text()), count + 1

        def octets(key):
            return [forms.b64(text) for text in case.get(key) or []]

        def check():
            if path.parts[-3] == "consistency":
                roots = [forms.b64(case[key] or "") for key in ("root1", "root2")]
                ledger.check_consistency(case["size1"], roots[0], case["size2"], roots[1], octets("proof"))
            else:
                leaf = forms.b64(case["leafHash"] or "")
                root = ledger.root_from_inclusion(case["leafIdx"], case["treeSize"], leaf, octets("proof"))
                forms.need(len(root) == 32 and root == forms.b64(case["root"] or ""), "another root")
        if case["wantErr"]:
            refuses(check, str(path))
        else:
            check()
            expect(True, str(path))
    expect(count > 150, f"only {count} Merkle oracles")


def main():
    world = World()
    if sys.argv[1:2] == ["-o"]:
        for name, octets in (world.files() | {"../parcel": world.parcel()}).items():
            path = pathlib.Path(sys.argv[2]) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(octets)
    test_bundle(world)
    for test in (test_keyed, test_every_octet, test_identity, test_ledger, test_parcel, test_flatc, test_worked_vector,
                 test_oracles):
        test()
    print(f"{passes} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
