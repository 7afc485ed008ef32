"""Processes that nobody prepared, read from outside: kinds, objects, owners, stacks and proofs are those that the preload would tell, nothing is
proved that does not hold, and what cannot be looked into is one line."""
import glob, json, os, re, signal, subprocess, time

from harness import BUILD, LIBRARY, TOOL, eventually, expect, glibc, needs, program, run, scratch
from live import Asked, GAMES, as_user, for_everybody, tool
from resting import await_rest

STAYS = os.path.join(BUILD, "tests/libstays.so")
PROVED = ("deadlock", "stranded")


class Unprepared:
    """A process without the preload that says so when its threads wait, or are about to."""

    def __init__(self, *command, says="up\n", **more):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **more)
        self.said = []
        while not self.said or self.said[-1] != says:
            self.said.append(self.process.stdout.readline())
            expect(self.said[-1], "%s does not start" % (command,))
        self.pid = self.process.pid
        await_all_rest(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()

    def text(self, *options):
        return tool("stack", *options, self.pid)

    def threads(self, *options):
        return json.loads(tool("stack", "--format", "json", *options, self.pid))["threads"]


def await_all_rest(pid):
    """Until all its threads sleep, those that take naps too."""
    def rest():
        calls = [open(path).read() for path in glob.glob("/proc/%d/task/*/syscall" % pid)]
        return calls and all(not call.startswith("running") for call in calls)
    eventually("threads of %d sleep" % pid, lambda: rest() and not time.sleep(0.02) and rest())


def tell(thread):
    """What two reports of one thread must agree in."""
    wait = thread["wait"] or {}
    thing = wait.get("object") or {}
    return {"wait": (wait.get("kind"), wait.get("call"), wait.get("timed")), "object": (thing.get("address"), thing.get("fd"), thing.get("target")),
            "owner": wait.get("owner"), "stack": [frame["function"] for frame in thread["stack"]]}


# What only the preload can know: who holds a lock for reading is in no field of its; the old conditions have no address; where there is no
# descriptor left it cannot report, and the view from outside can.
UNKNOWABLE = {"writer_starves", "old_conditions", "no_descriptors"}


def is_about_to_end(thread):
    return "stay" in [frame["function"] for frame in thread["stack"]]


def handlers_differ(thread):
    """From outside the preload's own handler of SIGUSR1 counts as the program's; a core tells none."""
    return any(re.search(r"only a signal handler \(SIGUSR1\) could wake|which signals the program handles is not known", words) for words in thread["evidence"])


def compare(name, inside, outside):
    outside = {thread["tid"]: thread for thread in outside}
    compared = 0
    for thread in inside:
        if is_about_to_end(thread) or thread["state"] not in ("blocked", "waiting"):
            continue
        other = outside.get(thread["tid"])
        expect(other, "%s: no thread %d from outside" % (name, thread["tid"]))
        a, b = tell(thread), tell(other)
        expect(a == b, "%s: %s\n%s\n%s" % (name, thread["name"], a, b))
        if other["verdict"] in PROVED or (thread["verdict"] in PROVED and not handlers_differ(other)):
            expect(thread["verdict"] == other["verdict"], "%s: %s is %s, from outside %s" % (name, thread["name"], thread["verdict"], other["verdict"]))
        expect(other["created_by"] is None, "%s: nobody saw it created" % name)
        compared += 1
    return compared


def comparable_cases():
    cases = sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(os.path.dirname(__file__), "../cases/*.c")))
    return [name for name in cases if name not in UNKNOWABLE and os.path.exists(program(name))]


