"""P7: what a referral costs whose exhibit goes along, or lies in a file and is asked for."""

import sqlite3
from contextlib import closing

from bench import Group, bulk, cpu, nodes
from harness import wait_for

KIB = 1024
PRO_FORMA = 4 * KIB
WARM_UP = 16
# Name → octets of the exhibit, and the share of the referrals that is filed with one.
KINDS = {"64 KiB": (64 * KIB, 1), "1 MiB": (1024 * KIB, 1 / 8)}


def arrived(node):
    """How many exhibits are here. Asked of the file, for a node's own answer costs what is measured."""
    with closing(sqlite3.connect(f"file:{node.home / 'lapx.db'}?mode=ro", uri=True)) as database:
        return database.execute("SELECT count(*) FROM exhibit WHERE state = 1 AND cause = ''").fetchone()[0]


def exchange(sender, recipient, count, size):
    """So many referrals with an exhibit each, until all of both have come."""
    before = arrived(recipient)
    bulk(sender, recipient, count, "--exhibit", size)
    wait_for(lambda: arrived(recipient) == before + count, "the exhibits", deadline=600)


class Exhibits(Group):
    goals = frozenset({"P7"})

    def measure(self):
        for name, (size, share) in KINDS.items():
            count = max(WARM_UP, int(self.bench.options.exhibits * share))
            with nodes(self.bench) as (a, b):
                exchange(a, b, WARM_UP, size)
                before = sum(cpu(node.process.pid) for node in (a, b))
                exchange(a, b, count, size)
                spent = (sum(cpu(node.process.pid) for node in (a, b)) - before) / count * 1e6
            ideal = self.bench.yardstick(r"sum ([0-9.]+) us/referral", "ideal", self.bench.work / "ideal", "eph=1", "rb=1",
                                         f"size={size + PRO_FORMA}", f"n={count}")
            self.bench.add(**{f"cpu {name}": spent})
            self.bench.ratio(f"p7 {name}", spent, ideal)

    def rows(self):
        figures = {"64 KiB": "<= 1.25", "1 MiB": "<= 1.0"}
        return [("P7", f"CPU of a referral with an exhibit of {name} / ideal's", figures[name], self.bench.show(f"p7 {name}"),
                 f"{self.bench.show(f'cpu {name}', '{:.0f}')} us") for name in KINDS]
