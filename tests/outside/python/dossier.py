"""Template, manifest, view, cover, items: docs/protocol.md 4 and 5."""
import datetime
from dataclasses import dataclass

from flat import decode_item
from notes import Note, parse_note, verified_by
from forms import (H, KIB128, Lines, Refused, agency, agency_of, desk, digest, list_of, need, number, one_of,
                   positive, show, text, time, uuid7)


# label, value table, repeats (5.2)
TEMPLATE = [(row.split()[0], row.split()[1], row.endswith("*")) for row in """
officer Officer|addressees Addressees|legal-basis LegalBasis|purpose Text|facts Text|conduct Conduct|seen Seen
jurisdictions Jurisdictions|scale Scale|indicator Indicator *|indicator-personal Indicator *|party Party *
suspect Party *|complainant Complainant|custodian Custodian *|preservation Preservation|assistance Assistance *
inquiry Inquiry *|urgency Urgency|secrecy Secrecy|exhibit Exhibit *|grading Grading|provenance Provenance
data-protection DataProtection|legal-advice Text|redacted Redacted *""".strip().replace("\n", "|").split("|")]
AT_LEAST_8 = {"suspect", "inquiry"}  # repeating labels of class CF
VALUE_OF = {label: table for label, table, _ in TEMPLATE}
REASONS = {  # category: its reasons (5.3)
    "law": "national-law international-obligation no-lawful-transfer no-similar-law out-of-mandate",
    "confidentiality": "confidential commercially-sensitive privilege endangers-person-or-source "
                       "originator-permission-missing",
    "proceedings": "proceedings-begun prejudices-investigation security-or-public-policy",
    "substance": "insufficient-information no-infringement-found not-serious-enough no-longer-held identity-unverified",
    "cooperation": "assurance-missing reciprocity"}
CATEGORY_OF = {reason: category for category, reasons in REASONS.items() for reason in reasons.split()}
OUTWARD = ["disclosed", "silent", *(f"withheld reason {r}" for r in CATEGORY_OF),
           *(f"withheld category {c}" for c in REASONS)]
USES = ["intelligence", "administrative", "civil", "criminal", "judicial-evidence"]
KINDS = ["information", "assistance", "action", "preservation", "urgent"]
ACTS = ["refer", "supplement", "clarify", "answer", "correct", "withdraw", "disclose", "move"]


def item_digest(octets):
    return H(b"lapx/item@v1\n" + octets)


def numbered(parse):
    """A value `N …`: returns (N, what parse makes of the rest)."""
    def value(text):
        n, space, rest = text.partition(" ")
        need(space, "not a number and more")
        return positive(n), parse(rest)
    return value


def count_from_1(pairs):
    need([n for n, _ in pairs] == list(range(1, len(pairs) + 1)), "items are not numbered from 1 without gaps")
    return dict(pairs)


def label_and_digest(value):
    label, _, rest = value.partition(" ")
    need(label in VALUE_OF, f"{show(label[:80])} is no label of the template")
    return label, digest(rest)


@dataclass(frozen=True)
class Manifest:
    sender: str
    id: str
    kind: str
    version: int
    items: dict  # number: (label, digest)


def parse_manifest(octets):
    lines = Lines(octets, "lapx/referral@v1", KIB128)
    sender, ident = lines.one("from", desk), lines.one("id", uuid7)
    kind, version = lines.one("kind", one_of(*KINDS)), lines.one("version", positive)
    supersedes = lines.one("supersedes", lambda t: None if t == "none" else digest(t))
    need((version == 1) == (supersedes is None), "supersedes does not fit the version")
    lines.one("template", one_of("lapx-pro-forma-1"))
    lines.one("created", time)
    items = count_from_1(lines.many("item", numbered(label_and_digest), 1, 1024))
    lines.end()
    labels = [label for label, _ in items.values()]
    expected = []
    for label, _, repeats in TEMPLATE:
        count = labels.count(label)
        if repeats:
            least = 8 if label in AT_LEAST_8 else 2
            need(count >= least and count & count - 1 == 0, f"{count} lines of {label} instead of {least}, {2 * least}, …")
        else:
            need(count == 1, f"{count} lines of {label} instead of one")
        expected += [label] * count
    need(labels == expected, "labels do not stand in template order")
    return Manifest(sender, ident, kind, version, items)


@dataclass(frozen=True)
class Exhibit:
    plain: bytes
    plain_size: int
    sealed: bytes
    sealed_size: int


def exhibit_line(value):
    parts = value.split(" ")
    need(len(parts) == 4, "not digest, size, digest, size")
    return Exhibit(digest(parts[0]), number(parts[1]), digest(parts[2]), number(parts[3]))


@dataclass(frozen=True)
class View:
    octets: bytes
    to: str
    manifest: bytes
    handling: str
    items: dict     # number: outward disposition
    exhibits: dict  # number: Exhibit

    def disclosed(self):
        return {n for n, disposition in self.items.items() if disposition == "disclosed"}


