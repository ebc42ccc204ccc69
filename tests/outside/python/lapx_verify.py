#!/usr/bin/python3
"""An independent verifier of lapx bundles, written from docs/protocol.md alone.

Needs Debian's python3 and python3-nacl. Every check refuses by raising Refused; what returns has been checked.
"""
import argparse
import contextlib
import pathlib
import sys

from dossier import check_cover, check_items, check_manifest, parse_cover
from flat import Flat, describe
from identity import check_not_revoked, parse_card_file, revoking_agency, safety_number
from ledger import check_commits, check_decided, check_proof, parse_hashes
from notes import vkey
from forms import H, KIB192, Refused, agency_of, need, number, positive, show, utf8


def padme(length):
    e = length.bit_length() - 1
    step = 1 << e - e.bit_length()
    return (length + step - 1) // step * step


def parse_parcel(plain):
    """7.1: size-prefixed FlatBuffer, zeros up to the padded length."""
    need(8192 <= len(plain) <= KIB192, "not the length of a parcel")
    length = 4 + int.from_bytes(plain[:4], "little")
    need(12 <= length <= len(plain), "the prefix of the parcel points outside it")
    need(len(plain) == max(padme(length), 8192), "the parcel is not padded to its Padmé length")
    need(not any(plain[length:]), "the padding of the parcel is not zero")
    flat = Flat(plain[4:length])
    return flat.table(flat.follow(0), "Parcel")


def check_parcel(plain, card):
    """7.4 steps 1, 5, 8, 9 and 10, as far as one can without the recipient's state."""
    parcel = parse_parcel(plain)
    cover = check_cover(parcel["cover"], card)
    parts = {}
    for name in ("items", "exhibits"):
        order = [part["number"] for part in parcel[name] or []]
        need(order == sorted(set(order)), f"{name} are repeated or not ascending")
        parts[name] = {part["number"]: part for part in parcel[name] or []}
    if cover.act == "move":
        need(parcel["body"] and H(parcel["body"]) == cover.body, "the body is not the one of the cover")
        need(parcel["manifest"] is None and not parts["items"] and not parts["exhibits"], "a move carries a dossier")
    else:
        need(parcel["body"] is None and parcel["manifest"], "a dossier carries a body, or no manifest")
        manifest = check_manifest(parcel["manifest"], cover)
        check_items({n: item["octets"] for n, item in parts["items"].items()}, manifest, cover.view)
        need(set(parts["exhibits"]) == set(cover.view.exhibits), "exhibits are not those of the view")
        for n, exhibit in parts["exhibits"].items():
            line = cover.view.exhibits[n]
            sealed = exhibit["sealed"]
            need(sealed is None or (H(sealed), len(sealed)) == (line.sealed, line.sealed_size),
                 f"the sealed file of exhibit {n} is not that of its line")
    if parcel["consistency"] is not None:
        first, *hashes = utf8(parcel["consistency"]).removesuffix("\n").split("\n")
        need(first.startswith("old ") and parcel["consistency"].endswith(b"\n"), "the consistency proof is malformed")
        number(first[4:]), parse_hashes(hashes)
    proof = check_proof(parcel["proof"], card)
    check_commits(proof, "sent", cover)
    return [f"{cover.act} from {cover.sender} to {cover.to}", f"sent, {proof_facts(proof)}"]


BUNDLE_FILES = {"card", "peer-card", "cover", "manifest", "sent.tlog-proof", "receipt.tlog-proof"}


class Report:
    """Collects one line for each fact checked; the first check that refuses ends it, named."""

    def __init__(self):
        self.lines = []

    @contextlib.contextmanager
    def check(self, name):
        facts = []
        try:
            yield facts
        except Refused as why:
            raise Refused(f"{name}: {why}") from None
        self.lines += [f"ok {name}: {fact}" for fact in facts]


class Trust:
    """Roots known to be an agency's and revocations, from outside. One that is of neither party is a mistake."""

    def __init__(self, roots=(), revocations=()):
        self.roots, self.revocations, self.seen = list(roots), list(revocations), set()

    def party(self, octets, facts):
        card = parse_card_file(octets)
        check_not_revoked(card, [r for r in self.revocations if revoking_agency(r) == card.agency])
        roots = [root for root in self.roots if root.name.startswith(card.agency + "/")]
        need(not roots or card.root in roots, "the root is not the one given by --agency-root")
        state = "the root given" if roots else "root NOT given: compare this number"
        facts.append(f"{card.agency} ({show(card.name)}), card {card.serial} of {card.begin:%Y-%m-%d} "
                     f"to {card.end:%Y-%m-%d}")
        facts.append(f"safety number of {card.agency}: {safety_number(card.root)} ({state})")
        self.seen.add(card.agency)
        return card

    def finish(self):
        given = {root.name.partition("/")[0] for root in self.roots} | {revoking_agency(r) for r in self.revocations}
        need(given <= self.seen, "a root or a revocation is of another agency")


def proof_facts(proof):
    line = f"entry {proof.index} of {proof.checkpoint.size} in {proof.checkpoint.origin}, {proof.opening.time}Z"
    cosigners = ", ".join(key.name for key in proof.cosigned)
    return line + (f", cosigned by {cosigners}" if cosigners else ", without a known cosignature")


