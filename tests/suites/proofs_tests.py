"""Proofs: states about which one can be given, each with a twin, as close as can be, about which none can. And random programs."""
import collections, concurrent.futures, json, os, random, signal, subprocess

import plans
from harness import LIBRARY, TESTS, Wrong, alone, eventually, expect, needs, program, scratch, slow
from resting import looked_at_again, snapshots

PROGRAM = program("proofs")


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
    "cycle_inheriting_both": (BOTH, ["cycle"]),
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
    "relocks_in_timed_cond": (BOTH, ["cycle"]),
    "sleeps_in_cond": ({}, []),
    "all_asleep": (ASLEEP, ["all asleep"]),
    "asleep_but_for_a_handler": ({}, []),
    "asleep_but_for_a_posix_timer": ({}, []),
    "asleep_but_for_a_timer_thread": ({}, []),
    "asleep_but_for_a_timed_wait": ({}, []),
    "asleep_but_for_a_shared_semaphore": ({}, []),
    "asleep_but_for_a_socket": ({}, []),
    "asleep_without_main": (BOTH, ["all asleep"]),
    "asleep_on_a_pipe_without_main": (BOTH, ["all asleep"]),
    "asleep_on_a_pipe": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_but_for_another_process": ({}, []),
    "asleep_joining_main": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_and_held": (ASLEEP, ["all asleep"]),
    "asleep_with_fault_handlers": (ASLEEP, ["all asleep"]),
    "asleep_but_for_a_handler_of_none": ({}, []),
    "asleep_but_for_a_named_pipe": ({}, []),
    "main_in_a_condition": (ASLEEP, ["all asleep"]),
    "main_in_a_barrier": (ASLEEP, ["all asleep"]),
    "main_in_a_join": (ASLEEP, ["all asleep"]),
    "main_in_a_futex": (ASLEEP, ["all asleep"]),
    "main_in_a_shared_futex": ({}, []),
    "main_in_a_futex_of_private_memory": (ASLEEP, ["all asleep"]),
    "main_accepts": ({}, []),
    "main_reads_for_a_time": ({}, []),
    "main_in_a_futex_that_changed": ({}, []),
    "main_in_a_lock": (dict(one="deadlock", proofs="stranded"), ["cycle"]),
    "main_in_poll": (ASLEEP, ["all asleep"]),
    "main_in_poll_for_a_time": ({}, []),
    "main_reads_a_pipe": (ASLEEP, ["all asleep"]),
    "main_reads_a_stream": (ASLEEP, ["all asleep"]),
    "main_writes_a_pipe": (ASLEEP, ["all asleep"]),
    "main_reads_what_a_child_writes": ({}, []),
    "main_writes_what_a_child_reads": ({}, []),
    "asleep_on_an_eventfd": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_on_an_eventfd_and_a_childs_other": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_on_a_disarmed_timer": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_on_a_set": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_polling_a_pipe": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_on_a_pipe_beside_a_socket": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "main_reads_an_eventfd": (ASLEEP, ["all asleep"]),
    "main_waits_for_a_set": (ASLEEP, ["all asleep"]),
    "asleep_polling_three": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_but_polling_a_childs_third": ({}, []),
    "main_polls_three": (ASLEEP, ["all asleep"]),
    "main_polls_a_pipe": (ASLEEP, ["all asleep"]),
    "asleep_but_for_a_childs_eventfd": ({}, []),
    "asleep_but_for_a_ring": ({}, []),
    "asleep_but_for_a_queue": ({}, []),
    "asleep_but_for_a_process_in_memory": ({}, []),
    "asleep_beside_a_child_with_memory_of_its_own": (ASLEEP, ["all asleep"]),
    "asleep_but_for_a_timed_request": ({}, []),
    "asleep_but_for_a_timer_of_a_fault": ({}, []),
    "asleep_but_for_a_registered_end": ({}, []),
    "asleep_but_for_own_descriptors": ({}, []),
    "asleep_but_for_an_end_of_a_thread": ({}, []),
    "asleep_but_for_aio": ({}, []),
    "asleep_but_for_a_full_eventfd": ({}, []),
    "asleep_beside_two_that_could_hand_on": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_but_for_a_restless_process": ({}, []),
    "asleep_beside_a_busy_process": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_beside_a_busy_process_that_is_connected": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "asleep_beside_a_timer_of_no_handler": (ASLEEP, ["all asleep"]),
    "asleep_but_for_a_timerfd": ({}, []),
    "asleep_but_for_the_clock": ({}, []),
    "asleep_but_for_a_childs_timerfd": ({}, []),
    "asleep_but_for_a_childs_socket": ({}, []),
    "asleep_but_for_a_childs_set": ({}, []),
    "asleep_but_for_an_inet_socket": ({}, []),
    "asleep_but_for_a_member_of_that_number": ({}, []),
    "asleep_but_polling_a_childs_pipe": ({}, []),
    "asleep_polling_an_inet_socket": ({}, []),
    "asleep_but_for_an_end_on_its_way": ({}, []),
    "asleep_but_for_an_eventfd_on_its_way": ({}, []),
    "asleep_but_for_one_of_two_on_its_way": ({}, []),
    "main_waits_for_a_set_of_a_child": ({}, []),
    "main_polls_an_inet_socket": ({}, []),
    "one_takes_the_signal": (ASLEEP, ["all asleep"]),
    "handler_blocked_by_all": (ASLEEP, ["all asleep"]),
    "handler_blocked_by_all_but_main": ({}, []),
    "handler_blocked_by_all_but_one": ({}, []),
    "one_of_two_handlers_blocked": ({}, []),
    "blocked_handler_and_a_pending_signal": (ASLEEP, ["all asleep"]),
    "blocked_handler_and_a_timer": (ASLEEP, ["all asleep"]),
    "blocked_handler_but_for_sigwait": ({}, []),
    "handler_let_in_by_a_call": ({}, []),
    "handler_blocked_by_a_call_alone": (dict(ASLEEP, two="deadlock"), ["all asleep"]),
    "main_lets_in_by_ppoll": ({}, []),
    "main_blocks_in_ppoll": (ASLEEP, ["all asleep"]),
    "main_lets_in_by_pselect": ({}, []),
    "main_in_pselect_without_a_mask": (ASLEEP, ["all asleep"]),
    "main_lets_in_by_epoll_pwait": ({}, []),
    "main_in_poll_with_a_blocked_handler": (ASLEEP, ["all asleep"]),
    "handler_blocked_by_a_clone_too": (ASLEEP, ["all asleep"]),
    "handler_blocked_by_all_but_a_clone": ({}, []),
}
# what alone stands in the way of a proof, as a fact
WITHHELD = {
    "asleep_but_for_a_handler": "all_asleep_but_for_handlers",
    "asleep_but_for_a_handler_of_none": "all_asleep_but_for_handlers",
    "asleep_but_for_a_posix_timer": "all_asleep_but_for_handlers",
    "asleep_but_for_a_shared_semaphore": "all_asleep_but_for_shared_object",
    "asleep_but_for_a_named_pipe": "all_asleep_but_pipe_has_name",
    "asleep_but_for_a_ring": "all_asleep_but_for_device",
    "asleep_but_for_a_queue": "all_asleep_but_for_device",
    "asleep_but_for_a_process_in_memory": "all_asleep_but_for_process_in_memory",
    "asleep_but_for_own_descriptors": "all_asleep_but_for_descriptors_of_a_thread",
    "asleep_but_for_a_registered_end": "all_asleep_but_processes_hidden",
    "asleep_but_for_aio": "all_asleep_but_address_not_known",
    "asleep_but_for_a_full_eventfd": "all_asleep_but_for_full_eventfd",
    "asleep_but_for_a_restless_process": "all_asleep_but_process_did_not_rest",
    "asleep_but_for_a_timed_request": "all_asleep_but_for_io_uring",
    "asleep_but_for_a_timer_of_a_fault": "all_asleep_but_for_timer",
    "asleep_but_for_an_end_on_its_way": "all_asleep_but_for_unix_socket",
    "asleep_but_for_an_eventfd_on_its_way": "all_asleep_but_for_unix_socket",
    "asleep_but_for_one_of_two_on_its_way": "all_asleep_but_for_unix_socket",
    "main_in_a_shared_futex": "all_asleep_but_for_shared_object",
    "main_accepts": "all_asleep_but_for_a_name",
    "main_reads_for_a_time": "all_asleep_but_for_socket_limit",
    "handler_blocked_by_all_but_main": "all_asleep_but_for_handlers",
    "handler_blocked_by_all_but_one": "all_asleep_but_for_handlers",
    "one_of_two_handlers_blocked": "all_asleep_but_for_handlers",
    "handler_let_in_by_a_call": "all_asleep_but_for_handlers",
    "main_lets_in_by_ppoll": "all_asleep_but_for_handlers",
    "main_lets_in_by_pselect": "all_asleep_but_for_handlers",
    "main_lets_in_by_epoll_pwait": "all_asleep_but_for_handlers",
    "handler_blocked_by_all_but_a_clone": "all_asleep_but_for_handlers",
}


