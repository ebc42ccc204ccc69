"""Over random policies, dossiers and recipients: what reaches a parcel, opened with stock age, is what the policy and the people allow, judged here
by the words of config/disclosure.toml; every item has one disposition for every recipient; and silence shows in nothing."""

import random
import unittest
from copy import copy

import inside
from dossier import parse_cover, parse_manifest
from flat import Flat
from ledger import check_decided, parse_decided
from policy_test import Waiting, rule

CLASSES = ["AS", "SH", "PD", "CF", "CS", "PV"]
COUNTRIES = {"acma.example": "AU", "ftc.example": "US"}
DATA_PROTECTION = "public-task destroy-by=2030-11-21 Telecommunications Act 18.7"
REASONS = ["confidential", "national-law", "commercially-sensitive", "out-of-mandate"]
# Silence is rare enough for most drafts to be released: of many items it would show.
SHOWN = ["reason", "category", "category", "silent"]
KINDS = ["information", "assistance", "action", "urgent"]
TLP = ["CLEAR", "GREEN", "AMBER", "RED"]


def texts(word):
    """Of labels that somebody fills in: values with a word in them that stands nowhere else."""
    return {"facts": [f"Facts {word}fact"], "purpose": [f"Purpose {word}purp"], "scale": ["complaints=412 estimated"],
            "indicator": [f"domain {word}ind{n}.example" for n in range(3)], "indicator-personal": [f"mail {word}pers@mail.example"],
            "suspect": [f"suspect; {word}susp{n}" for n in range(5)], "party": [f"spoofed-victim; {word}part"],
            "complainant": [f"{word}comp; ; ; NL"], "custodian": [f"{word}cust; log"], "assistance": [f"{word}assi{n}" for n in range(2)],
            "inquiry": [f"prior; FTC; {word}inqu; asked"], "preservation": [f"{word}pres; it expires"], "grading": ["B2"],
            "provenance": [f"{word}prov; 77"], "legal-advice": [f"{word}advi"]}


class Dice(random.Random):
    def once_in(self, n):
        return self.randrange(n) == 0

    def some(self, of):
        return [one for one in of if self.once_in(2)]


class Policy:
    """A random one: its text, and what it says."""

    def __init__(self, dice):
        labels = [label for label in texts("") if label != "legal-advice"]
        self.classes = {label: sorted(set(dice.choices(CLASSES[:5], k=2))) for label in labels if dice.once_in(4)}
        self.rules = [self.any_rule(dice) for _ in range(dice.randrange(2, 7))]
        for item_class, decide in (("AS", "share"), ("SH", "share"), ("PD", "ask"), ("CF", "ask"), ("CS", dice.choice(["ask", "share"]))):
            self.rules.append(({"class": [item_class]}, decide, "confidential", dice.choice(SHOWN)))

    @staticmethod
    def any_rule(dice):
        of = {"class": dice.some(CLASSES), "item": dice.some(texts("")) + dice.some(["redacted"]), "country": dice.some(COUNTRIES.values()),
              "agency": dice.some(COUNTRIES), "desk": dice.some(["spam@acma.example", "fraud@acma.example"]), "trust": dice.some(["verified", "vouched"]),
              "sector": dice.some(["enforcement", "industry"]), "kind": dice.some(KINDS), "tlp": dice.some(TLP)}
        kept = {key: values for key, values in of.items() if values and dice.once_in(3)}
        if "class" not in kept and "item" not in kept:
            kept["item"] = [dice.choice(list(texts("")))]
        privileged = "PV" in kept.get("class", []) or "legal-advice" in kept.get("item", [])
        return kept, "never" if privileged else dice.choice(["share", "ask", "never"]), dice.choice(REASONS), dice.choice(SHOWN)

    def text(self):
        out = "[classes]\n" + "".join(f"{label} = {classes}\n".replace("'", '"') for label, classes in self.classes.items())
        for n, (when, decide, reason, shown) in enumerate(self.rules):
            why = "" if decide == "share" else f'reason = "{reason}"\nshow = "{shown}"'
            out += rule(f"rule {n}", decide, why, **{key: str(values).replace("'", '"') for key, values in when.items()})
        return out

    def lets_go(self, item, desk, draft, permitted):
        agency = desk.split("@")[1]
        facts = {"item": item["label"], "country": COUNTRIES[agency], "agency": agency, "desk": desk, "trust": "verified", "sector": "enforcement",
                 "kind": draft["kind"], "tlp": draft["tlp"]}
        for item_class in self.classes.get(item["label"], [item["class"]]):
            facts["class"] = item_class
            decide = next((decide for when, decide, *_ in self.rules if all(facts[key] in values for key, values in when.items())), "never")
            if item_class == "PV" or decide == "never" or (decide == "ask" and not permitted):
                return False
        return True


