"""Real nodes for end-to-end tests: made with `lapx init`, run as `lapxd`, used through the command line, as a person would.

Each Node has a home of its own below one temporary folder and listens on 127.0.0.1. Nothing here looks inside a home, except
where a test says so. Waiting is always for a condition with a deadline, never for a time.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

BIN = Path(os.environ.get("LAPX_BIN", Path(__file__).resolve().parents[2] / "build/dev/bin"))
SAMPLES = Path(__file__).resolve().parents[1] / "samples"
DEADLINE = 60.0


class Failed(Exception):
    """A command that was to succeed did not; carries its exit code and the error document."""

    def __init__(self, command, code, out, err):
        super().__init__(f"{' '.join(map(str, command))}: exit {code}\n{out}\n{err}")
        self.code, self.out, self.err = code, out, err

    @property
    def error(self):
        return json.loads(self.out)["error"]["code"]


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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node:
    def __init__(self, folder, agency, country="NL", sector="enforcement", desk="spam", extra=()):
        self.agency, self.desk_id = agency, desk
        self.folder = Path(folder) / agency
        self.folder.mkdir(parents=True)
        self.home, self.root = self.folder / "home", self.folder / "root"
        self.port = free_port()
        self.process, self.log_path = None, self.folder / "log"
        self.made = self.cli(
            "init", "--agency", agency, "--name", f"Agency {agency}", "--country", country, "--sector", sector,
            "--desk", desk, "--root", self.root, "--listen", f"127.0.0.1:{self.port}", "--sandbox",
            "--officer", "Ada Officer", "--position", "Investigator", *extra)

    @property
    def desk(self):
        return f"{self.desk_id}@{self.agency}"

    def run(self, *args, stdin=None, user=None, env=None):
        """Runs lapx with --json; gives (exit code, standard output, standard error)."""
        command = [BIN / "lapx", *map(str, args), "--home", self.home, "--json"]
        if user is not None:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=DEADLINE * 2,
                              env={**os.environ, **(env or {})})
        return done.returncode, done.stdout, done.stderr

    def cli(self, *args, **kwargs):
        """Runs lapx and returns its JSON document; Failed if the exit code is not 0."""
        code, out, err = self.run(*args, **kwargs)
        if code != 0:
            raise Failed(args, code, out, err)
        return json.loads(out) if out.strip() else None

    def refused(self, *args, **kwargs):
        """Runs lapx, which must fail with exit 1, and returns the stable error code."""
        code, out, err = self.run(*args, **kwargs)
        if code != 1:
            raise Failed(args, code, out, err)
        return json.loads(out)["error"]["code"]

    def start(self, wrapper=(), wait=True, args=()):
        self.log_path.touch()
        offset = self.log_path.stat().st_size
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([*wrapper, str(BIN / "lapxd"), "--home", str(self.home), *args],
                                        stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        if wait:
            wait_for(lambda: self._ready(offset), f"{self.agency} to be ready")
        return self

    def _ready(self, offset):
        if self.process.poll() is not None:
            raise RuntimeError(f"lapxd of {self.agency} ended with {self.process.returncode}:\n{self.log()}")
        with open(self.log_path, "rb") as log:
            log.seek(offset)
            return b" ready: " in log.read()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        code = self.process.returncode if self.process else 0
        self.process = None
        return code

    def card_file(self):
        path = self.folder / "card.out"
        self.cli("card", "show", "-o", path)
        return path

    def know(self, other, verify=True):
        """Adds the other's card and, unless told not to, compares the safety number as two people on the telephone would."""
        self.cli("contact", "add", other.card_file())
        if verify:
            self.cli("contact", "verify", other.agency, "--safety-number", other.made["safety_number"])

    def send(self, to, *args, mail=SAMPLES / "phish-bank.eml", kind="urgent"):
        return self.cli("file", "--to", to, "--kind", kind, "--send", *args, mail)

    def outbox(self):
        return self.cli("outbox")["items"]

    def inbox(self):
        return self.cli("inbox")["items"]

    def delivered(self, referral):
        return any(item["referral"] == referral and item["state"] == "delivered" for item in self.outbox())

    def wait_delivered(self, referral):
        wait_for(lambda: self.delivered(referral), f"{referral} to be delivered")

    def ledger_ok(self):
        return self.cli("ledger", "verify")


class Pair:
    """Two nodes that know and have verified each other; a context manager."""

    def __init__(self, verify=True):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-e2e-"))
        self.verify = verify

    def __enter__(self):
        self.a = Node(self.folder, "opta.example", "NL").start()
        self.b = Node(self.folder, "acma.example", "AU").start()
        if self.verify:
            self.a.know(self.b)
            self.b.know(self.a)
        return self

    def __exit__(self, kind, value, trace):
        for node in (self.a, self.b):
            if kind is not None:
                print(f"--- log of {node.agency}\n{node.log()}")
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