# which wait another process could end, told of the thread that waits so
IN_OTHERS = {"asleep_but_for_a_childs_eventfd", "asleep_but_for_a_childs_timerfd", "asleep_but_for_a_childs_socket", "asleep_but_polling_a_childs_pipe",
             "asleep_but_polling_a_childs_third"}


def withheld(thread):
    return [fact["fact"] for fact in thread["facts"] if fact["fact"].startswith("all_asleep_but")]


def report_of(name, wanted):
    def is_whole(report):
        found = verdicts(report)
        expect(found.items() <= wanted.items(), "%s: %r" % (name, found))
        return found == wanted and all(withheld(thread) == ([WITHHELD[name]] if name in WITHHELD else []) for thread in report["threads"])
    return looked_at_again([PROGRAM, name], is_whole)


def scenario(name, wanted, deadlocks):
    def test():
        report = report_of(name, wanted)
        found = verdicts(report)
        expect(found == wanted and kinds(report) == deadlocks,
               "%s: %r %r\n%s" % (name, found, kinds(report), json.dumps(report["threads"], indent=1)))
        for thread in report["threads"]:
            if name == "asleep_but_for_a_handler_of_none":
                expect([fact["signals"] for fact in thread["facts"] if "signals" in fact] == [[signal.SIGPROF]], thread["facts"])
            expect(withheld(thread) == ([WITHHELD[name]] if name in WITHHELD else []), "%s: %r" % (name, thread["facts"]))
        others = {thread["name"] for thread in report["threads"] for fact in thread["facts"] if fact["fact"] == "in_other_process" and fact["process"]}
        expect(others == ({"two"} if name in IN_OTHERS else set()) or name not in IN_OTHERS and not wanted, "%s: %r" % (name, others))
        for deadlock in report["deadlocks"]:
            named = {thread["tid"] for thread in report["threads"] if thread["verdict"] == "deadlock"}
            expect(set(deadlock["threads"]) <= named, deadlock["text"])
    return test


