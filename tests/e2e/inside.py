"""What only a test may do: read a node's keys and database, and what it sealed.

The keyring's form is in keys/keyring.hpp, the rest in docs/protocol.md 4 and 7.
"""

import base64
import datetime
import re
import secrets
import shutil
import sqlite3
import struct
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import nacl.bindings

from harness import SAMPLES  # noqa: F401  (harness also sets the path to the verifier from outside)
from dossier import parse_cover, parse_manifest
from flat import decode_item
from lapx_verify import padme, parse_parcel
from mutate_test import sign_line, vkey_of
from selftest import bech32


class Unreadable(Exception):
    """age does not open it with this identity."""


def keyring(path, keyfile):
    """Name → 32 octets, of a keyring that opens with a key file."""
    lines = path.read_text().splitlines()
    head, sealed = "".join(line + "\n" for line in lines[:3]), base64.b64decode(lines[3].removeprefix("sealed "))
    nonce = base64.b64decode(lines[2].removeprefix("nonce "))
    plain = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
        sealed, head.encode(), nonce, bytes.fromhex(keyfile.read_text()))
    out = {}
    while plain:
        end = 1 + plain[0]
        out[plain[1:end].decode()] = plain[end:end + 32]
        plain = plain[end + 32:]
    return out


def secrets_of(node):
    return keyring(node.home / "keys/node.keyring", node.keyfile)


