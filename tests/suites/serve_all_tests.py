"""leakwatch serve --all: processes without the preload have their rows, metrics and profiles too, within bounds; without it, or where they may
not be looked into, they have not."""
import contextlib, os, re, signal, subprocess, sys

from harness import eventually, expect, needs, program
from live import GAMES, Program, as_user, for_everybody
from outside_tests import Unprepared
from serving import Server, metric

# It serves what other tests run too.
ALONE = True
# It has a row of its own in time, whatever else runs on the machine.
MANY = ("--all", "--most", "100000", "--wait", "5s")
# What a machine may have that even root may not look into.
REFUSED = r"leakwatch: serve: --all: process \d+ \(.*\) and maybe others: .*\n"


def read(server, pid, wanted=lambda row: True):
    """The row, once it has been read from outside."""
    return eventually("process %d is read" % pid, lambda: (lambda row: row if row and "threads" in row and wanted(row) else None)(server.row(pid)), pause=0.1)


def outside_rows(server):
    return [row for row in server.json("/api/v1/processes")["processes"] if row["outside"] and row["alive"]]


def test_what_is_served():
    """A row, metrics, the report in each form, of both kinds of process; what only the preload knows is not made up."""
    with Unprepared(program("unprepared"), "stuck") as process, Program() as watched, Server(*MANY, tolerates=REFUSED) as server:
        watched.tell("grow 2")
        row = read(server, process.pid)
        expect((row["program"], row["threads"], row["deadlocks"], row["outside"], row["alive"], row["created"], row["unjoined"], row["error"])
               == ("unprepared", 17, 1, True, True, None, None, None), row)
        other = server.row(watched.pid)
        expect(not other["outside"] and other["created"] == other["threads"] == 7 and other["unjoined"] == 0, other)
        text = server.get("/metrics")
        labels = {"pid": process.pid, "program": "unprepared"}
        for name, value, more in (("leakwatch_threads", 16, {"state": "blocked"}), ("leakwatch_threads_waiting", 4, {"kind": "mutex lock"}), ("leakwatch_deadlocks", 1, {}),
                                  ("leakwatch_process_up", 1, {}), ("leakwatch_process_outside", 1, {}), ("leakwatch_threads_created_total", None, {}),
                                  ("leakwatch_threads_unjoined", None, {})):
            expect(metric(text, name, **labels, **more) == value, "%s %s is %s" % (name, more, metric(text, name, **labels, **more)))
        expect(metric(text, "leakwatch_process_outside", pid=watched.pid) == 0 and metric(text, "leakwatch_threads_created_total", pid=watched.pid) == 7, "the watched one")
        report = server.json("/api/v1/processes/%d/report" % process.pid)
        expect(report["trigger"] == "outside" and len(report["threads"]) == 17, report["trigger"])
        expect("2 threads wait for each other" in server.get("/debug/pprof/threads?debug=2&pid=%d" % process.pid), "as text")
        expect(server.get("/debug/pprof/threads?debug=1&pid=%d" % process.pid).startswith("thread profile: total 17\n"), "as a profile")
        expect(server.ask("/debug/pprof/threads?pid=%d" % process.pid)[2][:2] == b"\x1f\x8b", "as pprof's")
        expect(len(server.json("/api/v1/processes/%d/view" % process.pid)["groups"]) >= 12, "for the page")
        expect("threads?pid=%d  unprepared" % process.pid in server.get("/debug/pprof/"), "index of profiles")
        expect(server.process.pid not in [row["pid"] for row in outside_rows(server)], "it serves itself")


def test_what_is_not_asked_for():
    """Without --all there is nothing of a process that nobody prepared."""
    with Unprepared(program("unprepared"), "stuck") as process, Program() as watched, Server() as server:
        watched.tell("grow 4")
        expect(server.row(watched.pid)["threads"] == 9, "the watched one is served")
        expect(server.row(process.pid) is None and not outside_rows(server), "others are not")
        expect("no watched process %d" % process.pid in server.refusal("/api/v1/processes/%d/report" % process.pid, 404), "nor their reports")