# what runs there all the time stands in the way of proofs about what other tests have started
RESTLESS = ("asleep_but_for_a_restless_process",)
for _name, (_wanted, _deadlocks) in SCENARIOS.items():
    globals()["test_" + _name] = (alone if _name in RESTLESS else lambda test: test)(scenario(_name, _wanted, _deadlocks))


def test_after_the_report_of_a_stall():
    """The library's own thread, which made it, has ended: it stands for no other, and nothing waits for it."""
    def proved(name):
        reports = snapshots([PROGRAM, name], options="stall=100ms", count=2, pause=0.5)
        expect([report["trigger"] for report in reports] == ["stall", "signal"], [report["trigger"] for report in reports])
        return [verdicts(report) for report in reports]
    expect(proved("all_asleep")[1] == ASLEEP, "all asleep, still")
    expect(proved("asleep_but_for_a_clone_that_sleeps_for_a_time") == [{}, {}], "a thread that is in no list of libc's goes on")


def test_one_leaves_amid_a_report():
    """A thread that calls exit while a report is made waits for that, and goes on. Where the report was sooner, it is made again."""
    for _ in range(50):
        report = report_amid_which_one_leaves()
        expect(not report["deadlocks"] and not verdicts(report), report["deadlocks"])
        leaves, = [thread for thread in report["threads"] if thread["name"] == "leaves"]
        if "exit" in {frame.get("function") for frame in leaves["stack"]}:
            break
    else:
        raise Wrong("no report met it in exit")
    expect(leaves["state"] == "running", leaves)


