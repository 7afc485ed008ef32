"""Proofs: states about which one can be given, each with a twin, as close as can be, about which none can. And random programs."""
import collections, concurrent.futures, json, os, random, signal, subprocess, tempfile, time

import plans
from run import BUILD, HERE, LIBRARY, expect

PROGRAM = os.path.join(BUILD, "tests", "proofs")


def snapshots(command, options="", count=1, pause=0, signals=()):
    """Starts a program that says "ready" when it has come to rest, and returns `count` reports of it as JSON."""
    with tempfile.TemporaryDirectory() as directory:
        log = os.path.join(directory, "log")
        env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:format=json:log=%s:%s" % (log, options))
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            said = process.stdout.readline()
            while said and said != b"ready\n":
                said = process.stdout.readline()
            pid = process.pid
            expect(said == b"ready\n", "%s did not get ready: %r" % (command, process.poll()))
            reports = []
            for number in range(count):
                time.sleep(pause)
                # a scenario may go on in a child: the one that is ready is the youngest of the session
                for child in children(pid):
                    pid = child
                for number_of in signals:
                    os.kill(pid, number_of)
                    time.sleep(0.05)
                await_rest(pid)
                for waited in range(500):
                    # one that comes as soon as the report before it was made is passed over (preload/report/triggers.c)
                    if waited % 20 == 0:
                        os.kill(pid, signal.SIGUSR1)
                    lines = open(log).read().split("\n")[:-1] if os.path.exists(log) else []
                    if len(lines) > number:
                        break
                    time.sleep(0.01)
                expect(len(lines) > number, "no report of %s" % (command,))
                reports.append(json.loads(lines[number]))
            return reports
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def await_rest(pid):
    """Until the main thread sleeps: what it says before its last wait is heard before it waits. Not if it never rests."""
    asleep = 0
    for _ in range(100):
        if asleep == 3:
            break
        asleep = 0 if open("/proc/%d/syscall" % pid).read().startswith("running") else asleep + 1
        time.sleep(0.001)


def children(pid):
    """Children in which the scenario goes on: those with more than one thread."""
    found = []
    for tid in os.listdir("/proc/%d/task" % pid):
        try:
            of_thread = open("/proc/%d/task/%s/children" % (pid, tid)).read().split()
        except OSError:
            continue  # it has ended
        for child in of_thread:
            if os.path.exists("/proc/%s/task" % child) and len(os.listdir("/proc/%s/task" % child)) > 1:
                found.append(int(child))
    return found


