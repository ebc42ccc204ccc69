"""Real nodes for end-to-end tests: made with `lapx init`, run as `lapxd`, used through the command line as a person would,
or through the control socket as a program would.

Each Node has a home of its own below one temporary folder and listens on 127.0.0.1. Nothing here looks inside a home; that is
what inside.py is for. Waiting is always for a condition with a deadline, never for a time.
"""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
BIN = Path(os.environ.get("LAPX_BIN", TESTS.parent / "build/dev/bin"))
SAMPLES = TESTS / "samples"
VERIFIER = TESTS / "outside/python"
DEADLINE = 60.0

sys.path.insert(0, str(VERIFIER))


class Failed(Exception):
    """A command that was to succeed did not, or the other way round."""

    def __init__(self, command, code, out, err):
        super().__init__(f"{' '.join(map(str, command))}: exit {code}\n{out}\n{err}")


def wait_for(condition, what, deadline=DEADLINE):
    """Calls condition until it returns something true, and returns that."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline:.0f} s for {what}")
        time.sleep(0.02)


def free_port():
    """One that no connection takes by itself: below those that Linux gives out. A node that is started again finds it free."""
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass  # in use


def each(flag, values):
    """The flag before each of the values."""
    return [word for value in values for word in (flag, value)]


class ControlConnection(http.client.HTTPConnection):
    """HTTP over the control socket; kept open, so that many requests cost little."""

    def __init__(self, path):
        super().__init__("lapx", timeout=DEADLINE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def call(self, method, path, body=None, **headers):
        """Gives (status, JSON document). Raises OSError or HTTPException if the node went away."""
        octets = None if body is None else json.dumps(body).encode()
        self.request(method, "/v1/" + path, octets, {"Content-Type": "application/json", **headers})
        answer = self.getresponse()
        return answer.status, json.loads(answer.read())


class Node:
    def __init__(self, folder, agency, country="NL", desks=("spam",), extra=(), home=None, sandbox=True, no_inbound=False,
                 advertise=None, host="127.0.0.1", port=None, init=()):
        self.agency, self.desk_id = agency, desks[0]
        self.folder = Path(folder) / agency
        self.folder.mkdir(parents=True)
        self.home, self.root = Path(home or self.folder / "home"), self.folder / "root"
        self.keyfile = self.folder / "keyfile"
        self.port = port or free_port()
        self.process, self.log_path = None, self.folder / "log"
        self.wrapper = ()  # what lapxd is started with, unless start() is told something else
        self.socket_path = self.home / "control.sock"
        self.made = self.cli(
            "init", "--agency", agency, "--name", f"Agency {agency}", "--country", country, "--sector", "enforcement",
            *each("--desk", desks), "--root", self.root, *self._reached(no_inbound, host, advertise), *(["--sandbox"] if sandbox else []),
            "--officer", "Ada Officer", "--position", "Investigator", *(extra or ("--keyfile", self.keyfile)), *init)

    def _reached(self, no_inbound, host, advertise):
        """Where it listens, and the host that its notice names if that is another."""
        if no_inbound:
            return ["--no-inbound"]
        return ["--listen", f"{host}:{self.port}", *(["--advertise", f"{advertise}:{self.port}"] if advertise else [])]

    @property
    def desk(self):
        return f"{self.desk_id}@{self.agency}"

    def run(self, *args, stdin=None, user=None, where=None):
        """Runs lapx with --json; gives (exit code, standard output, standard error)."""
        command = [BIN / "lapx", *(where or ("--home", self.home)), "--json", *map(str, args)]
        if user is not None:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=DEADLINE * 2)
        return done.returncode, done.stdout, done.stderr

    def cli(self, *args, **kwargs):
        """Runs lapx, which must succeed, and returns its JSON document."""
        code, out, err = self.run(*args, **kwargs)
        if code != 0:
            raise Failed(args, code, out, err)
        return json.loads(out) if out.strip() else None

    def refused(self, *args, expected_exit=1, **kwargs):
        """Runs lapx, which must fail, and returns the stable error code."""
        code, out, err = self.run(*args, **kwargs)
        if code != expected_exit:
            raise Failed(args, code, out, err)
        return json.loads(out)["error"]["code"]

    def control(self):
        return ControlConnection(self.socket_path)

    def call(self, method, path, body=None, **headers):
        """One request on the control socket; gives (status, JSON document)."""
        connection = self.control()
        try:
            return connection.call(method, path, body, **headers)
        finally:
            connection.close()

    def get(self, path):
        """What is read often, without starting a program for it."""
        status, document = self.call("GET", path)
        assert status == 200, document
        return document

    def start(self, wrapper=None, wait=True, args=()):
        self.log_path.touch()
        offset = self.log_path.stat().st_size
        with open(self.log_path, "ab") as log:
            command = [*(self.wrapper if wrapper is None else wrapper), str(BIN / "lapxd"), "--home", str(self.home), *map(str, args)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if wait:
            wait_for(lambda: self._ready(offset), f"{self.agency} to be ready")
        return self

    def _ready(self, offset):
        if self.process.poll() is not None:
            raise RuntimeError(f"lapxd of {self.agency} ended with {self.process.returncode}:\n{self.log()}")
        with open(self.log_path, "rb") as log:
            log.seek(offset)
            return b" ready: " in log.read()

    def will_not_start(self, args=()):
        """Starts lapxd, which must end by itself with exit 1, and returns the stable code it names."""
        done = subprocess.run([BIN / "lapxd", "--home", self.home, *map(str, args)], capture_output=True, text=True,
                              timeout=DEADLINE, stdin=subprocess.DEVNULL)
        words = [line for line in done.stderr.splitlines() if line.startswith("lapxd: error: ")]
        if done.returncode != 1 or len(words) != 1:
            raise Failed(["lapxd"], done.returncode, done.stdout, done.stderr)
        return words[0].split(": ")[2]

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.running():
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def restart(self):
        self.stop()
        return self.start()

    def keep_copy(self):
        """What a backup of the stopped node would hold."""
        shutil.copytree(self.home, self.folder / "copy", ignore=shutil.ignore_patterns("*.sock"))

    def put_copy_back(self):
        shutil.rmtree(self.home)
        shutil.copytree(self.folder / "copy", self.home)

    def card_file(self):
        path = self.folder / "card.out"
        self.cli("card", "show", "-o", path)
        return path

    def know(self, other, verify=True):
        """Adds the other's card and, unless told not to, compares the safety number as two people on the telephone would."""
        self.cli("contact", "add", other.card_file())
        if verify:
            self.verify(other)

    def verify(self, other):
        self.cli("contact", "verify", other.agency, "--safety-number", other.made["safety_number"])

    def file(self, to, *args, mail=SAMPLES / "phish-bank.eml", kind="urgent"):
        to = [to] if isinstance(to, str) else to
        return self.cli("file", *each("--to", to), "--kind", kind, *args, mail)

    def send(self, to, *args, **kwargs):
        return self.file(to, "--send", *args, **kwargs)

    def state(self, agency):
        """The state in which this node holds that agency; nothing for one it does not know."""
        return {contact["agency"]: contact["state"] for contact in self.get("contacts")["items"]}.get(agency)

    def listed(self, what):
        """All of inbox, outbox, drafts or contacts."""
        items, cursor = [], ""
        while cursor is not None:
            page = self.get(what + (f"?cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page["next"]
        return items

    def row(self, what, referral):
        return next((item for item in self.listed(what) if item["referral"] == referral), None)

    def messages(self, referral):
        return self.get(f"referrals/{referral}/why")["messages"]

    def delivered(self, referral):
        return all(message["state"] == "delivered" for message in self.messages(referral))

    def wait_delivered(self, referral):
        wait_for(lambda: self.delivered(referral), f"{referral} to be delivered")

    def connected(self, other):
        return any(peer["agency"] == other.agency and peer["connected"] for peer in self.get("status")["peers"])

    def wait_connected(self, other):
        wait_for(lambda: self.connected(other), f"{self.agency} to be connected to {other.agency}")

    def head(self):
        return self.get("ledger/head")

    def size(self):
        return self.head()["size"]

    def traces(self):
        """What a refused request must leave as it was."""
        lists = {what: self.listed(what) for what in ("inbox", "outbox", "drafts", "contacts")}
        return lists | {"ledger": self.head()["note"].split("\n\n")[0], "queued": self.get("status")["queued"]}


class Pair:
    """Two nodes that know and have verified each other; a context manager."""

    def __init__(self, verify=True, a=(), b=()):
        self.verify, self.options = verify, (dict(a), dict(b))

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-e2e-"))
        self.nodes = []
        try:
            for agency, country, options in zip(("opta.example", "acma.example"), ("NL", "AU"), self.options):
                self.nodes.append(Node(self.folder, agency, country, **options).start())
            self.a, self.b = self.nodes
            if self.verify:
                self.a.know(self.b)
                self.b.know(self.a)
                self.a.wait_connected(self.b)
                self.b.wait_connected(self.a)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, value, trace):
        for node in self.nodes:
            node.kill()
            if kind is not None:
                print(f"--- log of {node.agency}\n{node.log()}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)


class PairTest(unittest.TestCase):
    """Tests that share one pair of nodes, self.a and self.b; the logs are shown if any of them fails."""

    options = {}
    any_failed = False

    @classmethod
    def setUpClass(cls):
        cls.pair = Pair(**cls.options).__enter__()
        cls.addClassCleanup(lambda: cls.pair.__exit__(AssertionError if cls.any_failed else None, None, None))
        cls.a, cls.b, cls.folder = cls.pair.a, cls.pair.b, cls.pair.folder

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        type(self).any_failed |= len(result.failures) + len(result.errors) > before

    def assert_no_trace(self, node, refusal, expected):
        """`refusal` must give that code, and leave everything as it was."""
        before = node.traces()
        self.assertEqual(refusal(), expected)
        self.assertEqual(node.traces(), before)

    def assert_sound(self, *nodes):
        for node in nodes:
            result = node.cli("ledger", "verify")
            self.assertEqual((result["ok"], result["problems"]), (True, []))
