"""From outside, where something stands in the way: containers, other users, security modules, states that a process is in. Each is a report, or one line that
names the rule; never a wrong report, nor a hang."""
import contextlib, json, os, re, subprocess

from harness import TOOL, eventually, expect, needs, program, run, scratch
from live import GAMES, as_user, for_everybody, tool
from outside_tests import PROVED, Unprepared, check_stuck, says

HIDES = "import ctypes, time; ctypes.CDLL(None).prctl(4, 0); print('up', flush=True); time.sleep(1000)"  # PR_SET_DUMPABLE


def unshared(options, script, **more):
    """A script in namespaces of its own; None if there are none to be had."""
    if run(["unshare", *options, "true"], **more).returncode != 0:
        print("left out: no unshare %s" % " ".join(options))
        return None
    return run(["unshare", *options, "bash", "-euc", script], **more)


def one_line(result, words):
    expect(result.returncode == 1 and result.stdout == "" and result.stderr.count("\n") == 1 and re.search(words, result.stderr), "%s\n%r" % (words, result))


def child_of(pid):
    return eventually("a child of %d" % pid, lambda: open("/proc/%d/task/%d/children" % (pid, pid)).read().split())[0]


@needs("root", "unshare")
def test_a_container_from_outside():
    """By its number here; threads are called as they call themselves, and proofs hold."""
    if unshared(["-pfm", "--mount-proc"], "true") is None:
        return
    with Unprepared("unshare", "-pfm", "--kill-child", "--mount-proc", program("unprepared"), "stuck") as container:
        pid = child_of(container.pid)
        eventually("it is at rest", lambda: "16 blocked, 1 waiting" in tool("stack", pid))
        threads = {thread["name"]: thread for thread in json.loads(tool("stack", "--format", "json", pid))["threads"]}
        check_stuck(threads)
        expect(threads["unprepared"]["tid"] == 1, threads["unprepared"]["tid"])


@needs("root", "unshare")
def test_within_a_container():
    """By its number there. Where /proc is that of the host, the numbers do not fit: nothing is said of a process that is another one."""
    script = "%s stuck > up & until grep -q up up; do sleep 0.05; done; sleep 0.3; %s stack $!; kill -9 $!" % (program("unprepared"), TOOL)
    with scratch() as directory:
        result = unshared(["-pfm", "--kill-child", "--mount-proc"], script, cwd=directory)
        if result is None:
            return
        expect(re.search(r"in unprepared \(pid [2-9]\) from outside; 16 blocked, 1 waiting, 1 deadlock", result.stdout), "%r" % result)
        foreign = "/proc is of another PID namespace, numbers there mean other processes: mount -t proc proc /proc"
        for command, word in (("stack $$", "stack: process 1"), ("ps --all", "ps"), ("serve --all", "serve"), ("stats $$", "stats: process 1")):
            result = unshared(["-pf", "--kill-child"], "%s %s & wait $!" % (TOOL, command))
            one_line(result, "^leakwatch: %s: %s" % (word, foreign))
        one_line(unshared(["-m"], "mount -t tmpfs none /proc; %s stack 1" % TOOL), "there is no /proc here")


@needs("root", "unshare", "setpriv")
def test_user_namespaces():
    """From outside, who made the namespace may look into it; from within, nobody may look out."""
    with for_everybody() as directory:
        copy = os.path.join(directory, "leakwatch")
        run(["cp", program("asleep"), directory])
        asleep = os.path.join(directory, "asleep")
        if run(["unshare", "-Ur", "true"], **as_user(GAMES)).returncode != 0:
            print("left out: users may not make namespaces here")
            return
        with Unprepared("unshare", "-Ur", asleep, "all", cwd="/", **as_user(GAMES)) as process:
            said = tool("stack", process.pid, path=copy, cwd="/", **as_user(GAMES))
            expect("2 threads in asleep" in said and "all threads are asleep" in said, said)
        with Unprepared(asleep, "all", cwd="/", **as_user(GAMES)) as process:
            result = run(["unshare", "-Ur", copy, "stack", str(process.pid)], cwd="/", **as_user(GAMES))
            one_line(result, "in spite of CAP_SYS_PTRACE: a security module .* or its user namespace forbids that; ask from where it was started")


@needs("root", "unshare", "setpriv")
def test_other_users():
    """Whose it is, and what hides it."""
    with for_everybody() as directory, Unprepared(program("asleep"), "all") as process, contextlib.ExitStack() as stack:
        copy = os.path.join(directory, "leakwatch")
        says("it belongs to another user: ask as that user or as root", process.pid, path=copy, cwd="/", **as_user(GAMES))
        hidden = stack.enter_context(subprocess.Popen(["python3", "-c", HIDES], stdout=subprocess.PIPE, **as_user(GAMES)))
        stack.callback(hidden.kill)
        hidden.stdout.readline()
        says(r"may not be read \(it may have set PR_SET_DUMPABLE to 0\): ask as root", hidden.pid, path=copy, cwd="/", **as_user(GAMES))
        as_games = "setpriv --reuid=%d --regid=%d --clear-groups %s stack" % (GAMES, GAMES, copy)
        for option in "invisible", "noaccess":
            result = unshared(["-m"], "mount -t proc -o hidepid=%s proc /proc; cd /; %s %d" % (option, as_games, process.pid))
            if result is not None:
                one_line(result, r"/proc does not show it, being mounted with hidepid \(proc\(5\)\): ask as root")
        # a file of Yama's, where this machine has none: the words for each of its scopes
        for scope, words in ((1, r"Yama lets only its ancestors look into it \(kernel.yama.ptrace_scope is 1\): ask as root, or sysctl -w"),
                             (2, r"Yama lets only root look into it \(kernel.yama.ptrace_scope is 2\)"), (3, "Yama lets nobody look into a process .* start it with the preload")):
            yama = "mount -t tmpfs none /proc/sys/kernel; mkdir /proc/sys/kernel/yama; echo %d > /proc/sys/kernel/yama/ptrace_scope; cd /; %s %d" % (scope, as_games, hidden.pid)
            result = unshared(["-m"], yama)
            if result is not None:
                one_line(result, words)