def verdicts(report):
    return {thread["name"]: thread["verdict"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")}


def kinds(report):
    return sorted(deadlock["kind"] for deadlock in report["deadlocks"])


BOTH = {"one": "deadlock", "two": "deadlock"}
ASLEEP = {"proofs": "deadlock", "one": "deadlock"}
# scenario: (verdicts that are proved, by thread; kinds of deadlocks)
SCENARIOS = {
    "cycle": (BOTH, ["cycle"]),
    "cycle_timed": ({}, []),
    "owner_sleeps": ({}, []),
    "owner_runs": ({}, []),
    "shared_elsewhere": ({}, []),
    "shared_unsaid": ({}, []),
    "shared_cycle": (BOTH, ["cycle"]),
    "cycle_recursive": (BOTH, ["cycle"]),
    "cycle_checking": (BOTH, ["cycle"]),
    "cycle_adaptive": (BOTH, ["cycle"]),
    "cycle_robust": (BOTH, ["cycle"]),
    "cycle_inheriting": ({}, []),
    "relock": ({"one": "deadlock"}, ["cycle"]),
    "relock_recursive": ({}, []),
    "owner_gone": ({"one": "deadlock"}, ["owner gone"]),
    "owner_gone_robust": ({}, []),
    "owner_forked": ({}, []),
    "joins_stuck": (dict(BOTH, three="stranded", four="stranded", five="stranded"), ["cycle"]),
    "joins_sleeper": ({}, []),
    "cross_kinds": (dict(BOTH, three="deadlock", four="stranded"), ["cycle"]),
    "reader_cycle": (BOTH, ["cycle"]),
    "reader_sleeps": ({}, []),
    "once_cycle": (BOTH, ["cycle"]),
    "spin_cycle": (BOTH, ["cycle"]),
    "relocks_in_cond": (BOTH, ["cycle"]),
    "sleeps_in_cond": ({}, []),
    "all_asleep": (ASLEEP, ["all asleep"]),
    "asleep_but_for_a_handler": ({}, []),
    "asleep_but_for_a_posix_timer": ({}, []),
    "asleep_but_for_a_timer_thread": ({}, []),
    "asleep_but_for_a_timed_wait": ({}, []),
    "asleep_but_for_a_shared_semaphore": ({}, []),
    "asleep_but_for_a_socket": ({}, []),
    "asleep_on_a_pipe": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_but_for_another_process": ({}, []),
    "asleep_joining_main": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_and_held": (ASLEEP, ["all asleep"]),
}


def scenario(name, wanted, deadlocks):
    def test():
        report, = snapshots([PROGRAM, name])
        found = verdicts(report)
        expect(found == wanted and kinds(report) == deadlocks,
               "%s: %r %r\n%s" % (name, found, kinds(report), json.dumps(report["threads"], indent=1)))
        for deadlock in report["deadlocks"]:
            named = {thread["tid"] for thread in report["threads"] if thread["verdict"] == "deadlock"}
            expect(set(deadlock["threads"]) <= named, deadlock["text"])
    return test


for _name, (_wanted, _deadlocks) in SCENARIOS.items():
    globals()["test_" + _name] = scenario(_name, _wanted, _deadlocks)


def never(name, count):
    def test():
        for report in snapshots([PROGRAM, name], count=count, pause=0.005):
            expect(not verdicts(report) and not report["deadlocks"], json.dumps(report["deadlocks"]))
    return test


# always on the way somewhere, but at no moment of a look
for _name in ("in_between", "token_of_posts", "token_of_signals", "token_of_bytes", "token_of_threads"):
    globals()["test_" + _name] = never(_name, 60)


def test_after_a_stop():
    """A call that the kernel goes on with after a stop has another number (restart_syscall), and is the same wait."""
    report, = snapshots([PROGRAM, "joins_sleeper"], signals=(signal.SIGSTOP, signal.SIGCONT))
    waits = {thread["name"]: thread for thread in report["threads"]}
    for name in ("one", "proofs"):
        expect(waits[name]["state"] == "waiting" and waits[name]["wait"]["kind"] == "sleep" and not waits[name]["kernel_only"]
               and waits[name]["wait"]["timeout_seconds"] == 1000, waits[name]["wait"])


def act_out(seed):
    """What is wrong with the report of one plan; None if nothing is. Also whether anything was proved."""
    plan = plans.Plan(seed)
    wanted = plan.answer(os.getuid() == 0)
    for _ in range(2):
        report, = snapshots([os.path.join(BUILD, "tests", "plans"), plan.main] + plan.steps)
        found = verdicts(report)
        # on a busy machine a thread may not have come to rest: then there is less to prove, never more
        if found == wanted or not found.items() <= wanted.items():
            break
    if found != wanted:
        return "plan %d: main %s, %r: proved %r, not %r" % (seed, plan.main, plan.steps, found, wanted), wanted
    return None, wanted


def test_random_plans():
    """Programs whose deadlocks are known from the plan that they act out. LEAKWATCH_PLANS=N plays N others."""
    more = int(os.environ.get("LEAKWATCH_PLANS", "0"))
    seeds = [random.randrange(1 << 30) for _ in range(more)] if more else range(500)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = list(pool.map(act_out, seeds))
    wrong = [words for words, _ in results if words]
    expect(not wrong, "%d of %d:\n%s" % (len(wrong), len(seeds), "\n".join(wrong[:5])))
    kinds = [verdict for _, wanted in results for verdict in wanted.values()]
    proved = sum(1 for _, wanted in results if wanted)
    # a test of nothing would pass as well
    expect(len(seeds) / 4 < proved < len(seeds) * 7 / 8 and kinds.count("stranded") > len(seeds) / 10,
           "something is proved in %d, %r" % (proved, collections.Counter(kinds)))


def test_two_connections_of_sqlite():
    """A real one: Debian's python3 and SQLite, with locks of SQLite's own."""
    report, = snapshots(["/usr/bin/python3", os.path.join(HERE, "languages", "two_connections.py")])
    stuck = [thread for thread in report["threads"] if thread["verdict"] == "deadlock"]
    expect(len(stuck) == 2 and kinds(report) == ["cycle"], json.dumps(report["deadlocks"]))
    for thread, other in (stuck, reversed(stuck)):
        functions = [frame["function"] for frame in thread["stack"]]
        expect("sqlite3_exec" in functions and thread["wait"]["kind"] == "mutex lock", functions)
        expect(thread["wait"]["owner"] == other["tid"], thread["wait"])
    text = report["deadlocks"][0]["text"]
    expect(text.startswith("deadlock 1: 2 threads wait for each other\n") and text.count("held by") == 2, text)