def that_stays(name):
    """A program of the catalogue with the preload, kept from ending."""
    return subprocess.Popen([program(name)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=dict(os.environ, LD_PRELOAD=LIBRARY + ":" + STAYS, LEAKWATCH_OPTIONS="at_exit=0:at_term=0"))


def test_cases_are_told_as_by_the_preload():
    """Programs of the catalogue, kept from ending, are asked in both ways at the same time."""
    cases = comparable_cases()
    compared, told = 0, set()
    for first in range(0, len(cases), 16):
        running = {}
        for name in cases[first:first + 16]:
            running[name] = that_stays(name)
        time.sleep(1.5)
        for name, process in running.items():
            reports = [] if process.poll() is not None else [
                run([TOOL, "stack", "--format", "json", *how, str(process.pid)]).stdout for how in (["--outside"], [])]
            if reports and all(reports):
                outside, inside = [json.loads(report)["threads"] for report in reports]
                found = compare(name, inside, outside)
                compared += found
                told |= {name} if found else set()
            process.kill()
            process.wait()
    expect(compared >= 60 and len(told) >= 18, "%d threads of %s" % (compared, sorted(told)))


KINDS = {"left": "mutex lock", "right": "mutex lock", "third": "mutex lock", "condition": "cond wait", "reader": "rwlock read lock",
         "writer": "rwlock write lock", "tokens": "semaphore wait", "barrier": "barrier wait", "runs": "mutex lock", "waits": "once",
         "pipes": "pipe read", "sockets": "socket read", "events": "eventfd read", "polls": "poll", "epolls": "epoll wait", "seconds": "sleep"}
OBJECTS = {"left": "second", "right": "first", "third": "first", "condition": "never", "reader": "written", "writer": "written", "tokens": "tokens",
           "barrier": "three", "runs": "first", "waits": "once"}
ENDS = {"left": "left", "right": "right", "third": "third", "condition": "conditional", "tokens": "semaphore", "waits": "waits"}


def check_kinds(threads, but=()):
    for name, kind in {name: kind for name, kind in KINDS.items() if name not in but}.items():
        expect(threads[name]["wait"]["kind"] == kind, "%s: %r" % (name, threads[name]["wait"]))
    for name, object in OBJECTS.items():
        expect(threads[name]["wait"]["object"]["symbol"] == object, "%s: %r" % (name, threads[name]["wait"]))


def check_stuck(threads):
    tid = {name: thread["tid"] for name, thread in threads.items()}
    owners = {"left": "right", "right": "left", "third": "left", "runs": "left"}
    for name, owner in owners.items():
        expect(threads[name]["wait"]["owner"] == tid[owner], "%s: %r" % (name, threads[name]["wait"]))
    verdicts = {name: thread["verdict"] for name, thread in threads.items() if thread["verdict"] in PROVED}
    main = next(name for name, thread in threads.items() if thread["main"])
    wanted = {"left": "deadlock", "right": "deadlock", "third": "stranded", "runs": "stranded", "waits": "stranded", main: "stranded",
              "reader": "stranded", "writer": "stranded"}
    expect(verdicts == wanted, "%r" % verdicts)


def test_unprepared():
    """A thread in each kind of wait: its object, its owner, its function, and the proofs."""
    for name in "unprepared", "unprepared_plain":
        with Unprepared(program(name), "stuck") as process:
            threads = {thread["name"]: thread for thread in process.threads()}
            check_kinds(threads)
            check_stuck(threads)
            for thread, function in ENDS.items():
                functions = [frame["function"] for frame in threads[thread]["stack"]]
                expect(functions[0].startswith(("pthread_", "sem_", function, "lock_both")) and function in functions, "%s: %r" % (thread, functions))
            polled = threads["polls"]["wait"]["object"]["target"]
            expect(re.match(r"fd \d+ pipe:\[\d+\], fd \d+ anon_inode:\[eventfd\]$", polled), polled)
            said = process.text()
            for words in ("from outside; 16 blocked, 1 waiting, 1 deadlock", "created before leakwatch", "2 threads wait for each other",
                          "1 of 3 threads have reached the barrier", "holds  initialisation once"):
                expect(words in said, "%s\n%s" % (words, said))
            for words in ("created by", "never signalled", "never posted", "not intercepted", "creator unknown"):
                expect(words not in said, "%s\n%s" % (words, said))


def test_free():
    """The same waits, with a thread that may end each, and owners that sleep for a time: nothing is proved."""
    with Unprepared(program("unprepared"), "free") as process:
        for _ in range(5):
            threads = {thread["name"]: thread for thread in process.threads()}
            proved = {name: thread["verdict"] for name, thread in threads.items() if thread["verdict"] in PROVED}
            expect(not proved, "%r" % proved)
            expect(threads["third"]["wait"]["owner"] == threads["left"]["tid"], "%r" % threads["third"]["wait"])


def test_without_any_symbol():
    """A static program without symbols: by their shapes and addresses, the locks, who has them, and the cycle."""
    with Unprepared(program("unprepared_static"), "stuck") as process:
        threads = {thread["name"]: thread for thread in process.threads()}
        tid = {name: thread["tid"] for name, thread in threads.items()}
        for name, other in (("left", "right"), ("right", "left")):
            wait = threads[name]["wait"]
            expect((wait["kind"], wait["owner"], threads[name]["verdict"]) == ("mutex lock", tid[other], "deadlock"), "%r" % threads[name])
            expect(len(threads[name]["stack"]) >= 4, "%r" % threads[name]["stack"])
        main = next(thread for thread in threads.values() if thread["main"])
        # a state that nothing tells from any other word is waited for since
        joins = ("thread join", "stranded") if glibc() < (2, 43) else ("futex", "none")
        expect((main["wait"]["kind"], main["verdict"]) == joins, "%r" % main)
    with Unprepared(program("unprepared_static"), "free") as process:
        expect(not [thread for thread in process.threads() if thread["verdict"] in PROVED], "nothing is proved")


def test_all_asleep():
    """That all threads are asleep is proved of a process at rest, and not where something could wake one."""
    def verdicts(mode):
        with Unprepared(program("asleep"), mode) as process:
            return sorted(thread["verdict"] for thread in process.threads()), process.text()
    found, said = verdicts("all")
    expect(found == ["deadlock", "deadlock"] and "all threads are asleep" in said, said)
    found, said = verdicts("handler")
    expect(found == ["suspect", "suspect"] and "only a signal handler (SIGTERM) could wake a thread" in said, said)
    found, said = verdicts("blocked")
    expect(found == ["deadlock", "deadlock"] and "all threads are asleep" in said, said)
    found, said = verdicts("heard")
    expect(found == ["suspect"] * 3 and "only a signal handler (SIGTERM) could wake a thread" in said, said)
    for mode in "timed", "second":
        found, said = verdicts(mode)
        expect(not set(found) & set(PROVED), said)
    found, said = verdicts("shared")
    expect(not set(found) & set(PROVED) and "not proved" in said, said)
    found, said = verdicts("ended")
    expect(found == ["deadlock"] and "1 thread " in said, said)


def test_owner_gone():
    """A lock whose owner has ended will never be free, but for a child that fork made, whose memory names its parent's threads."""
    with Unprepared(program("asleep"), "orphan") as process:
        said = process.text()
        expect("deadlock: its owner" in said and "has ended" in said, said)
    process = Unprepared.__new__(Unprepared)
    process.process = subprocess.Popen([program("asleep"), "forked"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    process.pid = int(process.process.stdout.readline())
    try:
        expect(process.process.stdout.readline() == "up\n", "the child is up")
        process.process.wait()  # until then its number is somebody's
        await_all_rest(process.pid)
        expect(not [thread for thread in process.threads() if thread["verdict"] in PROVED], process.text())
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.process.stdout.close()
        process.process.wait()


def test_words_not_said_to_be_private():
    """A futex without the private flag is this process's alone in the data of a module, on the heap and on main's stack. Elsewhere memory that others share
    may have lain there when the thread fell asleep (word_mapped_over): nothing is proved."""
    alone = {"word_of_data", "word_on_stack", "word_on_heap", "word_copied_by_fork"}
    for scenario in sorted(alone | {"word_of_private_file", "word_of_read_file", "word_of_shared_file", "word_of_shared_memory", "word_mapped_over", "word_shared_by_fork"}):
        with Unprepared(program("owners"), scenario, says="ready\n") as process:
            pid = max([process.pid] + [int(child) for child in open("/proc/%d/task/%d/children" % (process.pid, process.pid)).read().split()])
            await_all_rest(pid)
            found = sorted(thread["verdict"] for thread in json.loads(tool("stack", "--format", "json", pid))["threads"])
            said = tool("stack", pid)
            if pid != process.pid:
                os.kill(pid, signal.SIGKILL)
        if scenario in alone:
            expect(found == ["deadlock", "deadlock"] and "all threads are asleep" in said, "%s: %s" % (scenario, said))
        else:
            expect(not set(found) & set(PROVED) and "not proved: another process may share what one" in said, "%s: %s" % (scenario, said))


def test_all_are_listed():
    """ps lists the processes that are not watched too, when it is told to; each that cannot be read costs its own line."""
    with Unprepared(program("asleep"), "all") as process, Unprepared(program("unprepared"), "stuck") as stuck:
        lines = {int(line.split()[0]): line for line in tool("ps", "--all").splitlines()[1:]}
        expect(re.search(r" asleep .* 1 deadlock$", lines.get(process.pid, "")), lines.get(process.pid))
        expect(re.search(r" unprepared .* 17 .* 1 deadlock$", lines.get(stuck.pid, "")), lines.get(stuck.pid))
        expect(str(process.pid) not in run([TOOL, "ps"]).stdout, "those that are not watched are not asked for")
        threads = json.loads(tool("stats", "--json", stuck.pid))
        expect(threads["threads"]["alive"] == 17, "%r" % threads)
        expect("left" in tool("tree", stuck.pid), "tree")
        expect(tool("diff", "--live", stuck.pid, "--every", "200ms", "--for", "300ms") is not None, "diff")


def says(words, pid, status=1, **more):
    said = tool("stack", pid, status=status, **more)
    expect(re.search(words, said) and len(said.splitlines()) == 1, "%s\n%s" % (words, said))


def is_of_the_kernel(pid):
    """PF_KTHREAD, kernel: include/linux/sched.h. In a container there is none."""
    try:
        return int(open("/proc/%s/stat" % pid, errors="replace").read().rsplit(")", 1)[1].split()[6]) & 0x200000
    except OSError:  # it has ended meanwhile
        return False


def test_what_is_no_program():
    """A thread of the kernel's, what has ended, a thread's number: one line each."""
    kernel = next((int(pid) for pid in os.listdir("/proc") if pid.isdigit() and is_of_the_kernel(pid)), 0)
    if kernel:
        says("it is a thread of the kernel's", kernel)
    with subprocess.Popen(["true"]) as ended:
        eventually("it has ended", lambda: open("/proc/%d/stat" % ended.pid).read().split(")")[1].split()[0] == "Z")
        says("it has ended", ended.pid)
    with Unprepared(program("asleep"), "all") as process:
        other = max(int(tid) for tid in os.listdir("/proc/%d/task" % process.pid))
        says("stack: process %d: (it is a thread of another process|there is no such process)" % other, other)


def test_stopped():
    """A stopped process is told as it stands, and nothing is proved of it; once it goes on, it is."""
    with Unprepared(program("asleep"), "all") as process:
        os.kill(process.pid, signal.SIGSTOP)
        eventually("it is stopped", lambda: open("/proc/%d/stat" % process.pid).read().split(")")[1].split()[0] == "T")
        said = process.text()
        expect("incomplete: it is stopped by a signal" in said and "semaphore wait" in said and "deadlock" not in said, said)
        os.kill(process.pid, signal.SIGCONT)
        eventually("proved again", lambda: "all threads are asleep" in process.text())




@needs("gdb")
def test_traced():
    """So is one that a debugger holds."""
    with Unprepared(program("asleep"), "all") as process:
        with subprocess.Popen(["gdb", "-q", "-nx", "-p", str(process.pid)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as gdb:
            eventually("it is held", lambda: open("/proc/%d/stat" % process.pid).read().split(")")[1].split()[0] == "t")
            said = process.text()
            expect("a debugger or strace has stopped it" in said and "deadlock" not in said, said)
            gdb.communicate(b"kill\n", timeout=60)


@needs("root")
def test_rights():
    """Another user's process; root without the right to look into others. The line names the rule."""
    with for_everybody() as directory, Unprepared(program("asleep"), "all") as process:
        copy = os.path.join(directory, "leakwatch")
        says("it belongs to another user: ask as that user or as root", process.pid, path=copy, cwd="/", **as_user(GAMES))
        result = run(["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", TOOL, "stack", str(process.pid)])
        expect("CAP_SYS_PTRACE" in result.stderr and "--cap-add SYS_PTRACE" in result.stderr and result.returncode == 1, "%r" % result)



def test_run_of_a_static_program():
    """No preload reaches it: when its time is over it is read from outside, which is said; one with the preload is not told twice."""
    result = run([TOOL, "run", "--timeout", "500ms", "--", program("unprepared_static"), "stuck"])
    expect(result.returncode == 124 and "the preload is not in unprepared_static" in result.stderr and "from outside" in result.stderr
           and "2 threads wait for each other" in result.stderr, "%r" % result)
    result = run([TOOL, "run", "--timeout", "500ms", "--", program("unprepared"), "stuck"])
    expect(result.returncode == 124 and "the preload is not in" not in result.stderr and "2 threads wait for each other" in result.stderr, "%r" % result)


@needs("python3", "redis-server")
def test_real_programs():
    """Programs as they are installed: their threads, named, with what they wait for."""
    with subprocess.Popen(["python3", "-c", "import threading, time; threading.Thread(target=threading.Event().wait).start(); time.sleep(3600)"]) as python:
        try:
            # Python's own frames are not told of a thread that moves while it is read
            said = eventually("its threads wait", lambda: (lambda words: words if "1 blocked, 1 waiting" in words and "threading.py" in words else None)(tool("stack", python.pid)))
            expect("pthread_cond_" in said or "sem_" in said, said)
        finally:
            python.kill()
    with scratch() as directory, subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", os.path.join(directory, "redis"), "--save", "", "--daemonize", "no"], stdout=subprocess.DEVNULL) as redis:
        try:
            said = eventually("its threads wait", lambda: (lambda words: words if words.count("bio") >= 2 and "epoll wait" in words else None)(tool("stack", redis.pid)))
            expect("bioProcessBackgroundJobs" in said or "pthread_cond_wait" in said, said)
            expect("deadlock" not in said and "stranded" not in said, said)
        finally:
            redis.kill()


def test_stopped_for_registers():
    """--stop: where a running thread is, stacks that are whole, the same proofs; and the calls that were stopped go on."""
    with Unprepared(program("unprepared_plain"), "stuck") as process:
        threads = {thread["name"]: thread for thread in process.threads("--stop")}
        # what has a deadline goes on as restart_syscall, poll too; epoll_wait is interrupted
        check_kinds(threads, {"polls", "epolls", "seconds"})
        check_stuck(threads)
        expect([frame["function"] for frame in threads["pipes"]["stack"]] == ["pipes"], "%r" % threads["pipes"]["stack"])
        after = {thread["name"]: thread for thread in process.threads()}
        expect({name for name, thread in after.items() if thread["state"] == "blocked"} >= set(KINDS) - {"polls", "epolls", "seconds"}, "they wait on")
    with subprocess.Popen([program("dead_loop")], env=dict(os.environ, LD_PRELOAD=STAYS), stdout=subprocess.DEVNULL) as process:
        try:
            def loops():
                threads = json.loads(tool("stack", "--stop", "--format", "json", process.pid))["threads"]
                return [thread for thread in threads if "works" in [frame["function"] for frame in thread["stack"]]]
            running, = eventually("a thread loops", loops)
            expect(running["state"] == "running", "%r" % running)
        finally:
            process.kill()


def test_main_has_ended():
    """A process and its neighbour whose main threads have ended: records, descriptors and ends of pipes are found all the same."""
    for arguments, said in (([], "every write end is in this process"), (["child"], "has a write end")):
        with Asked([program("main_ended")] + arguments, b"ready\n", options="at_exit=0") as asked:
            def judged():
                threads = {thread["name"]: thread for thread in asked.threads()}
                return (threads["waits"]["wait"]["kind"] == "cond wait" and threads["waits"]["stack"][0]["function"] == "waits"
                        and any(said in words for words in threads["reads"]["evidence"]) and (threads["reads"]["verdict"] == "idle") == bool(arguments))
            eventually(said, judged)
