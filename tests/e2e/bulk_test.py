"""Many referrals in one run: lapx file --bulk."""

import json
import os
import signal
import subprocess
import threading
import unittest

from harness import BIN, SAMPLES, PairTest, wait_for
from terminal_test import Terminal

PHISH = "phish-bank.eml"
ITEMS = {"facts": "A page that looks like the bank's.", "seen": "2026-11-20"}


def catches(process, number):
    with open(f"/proc/{process}/status") as status:
        caught = next(line.split()[1] for line in status if line.startswith("SigCgt:"))
    return int(caught, 16) >> number - 1 & 1


class Bulk(PairTest):
    def lines(self, name, lines):
        path = self.folder / name
        path.write_text("".join(line + "\n" if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
        return path

    def bulk(self, path, *args, code=0, stdin=None):
        exit_code, out, err = self.a.run("file", "--bulk", path, "--to", self.b.desk, *args, stdin=stdin)
        self.assertEqual(exit_code, code, out + err)
        return json.loads(out)

    def numbers(self, which):
        return {number: self.a.cli("show", number)["referral"] for number in which}

    def test_every_line_becomes_a_referral_and_running_it_again_makes_none(self):
        lines = [{"external_id": f"all-{n}", "set": ITEMS} for n in range(150)]
        path = self.lines("all.ndjson", lines)
        self.assertEqual(self.bulk(path, "--send"), {"lines": 150, "filed": {"sent": 150}, "filed_before": 0, "refused": []})
        wait_for(lambda: self.a.get("status")["queued"] == 0, "all to be delivered")
        sent, came = ({row["referral"] for row in node.listed(box)} for node, box in ((self.a, "outbox"), (self.b, "inbox")))
        self.assertEqual(sent, came)
        self.assertEqual(len(sent & set(self.numbers(line["external_id"] for line in lines).values())), 150)
        size = self.a.size()
        again = self.lines("again.ndjson", lines + [{"external_id": "one-more", "set": ITEMS}])
        self.assertEqual(self.bulk(again, "--send"), {"lines": 151, "filed": {"sent": 1}, "filed_before": 150, "refused": []})
        self.assertGreater(self.a.size(), size)

    def test_at_a_terminal_it_shows_how_much_of_the_file_is_done(self):
        path = self.lines("shown.ndjson", [{"external_id": f"shown-{n}", "set": ITEMS} for n in range(40)] + ["no JSON"])
        with Terminal(BIN / "lapx", "--home", self.a.home, "file", "--bulk", path, "--to", self.b.desk) as terminal:
            terminal.see(f"[{20 * '#'}] 100 %, 41 lines, 1 refused, ")
            terminal.see("Refused:")
        with Terminal("/bin/sh", "-c", f"cat {path} | {BIN}/lapx --home {self.a.home} file --bulk - --to {self.b.desk}") as terminal:
            terminal.see("\r41 lines, 1 refused, ")

    def test_who_wants_no_more_than_the_outcome_is_told_no_more(self):
        draft = {"to": [self.b.desk], "kind": "information", "set": ITEMS, "send": True, "external_id": "brief-1"}
        brief, whole = {"Prefer": "return=minimal"}, {"Prefer": "return=representation"}
        told = [self.a.call("POST", "drafts", {**draft, "external_id": number}, **headers)
                for number, headers in (("brief-1", brief), ("brief-1", brief), ("brief-2", whole))]
        self.assertEqual([status for status, _ in told], [200] * 3)
        first, again, other = (answer for _, answer in told)
        names = {"referral", "state", "leaves", "messages"}
        self.assertEqual((set(first), set(again)), (names, names | {"already_filed"}))
        self.assertEqual((first["state"], again["referral"]), ("sent", first["referral"]))
        self.assertEqual([message["to"] for message in first["messages"]], [self.b.desk])
        self.assertIn("items", other)

    def test_a_line_that_is_refused_is_told_and_does_not_stop_the_rest(self):
        path = self.lines("mixed.ndjson", [
            {"external_id": "mixed-1"}, "no JSON", "", '["a list"]', {"set": ITEMS}, {"external_id": 7},
            {"external_id": "mixed-7", "to": ["spam@nowhere.example"]}, {"external_id": "mixed-8", "withhold": [{"item": "facts", "reason": "whim"}]},
            {"external_id": "mixed-9", "set": {"colour": "red"}}, {"external_id": "mixed-10", "kind": "urgent"},
            {"external_id": "mixed-11", "message_file": PHISH}])
        told = self.bulk(path, code=1)
        self.assertEqual((told["lines"], told["filed"], told["filed_before"]), (11, {"draft": 2}, 0))
        self.assertEqual({refused["line"]: (refused["external_id"], refused["code"]) for refused in told["refused"]}, {
            2: (None, "invalid-argument"), 4: (None, "invalid-argument"), 5: (None, "invalid-argument"), 6: ("7", "invalid-argument"),
            7: ("mixed-7", "unknown-agency"), 8: ("mixed-8", "unknown-reason"), 9: ("mixed-9", "unknown-item"),
            11: ("mixed-11", "invalid-argument")})
        self.assertEqual(self.a.cli("show", "mixed-10")["kind"], "urgent")
        self.assertEqual(self.a.refused("show", "mixed-8"), "unknown-referral")

    def test_what_a_line_says_goes_before_what_the_command_says(self):
        path = self.lines("own.ndjson", [{"external_id": "own-1", "tlp": "GREEN", "kind": "urgent"}, {"external_id": "own-2"}])
        self.bulk(path, "--tlp", "RED", "--kind", "information")
        shown = [self.a.cli("show", number) for number in ("own-1", "own-2")]
        self.assertEqual([(one["kind"], one["handling"]["tlp"]) for one in shown], [("urgent", "GREEN"), ("information", "RED")])

    def test_a_line_names_a_mail_of_one_folder_and_of_no_other(self):
        secret = self.folder / "secret.eml"
        secret.write_bytes((SAMPLES / PHISH).read_bytes())
        mails = self.folder / "mails"
        mails.mkdir()
        (mails / "link.eml").symlink_to(secret)
        (mails / PHISH).write_bytes((SAMPLES / PHISH).read_bytes())
        names = [PHISH, "../secret.eml", str(secret), "link.eml", "", "none.eml", 7, "."]
        path = self.lines("mails.ndjson", [{"external_id": f"mail-{n}", "message_file": name} for n, name in enumerate(names)])
        told = self.bulk(path, "--messages", mails, code=1)
        self.assertEqual(told["filed"], {"draft": 1})
        self.assertEqual({one["line"]: one["code"] for one in told["refused"]}, {n: "not-found" if n == 6 else "invalid-argument" for n in range(2, 9)})
        copy = self.folder / "copy.eml"
        self.a.cli("exhibit", "get", "mail-0", 1, "-o", copy)
        self.assertEqual(copy.read_bytes(), (SAMPLES / PHISH).read_bytes())

    def test_a_line_that_is_too_long_is_refused_and_the_next_is_not(self):
        path = self.folder / "long.ndjson"
        with open(path, "w") as file:
            file.write('{"external_id": "long-1", "set": {"facts": "' + "x" * (40 << 20) + '"}}\n{"external_id": "long-2"}')
        told = self.bulk(path, code=1)
        self.assertEqual((told["lines"], told["filed"]), (2, {"draft": 1}))
        self.assertEqual([(one["line"], one["code"]) for one in told["refused"]], [(1, "too-large")])
        self.assertEqual(self.a.cli("show", "long-2")["state"], "draft")

    def test_a_line_that_is_nested_without_end_is_refused_and_the_next_is_not(self):
        path = self.lines("deep.ndjson", ['{"external_id": "deep-1", "set": ' + 100_000 * "[" + 100_000 * "]" + "}", {"external_id": "deep-2"}])
        told = self.bulk(path, code=1)
        self.assertEqual((told["lines"], told["filed"]), (2, {"draft": 1}))
        self.assertEqual([(one["line"], one["code"]) for one in told["refused"]], [(1, "invalid-argument")])

    def test_of_two_lines_that_say_different_things_under_one_number_the_second_is_told(self):
        lines = [{"external_id": "same", "set": {"facts": "one"}}, {"external_id": "same", "set": {"facts": "one"}}, {"external_id": "same", "set": {"facts": "two"}}]
        told = self.bulk(self.lines("same.ndjson", lines), code=1)
        self.assertEqual((told["filed"], told["filed_before"]), ({"draft": 1}, 1))
        (refused,) = told["refused"]
        self.assertEqual((refused["line"], refused["code"]), (3, "invalid-argument"))
        self.assertIn("line 1 has this external_id", refused["message"])

    def test_a_line_that_names_a_pipe_keeps_nothing_waiting(self):
        mails = self.folder / "pipes"
        mails.mkdir()
        os.mkfifo(mails / "pipe.eml")
        told = self.bulk(self.lines("pipes.ndjson", [{"external_id": "pipe-1", "message_file": "pipe.eml"}]), "--messages", mails, code=1)
        self.assertEqual([one["code"] for one in told["refused"]], ["invalid-argument"])

    def test_a_line_from_a_program_that_goes_on_later_is_filed_at_once(self):
        command = [BIN / "lapx", "--home", self.a.home, "file", "--bulk", "-", "--to", self.b.desk]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as run:
            for number in ("slow-1", "slow-2"):
                run.stdin.write(json.dumps({"external_id": number}) + "\n")
                run.stdin.flush()
                wait_for(lambda: self.a.run("show", number)[0] == 0, f"{number} to be filed")
            run.stdin.close()
            self.assertEqual(run.wait(), 0)

    def test_lines_come_from_standard_input_too(self):
        told = self.bulk("-", stdin="".join(json.dumps({"external_id": f"in-{n}"}) + "\n" for n in range(3)))
        self.assertEqual(told["filed"], {"draft": 3})

    def test_it_is_for_lines_alone(self):
        path = self.lines("one.ndjson", [{"external_id": "alone-1"}])
        for extra in ((SAMPLES / PHISH,), ("--dry-run",), ("--external-id", "alone")):
            self.assertEqual(self.a.refused("file", "--bulk", path, "--to", self.b.desk, *extra), "invalid-argument")
        self.assertEqual(self.a.refused("file", "--bulk", self.folder / "nothing", "--to", self.b.desk), "not-found")
        self.assertEqual(self.a.refused("show", "alone-1"), "unknown-referral")

    def test_a_run_that_was_cut_off_is_taken_up_by_running_it_again(self):
        lines = [{"external_id": f"cut-{n}", "set": ITEMS} for n in range(400)]
        path = self.lines("cut.ndjson", lines)
        command = [BIN / "lapx", "--home", self.a.home, "--json", "file", "--bulk", path, "--to", self.b.desk, "--send"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
            wait_for(lambda: self.a.get("status")["queued"] > 0 or self.a.row("outbox", "") or self.a.size() > 20, "some of it to be filed")
            self.a.kill()
            out = running.communicate()[0]
        self.assertEqual(running.returncode, 3)
        cut = json.loads(out)
        self.assertEqual(cut["error"]["code"], "node-unreachable")
        self.a.start()
        told = self.bulk(path, "--send")
        self.assertEqual(told["filed"].get("sent", 0) + told["filed_before"], 400)
        self.assertEqual(told["refused"], [])
        wait_for(lambda: self.a.get("status")["queued"] == 0, "all to be delivered", 120)
        came = [row["referral"] for row in self.b.listed("inbox")]
        self.assertEqual(len(came), len(set(came)))
        self.assertLessEqual(set(self.numbers(f"cut-{n}" for n in range(0, 400, 20)).values()), set(came))

    def test_who_interrupts_it_is_told_how_far_it_came(self):
        lines = [json.dumps({"external_id": f"int-{n}", "set": ITEMS}) + "\n" for n in range(50)]
        command = [BIN / "lapx", "--home", self.a.home, "--json", "file", "--bulk", "-", "--to", self.b.desk]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            running.stdin.writelines(lines[:40])
            running.stdin.flush()
            wait_for(lambda: self.a.run("show", "int-0")[0] == 0, "some of it to be filed")
            running.send_signal(signal.SIGINT)
            out, err = running.communicate("".join(lines[40:]))  # it may be waiting for the next line
        self.assertEqual(running.returncode, 130)
        told = json.loads(out)
        self.assertLess(told["lines"], 50)
        self.assertEqual((told["filed"], told["refused"]), ({"draft": told["lines"]}, []))
        self.assertIn("Run it again", err)

    def test_who_interrupts_it_while_the_node_is_starting_need_not_wait(self):
        def starting():
            return self.a.call("POST", "drafts", {})[1]["error"]["code"] == "starting"
        path = self.lines("early.ndjson", [{"external_id": f"early-{n}", "set": ITEMS} for n in range(50)])
        self.b.stop()
        self.a.restart()  # waits for its peer to confirm its ledger
        try:
            command = [BIN / "lapx", "--home", self.a.home, "--json", "file", "--bulk", path, "--to", self.b.desk]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
                wait_for(lambda: catches(running.pid, signal.SIGINT), "it to be interruptible")
                running.send_signal(signal.SIGINT)
                out, err = running.communicate()
            self.assertEqual(running.returncode, 130)
            self.assertEqual(json.loads(out), {"lines": 0, "filed": {}, "filed_before": 0, "refused": []})
            self.assertIn("Run it again", err)
        finally:
            self.b.start()
            wait_for(lambda: not starting(), "the peer to confirm the ledger")

    def test_two_runs_of_the_same_file_at_once_file_each_line_once(self):
        path = self.lines("twice.ndjson", [{"external_id": f"twice-{n}", "set": ITEMS} for n in range(200)])
        told = []
        threads = [threading.Thread(target=lambda: told.append(self.bulk(path, "--send"))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(one["filed"].get("sent", 0) for one in told), 200)
        self.assertEqual(sum(one["filed_before"] for one in told), 200)



class Events(PairTest):
    def events(self, node, after=0):
        return node.cli("events", "--after", after)

    def last(self, node):
        return self.events(node)["last"]

    def of(self, node, referral, after=0):
        return [event for event in self.events(node, after)["items"] if event["referral"] == referral]

    def test_what_became_of_a_referral_is_told_on_both_sides_without_what_is_in_it(self):
        before = {node: self.last(node) for node in (self.a, self.b)}
        referral = self.a.send(self.b.desk, "--set", "facts=Secret words.", "--external-id", "T-1")["referral"]
        self.a.wait_delivered(referral)
        self.b.cli("acknowledge", referral)
        wait_for(lambda: len(self.of(self.a, referral, before[self.a])) == 2, "the acknowledgement")
        sent, acknowledged = self.of(self.a, referral, before[self.a])
        self.assertEqual([sent[key] for key in ("state", "code", "external_id", "version", "act", "move", "peer", "to")],
                         ["delivered", None, "T-1", 1, "refer", None, self.b.agency, self.b.desk])
        self.assertEqual([acknowledged[key] for key in ("state", "act", "move", "to")], ["received", "move", "acknowledged", self.a.desk])
        came = self.of(self.b, referral, before[self.b])
        self.assertEqual([(event["state"], event["external_id"]) for event in came], [("received", None), ("delivered", None)])
        self.assertNotIn("Secret", json.dumps([self.events(node) for node in (self.a, self.b)]))
        after = self.last(self.a)
        self.assertEqual(self.events(self.a, after), {"items": [], "last": after})
        numbers = [event["event"] for event in self.events(self.a)["items"]]
        self.assertEqual(numbers, sorted(set(numbers)))

    def test_a_program_gets_each_once_and_goes_on_where_it_stopped(self):
        told, state = self.folder / "told", self.folder / "state"
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        run = ("events", "--exec", f"cat >> {told}", "--state", state)
        self.a.cli(*run)
        first = [json.loads(line) for line in told.read_text().splitlines()]
        self.assertEqual(first, self.events(self.a)["items"])
        self.a.cli(*run)
        self.assertEqual(len(told.read_text().splitlines()), len(first))
        referral = self.a.send(self.b.desk)["referral"]
        self.a.wait_delivered(referral)
        self.assertEqual(self.a.refused("events", "--exec", "exit 3", "--state", state), "invalid-argument")
        self.a.cli(*run)
        fresh = [json.loads(line) for line in told.read_text().splitlines()][len(first):]
        self.assertEqual([(event["referral"], event["state"]) for event in fresh], [(referral, "delivered")])
        state.write_text("not a number")
        self.assertEqual(self.a.refused(*run), "invalid-argument")

    def test_a_number_that_no_event_has_yet_is_refused_and_not_waited_for(self):
        state = self.folder / "ahead"
        state.write_text("99999")
        for command in (("--state", state), ("--after", self.last(self.a) + 1)):
            self.assertEqual(self.a.refused("events", *command), "invalid-argument")
        self.assertEqual(state.read_text().strip(), "99999")

    def test_a_state_that_another_run_works_with_or_that_cannot_be_kept_runs_nothing(self):
        told, state = self.folder / "told-twice", self.folder / "state-twice"
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])
        command = [BIN / "lapx", "--home", self.a.home, "events", "--follow", "--exec", f"cat >> {told}", "--state", state]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as first:
            wait_for(lambda: told.exists() and len(told.read_text().splitlines()) == len(self.events(self.a)["items"]), "each to be told")
            before = told.read_text()
            self.assertEqual(self.a.refused("events", "--exec", f"cat >> {told}", "--state", state), "wrong-state")
            first.kill()
        nowhere = self.folder / "nowhere" / "state"
        self.assertEqual(self.a.refused("events", "--exec", f"cat >> {told}", "--state", nowhere), "not-found")
        self.assertEqual(told.read_text(), before)

    def test_following_tells_each_as_it_happens_and_after_a_restart(self):
        command = [BIN / "lapx", "--home", self.a.home, "--json", "events", "--follow", "--after", str(self.last(self.a))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
            try:
                referral = self.a.send(self.b.desk)["referral"]
                seen = []
                while not seen or seen[-1]["state"] != "delivered":
                    seen.append(json.loads(following.stdout.readline()))
                self.assertEqual({event["referral"] for event in seen}, {referral})
            finally:
                following.kill()
        before = self.events(self.a)
        self.a.restart()
        self.assertEqual(self.events(self.a), before)
        again = self.a.send(self.b.desk)["referral"]
        self.assertEqual([event["referral"] for event in self.events(self.a, before["last"])["items"]], [again])


if __name__ == "__main__":
    unittest.main(verbosity=2)