def parse_view(octets):
    lines = Lines(octets, "lapx/view@v1", KIB128)
    to, manifest = lines.one("to", desk), lines.one("manifest", digest)
    tlp = lines.one("tlp", one_of("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"))
    pap = lines.one("pap", one_of("CLEAR", "GREEN", "AMBER", "RED"))
    uses = lines.one("uses", list_of(one_of(*USES), USES))
    onward = lines.one("onward", lambda t: [t] if t in ("none", "ask") else list_of(agency)(t))
    until = lines.maybe("until", time)
    attribution = lines.maybe("attribution", text)
    resale = lines.maybe("resale", one_of("no"))
    items = count_from_1(lines.many("item", numbered(one_of(*OUTWARD)), 1, 1024))
    exhibits = lines.many("exhibit", numbered(exhibit_line), 0, 1024)
    lines.end()
    order = [n for n, _ in exhibits]
    need(order == sorted(set(order)), "exhibit lines are repeated or out of order")
    handling = f"TLP:{tlp} PAP:{pap} uses {','.join(uses)} onward {','.join(onward)}"
    handling += f" until {until:%Y-%m-%dT%H:%M:%SZ}" if until else ""
    handling += f" attribution {show(attribution)}" if attribution else ""
    return View(octets, to, manifest, handling + (" no resale" if resale else ""), items, dict(exhibits))


@dataclass(frozen=True)
class Cover:
    note: Note
    sender: str
    to: str
    desk_key: bytes
    message: str
    act: str
    case: str
    view: View    # None with act `move`
    body: bytes   # digest, only with act `move`

    def digest(self):
        return H(self.note.octets)


def parse_cover(octets):
    note = parse_note(octets)
    need(len(note.text) <= KIB128, "a cover is longer than 128 KiB")
    head, mark, rest = note.text.partition(b"\nlapx/view@v1\n")
    lines = Lines(head + b"\n" if mark else note.text, "lapx/cover@v1", KIB128)
    sender, to, key = lines.one("from", desk), lines.one("to", desk), lines.one("key", digest)
    message, created = lines.one("message", uuid7), lines.one("created", time)
    expires = lines.one("expires", time)
    need(created < expires <= created + datetime.timedelta(days=62), "expires is not within 62 days of created")
    act, case = lines.one("act", one_of(*ACTS)), lines.one("case", uuid7)
    body = lines.one("body", digest) if act == "move" else None
    lines.end()
    need((act == "move") == (not mark), "a view stands under act move, or none under another act")
    view = parse_view(mark[1:] + rest) if mark else None
    need(view is None or view.to == to, "the view is to another desk than the cover")
    return Cover(note, sender, to, key, message, act, case, view, body)


def check_cover(octets, card):
    cover = parse_cover(octets)
    need(agency_of(cover.sender) == card.agency, "the cover is from another agency than the card")
    need(verified_by(cover.note, card.sign), "the cover is not signed by a sign key of the card")
    return cover


def check_manifest(octets, cover):
    need(cover.view, "a cover of act move has no manifest")
    need(H(octets) == cover.view.manifest, "the manifest is not the one the view names")
    manifest = parse_manifest(octets)
    need(agency_of(manifest.sender) == agency_of(cover.sender), "manifest and cover are from different agencies")
    need(cover.act != "refer" or manifest.id == cover.case, "the cover's case is not the id of the referral")
    need(len(manifest.items) == len(cover.view.items), "view and manifest differ in the number of items")
    for n in cover.view.exhibits:
        need(n in cover.view.disclosed(), f"exhibit {n} is not disclosed, yet has a line")
        need(manifest.items[n][0] == "exhibit", f"item {n} is no exhibit, yet has an exhibit line")
    return manifest


def check_items(items, manifest, view):
    """`items` maps numbers to octets: exactly the disclosed ones, each as the manifest has it, each well-formed."""
    missing, more = view.disclosed() - set(items), set(items) - view.disclosed()
    need(not missing, f"disclosed items are missing: {sorted(missing)}")
    need(not more, f"items that are not disclosed: {sorted(more)}")
    values = {}
    for n, octets in sorted(items.items()):
        label, expected = manifest.items[n]
        need(item_digest(octets) == expected, f"item {n} is not the one of the manifest")
        try:
            table, fields = decode_item(octets)
        except Refused as why:
            raise Refused(f"item {n}: {why}") from None
        need(table != "Absent", f"item {n} is absent, yet disclosed")
        need(table == VALUE_OF[label], f"item {n} ({label}) holds a {table}")
        if n in view.exhibits:
            line = view.exhibits[n]
            need((fields["sha256"], fields["size"]) == (line.plain, line.plain_size),
                 f"the description of exhibit {n} is not that of its line")
        values[n] = (label, fields)
    return values
