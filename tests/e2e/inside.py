"""What only a test may do: read a node's keys and database, and what it sealed.

The keyring's form is in keys/keyring.hpp, the rest in docs/protocol.md 4 and 7.
"""

import base64
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import nacl.bindings

from harness import SAMPLES  # noqa: F401  (harness also sets the path to the verifier from outside)
from lapx_verify import parse_parcel  # noqa: F401
from selftest import bech32


class Unreadable(Exception):
    """age does not open it with this identity."""


def secrets_of(node):
    """The keyring of a node with a key file: name → 32 octets."""
    lines = (node.home / "keys/node.keyring").read_text().splitlines()
    head, sealed = "".join(line + "\n" for line in lines[:3]), base64.b64decode(lines[3].removeprefix("sealed "))
    nonce = base64.b64decode(lines[2].removeprefix("nonce "))
    plain = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
        sealed, head.encode(), nonce, bytes.fromhex(node.keyfile.read_text()))
    out = {}
    while plain:
        end = 1 + plain[0]
        out[plain[1:end].decode()] = plain[end:end + 32]
        plain = plain[end + 32:]
    return out


@contextmanager
def database_of(node):
    """A copy of the database as it is now, with what is in its write-ahead log."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("lapx.db", "lapx.db-wal"):
            if (node.home / name).exists():
                shutil.copy(node.home / name, folder)
        with closing(sqlite3.connect(Path(folder) / "lapx.db")) as database:
            yield database


def rows(node, query, *values):
    with database_of(node) as database:
        return database.execute(query, values).fetchall()


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
    return [entry for entry, in rows(node, "SELECT entry FROM leaf ORDER BY idx")]
