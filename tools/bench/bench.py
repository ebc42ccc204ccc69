"""What the rows of tools/bench/report share: nodes, load, yardsticks, and the samples that were taken."""

import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

from harness import BIN, Node, wait_for

IN_FLIGHT = 128  # requests; one Unix account may have 192 open


class Bench:
    def __init__(self, options, work):
        self.options, self.work = options, work
        yard = os.environ.get("LAPX_YARDSTICK")
        self.yard = Path(yard) if yard else None
        self.samples = defaultdict(list)

    def add(self, **figures):
        for name, value in figures.items():
            self.samples[name].append(float(value))

    def median(self, name):
        return statistics.median(self.samples[name]) if self.samples[name] else None

    def show(self, name, form="{:.2f}"):
        """The median as a cell of the table; `-` where nothing was measured."""
        value = self.median(name)
        return "-" if value is None else form.format(value)

    def yardstick(self, pattern, program, *args):
        """The number that the pattern finds in what the yardstick program prints; nothing without yardsticks."""
        if self.yard is None:
            return None
        done = subprocess.run([self.yard / program, *map(str, args)], capture_output=True, text=True, check=True)
        return float(re.search(pattern, done.stdout).group(1))

    def ratio(self, name, value, yardstick):
        if yardstick:
            self.add(**{name: value / yardstick})


class Group:
    """Rows that are measured together. `once`: in the first pair alone."""

    goals = frozenset()
    once = False

    def __init__(self, bench):
        self.bench = bench

    def measure(self):
        """One pair of runs."""

    def rows(self):
        """(goal, what, figure, measured, plain), all texts."""
        return []

    def remark(self):
        """What is printed below the table."""

    def close(self):
        """Ends what still runs; also after an error."""


def tool(command, *args):
    """Runs lapx-bench; gives its `name value` lines."""
    done = subprocess.run([BIN / "lapx-bench", command, *map(str, args)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"lapx-bench {command}: {done.stderr.strip()}")
    lines = [line.split() for line in done.stdout.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def bulk(sender, recipient, count, *args):
    return tool("bulk", "--socket", sender.socket_path, "--to", recipient.desk, "--count", count, "--in-flight", IN_FLIGHT, *args)


def bulk_cpu(sender, recipient, count):
    """With the CPU that both nodes took for it."""
    return bulk(sender, recipient, count, "--pid", sender.process.pid, "--pid", recipient.process.pid)


def lone(sender, recipient, count):
    return tool("lone", "--socket", sender.socket_path, "--to", recipient.desk, "--count", count)


def make_node(folder, agency, country):
    """On a port that stays free while it is stopped: below those that connections are made from."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as limits:
        first = int(limits.read().split()[0])
    while True:
        port = random.randrange(first // 2, first)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return Node(folder, agency, country, port=port)


def introduce(a, b):
    for one, other in ((a, b), (b, a)):
        one.know(other)
    for one, other in ((a, b), (b, a)):
        one.wait_connected(other)


def end(node):
    """Lets it stop by itself. Under strace the node is the child, and strace ends with it."""
    if not node.running():
        return
    children = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text(encoding="ascii").split()
    traced = bool(node.wrapper) and node.wrapper[0] == "strace"
    os.kill(int(children[0]) if traced else node.process.pid, 15)
    node.process.wait()


@contextmanager
def nodes(bench, agencies=(("opta.example", "NL"), ("acma.example", "AU")), wrapper=lambda agency, folder: ()):
    """Running nodes that know the first of them, and it them; gone with all they wrote at the end."""
    folder = Path(tempfile.mkdtemp(dir=bench.work))
    made = []
    try:
        for agency, country in agencies:
            made.append(make_node(folder, agency, country))
            made[-1].wrapper = wrapper(agency, folder)
            made[-1].start()
        for other in made[1:]:
            introduce(made[0], other)
        yield made
    finally:
        for node in made:
            end(node)
        shutil.rmtree(folder)


def with_children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [pid, *map(int, children.read().split())]


def memory(pid, field):
    """KiB of a process and its children: `Pss` or `Rss`."""
    total = 0
    for one in with_children(pid):
        with open(f"/proc/{one}/smaps_rollup", encoding="ascii") as lines:
            total += sum(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
    return total


def cpu(pid):
    """Seconds of CPU of all threads of a process."""
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        nanoseconds += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return nanoseconds / 1e9


def timed(work):
    begun = time.monotonic()
    result = work()
    return time.monotonic() - begun, result
