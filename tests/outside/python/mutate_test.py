#!/usr/bin/python3
"""Checks that the verifier accepts a good bundle, and refuses every mutation of it for the right reason.

Usage: mutate_test.py BUNDLE_DIR [OTHER_BUNDLE_DIR]. The other bundle, of the same two agencies, lends its receipt.
"""
import base64
import sys

import nacl.signing

import lapx_verify
import ledger
import notes
import forms


def b64(octets):
    return base64.b64encode(octets).decode()


def flip(octets, at, bit=0):
    return octets[:at] + bytes([octets[at] ^ 1 << bit]) + octets[at + 1:]


def flip_text(text):
    """Another canonical base64 of the same length: its first character is exchanged."""
    return ("A" if text[0] != "A" else "B") + text[1:]


def sub(octets, old, new):
    """Replaces the first `old`, which has to be there."""
    old, new = (x.encode() if isinstance(x, str) else x for x in (old, new))
    assert old in octets and old != new, f"{old!r} is not there, or is not changed"
    return octets.replace(old, new, 1)


def line_of(octets, key):
    """The value of the first line `key …`."""
    return next(line for line in octets.decode().split("\n") if line.startswith(key + " "))[len(key) + 1:]


def key_id(name, material):
    return forms.H(name.encode() + b"\n" + material)[:4]


def vkey_of(name, signing_key, kind=1):
    material = bytes([kind]) + signing_key.verify_key.encode()
    return f"{name}+{key_id(name, material).hex()}+{b64(material)}"


def sign_line(text, name, signing_key, claimed_id=None):
    ident = claimed_id or key_id(name, b"\x01" + signing_key.verify_key.encode())
    return f"\u2014 {name} {b64(ident + signing_key.sign(text).signature)}\n".encode()


class ProofText:
    """A tlog-proof taken apart, to be put together changed."""

    def __init__(self, octets):
        head, _, self.note = octets.partition(b"\n\n")
        self.first, extra, index, *self.hashes = head.decode().split("\n")
        self.opening = base64.b64decode(extra[6:])
        self.index = int(index[6:])

    def __bytes__(self):
        lines = [self.first, f"extra {b64(self.opening)}", f"index {self.index}", *self.hashes]
        return "\n".join(lines).encode() + b"\n\n" + self.note

    def set(self, key, value):
        self.opening = sub(self.opening, f"{key} {line_of(self.opening, key)}\n", f"{key} {value}\n")

    def data(self):
        return base64.b64decode(line_of(self.opening, "data"))

    def refit(self):
        """Makes the commitment fit kind, salt and data again."""
        kind, salt = line_of(self.opening, "kind"), base64.b64decode(line_of(self.opening, "salt"))
        self.set("body", b64(ledger.commitment(kind, salt, self.data())))

    def resign(self, text, claim_id):
        """A checkpoint of that text, signed by a new key under the log's name (and id)."""
        name, ident, _ = notes.parse_note(self.note).signatures[0]
        line = sign_line(text, name, nacl.signing.SigningKey.generate(), ident if claim_id else None)
        self.note = text + b"\n" + line


def proof(change):
    """A mutation of the receipt by a function that changes its ProofText."""
    def mutate(files):
        parts = ProofText(files["receipt.tlog-proof"])
        change(parts)
        files["receipt.tlog-proof"] = bytes(parts)
    return mutate


def edit(name, change):
    def mutate(files):
        files[name] = change(files[name])
    return mutate


def first_items(files):
    return sorted((n for n in files if n.startswith("items/")), key=lambda n: int(n[6:]))


def extra_item(files):
    n = next(n for n in range(1, 1025) if f"items/{n}" not in files)
    files[f"items/{n}"] = files[first_items(files)[0]]


def swap(files, a, b):
    files[a], files[b] = files[b], files[a]


def change_data(old, new, refit=False):
    def change(p):
        p.set("data", b64(sub(p.data(), old, new)))
        if refit:
            p.refit()
    return proof(change)


def other_cover(refit, forge=None):
    """The receipt opened for another cover; the checkpoint forged to hold just that entry."""
    def change(p):
        p.set("data", b64(sub(p.data(), line_of(p.data(), "cover"), b64(forms.H(b"another")))))
        if refit:
            p.refit()
        if forge:
            leaf = forms.H(b"\x00" + p.opening.split(b"salt ")[0])
            p.index, p.hashes = 0, []
            p.resign(f"{p.note.decode().partition(chr(10))[0]}\n1\n{b64(leaf)}\n".encode(), forge == "same id")
    return proof(change)