def told(threads):
    """All but the ends of sockets, which nobody tells who may not have a descriptor of another process's."""
    return [(thread["name"], thread["verdict"], thread["wait"]["kind"], thread["wait"]["owner"], thread["wait"]["object"] and thread["wait"]["object"]["symbol"],
             [frame["function"] for frame in thread["stack"]]) for thread in threads]


@needs("root", "unshare", "setpriv")
def test_sealed():
    """A filter of system calls as containers have it without SYS_PTRACE: memory is read by another way, to the same report. Where there is none, and without the
    right itself, that is the line."""
    with Unprepared(program("unprepared"), "stuck") as process:
        sealed = json.loads(run([program("sealed"), TOOL, "stack", "--format", "json", str(process.pid)]).stdout)["threads"]
        expect(told(sealed) == told(process.threads()), "%r" % told(sealed))
        result = run([program("sealed"), TOOL, "stack", "--stop", str(process.pid)])
        expect("incomplete: --stop: none of its threads could be stopped: it is traced already, or ptrace(2) is refused" in result.stdout
               and "2 threads wait for each other" in result.stdout, "%r" % result)
        result = unshared(["-m"], "mount --bind /dev/null /proc/%d/mem; %s %s stack %d" % (process.pid, program("sealed"), TOOL, process.pid))
        if result is not None:
            one_line(result, "may not be looked into")
        without = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", program("sealed"), TOOL, "stack", str(process.pid)]
        one_line(run(without), "root without CAP_SYS_PTRACE may not look into it: in a container, start that with --cap-add SYS_PTRACE")
    with Unprepared("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", program("asleep"), "all") as process:
        result = run(without[:-1] + [str(process.pid)])
        expect("all threads are asleep" in result.stdout, "one with the same rights: %r" % result)


@needs("root", "unshare")
def test_a_reason_of_many():
    """What to do about processes that may not be looked into is said of the first, not of each; JSON has it of each."""
    with for_everybody() as directory, Unprepared(program("asleep"), "all"), Unprepared(program("asleep"), "all"):
        lists = ["unshare", "-Ur", os.path.join(directory, "leakwatch"), "ps", "--all"]
        if run(["unshare", "-Ur", "true"], **as_user(GAMES)).returncode != 0:
            print("left out: users may not make namespaces here")
            return
        said = run(lists, cwd="/", **as_user(GAMES)).stdout
        expect(said.count("ask from where it was started") == 1 and len(re.findall(r"it may not be looked into in spite of CAP_SYS_PTRACE$", said, re.M)) >= 1, said)
        listed = json.loads(run(lists + ["--json"], cwd="/", **as_user(GAMES)).stdout)
        expect(len([one for one in listed if one.get("error", "").endswith("ask from where it was started")]) >= 2, listed)


@needs("strace")
def test_run_is_let_in():
    """Where Yama lets only ancestors look into a process, a program that may have to be read when its time is over lets `run` do it, before it begins; one that has all the
    time in the world is not changed."""
    with scratch() as directory:
        log = os.path.join(directory, "log")
        for options, allowed in (["--timeout", "20s"], True), (["--junit", os.path.join(directory, "junit.xml")], False):
            result = run(["strace", "-f", "-qq", "-o", log, "-e", "trace=prctl,execve", TOOL, "run", *options, "--", "/bin/true"])
            calls = [line for line in open(log) if "PR_SET_PTRACER" in line]
            expect(result.returncode == 0 and len(calls) == allowed, "%r %r" % (result, calls))
            expect(not calls or re.match(r"\d+ +prctl\(PR_SET_PTRACER, %s\b" % re.match(r"\d+", open(log).readline()).group(), calls[0]), calls)


def test_a_thread_waits_for_vfork():
    """Where it stands and who called that; nothing is proved while its child may yet do something."""
    with Unprepared(program("asleep"), "vfork") as process:
        threads = process.threads()
        forks = [thread for thread in threads if thread["wait"]["kind"] == "syscall vfork"]
        expect(len(forks) == 1 and [frame["function"] for frame in forks[0]["stack"]][1:2] == ["forks"] and forks[0]["verdict"] == "idle", forks)
        expect(not [thread for thread in threads if thread["verdict"] in PROVED], process.text())
        child = int(open("/proc/%d/task/%d/children" % (process.pid, forks[0]["tid"])).read().split()[0])
        expect("1 thread in asleep" in tool("stack", child), "the child, which runs in its parent's memory")
        os.kill(child, 9)
