"""Odd processes from outside: each is a report that holds, or one line."""
import json, os, re, shutil, subprocess, time

from harness import TOOL, Wrong, eventually, expect, needs, program, run, scratch, sees_all_processes
from live import GAMES, as_user, for_everybody, tool
from outside_tests import PROVED, Unprepared, await_all_rest, says, tell

CYCLE = "2 threads wait for each other"


def test_states():
    """Two threads that wait for each other, in processes that are unlike most; a lock that a handler wants on a stack of its own; a pipe with very many ends."""
    with scratch() as directory:
        removed = shutil.copy(program("odd"), directory)
        for what, words, path in (("vfork", "syscall vfork", None), ("main_ended", "2 threads in", None), ("mappings", "[pause", None), ("unnamed", "in memfd:unnamed (pid", None),
                                  ("removed", "in odd (pid", removed), ("namespaces", "[pause", None), ("plain", "[pause", None), ("plain", "in odd_static_pie (pid", program("odd_static_pie"))):
            with Unprepared(path or program("odd"), what) as process:
                for options in [], ["--stop"]:
                    said = eventually(what, lambda: (lambda said: said if CYCLE in said else None)(process.text(*options)))
                    expect(words in said, "%s\n%s" % (what, said))
    with Unprepared(program("odd"), "handler") as process:
        said = process.text()
        expect("it waits in a handler of SIGUSR2; it waits for what it holds itself" in said, said)
    with Unprepared(program("odd"), "descriptors") as process:
        said = process.text()
        alone = "every write end is in this process" + ("; all threads are asleep" if sees_all_processes() else ", as far as other processes can be examined")
        expect("pipe read" in said and alone in said, said)
    with Unprepared(program("odd"), "bytes") as process:
        said = process.text()
        for name in "?[31mred (", "a?b (", "?? (", "g\u00f6?? (", "x) S 1 (y (", '?"\\<b> (':
            expect(name in said, said)
        json.loads(tool("stack", "--format", "json", process.pid))
        expect(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", said), "%r" % said)


def test_a_lock_of_who_runs_in_its_memory():
    """A process made by clone with CLONE_VM alone locks by the number of the thread that made it: that thread does not wait for itself. It does where the other has
    memory of its own."""
    with Unprepared(program("asleep"), "cloned") as process:
        said = process.text()
        expect(not [thread for thread in process.threads() if thread["verdict"] in PROVED], said)
        expect("suspect: held by the waiting thread itself; not proved: another process runs in this one's memory (clone with CLONE_VM), and may hold it" in said, said)
    with Unprepared(program("asleep"), "cloned_apart") as process:
        expect("deadlock: held by the waiting thread itself; it waits for what it holds itself" in process.text(), process.text())


def test_a_refused_lock():
    """Of two threads that would wait for each other's lock with priority inheritance glibc has one wait for ever on a word of its stack: that is no lock, and has no
    owner. The other waits for a lock, and who has it is told."""
    with Unprepared(program("odd"), "inherits") as process:
        waits = eventually("both wait", lambda: (lambda found: found if len(found) == 2 else None)(
            [thread["wait"] for thread in process.threads() if thread["wait"] and thread["wait"]["call"] == "pthread_mutex_lock"]))
        waits.sort(key=lambda wait: wait["kind"])
        expect([wait["kind"] for wait in waits] == ["futex", "mutex lock"], waits)
        expect(waits[0]["owner"] is None and waits[1]["owner"] is not None and "ended" not in process.text(), process.text())


def freezers():
    """Those that can be made here: of cgroups of version 2 and 1 (kernel: Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/freezer-subsystem.rst): directory, file, words to freeze and thaw."""
    for root, file, words in ("/sys/fs/cgroup", "cgroup.freeze", ("1", "0")), ("/sys/fs/cgroup/unified", "cgroup.freeze", ("1", "0")), ("/sys/fs/cgroup/freezer", "freezer.state", ("FROZEN", "THAWED")):
        directory = os.path.join(root, "leakwatch-test-%d" % os.getpid())
        try:
            os.mkdir(directory)
        except OSError:
            continue
        try:
            if os.path.exists(os.path.join(directory, file)):
                yield directory, os.path.join(directory, file), words
        finally:
            os.rmdir(directory)


@needs("root")
def while_frozen(pid, freeze, thaw):
    """What is told of it. Who was frozen in its own code runs when it may, and is told to: then it is frozen once more."""
    for _ in range(60):
        freeze()
        end = time.monotonic() + 1
        while time.monotonic() < end:
            said = tool("stack", "--wait", "60s", pid)
            if "running" not in said.split("\n")[0]:
                thaw()
                return said
            expect("deadlock:" not in said and "stranded:" not in said, said)
        thaw()
        time.sleep(0.003)
    raise Wrong("it was never frozen in a call: " + said)


def test_frozen():
    """Threads that wake each other, in a container that is paused: each seems to sleep in its call, and nothing is proved. Those that slept before do still."""
    def write(path, words):
        with open(path, "w") as file:
            file.write(words)

    def into(directory, pid):
        write(os.path.join(directory, "cgroup.procs"), str(pid))

    found = 0
    for directory, file, (freeze, thaw) in freezers():
        home = os.path.dirname(directory)
        for mode in "passes", "all":
            process = subprocess.Popen([program("asleep"), mode], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            try:
                process.stdout.readline()
                if mode == "all":
                    await_all_rest(process.pid)
                into(directory, process.pid)
                for _ in range(3):
                    frozen = while_frozen(process.pid, lambda: write(file, freeze), lambda: write(file, thaw))
                    expect(mode == "all" or not re.search("deadlock:|stranded:", frozen), frozen)
                    expect(mode == "passes" or "held up" in frozen or "all threads are asleep" in frozen, frozen)
                    expect(mode == "all" or "incomplete: threads are held up on their way out of a call, as in a frozen cgroup (a paused container): nothing is proved of them" in frozen, frozen)
                found += 1
            finally:
                write(file, thaw)
                into(home, process.pid)
                process.kill()
                process.stdout.close()
                process.wait()
    print("%d frozen" % found)


def test_a_supervised_call():
    """Another process answers a read of the process's own pipe (seccomp_unotify(2)): who sleeps there is no proof."""
    with Unprepared(program("supervised"), "") as process:
        said = eventually("it reads", lambda: (lambda said: said if "pipe read" in said else None)(process.text()))
        expect("deadlock" not in said and "stranded" not in said, said)


def test_a_stack_is_of_one_moment():
    """Threads that hand on a lock, with rests of some microseconds: a stack of one that went on while it was read is not told, nor a deadline; those that stay have theirs."""
    process = subprocess.Popen([program("asleep"), "hands"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()
        told = 0
        for _ in range(15):
            for thread in json.loads(tool("stack", "--format", "json", process.pid))["threads"]:
                wait, functions = thread["wait"], [frame["function"] for frame in thread["stack"]]
                if wait and wait["call"] == "pthread_mutex_lock":
                    expect(functions[-1] == "hands", thread)
                    told += 1
                expect(not wait or (wait.get("timeout_seconds") or 0) < 1, thread)
                expect(all(frame["module"] for frame in thread["stack"]), thread)
        expect(told > 30, told)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def test_never_the_same():
    """Who makes threads and joins them, and who becomes another program, all the time: what is told is of one moment, or is not told."""
    for what in "joins", "executes":
        with subprocess.Popen([program("odd"), what], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            try:
                for number in range(40):
                    report = json.loads(tool("stack", "--format", "json", *(["--stop"] if number % 2 else []), process.pid))
                    verdicts = {thread["verdict"] for thread in report["threads"]}
                    expect(not verdicts & {*PROVED, "suspect"}, "%s: %r" % (what, report["threads"]))
            finally:
                process.kill()


@needs("root")
def test_with_other_rights():
    """Started with its file's user: root may look into it, nobody else."""
    with for_everybody() as directory:
        sleeper = shutil.copy("/bin/sleep", os.path.join(directory, "sleeper"))
        os.chmod(sleeper, 0o4755)
        with subprocess.Popen([sleeper, "1000"], cwd="/", **as_user(GAMES)) as process:
            try:
                eventually("it sleeps", lambda: "in sleeper (pid" in tool("stack", process.pid))
                says("it belongs to another user: ask as that user or as root", process.pid, path=os.path.join(directory, "leakwatch"), cwd="/", **as_user(GAMES))
            finally:
                process.kill()


def test_names_that_hold_anything():
    """A program, a thread, a pipe whose names are made to forge lines and colours: they are words in a line of their own."""
    with scratch() as directory:
        forged, pipe = os.path.join(directory, "for\nged \x1b[31mred"), os.path.join(directory, "pi\npe\x1b[32m")
        os.mkfifo(pipe)
        shutil.copy(program("unprepared"), forged)
        script = "import os, sys; fd = os.open(sys.argv[1], os.O_RDWR); print('up', flush=True); os.read(fd, 1)"
        with Unprepared(forged, "stuck") as process, Unprepared("python3", "-c", script, pipe) as reader:
            said = process.text() + reader.text() + "".join(tool(command, process.pid) for command in ("stats", "tree")) + tool("ps", "--all")
            said += tool("core", forged + "\n", status=1)
        with subprocess.Popen([forged, "stuck"], stdout=subprocess.DEVNULL) as ended:
            ended.kill()
            eventually("it has ended", lambda: open("/proc/%d/stat" % ended.pid).read().rsplit(")", 1)[1].split()[0] == "Z")
            said += tool("stack", ended.pid, status=1)
        expect(said.count("for?ged ?[31mred") >= 4 and "pi?pe?[32m" in said, said)
        expect(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]|^(ged|pe)", said, re.M), "%r" % re.findall(r".*[\x00-\x09\x0b-\x1f\x7f].*", said))


@needs("root")
def test_root_changed():
    """A program that has changed its root since it was started, and one that was started in a root of its own: their files are found."""
    with scratch() as directory:
        for mapped in re.findall(r"(/\S+) \(", run(["ldd", program("unprepared")]).stdout):
            os.makedirs(directory + os.path.dirname(mapped), exist_ok=True)
            shutil.copy(mapped, directory + mapped)
        shutil.copy(program("unprepared"), directory)
        told = []
        for command, how in (([program("unprepared"), "stuck"], {}), ([program("unprepared"), "stuck", directory], {}),
                             (["/unprepared", "stuck"], {"preexec_fn": lambda: os.chroot(directory)})):
            with Unprepared(*command, **how) as process:
                # without /proc it cannot name its threads
                told.append(sorted([thread["verdict"], thread["wait"]["kind"], str(tell(thread)["object"][1]), *tell(thread)["stack"]] for thread in process.threads()))
        expect(told[1] == told[0] and told[2] == told[0], "%r" % told)


def test_ends_meanwhile():
    """Processes that end while they are looked at: a report or a line, never more."""
    for _ in range(20):
        with subprocess.Popen([program("late_but_fine")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            result = run([TOOL, "stack", str(process.pid)])
            expect(result.returncode in (0, 1) and (result.returncode == 0 or len(result.stderr.splitlines()) == 1), "%r" % result)
            process.kill()


def test_polling():
    """Who naps is told to poll, from one place; who sleeps for long is not. What ran has no whole stack of no frames."""
    def told(mode):
        with Unprepared(program("asleep"), mode) as process:
            report = json.loads(tool("stack", "--format", "json", process.pid))
        for thread in report["threads"]:
            expect(thread["stack"] or not thread["stack_complete"], thread)
        groups = [group["polling"] for group in report["groups"]]
        expect(report["counts"]["polling"] == sum(thread["polling"] for thread in report["threads"]) == sum(groups), report["counts"])
        return [thread for thread in report["threads"] if thread["polling"]]
    expect(not told("timed"), "nobody naps")
    for again in range(5):  # on a busy machine it may be met while it runs
        naps = (told("second") or [None])[0]
        if not naps:
            continue
        fact, = naps["facts"]
        expect(fact["fact"] == "wakes_often" and fact["count"] >= 20 and fact.get("of", 3) >= 3, fact)
        if "of" in fact and "turns" in [frame["function"] for frame in naps["stack"]]:
            return
    raise Wrong("never met in its nap: %r" % naps)


def test_polling_as_it_is_watched():
    """As the reports say it."""
    def watched(mode):
        with Unprepared(program("asleep"), mode) as process:
            return tool("watch", "--every", "300ms", "--for", "1s", process.pid)
    for again in range(5):
        out = watched("second")
        if re.search(r"^ +1 +\S+ +\S+/min  (sleep +polling: .*|running +polling: .*)", out, re.M):
            break
    else:
        raise Wrong(out)
    expect("polling" not in watched("timed"), "nobody naps")