def report_amid_which_one_leaves():
    with scratch() as directory:
        log = os.path.join(directory, "log")
        env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="exitcode=0:format=json:log=" + log)
        with subprocess.Popen([PROGRAM, "one_leaves_amid_a_report"], env=env, stdout=subprocess.PIPE) as process:
            expect(process.stdout.readline() == b"ready\n", "no start")
            process.send_signal(signal.SIGUSR1)
        with open(log) as file: # the report of its own end may be written sooner
            report, = eventually("its report", lambda: file.seek(0) or [report for report in map(json.loads, whole_lines(file)) if report["trigger"] == "signal"])
        return report


def whole_lines(file):
    return [line for line in file if line.endswith("\n")]


@needs("root", "unshare", "bash")
def test_in_a_container():
    """Who has the other end of what a program was started with may be outside of its PID namespace; of what it made itself, nobody is."""
    nested = ["bash", "-c", 'exec unshare --pid --fork --kill-child --mount-proc "$0" "$1" < <(exec sleep 1000)', PROGRAM]
    for name in ("asleep_on_a_pipe", "asleep_on_an_eventfd", "asleep_on_a_set", "asleep_polling_three"):
        report, = snapshots(nested + [name])
        expect([deadlock["kind"] for deadlock in report["deadlocks"]] == ["all asleep"], "%s: %r" % (name, verdicts(report)))
    report, = snapshots(nested + ["asleep_on_its_input"])
    facts = {fact["fact"] for thread in report["threads"] for fact in thread["facts"]}
    expect(not report["deadlocks"] and not verdicts(report) and "all_asleep_but_processes_hidden" in facts, "%r %r" % (verdicts(report), facts))


def never(name, count):
    def test():
        for report in snapshots([PROGRAM, name], count=count, pause=0.005):
            expect(not verdicts(report) and not report["deadlocks"], json.dumps(report["deadlocks"]))
    return test if name == "in_between" else slow(test)


# always on the way somewhere, but at no moment of a look
for _name in ("in_between", "token_of_posts", "token_of_signals", "token_of_bytes", "token_of_threads", "token_of_words", "token_of_room"):
    globals()["test_" + _name] = never(_name, 30 if _name == "in_between" else 60)


@alone
def test_an_end_handed_to_and_fro():
    """By processes that are looked into one after the other: that an end is met with neither is no proof that nobody has it."""
    for name, count in ("asleep_but_for_an_end_handed_to_and_fro", 25), ("asleep_but_for_an_end_that_one_sends_to_itself", 8):
        for report in snapshots([PROGRAM, name], count=count):
            expect("two" in {thread["name"] for thread in report["threads"]}, "of the process that sleeps")
            expect(not verdicts(report) and not report["deadlocks"], name)


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
    report = looked_at_again([program("plans")] + plan.command(), lambda report: verdicts(report) == wanted or not verdicts(report).items() <= wanted.items(), 8, 0.1)
    found = verdicts(report)
    if found != wanted:
        obstacles = {fact for thread in report["threads"] for fact in withheld(thread)}
        return "plan %d: %r: proved %r, not %r; %s" % (seed, plan.command(), found, wanted, sorted(obstacles)), wanted
    return None, wanted


@slow
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


@needs("/usr/bin/python3")
def test_two_connections_of_sqlite():
    """A real one: Debian's python3 and SQLite, with locks of SQLite's own."""
    report, = snapshots(["/usr/bin/python3", os.path.join(TESTS, "languages", "two_connections.py")])
    stuck = [thread for thread in report["threads"] if thread["verdict"] == "deadlock"]
    expect(len(stuck) == 2 and kinds(report) == ["cycle"], json.dumps(report["deadlocks"]))
    for thread, other in (stuck, reversed(stuck)):
        functions = [frame["function"] for frame in thread["stack"]]
        expect("sqlite3_exec" in functions and thread["wait"]["kind"] == "mutex lock", functions)
        expect(thread["wait"]["owner"] == other["tid"], thread["wait"])
    text = report["deadlocks"][0]["text"]
    expect(text.startswith("deadlock 1: 2 threads wait for each other\n") and text.count("held by") == 2, text)
