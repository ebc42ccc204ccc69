"""Cards, notices, revocations, safety numbers: docs/protocol.md 3."""
import datetime
import re
import struct
from dataclasses import dataclass, replace

from notes import Note, Vkey, parse_note, verified_by, vkey
from forms import (H, Lines, agency, code, date, desk_id, digest, endpoint, list_of, matches, need, one_of,
                   positive, recipient, show, text, text_of, time)


def keys_of(owner, role, kind):
    """A vkey whose name is AGENCY/lapx/ROLE-N, of the type that role has."""
    def value(text):
        key = vkey(text)
        need(re.fullmatch(re.escape(f"{owner}/lapx/{role}-") + "[1-9][0-9]{0,8}", key.name),
             f"{show(key.name)} is no name of a {role} key of {owner}")
        need(key.kind == kind, f"{key.name} is of type {key.kind}")
        return key
    return value


def in_force(lines, days):
    begin, end = lines.one("not-before", time), lines.one("expires", time)
    need(begin < end <= begin + datetime.timedelta(days=days), f"expires is not within {days} days of not-before")
    return begin, end


@dataclass(frozen=True)
class Card:
    agency: str
    name: str
    serial: int
    begin: datetime.datetime
    end: datetime.datetime
    root: Vkey
    sign: list
    ledger: list
    witness: list
    note: Note
    desks: dict = None  # desk id: octets of its age recipient; from the notice


def parse_card(octets):
    """3.1: the card note alone, signed by the root on it."""
    note = parse_note(octets)
    lines = Lines(note.text, "lapx/card@v1")
    owner = lines.one("agency", agency)
    name = lines.one("name", text_of(200))
    lines.one("country", matches("[A-Z]{2}", "country"))
    lines.one("sector", one_of("enforcement", "government", "industry", "interest-group"))
    serial = lines.one("serial", positive)
    previous = lines.one("previous", lambda t: None if t == "none" else digest(t))
    need((serial == 1) == (previous is None), "previous does not fit the serial")
    begin, end = in_force(lines, 731)
    root = lines.one("root", keys_of(owner, "root", 1))
    sign = lines.many("sign", keys_of(owner, "sign", 1), 1, 4)
    ledger = lines.many("ledger", keys_of(owner, "ledger", 1), 1, 4)
    witness = lines.many("witness", keys_of(owner, "witness", 4), 1, 4)
    lines.one("node", recipient)
    lines.end()
    keys = [root, *sign, *ledger, *witness]
    need(len({k.key for k in keys}) == len(keys), "one key stands on the card twice")
    need(len({k.name for k in keys}) == len(keys), "one key name stands on the card twice")
    need(verified_by(note, [root]), "the card is not signed by its root")
    return Card(owner, name, serial, begin, end, root, sign, ledger, witness, note)


def parse_notice(octets, card):
    """3.2: signed by a `sign` key of the card. Returns each desk's age recipient."""
    note = parse_note(octets)
    lines = Lines(note.text, "lapx/notice@v1")
    need(lines.one("agency", agency) == card.agency, "the notice is of another agency than the card")
    lines.one("serial", positive)
    in_force(lines, 75)
    curves = lines.many("curve", digest, 1, 2)
    need(len(set(curves)) == len(curves), "one connection key stands on the notice twice")
    lines.many("endpoint", endpoint, 0, 4)
    lines.many("relay", agency, 0, 2)
    lines.one("zone", matches("[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", "zone", 100))
    desks, deputies = {}, []
    while lines.next_is("desk") or not desks:
        name = lines.one("desk", desk_id)
        need(name not in desks, f"desk {name} stands twice")
        lines.one("role", text)
        lines.maybe("topics", list_of(code))
        lines.one("languages", list_of(matches("[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", "language tag")))
        for key in ("phone", "mail", "hours"):
            lines.maybe(key, text)
        lines.many("closed", date, 0, 64)
        deputies.append(lines.maybe("deputy", desk_id))
        desks[name] = lines.one("recipient", recipient)
    lines.end()
    need(len(desks) <= 64, "more than 64 desks")
    need(all(d is None or d in desks for d in deputies), "a deputy is no desk of this notice")
    need(verified_by(note, card.sign), "the notice is not signed by a sign key of the card")
    return desks


def parse_card_file(octets):
    """3.7: card note, `=====`, notice note."""
    parts = octets.split(b"\n=====\n")
    need(len(parts) == 2, "not a card file: card and notice joined by one line =====")
    card = parse_card(parts[0] + b"\n")
    return replace(card, desks=parse_notice(parts[1], card))


def parse_revocation(octets, card):
    """3.3. Returns the revoked key; the card's root revokes the agency."""
    note = parse_note(octets)
    lines = Lines(note.text, "lapx/revoke@v1")
    need(lines.one("agency", agency) == card.agency, "the revocation is of another agency")
    lines.one("created", time)
    key = lines.one("key", vkey)
    lines.end()
    role = key.name.removeprefix(card.agency + "/lapx/").rpartition("-")[0]
    need(role in ("root", "sign", "ledger", "witness"), "the revocation names no key of the agency")
    keys_of(card.agency, role, 4 if role == "witness" else 1)(key.text)
    need(verified_by(note, [card.root]), "the revocation is not signed by the root")
    return key


def revoking_agency(octets):
    """The agency a revocation says it is of, before anything of it is verified."""
    return Lines(parse_note(octets).text, "lapx/revoke@v1").one("agency", agency)


def check_not_revoked(card, revocations):
    for octets in revocations:
        key = parse_revocation(octets, card)
        need(key not in [card.root, *card.sign, *card.ledger, *card.witness], f"{key.name} is revoked")


def safety_number(root):
    """3.5, over the text of the root's vkey."""
    d = H(b"lapx/safety-number@v1\n" + root.text.encode())
    return " ".join("%05d" % (n % 100000) for n in struct.unpack(">8I", d))
