"""P8 and P9: many peers connected to one node."""

from bench import Group, nodes, tool


class Peers(Group):
    goals = frozenset({"P8", "P9"})

    def measure(self):
        count = self.bench.options.peers
        with nodes(self.bench) as (node, _):
            crowd = tool("peers", "--socket", node.socket_path, "--card", node.card_file(), "--pid", node.process.pid, "--count", count)
        self.bench.add(**crowd)
        raw = self.bench.yardstick(r"RTT all: ([0-9.]+) s", "zt", "conns", 1, count)
        self.bench.ratio("p9", crowd["connect_ms"] / 1000, raw)

    def rows(self):
        show, count = self.bench.show, self.bench.options.peers
        return [("P8", f"a CURVE peer, connected, of {count}: KiB (PSS)", "<= 60", show("connected_kib", "{:.1f}"),
                 f"known: {show('contact_kib', '{:.1f}')} KiB more each"),
                ("P9", f"{count} peers connected and greeted, time / raw ZeroMQ's", "<= 1.5", show("p9"),
                 f"{show('connect_ms', '{:.0f}')} ms; added and verified in {show('add_ms', '{:.0f}')} ms")]