@contextmanager
def database_of(node):
    """A copy of the database as it is now, with what is in its write-ahead log."""
    paths = [node.home / name for name in ("lapx.db", "lapx.db-wal")]

    def stamps():
        return [(path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else None for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        while True:  # what moved from the one file to the other meanwhile would be in neither copy
            before = stamps()
            for path, there in zip(paths, before):
                (Path(folder) / path.name).unlink(missing_ok=True)
                if there:
                    shutil.copy(path, folder)
            if stamps() == before:
                break
        with closing(sqlite3.connect(Path(folder) / "lapx.db")) as database:
            yield database


@contextmanager
def changed(node):
    """The database of a node that is stopped, to be altered."""
    with closing(sqlite3.connect(node.home / "lapx.db")) as database:
        yield database
        database.commit()


def rows(node, query, *values):
    with database_of(node) as database:
        return database.execute(query, values).fetchall()


def notice_held(node, of):
    """The notice of that other node that the node holds; empty without any."""
    (notice,), = rows(node, "SELECT notice FROM contact WHERE agency = ?", of.agency)
    return bytes(notice or b"").decode()


def papers_of(node):
    """Its own card and notice."""
    return (node.home / "card").read_bytes().split(b"=====\n")


def card_held(node, of):
    """The card of that other node that the node holds."""
    (card,), = rows(node, "SELECT card FROM contact WHERE agency = ?", of.agency)
    return bytes(card)


def age_identity(secret):
    """A secret as age writes it: bech32 of the octets, in capitals."""
    return bech32(secret, "age-secret-key-").upper()


def age_open(secret, sealed):
    with tempfile.NamedTemporaryFile("w") as identity:
        identity.write(age_identity(secret) + "\n")
        identity.flush()
        done = subprocess.run(["age", "--decrypt", "--identity", identity.name], input=sealed, capture_output=True)
    if done.returncode != 0:
        raise Unreadable(done.stderr.decode())
    return done.stdout


def age_seal(recipient, plain):
    return subprocess.run(["age", "--encrypt", "--recipient", recipient], input=plain, capture_output=True,
                          check=True).stdout


def content_size(sealed, plain, fields):
    """The octets that a parcel's padded length comes from, less the proofs, whose length is that of the ledger."""
    size = 4 + struct.unpack("<I", plain[:4])[0]
    assert len(plain) == max(8192, padme(size)), "the padding"
    assert len(sealed) == len(plain) + 168 + 16 + 16 * -(-len(plain) // 65536), "an age file"
    return size - sum((len(fields[name] or b"") + 3) // 4 * 4 for name in ("proof", "consistency"))


def shape_of(sealed, plain, fields):
    """All that a recipient can measure of a parcel, but not what it says."""
    manifest, cover = parse_manifest(fields["manifest"]), parse_cover(fields["cover"])
    digests = re.compile(rb"[A-Za-z0-9+/]{43}=")
    return {"labels": [label for label, _ in manifest.items.values()], "manifest": len(fields["manifest"]), "cover": len(fields["cover"]),
            "view": digests.sub(b"D", cover.view.octets).split(b"\n"),
            "items": [(i["number"], decode_item(i["octets"])[0], len(i["octets"])) for i in fields["items"] or ()],
            "parcel": content_size(sealed, plain, fields)}


def queued_parcels(node):
    """The sealed parcels that wait in a node's outbox: message id → octets."""
    found = rows(node, "SELECT m.id, o.sealed FROM outbox o JOIN message m ON m.seq = o.message ORDER BY m.seq")
    return {bytes(ident).hex(): bytes(sealed) for ident, sealed in found}


def at_rest(node, keys, data):
    """The parts of a row that is sealed at rest (keys/at_rest.hpp)."""
    master, out = secrets_of(node)["at-rest"], []
    opened = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt
    count = len(keys) // 72
    at = 4 * count
    for i in range(count):
        slot, size = keys[72 * i:72 * i + 72], int.from_bytes(data[4 * i:4 * i + 4], "big") + 16
        key = opened(slot[24:], b"lapx/at-rest@v1\n", slot[:24], master)
        out.append(opened(data[at:at + size], i.to_bytes(4, "big"), bytes(24), key))
        at += size
    return out


def parts_of(node, referral):
    """Of a referral drafted here: (inward record, manifest, items by number)."""
    (keys, data), = rows(node, "SELECT keys, data FROM referral WHERE id = ? AND direction = 1",
                         bytes.fromhex(referral.replace("-", "")))
    record, manifest, *items = at_rest(node, keys, data)
    return record, manifest, dict(enumerate(items, 1))


def entries(node):
    """The octets of all ledger entries."""
    found = []
    for row, in rows(node, "SELECT entries FROM leaf ORDER BY first"):
        while row:
            end = 2 + int.from_bytes(row[:2], "big")
            found.append(row[2:end])
            row = row[end:]
    return found


def committed(node, index):
    """The data that a ledger entry commits to."""
    (keys, parts), = rows(node, "SELECT keys, parts FROM opening WHERE idx = ?", index)
    return at_rest(node, keys, parts)[0][32:].decode()


def decided_records(node):
    """The `decided` records of the ledger, oldest first."""
    kinds = entries(node)
    return [at_rest(node, keys, parts)[0][32:].decode()
            for idx, keys, parts in rows(node, "SELECT idx, keys, parts FROM opening ORDER BY idx")
            if b"\nkind decided\n" in kinds[idx]]


def sign(text, name, seed):
    """A signed note: docs/protocol.md 2."""
    text = text if isinstance(text, bytes) else text.encode()
    return text + b"\n" + sign_line(text, name, nacl.signing.SigningKey(seed))


def stamp(seconds=0):
    """A time so many seconds from now, as docs/protocol.md 1.2 writes it."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


class Identity:
    """The keys of an agency: fresh ones, or those of a node in a sandbox, its root included."""

    def __init__(self, agency, keys=None):
        self.agency = agency
        self.keys = keys or {name: secrets.token_bytes(32) for name in
                             ("root-1", "sign-1", "ledger-1", "witness-1", "curve", "node", "desk-spam")}

    @classmethod
    def of(cls, node):
        return cls(node.agency, secrets_of(node) | keyring(node.root / "root.keyring", node.root / "root.key"))

    def name(self, role):
        return f"{self.agency}/lapx/{role}"

    def vkey(self, role):
        return vkey_of(self.name(role), nacl.signing.SigningKey(self.keys[role]), 4 if role.startswith("witness") else 1)

    def card(self, serial=1, previous="none", begin=-60, end=86400, signed_by="root-1", change=lambda text: text):
        text = change(
            f"lapx/card@v1\nagency {self.agency}\nname Agency {self.agency}\ncountry NL\nsector enforcement\nserial {serial}\n"
            f"previous {previous}\nnot-before {stamp(begin)}\nexpires {stamp(end)}\nroot {self.vkey('root-1')}\n"
            f"sign {self.vkey('sign-1')}\nledger {self.vkey('ledger-1')}\nwitness {self.vkey('witness-1')}\n"
            f"node {self.recipient('node')}\n")
        return sign(text, self.name(signed_by), self.keys[signed_by])

    def notice(self, serial=1, begin=-60, end=86400, signed_by="sign-1", change=lambda text: text):
        curve = base64.b64encode(nacl.bindings.crypto_scalarmult_base(self.keys["curve"])).decode()
        text = change(
            f"lapx/notice@v1\nagency {self.agency}\nserial {serial}\nnot-before {stamp(begin)}\nexpires {stamp(end)}\n"
            f"curve {curve}\nzone UTC\ndesk spam\nrole Spam desk\nlanguages en\nrecipient {self.recipient('desk-spam')}\n")
        return sign(text, self.name(signed_by), self.keys[signed_by])

    def recipient(self, name):
        return bech32(nacl.bindings.crypto_scalarmult_base(self.keys.get(name, bytes(31) + b"\1")))

    def card_file(self, card=None, notice=None):
        return self.card(**card or {}) + b"=====\n" + self.notice(**notice or {})

    def revocation(self, role, signed_by="root-1"):
        return sign(f"lapx/revoke@v1\nagency {self.agency}\ncreated {stamp()}\nkey {self.vkey(role)}\n", self.name(signed_by),
                    self.keys[signed_by])