class Draft:
    """What somebody does: one draft, with decisions in their order."""

    def __init__(self, dice, word, desks):
        self.word = word
        self.to = dice.sample(desks, dice.randrange(1, len(desks) + 1))
        self.fields = {"kind": dice.choice(KINDS), "tlp": dice.choice(TLP)}
        self.values = {label: values if dice.once_in(2) else values[:1] for label, values in texts(word).items()}
        for label in dice.some(["grading", "legal-advice", "provenance", "suspect", "party", "complainant", "inquiry", "indicator-personal"]):
            del self.values[label]
        self.permitted = dice.some(self.values)
        self.withheld = []  # (item, derivative's text or None, the only desk or None, reason, shown)
        for label in dice.sample(sorted(self.values), 4):
            item = f"{label}:1" if label in ("indicator", "suspect", "party", "custodian", "assistance", "inquiry", "indicator-personal") else label
            less = f"{word}less{label}" if dice.once_in(3) else None
            shown = dice.choice(["reason", "category"] if less else SHOWN)
            self.withheld.append((item, less, dice.choice([None, *self.to]), dice.choice(REASONS), shown))
            if less and dice.once_in(3):  # the last word counts
                self.withheld.append((item, None, dice.choice([None, *self.to]), dice.choice(REASONS), dice.choice(SHOWN)))
        self.wholly = dice.choice(self.to) if len(self.to) > 1 and dice.once_in(3) else None

    def without(self, silent):
        """The draft of somebody who has nothing of these: (label, element), or ("redacted", text)."""
        out = copy(self)
        out.values = {label: [value for n, value in enumerate(values, 1) if (label, n) not in silent] for label, values in self.values.items()}
        out.values = {label: values for label, values in out.values.items() if values}
        left = [one for one in self.withheld if one[0].split(":")[0] in out.values]
        out.withheld = [one if one[1] is None or ("redacted", one[1]) not in silent else (one[0], None, *one[2:]) for one in left]
        out.permitted = [label for label in self.permitted if label in out.values]
        return out

    def decision(self, item, desk):
        """The last one on it; None: nobody withheld it from this desk."""
        found = [one for one in self.withheld if one[0] in (item["label"], f"{item['label']}:{item['element']}") and one[2] in (None, desk)]
        return found[-1] if found else None