def change_kind(p):
    p.set("kind", "sent")
    p.refit()


def change_hash(p):
    p.hashes = [flip_text(p.hashes[0]), *p.hashes[1:]] if p.hashes else [b64(forms.H(b"x"))]


def change_line(n, change):
    """Changes line n of the receipt's checkpoint."""
    def mutate(p):
        lines = p.note.decode().split("\n")
        lines[n] = change(lines[n])
        p.note = "\n".join(lines).encode()
    return proof(mutate)


def forged_card(files):
    """Every key on the sender's card stays but the root, and the forger's root signs."""
    card, notice = files["card"].split(b"=====\n")
    root = nacl.signing.SigningKey.generate()
    old = line_of(card, "root")
    text = sub(notes.parse_note(card).text, old, vkey_of(old.partition("+")[0], root))
    files["card"] = text + b"\n" + sign_line(text, old.partition("+")[0], root) + b"=====\n" + notice


def replace_key(role):
    def change(octets):
        old = line_of(octets, role)
        return sub(octets, old, vkey_of(old.partition("+")[0], nacl.signing.SigningKey.generate()))
    return change


def change_disposition(octets):
    return sub(octets, "silent\n", "disclosed\n") if b"silent\n" in octets else sub(octets, "disclosed\n", "silent\n")


def break_signature(octets):
    """Flips a bit of the first signature, base64 staying canonical."""
    note = notes.parse_note(octets)
    name, ident, value = note.signatures[0]
    return sub(octets, b64(ident + value), b64(ident + flip(value, 40)))


def change_handling(octets):
    old = f"\ntlp {line_of(octets, 'tlp')}\n"
    return sub(octets, old, "\ntlp CLEAR\n" if "CLEAR" not in old else "\ntlp RED\n")