def verify_bundle(files, trust, report):
    """10: `files` maps the paths of a bundle to octets."""
    with report.check("files"):
        names = {name for name in files if not name.startswith("items/")}
        need(names == BUNDLE_FILES, f"missing {sorted(BUNDLE_FILES - names)}, unknown {sorted(names - BUNDLE_FILES)}")
        items = {positive(name[6:]): octets for name, octets in files.items() if name.startswith("items/")}
    with report.check("card") as facts:
        card = trust.party(files["card"], facts)
    with report.check("peer-card") as facts:
        peer = trust.party(files["peer-card"], facts)
    with report.check("cover") as facts:
        cover = check_cover(files["cover"], card)
        need(cover.view, "a cover of act move is no bundle of a referral")
        need(agency_of(cover.to) == peer.agency, "the cover is to another agency than peer-card")
        facts.append(f"{cover.act} from {cover.sender} to {cover.to}, message {cover.message}, case {cover.case}")
        facts.append(f"handling {cover.view.handling}")
        key = peer.desks.get(cover.to.partition("@")[0])
        same = key and cover.desk_key == H(b"lapx/desk-key@v1\n" + key)  # desk keys rotate: no more than a fact
        facts.append(f"sealed to {'the' if same else 'another key than the'} desk key of peer-card's notice")
    with report.check("manifest") as facts:
        manifest = check_manifest(files["manifest"], cover)
        facts.append(f"{manifest.kind} {manifest.id} version {manifest.version}, {len(manifest.items)} items")
    with report.check("items") as facts:
        for n, (label, fields) in check_items(items, manifest, cover.view).items():
            facts.append(f"{n} {label}: {describe(fields)}")
    withheld = [(n, d) for n, d in cover.view.items.items() if d.startswith("withheld")]
    report.lines += [f"-- item {n} {manifest.items[n][0]}: {d}" for n, d in withheld]
    witnesses = [*card.witness, *peer.witness]
    with report.check("sent") as facts:
        proof = check_proof(files["sent.tlog-proof"], card, witnesses)
        check_commits(proof, "sent", cover)
        facts.append(proof_facts(proof))
    with report.check("receipt") as facts:
        proof = check_proof(files["receipt.tlog-proof"], peer, witnesses)
        data = check_commits(proof, "received", cover)
        facts.append(f"outcome {data['outcome']}, {proof_facts(proof)}")


def verify_proof(octets, card, cover, only_receipt, report):
    """A proof of any kind; of `cover` (octets), if given, where the kind names one."""
    with report.check("proof") as facts:
        proof = check_proof(octets, card, card.witness)
        kind = proof.opening.kind
        need(kind == "received" or not only_receipt, f"the proof of a {kind} entry is no receipt")
        facts.append(f"{kind}, {proof_facts(proof)}")
        if kind not in ("sent", "received", "decided"):
            need(not cover, f"a {kind} entry names no cover")
            facts.append(f"data {show(utf8(proof.opening.data))}")
            return
        cover = cover and parse_cover(cover)
        data = check_commits(proof, kind, cover)
        if kind == "decided" and cover:
            check_decided(data, cover)
        facts += [f"{key} {show(v.hex() if isinstance(v, bytes) else str(v))}" for key, v in data.items()]


def read(path):
    path = pathlib.Path(path)
    need(path.is_file() and path.stat().st_size <= 2**20, f"{show(path.name)} is no file of at most 1 MiB")
    return path.read_bytes()


def read_bundle(folder):
    folder = pathlib.Path(folder)
    paths = [path for path in sorted(folder.rglob("*")) if path != folder / "items" or not path.is_dir()]
    return {path.relative_to(folder).as_posix(): read(path) for path in paths}


def arguments():
    parser = argparse.ArgumentParser(description="Verifies lapx bundles, proofs, cards and parcels offline.")
    parser.add_argument("what", choices=["bundle", "receipt", "proof", "card", "parcel"])
    parser.add_argument("path", help="folder of the bundle, or the file (of a parcel: its plaintext)")
    parser.add_argument("--agency-root", action="append", default=[], metavar="VKEY", help="known root of an agency")
    parser.add_argument("--revocation", action="append", default=[], metavar="FILE")
    parser.add_argument("--card", metavar="FILE", help="card file of the log's agency, or of the parcel's sender")
    parser.add_argument("--cover", metavar="FILE", help="cover that the proof must be of")
    args = parser.parse_args()
    if (args.what in ("receipt", "proof", "parcel")) != bool(args.card):
        parser.error("--card goes with receipt, proof and parcel")
    return args


def verify(args, report):
    trust = Trust([vkey(root) for root in args.agency_root], [read(path) for path in args.revocation])
    if args.what == "bundle":
        verify_bundle(read_bundle(args.path), trust, report)
    else:
        with report.check("card") as facts:
            card = trust.party(read(args.card or args.path), facts)
        if args.what == "parcel":
            with report.check("parcel") as facts:
                facts += check_parcel(read(args.path), card)
        elif args.what != "card":
            verify_proof(read(args.path), card, args.cover and read(args.cover), args.what == "receipt", report)
    with report.check("options"):
        trust.finish()


def main():
    args, report, failure = arguments(), Report(), None
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        verify(args, report)
    except (Refused, OSError) as why:
        failure = why
    print(*report.lines, f"FAILED: {failure}" if failure else "OK", sep="\n")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
