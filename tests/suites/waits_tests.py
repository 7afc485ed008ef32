"""Every call of the shim's table, played by every_wait in each way a wait can go: the same with and without the preload."""
import collections, difflib, json, os, platform, re

from harness import BUILD, LIBRARY, TESTS, expect, glibc, program, run, scratch, slow, watched
from resting import snapshots

PROGRAM = program("every_wait")

# Waits that cannot be acted out here, and why.
CANNOT_BLOCK = {
    **dict.fromkeys(("pread", "pread64", "__pread64", "__pread_chk", "__pread64_chk", "preadv", "preadv64", "pwrite", "pwrite64",
                     "__pwrite64", "pwritev", "pwritev64", "copy_file_range"), "takes files that can be seeked, which answer at once"),
    "getrandom": "the kernel's pool is filled before there are programs",
    "io_getevents": "libaio's: libaio_getevents in programs_tests.py",
}
NO_WAITS = set("""backtrace _Unwind_Backtrace pthread_create thrd_create pthread_detach thrd_detach pthread_exit thrd_exit pthread_setname_np prctl setsockopt __cxa_guard_acquire __cxa_guard_release __cxa_guard_abort pthread_tryjoin_np kill killpg tgkill sigqueue
    pthread_kill pthread_sigqueue pthread_cond_signal pthread_cond_broadcast cnd_signal cnd_broadcast sigaction __sigaction signal bsd_signal ssignal sysv_signal
    __sysv_signal siginterrupt sigset __pthread_mutex_trylock __pthread_rwlock_tryrdlock __pthread_rwlock_trywrlock __pthread_rwlock_unlock
    pthread_mutex_trylock pthread_rwlock_tryrdlock pthread_rwlock_trywrlock pthread_rwlock_unlock pthread_spin_trylock mtx_trylock sem_post sigignore dlclose pipe2 sigprocmask pthread_sigmask sigaltstack __libc_start_main exit _exit _Exit quick_exit""".split())
# What programs/older_libc.h puts in its place.
EMULATED = {"epoll_pwait2": "epoll_pwait"} if glibc() < (2, 35) else {}


def played(*mode):
    plain = run([PROGRAM, *mode], timeout=600)
    expect(plain.returncode == 0 and plain.stderr == "", "%r" % plain)
    return plain.stdout


def compare(mode, expected):
    with scratch() as directory:
        result = watched([PROGRAM, *mode.split()], "signal=USR1:at_exit=0:log=" + os.path.join(directory, "log"), timeout=600)
    expect(result.returncode == 0 and result.stderr == "", "%r" % result)
    expect(result.stdout == expected, "\n".join(difflib.unified_diff(expected.splitlines(), result.stdout.splitlines(), "without", "with", n=0)))
    expect(not re.search("EARLY|AT ONCE|STUCK", expected), expected)


def test_woken():
    compare("woken", played("woken"))


def test_timed_out():
    compare("timed", played("timed"))


def test_interrupted_by_the_program():
    compare("signalled", played("signalled"))


def test_cancelled():
    expected = played("cancelled")
    expect("cleanups 2" not in expected and expected.count("cancelled result") > 60, expected)
    compare("cancelled", expected)


def test_interrupted_by_a_snapshot():
    compare("snapshot", played("woken"))


@slow
def test_a_storm_of_snapshots():
    """Several threads in each call, interrupted by snapshots again and again: each of them goes on, and is woken as without."""
    compare("crowd snapshots", played("crowd"))


def test_smallest_stacks():
    """What a wrapper takes of the stack, and the snapshot's handler on top of it, with room left on the smallest that there can be."""
    alone = int(played("stacks").split()[0])
    with scratch() as directory:
        result = watched([PROGRAM, "stacks"], "signal=USR1:at_exit=0:log=" + os.path.join(directory, "log"))
    expect(result.returncode == 0 and result.stderr == "", "%r" % result)
    deepest, size = map(int, re.findall(r"\d+", result.stdout))
    expect(alone < deepest < alone + 2500 < size, "%d bytes of %d, %d without" % (deepest, size, alone))


def test_blocked():
    with scratch() as directory:
        log = os.path.join(directory, "log")
        result = watched([PROGRAM, "blocked"], "signal=USR1:at_exit=0:format=json:log=" + log)
        expect(result.returncode == 0 and result.stderr == "", "%r" % result)
        threads = {thread["name"]: thread for thread in json.load(open(log))["threads"]}
    # the threads that run a once's routine publish the same record, and wait for something else
    once = [name for name, thread in threads.items() if (thread["wait"] or {}).get("kind") == "once"]
    expect(sorted(once) == sorted(line.split("\t")[0] for line in result.stdout.splitlines() if "\tonce\t" in line), "once: %r" % once)
    for line in result.stdout.splitlines():
        name, call, kind, wanted = line.split("\t")
        call = EMULATED.get(call, call)
        wait = threads[name]["wait"]
        expect(wait and wait["kind"] == kind and wait["call"] in (call, call.removeprefix("__")), "%s: %r" % (line, wait))
        expect(wait["seconds"] is not None and wait["seconds"] < 60 and not threads[name]["kernel_only"], "%s: %r" % (line, wait))
        found = wait["object"] or {}
        if wanted.startswith("fd "):
            expect(found.get("fd") == int(wanted[3:]), "%s: %r" % (line, wait))
        elif wanted != "none":
            expect(int(found.get("address") or "0", 16) == int(wanted, 16), "%s: %r" % (line, wait))
        functions = [frame["function"] for frame in threads[name]["stack"]]
        expect(functions[-1] == "waits", "%s: %r" % (line, functions))