# what is changed, how, the check that has to refuse it
MUTATIONS = [
    ("the handling on the cover", edit("cover", change_handling), "cover"),
    ("a bit in the message id of the cover", edit("cover", lambda o: flip(o, o.index(b"\nmessage ") + 9)), "cover"),
    ("a bit in the cover's signature", edit("cover", break_signature), "cover"),
    ("a disposition of the view", edit("cover", change_disposition), "cover"),
    ("the manifest digest in the view",
     edit("cover", lambda o: sub(o, line_of(o, "manifest"), flip_text(line_of(o, "manifest")))), "cover"),
    ("the desk the cover is to", edit("cover", lambda o: o.replace(b"\nto ", b"\nto x")), "cover"),
    ("a second LF at the cover's end", edit("cover", lambda o: o + b"\n"), "cover"),
    ("an unknown signature line on the cover",
     edit("cover", lambda o: o + sign_line(b"", "x.example", nacl.signing.SigningKey.generate())), "sent"),
    ("an item digest in the manifest", edit("manifest", lambda o: flip(o, len(o) - 20)), "manifest"),
    ("the last line of the manifest cut off", edit("manifest", lambda o: o[:o[:-1].rindex(b"\n") + 1]), "manifest"),
    ("a bit in an item", lambda f: edit(first_items(f)[0], lambda o: flip(o, len(o) // 2, 3))(f), "items"),
    ("an octet after an item", lambda f: edit(first_items(f)[-1], lambda o: o + b"\0")(f), "items"),
    ("an item missing", lambda f: f.pop(first_items(f)[-1]), "items"),
    ("an item more", extra_item, "items"),
    ("two items exchanged", lambda f: swap(f, first_items(f)[0], first_items(f)[1]), "items"),
    ("an item's file named with a leading zero",
     lambda f: f.update({"items/0" + first_items(f)[0][6:]: f.pop(first_items(f)[0])}), "files"),
    ("a receipt of another cover: data only", other_cover(False), "receipt"),
    ("a receipt of another cover: data and commitment", other_cover(True), "receipt"),
    ("a receipt of another cover: with a checkpoint by another key", other_cover(True, "other id"), "receipt"),
    ("a receipt of another cover: with a checkpoint by another key of the same id", other_cover(True, "same id"),
     "receipt"),
    ("the receipt's index", proof(lambda p: setattr(p, "index", p.index + 1)), "receipt"),
    ("the receipt's index with a leading zero", edit("receipt.tlog-proof", lambda o: sub(o, "\nindex ", "\nindex 0")),
     "receipt"),
    ("a hash of the receipt's proof", proof(change_hash), "receipt"),
    ("a hash more in the receipt's proof", proof(lambda p: p.hashes.append(b64(forms.H(b"x")))), "receipt"),
    ("the data of the opening", change_data("received@v1\n", "received@v2\n"), "receipt"),
    ("the salt of the opening", proof(lambda p: p.set("salt", flip_text(line_of(p.opening, "salt")))), "receipt"),
    ("the commitment", proof(lambda p: p.set("body", flip_text(line_of(p.opening, "body")))), "receipt"),
    ("the time of the entry", proof(lambda p: p.set("time", "2000-01-01T00:00:00Z")), "receipt"),
    ("the outcome", change_data("outcome ", "outcome not-"), "receipt"),
    ("the outcome, with a commitment that fits", change_data("outcome ", "outcome not-", refit=True), "receipt"),
    ("the kind of the entry, with a commitment that fits", proof(change_kind), "receipt"),
    ("the root of the checkpoint", change_line(2, flip_text), "receipt"),
    ("the size of the checkpoint", change_line(1, lambda s: str(int(s) + 1)), "receipt"),
    ("the origin of the checkpoint", change_line(0, lambda s: s[:-1] + "9"), "receipt"),
    ("the checkpoint signed by another key",
     proof(lambda p: p.resign(notes.parse_note(p.note).text, False)), "receipt"),
    ("the checkpoint signed by another key of the same id",
     proof(lambda p: p.resign(notes.parse_note(p.note).text, True)), "receipt"),
    ("the signature of the checkpoint", proof(lambda p: setattr(p, "note", break_signature(p.note))), "receipt"),
    ("the two proofs exchanged", lambda f: swap(f, "sent.tlog-proof", "receipt.tlog-proof"), "sent"),
    ("the sent proof in place of the receipt",
     lambda f: f.update({"receipt.tlog-proof": f["sent.tlog-proof"]}), "receipt"),
    ("the two cards exchanged", lambda f: swap(f, "card", "peer-card"), "cover"),
    ("the peer's card in place of the sender's", lambda f: f.update(card=f["peer-card"]), "cover"),
    ("the sender's card in place of the peer's", lambda f: f.update({"peer-card": f["card"]}), "cover"),
    ("the root key on the card", edit("card", replace_key("root")), "card"),
    ("a signing key on the card", edit("card", replace_key("sign")), "card"),
    ("the ledger key on the peer's card", edit("peer-card", replace_key("ledger")), "peer-card"),
    ("the CURVE key in the notice",
     edit("card", lambda o: sub(o, line_of(o, "curve"), flip_text(line_of(o, "curve")))), "card"),
    ("the card without its notice", edit("card", lambda o: o.split(b"=====\n")[0]), "card"),
    ("a card signed by a forger's root, the true root being known", forged_card, "card"),
    ("no receipt", lambda f: f.pop("receipt.tlog-proof"), "files"),
    ("a file that no check covers", lambda f: f.update({"note.txt": b"hello"}), "files"),
]


def refused_by(files, roots=()):
    """The name of the check that refuses, or None."""
    try:
        lapx_verify.verify_bundle(files, lapx_verify.Trust(roots), lapx_verify.Report())
    except forms.Refused as why:
        return str(why).partition(":")[0]
    return None


def run(files, other=None, out=print):
    """Returns how many cases passed and how many failed."""
    passed = failed = 0
    roots = [notes.vkey(line_of(files[name], "root")) for name in ("card", "peer-card")]
    cases = [("nothing", lambda f: None, None), *MUTATIONS]
    if other:
        cases.append(("a true receipt of another cover",
                      lambda f: f.update({"receipt.tlog-proof": other["receipt.tlog-proof"]}), "receipt"))
    for what, mutate, expected in cases:
        changed = dict(files)
        try:
            mutate(changed)
            got = refused_by(changed, roots)
            assert got == expected, f"refused by {got} instead of {expected}"
            assert expected is None or changed != files, "nothing was changed"
            passed += 1
        except Exception as why:  # whatever else happens is a failure of the case, not of the run
            failed += 1
            out(f"failed: {what}: {type(why).__name__} {why}")
    return passed, failed


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    passed, failed = run(*map(lapx_verify.read_bundle, sys.argv[1:]))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