def test_come_and_go():
    """One that ends keeps its row for a while; what had one thread does not; a stopped one holds up nobody and is told."""
    with Server(*MANY, tolerates=REFUSED) as server:
        with Unprepared(program("asleep"), "all") as process, subprocess.Popen(["sleep", "1000"]) as small:
            read(server, process.pid)
            read(server, small.pid)
            os.kill(process.pid, signal.SIGSTOP)
            read(server, process.pid, lambda row: row["deadlocks"] == 0)
            small.kill()
        row = eventually("it has ended", lambda: (lambda row: row if not row["alive"] else None)(server.row(process.pid)), pause=0.1)
        expect(row["error"] == "it has ended" and row["threads"] == 2, row)
        expect(server.row(small.pid) is None, "of one thread nothing is left to look at")


def test_bounds():
    """Only so many are read in a look, and have a row: those with most threads; the rest is counted, and told once."""
    with contextlib.ExitStack() as stack:
        sleepers = [stack.enter_context(subprocess.Popen(["sleep", "1000"])) for _ in range(40)]
        stack.callback(lambda: [sleeper.kill() for sleeper in sleepers])
        with Server(*MANY, interval="1s", tolerates=REFUSED) as server:
            rows = outside_rows(server)
            got = [row for row in rows if "threads" in row]
            expect(0 < len(got) <= 32 and len(rows) >= 40, "%d of %d were read at once" % (len(got), len(rows)))
            expect("not read yet: one after the other" in [row["error"] for row in rows], "others wait for their turn")
            pids = {sleeper.pid for sleeper in sleepers}
            eventually("all are read", lambda: pids <= {row["pid"] for row in outside_rows(server) if "threads" in row}, pause=0.2)
        crowd = stack.enter_context(Unprepared(sys.executable, "-c", "import threading\nfor i in range(120): threading.Thread(target=threading.Event().wait).start()\n"
                                                                     "print('up', flush=True)"))
        server = Server("--all", "--most", "1")
        try:
            rows = outside_rows(server)
            left = metric(server.get("/metrics"), "leakwatch_processes_left_out")
            expect(len(rows) == 1 and (rows[0]["pid"] == crowd.pid or read(server, rows[0]["pid"])["threads"] >= 121) and left >= 40, "%r, %r left out" % (rows, left))
            server.get("/metrics")
        finally:
            server.process.terminate()
            said = server.process.communicate()[1]
        expect(re.fullmatch("(%s)?" % REFUSED + r"leakwatch: serve: --all: \d+ processes have no room, those with fewest threads; --most N makes more\n" + "(%s)?" % REFUSED, said), said)


@needs("root")
def test_rights():
    """What may not be looked into is said once, and in its row; what may is served all the same."""
    hides = "import ctypes, time; ctypes.CDLL(None).prctl(4, 0); print('up', flush=True); time.sleep(1000)"  # PR_SET_DUMPABLE
    with for_everybody() as directory, contextlib.ExitStack() as stack:
        hidden = [stack.enter_context(subprocess.Popen(["python3", "-c", hides], stdout=subprocess.PIPE, **as_user(GAMES))) for _ in range(2)]
        stack.callback(lambda: [process.kill() for process in hidden])
        for process in hidden:
            process.stdout.readline()
        plain = stack.enter_context(subprocess.Popen(["sleep", "1000"], **as_user(GAMES)))
        stack.callback(plain.kill)
        server = Server(*MANY, path=os.path.join(directory, "leakwatch"), cwd="/", **as_user(GAMES))
        try:
            read(server, plain.pid)
            rows = [eventually("it is refused", lambda: (lambda row: row if row and "ask as root" in (row["error"] or "") else None)
                               (server.row(process.pid)), pause=0.1) for process in hidden]
            text = server.get("/metrics")
            for row in rows:
                expect("may not be read (it may have set PR_SET_DUMPABLE to 0): ask as root" in row["error"] and "threads" not in row, row)
                expect(metric(text, "leakwatch_process_up", pid=row["pid"]) is None, "it is not said to be down")
            expect(metric(text, "leakwatch_failures_total") == 0, text)
        finally:
            server.process.terminate()
            said = server.process.communicate()[1]
        expect(re.fullmatch(r"leakwatch: serve: --all: process \d+ \(python3.*\) and maybe others: its /proc/\d+ may not be read .*\n", said), said)