def test_waits_before_the_start_routine():
    """A call that comes before what a thread was created for does not make another thread of it: its later waits are seen, and who created it."""
    preload = "%s %s" % (LIBRARY, os.path.join(BUILD, "tests/libstarts_otherwise.so"))
    said = watched([os.path.join(BUILD, "tests/first_answer_wins")], env={"LD_PRELOAD": preload}).stderr
    expect(re.search(r"^8 threads  \[cond wait, (.|\n)* created by  first_answer_wi (.|\n)* ask_three ", said, re.M) and "creator unknown" not in said, said)


def test_every_wrapper_has_a_row():
    names = run(["nm", "-D", "--defined-only", LIBRARY], check=True).stdout
    wrapped = {line.split()[-1].split("@")[0] for line in names.splitlines() if line.split()[-2] != "A"}
    # names of old, which programs cannot be linked to any more
    wrapped -= {"__pthread_mutex_lock", "__pthread_rwlock_rdlock", "__pthread_rwlock_wrlock", "__pthread_once"}
    wrapped -= {name for name in wrapped if name.startswith("leakwatch_")}  # the API's
    tested = set(re.findall(r"^    X\((\w+),", open(os.path.join(TESTS, "programs/wait_rows.h")).read(), re.M))
    missing = wrapped - tested - NO_WAITS - set(CANNOT_BLOCK)
    expect(not missing, "wrapped, and in no row of wait_rows.h: %s" % sorted(missing))
    expect(tested <= wrapped, "in wait_rows.h and not wrapped: %s" % sorted(tested - wrapped))


def test_among_many():
    """Of many threads on a few objects, those whose wait records are out of date are told apart: nobody is taken for one of the batch."""
    report, = snapshots([program("waiter_batch")])
    counted = collections.Counter(thread["wait"]["kind"] if thread["wait"] else thread["state"] for thread in report["threads"] if not thread["main"])
    expect(counted == {"cond wait": 119, "mutex lock": 100, "semaphore wait": 80, "pipe read": 1, "pause" if platform.machine() == "x86_64" else "poll": 1}, counted)
    main = [thread["tid"] for thread in report["threads"] if thread["main"]]
    owners = collections.Counter(thread["wait"]["owner"] in main for thread in report["threads"] if thread["wait"] and thread["wait"]["kind"] == "mutex lock")
    expect(owners == {True: 100}, "owners: %s" % owners)
    stacks = collections.Counter(frame["function"] for thread in report["threads"] for frame in thread["stack"])
    expect(stacks["waits"] == 180 and stacks["locks"] == 40 and stacks["takes"] == 80 and stacks["hangs"] == 1, stacks)
    expect(all(thread["cpu_seconds"] > 0 and (thread["main"] or thread["created_by"]) for thread in report["threads"]), "CPU time and creators")


def of_descriptors(how):
    from proofs_tests import snapshots
    report, = snapshots([os.path.join(BUILD, "tests", "descriptor_batch"), how])
    return report


def told(report):
    """What a report tells of each thread but main, without what differs from run to run."""
    kept = []
    for thread in report["threads"]:
        wait = thread["wait"] and {key: value for key, value in thread["wait"].items() if key not in ("seconds", "object")}
        target = ((thread["wait"] or {}).get("object") or {}).get("target")
        kept.append((thread["name"], thread["state"], thread["verdict"], thread["evidence"], wait, target and target.split("[")[0].split("/")[0],
                     [frame["function"] for frame in thread["stack"]], thread["cpu_seconds"] > 0))
    return sorted(kept, key=repr)


def test_descriptors_among_many():
    """Many that wait for descriptors: told without asking after each, the same is told as by asking after each, which a handler makes necessary."""
    quiet, handled = of_descriptors("quiet"), of_descriptors("handled")
    expect(told(quiet) == told(handled), "%s\n%s" % ([each for each in told(quiet) if each not in told(handled)], [each for each in told(handled) if each not in told(quiet)]))
    counted = collections.Counter(thread["wait"]["kind"] for thread in quiet["threads"] if not thread["main"])
    expect(counted == {"pipe read": 15, "socket read": 1, "poll": 15, "epoll wait": 15}, counted)
    evidence = collections.Counter(words for thread in quiet["threads"] for words in thread["evidence"] if "set" in words)
    expect(evidence == {"1 descriptor in the set": 8, "the epoll set is empty": 7}, evidence)


def test_descriptors_stale():
    """Records of waits that a handler jumped out of, or interrupts, are not believed: not even once the handlers are gone."""
    report = of_descriptors("stale")
    threads = {thread["name"]: thread for thread in report["threads"]}
    inner = [thread["wait"]["object"]["fd"] for thread in (threads["jumps"], threads["sleeps"])]
    expect(len(set(inner)) == 1 and inner[0] not in [thread["wait"]["object"]["fd"] for thread in report["threads"] if thread["name"] in ("reads", "runs") and thread["wait"]], inner)
    expect(threads["runs"]["state"] in ("running", "spinning") and threads["runs"]["wait"] is None, threads["runs"])


def test_descriptors_proved():
    """All asleep, most of them on one futex and some in pipes; and not, if one of them looks up now and then."""
    asleep, awake = of_descriptors("asleep"), of_descriptors("awake")
    expect([each["kind"] for each in asleep["deadlocks"]] == ["all asleep"] and len(asleep["deadlocks"][0]["threads"]) == 61, asleep["deadlocks"])
    expect(awake["deadlocks"] == [] and all(thread["verdict"] not in ("deadlock", "stranded") for thread in awake["threads"]), awake["deadlocks"])
