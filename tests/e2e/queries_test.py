"""How a node looks for things: whatever it does often must not take longer the more was ever kept. Every query of a day's work is shown to
SQLite, which says whether it would go through an index or over everything."""

import re
import sqlite3
import subprocess
import unittest
from contextlib import closing
from pathlib import Path

from harness import PairTest, wait_for

# Tables with a row for each referral, message or entry, and what of them may be gone over whole.
GROWING = {"referral", "message", "outbox", "receipt", "exhibit", "custody", "move", "kept_back", "leaf", "opening", "tile", "checkpoint",
           "cosignature", "card_history", "disputed"}
WHOLE = (
    "SELECT count(*) FROM outbox",
    "SELECT o.message FROM outbox o JOIN message m",  # what expired: once a minute
    "SELECT first + count FROM leaf ORDER BY first DESC LIMIT 1",  # the last one
    "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1",
    "SELECT coalesce((SELECT first + count FROM leaf ORDER BY first DESC LIMIT 1), 0), (SELECT note FROM checkpoint",
    "SELECT coalesce((SELECT max(size) FROM checkpoint), 0)",
    "SELECT e.referral, e.number, r.agency FROM exhibit e JOIN referral r ON r.seq = e.referral WHERE e.state = 3",  # has an index of these alone
)
# Half of all rows have the same direction, and in an outage most of the outbox has the same peer.
POOR = re.compile(r"SEARCH (\w+) USING (?:COVERING )?INDEX \w+ \((?:direction|peer)=\?\)")
OVER_ALL = re.compile(r"SCAN (\w+)")


def plan(database, query):
    rows = database.execute("EXPLAIN QUERY PLAN " + query, [None] * query.count("?"))
    return [row[3] for row in rows]


def names(query):
    """Alias → table."""
    pairs = re.findall(r"\b(?:FROM|JOIN|UPDATE|INTO) (\w+)(?: AS)?(?: (\w+))?", query)
    return {alias: table for table, alias in pairs} | {table: table for table, _ in pairs}


class Queries(PairTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        library = cls.folder / "queries.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name("queries_test.c"), "-ldl"], check=True)
        for node in (cls.a, cls.b):
            node.wrapper = ("env", f"LD_PRELOAD={library}", f"LAPX_QUERIES={node.folder / 'queries'}")
            node.restart()
        cls.a.wait_connected(cls.b)
        cls.b.wait_connected(cls.a)

    def queries(self, node):
        return {" ".join(one.split()) for one in (node.folder / "queries").read_text().split("\0")
                if re.match("(?i)select|update|insert|delete", one.strip())}

    def work(self):
        """What people do with a referral, on both sides."""
        a, b = self.a, self.b
        referral = a.send(b.desk)["referral"]
        a.wait_delivered(referral)
        for what in ("inbox", "outbox", "drafts", "contacts", "status", "due"):
            for node in (a, b):
                node.call("GET", what)
        for node in (a, b):
            node.cli("show", referral)
        a.cli("audit", referral)
        a.cli("why", referral)
        b.cli("acknowledge", referral)
        b.cli("answer", referral, "-m", "We know it.", "--send")
        a.cli("withdraw", referral, "-m", "An error.")
        wait_for(lambda: a.get("status")["queued"] == b.get("status")["queued"] == 0, "all to be delivered")

    def test_a_node_does_not_go_over_everything_that_it_has(self):
        self.work()
        checked, found = 0, []
        for node in (self.a, self.b):
            with closing(sqlite3.connect(f"file:{node.home / 'lapx.db'}?mode=ro", uri=True)) as database:
                for query in self.queries(node):
                    if "sqlite_master" in query or query.startswith(WHOLE):
                        continue
                    checked += 1
                    tables, steps = names(query), plan(database, query)
                    for step in steps:
                        hit = OVER_ALL.match(step) or POOR.match(step)
                        if hit and tables.get(hit.group(1), hit.group(1)) in GROWING:
                            found.append((step, query))
                    # Who asks for a page does not want all to be sorted first. Few ids begin alike.
                    if " LIMIT ?" in query and "USE TEMP B-TREE FOR ORDER BY" in steps:
                        found.append(("sorts", query))
        self.assertGreater(checked, 100)
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