class AnyPolicy(Waiting):
    maxDiff = None
    desks_of_b = ("spam", "fraud")

    def post(self, path, **body):
        status, answer = self.a.call("POST", path, body)
        self.assertEqual(status, 200, answer)
        return answer

    def made(self, draft):
        """The draft's id and its items that are there, by number."""
        got = self.post("drafts", to=draft.to, disclose=draft.permitted, **draft.fields,
                        set={"data-protection": DATA_PROTECTION, "conduct": "fraud:phishing smtp", "seen": "2026-11-21T08:14:09Z", **draft.values})
        at = f"referrals/{got['referral']}"
        for item, less, desk, reason, shown in draft.withheld:
            more = {"from": desk} if desk else {}
            verb, more = ("redact", {"text": less, **more}) if less else ("withhold", more)
            got = self.post(f"{at}/{verb}", item=item, reason=reason, show=shown, **more)
        if draft.wholly:
            got = self.post(f"{at}/withhold", wholly=True, reason="out-of-mandate", **{"from": draft.wholly})
        items, elements = {}, {}
        for item in got["items"]:
            elements[item["label"]] = elements.get(item["label"], 0) + 1
            if item["present"]:
                items[item["item"]] = item | {"element": elements[item["label"]]}
        return got["referral"], items

    def released(self, referral):
        """Desk → sealed octets, plaintext and fields of its parcel; the ledger's entries that this made. None: silence would have shown."""
        entries = len(inside.entries(self.a))
        status, answer = self.a.call("POST", f"referrals/{referral}/approve", {})
        if status != 200:
            self.assertEqual(answer["error"]["code"], "silence-shows")
            return None
        messages = self.post(f"referrals/{referral}/send")["messages"]
        queued, out = inside.queued_parcels(self.a), {}
        for message in messages:
            desk, agency = message["to"].split("@")
            node = self.b if agency == self.b.agency else self.c
            sealed = queued[message["message"].replace("-", "")]
            plain = inside.age_open(inside.secrets_of(node)[f"desk-{desk}"], sealed)
            out[message["to"]] = sealed, plain, inside.parse_parcel(plain)
        return out, inside.entries(self.a)[entries:]

    def allowed(self, policy, draft, items, number, desk):
        item = items[number]
        permitted = item["label"] in draft.permitted
        if desk == draft.wholly:
            return False
        if item["label"] != "redacted":
            return draft.decision(item, desk) is None and policy.lets_go(item, desk, draft.fields, permitted)
        decision = draft.decision(items[item["original"]], desk)
        return decision is not None and decision[1] is not None and item["summary"].endswith(f"; {decision[1]}") and \
            policy.lets_go(item, desk, draft.fields, permitted)

    def check(self, policy, draft, referral, items, parcels):
        """Gives desk → number → inward disposition with its words."""
        octets = inside.parts_of(self.a, referral)[2]
        records = {record["to"]: (record, text) for record, text in
                   ((parse_decided(text.encode()), text) for text in inside.decided_records(self.a)) if record["referral"] == referral}
        self.assertEqual(sorted(records), sorted(draft.to), "one decision for each recipient")
        self.assertEqual(sorted(parcels), sorted(set(draft.to) - {draft.wholly}), "one parcel for each to whom something goes")
        out = {}
        for desk in draft.to:
            record, text = records[desk]
            inward = dict((int(line.split(" ")[1]), line.split(" ")[2:]) for line in text.splitlines() if line.startswith("item "))
            out[desk] = inward
            self.assertEqual(list(inward), list(octets), "every item has one disposition")
            self.assertEqual({n for n, words in inward.items() if words[0] != "absent"}, set(items))
            goes = {n for n in items if self.allowed(policy, draft, items, n, desk)}
            self.assertEqual({n for n, words in inward.items() if words[0] == "disclosed"}, goes, desk)
            self.assertEqual(record["derived"], {n: item["original"] for n, item in items.items() if item["label"] == "redacted"})
            self.count["kept"] += len(items) - len(goes)
            self.count["derived"] += sum(items[n]["label"] == "redacted" for n in goes)
            if desk == draft.wholly:
                self.assertIsNone(record["cover"])
                self.count["wholly"] += 1
                continue
            _, plain, fields = parcels[desk]
            cover, manifest = parse_cover(fields["cover"]), parse_manifest(fields["manifest"])
            check_decided(record, cover, manifest)
            self.assertEqual({item["number"]: item["octets"] for item in fields["items"] or ()}, {n: octets[n] for n in goes})
            for n, item in octets.items():
                flat = Flat(item)
                salt = flat.slots(flat.follow(0))[0]
                self.assertEqual(item[salt:salt + 32] in plain, n in goes, "salts of what goes, and no others")
            for n, item in items.items():
                for word in (word for word in item["summary"].replace(";", " ").split() if draft.word in word):
                    self.assertEqual(word.encode() in plain, n in goes, item["label"])
            self.count["gone"] += len(goes)
            self.count["parcels"] += 1
        return out

    def check_silence(self, draft, items, inward, parcels, entries):
        """One recipient's parcel, and what it can see of the ledger, of the same draft without what is silently withheld from it."""
        desk = next((desk for desk in draft.to if desk != draft.wholly), None)
        silent = {(item["label"], item["summary"].partition("; ")[2] if item["label"] == "redacted" else item["element"])
                  for n, item in items.items() if inward[desk][n][0] == "withheld" and inward[desk][n][4] == "silent"
                  and item["label"] in (*draft.values, "redacted")}
        if not silent:
            return
        referral, less = self.made(draft.without(silent))
        self.assertLess(len(less), len(items))
        again = self.released(referral)
        self.assertIsNotNone(again, "what is absent does not show")
        self.assertEqual(inside.shape_of(*again[0][desk]), inside.shape_of(*parcels[desk]))
        self.assertEqual([len(entry) for entry in again[1]], [len(entry) for entry in entries])
        self.count["twins"] += 1

    def test_nothing_goes_but_what_policy_and_people_allow_and_silence_shows_in_nothing(self):
        self.count = dict.fromkeys(("parcels", "gone", "kept", "derived", "wholly", "twins", "refused"), 0)
        desks = ["spam@acma.example", "fraud@acma.example", "spam@ftc.example"]
        for seed in range(8):
            dice = Dice(seed)
            policy = Policy(dice)
            self.in_force(policy.text())
            for n in range(10):
                with self.subTest(policy=seed, draft=n):
                    draft = Draft(dice, f"w{seed}x{n}q", desks)
                    referral, items = self.made(draft)
                    done = self.released(referral)
                    if done is None:
                        self.count["refused"] += 1
                        continue
                    inward = self.check(policy, draft, referral, items, done[0])
                    self.check_silence(draft, items, inward, *done)
        least = {"parcels": 50, "gone": 600, "kept": 600, "derived": 15, "wholly": 8, "twins": 25}
        self.assertEqual({what: n for what, n in self.count.items() if n < least.get(what, 0)}, {}, self.count)


if __name__ == "__main__":
    unittest.main(verbosity=2)
