"""Files that are exhibits, as the tests make, send and look at them."""

import hashlib
import secrets
from pathlib import Path

from harness import wait_for

FILE = 2  # the exhibit after the mail itself


def make_file(folder, size, name="evidence.bin"):
    """Octets that do not repeat; gives the path and their SHA-256."""
    path, digest = folder / name, hashlib.sha256()
    with open(path, "wb") as out:
        for _ in range(0, size, 1 << 20):
            piece = secrets.token_bytes(min(1 << 20, size - out.tell()))
            digest.update(piece)
            out.write(piece)
    return path, digest.digest()


def sha256_of(path):
    with open(path, "rb") as octets:
        return hashlib.file_digest(octets, "sha256").digest()


def exhibit_of(node, referral, number=FILE):
    return next(one for one in node.get(f"referrals/{referral}/why")["exhibits"] if one["exhibit"] == number)


def files_of(node):
    return sorted(path.name for path in (node.home / "exhibits").iterdir())


def wait_state(node, referral, state, number=FILE, **deadline):
    wait_for(lambda: exhibit_of(node, referral, number)["state"] == state, f"exhibit {number} of {referral} to be {state} at {node.agency}", **deadline)


def send_file(node, to, path, disclose=True):
    return node.send(to, "--exhibit", path, *(["--disclose", f"exhibit:{FILE}"] if disclose else []))["referral"]


def peak(node):
    """The largest resident set of this run of the node since reset_peak(), in MiB."""
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def reset_peak(node):
    """Gives its resident set now, in MiB."""
    Path(f"/proc/{node.process.pid}/clear_refs").write_text("5")
    return peak(node)
