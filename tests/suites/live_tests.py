"""Running programs, asked from outside: ps, stack, stats, tree, watch, diff --live; who may ask, and what stands in the way."""
import ctypes, json, os, re, shutil, signal, subprocess, time

from harness import BUILD, LIBRARY, PATIENCE, TOOL, eventually, expect, needs, scratch, slow
from live import GAMES, GROWER, NOBODY, Program, Terminal, answers, as_user, for_everybody, tool

# Programs of other tests are on lists too, and one test takes the places of answers for itself.
ALONE = True
LW_REQUEST = 0x4c575251  # shared/request.h


def test_stack():
    with Program() as program:
        program.tell("grow 4")
        report = tool("stack", program.pid)
        for words in (r"^leakwatch: 9 threads in \S*/grower \(pid %d\) on request; 9 blocked$" % program.pid,
                      r"^4 threads  \[cond wait, [0-9.]+s\]  suspect: this condition was never signalled$",
                      r"^    #1  waiter +grower\.c:\d+$", r"^  waiting on  never \(0x[0-9a-f]+\)$", r"^1 thread  \[pipe read\]  idle: ",
                      r"^  created by  parent \(\d+\) "):
            expect(re.search(words, report, re.M), words + "\n" + report)
        report = json.loads(tool("stack", "--format", "json", program.pid))
        expect(report["trigger"] == "signal" and report["counts"]["threads"] == 9 and report["counts"]["leaked"] == 0, report["counts"])
        expect(len(tool("stack", "--format", "folded", "--wait", "30s", program.pid).splitlines()) == 4, "folded")
        with scratch() as directory:
            path = os.path.join(directory, "kept.lwsnap")
            tool("stack", "--format", "snapshot", "--log", path, program.pid)
            expect("9 threads in" in tool("render", path), "a snapshot that is kept")
        expect(program.said() == "", "the program printed:\n" + program.said())
        expect(os.stat(answers()).st_mode & 0o777 == 0o700, "who may read the answer")
        eventually("it is taken away", lambda: os.listdir(answers()) == [])  # other tests' programs answer there too


def test_ps():
    with Program() as one, Program() as other, subprocess.Popen(["sleep", "1000"]) as unwatched:
        one.tell("grow 10")
        os.kill(other.pid, signal.SIGSTOP)
        listed = tool("ps", "--wait", "2s")
        row = re.search(r"^ +%d  grower +[0-9.]+s +15 +15 +13 +[0-9.]+s$" % one.pid, listed, re.M)
        expect(row and listed.startswith("     PID  PROGRAM"), listed)
        expect(re.search(r"^ +%d  grower +it is stopped: kill -CONT %d lets it go on$" % (other.pid, other.pid), listed, re.M), listed)
        expect(str(unwatched.pid) not in listed, listed)
        found = {row["pid"]: row for row in json.loads(tool("ps", "--json", "--wait", "2s"))}
        expect(found[one.pid]["suspect"] == 13 and found[one.pid]["blocked"] == 15, found)
        expect(found[other.pid]["error"].startswith("it is stopped"), found)
        unwatched.kill()


def test_a_program_of_any_name():
    """A file's name may be any bytes: its row is there, and says them."""
    with scratch() as directory:
        strange = os.path.join(os.fsencode(directory), b"gr\xffower")
        shutil.copy(GROWER, strange)
        with Program(command=(strange,)) as program:
            found = {row["pid"]: row for row in json.loads(tool("ps", "--json"))}
            expect(found[program.pid]["program"] == "gr\\xffower", found.get(program.pid))


def test_stats():
    with Program() as program:
        program.tell("grow 2")
        program.tell("end 5")
        program.tell("leave 3")
        said = tool("stats", program.pid)
        for words in ("^threads +7 alive, 15 created, 9 ended, 3 of them never joined$", "^state +7 blocked$",
                      "^waiting in +5 cond wait, 1 pipe read, 1 pause$|^waiting in +5 cond wait, 1 pause, 1 pipe read$",
                      r"^look leaked +8 \(0 proved, 5 suspect\), 0 deadlocks$",
                      r"^CPU +[0-9.]+s$", r"^RSS +[0-9.]+ MiB of [0-9.]+ MiB mapped$", r"^stacks +[0-9.]+ MiB reserved$",
                      r"^descriptors +\d+ open of \d+$"):
            expect(re.search(words, said, re.M), words + "\n" + said)
        found = json.loads(tool("stats", "--json", program.pid))
        expect(found["threads"] == {"alive": 7, "created": 15, "ended": 9, "unjoined": 3, "suspect": 8} and found["states"] == {"blocked": 7}, found)
        expect(found["resident_bytes"] > 0 and found["stacks_bytes"] >= 10 * 64 * 1024 and found["descriptors"] >= 3, found)


def test_tree():
    with Program() as program:
        program.tell("grow 4")
        said = tool("tree", program.pid)
        for words in (r"^grower \(%d\)  \[pipe read\]" % program.pid, r"^\|- 4 x grower  \[cond wait\]  suspect  created at  start  grower\.c:\d+$",
                      r"^`- parent \(\d+\)  \[pause\]  created at  start  grower\.c:\d+$", r"^   `- 3 x parent  \[cond wait\]"):
            expect(re.search(words, said, re.M), words + "\n" + said)
        found = json.loads(tool("tree", "--json", program.pid))
        expect(len(found) == 1 and len(found[0]["children"]) == 5, found)
        expect([len(child["children"]) for child in found[0]["children"] if child["name"] == "parent" and child["doing"].startswith("[pause]")] == [3], found)


class Looker:
    """The tool, looking at a program again and again; whoever wants to know when it has done so sees it at the directory of the answers."""

    def __init__(self, program, *arguments):
        tool("stats", program.pid)  # so that there is one
        self.mark()
        self.process = subprocess.Popen([TOOL, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.has_looked()

    def mark(self):
        self.changed = os.stat(answers()).st_mtime_ns

    def has_looked(self):
        """Since the last mark, which is set anew."""
        eventually("a look", lambda: os.stat(answers()).st_mtime_ns != self.changed and os.listdir(answers()) == [])
        self.mark()

    def end(self):
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


@slow
def test_diff_live():
    with Program() as program:
        program.tell("grow 1")
        live = Looker(program, "diff", "--live", str(program.pid), "--every", "300ms", "--for", "2s", "--threshold", "3")
        program.tell("grow 30")
        status, out, err = live.end()
        expect(status == 23 and err == "", "%d %s" % (status, err))
        expect(re.search(r"^leakwatch: 1 group grew in \S*/grower \(pid %d\) over \d+\.\ds$" % program.pid, out, re.M), out)
        expect(re.search(r"^\+30 threads \(1 -> 31\), [0-9.]+ a minute  \[cond wait\]$", out, re.M), out)
        expect(re.search(r"^    #0  waiter +grower\.c:\d+\n  created by\n    #0  start +grower\.c:\d+\n    #1  main", out, re.M), out)
        expect(tool("diff", "--live", program.pid, "--every", "200ms", "--for", "400ms") == "", "nothing grew")
        # the program ends meanwhile: the look before that counts
        live = Looker(program, "diff", "--live", str(program.pid), "--every", "600ms", "--for", "1000s")
        program.tell("grow 7")
        live.mark()
        live.has_looked()
        live.has_looked()
        program.process.kill()
        status, out, err = live.end()
        expect(status == 23 and "+7 threads" in out and "process %d" % program.pid in err, out + err)


@slow
def test_watch_as_lines():
    with Program() as program:
        program.tell("grow 2")
        live = Looker(program, "watch", "--every", "300ms", "--for", "2s", str(program.pid))
        program.tell("grow 5")
        status, out, _ = live.end()
        expect(status == 0 and 2 <= len(re.findall(r"^\d\d:\d\d:\d\d  ", out, re.M)) <= 8, out)
        expect(re.search(r"^ +7 +\+5 +[0-9.]+/min  cond wait +waiter  grower\.c:\d+ < start  grower\.c:\d+$", out, re.M), out)


@slow
@needs("tmux")
def test_watch_on_a_terminal():
    with Program() as program, scratch() as directory:
        program.tell("grow 2")
        terminal = Terminal("TERM=screen %s watch --every 200ms %d; echo ended with $?; sleep 1000" % (TOOL, program.pid), directory)
        try:
            terminal.shows(r"^leakwatch: grower \(pid %d\)$" % program.pid)
            terminal.shows(r"^\+ +2 +\+0 +0\.0 .* cond wait +waiter  grower\.c")
            program.tell("grow 9")
            terminal.shows(r"^\+ +11 +\+9 +[0-9.]+ .* cond wait")
            terminal.shows(r"\x1b\[[0-9;]*33m", "-e")  # what grows is yellow
            terminal.keys("Enter")
            terminal.shows(r"^ +#0  waiter +grower\.c:\d+$")
            terminal.keys("Space", "n")
            terminal.shows("by name")
            terminal.keys("a")
            terminal.shows("by longest wait")
            terminal.keys("c")
            terminal.shows("by threads")
            terminal.keys("?")
            terminal.shows("count growth from now on")
            terminal.keys("?", "z")
            terminal.shows(r"^\+ +11 +\+0")
            terminal.keys("s")
            terminal.shows("saved as leakwatch-%d-1.txt" % program.pid)
            saved = open(os.path.join(directory, "leakwatch-%d-1.txt" % program.pid)).read()
            expect(re.match(r"leakwatch: \d+ threads in ", saved) and "\x1b" not in saved, saved[:200])
            terminal.keys("p")
            terminal.shows("paused")
            terminal.keys("p")
            program.process.kill()
            program.process.wait()
            terminal.shows("it has ended; the last look is shown")
            terminal.keys("q")
            terminal.shows("ended with 0")
        finally:
            terminal.close()


@needs("tmux")
def test_colours_and_progress_on_a_terminal_only():
    with Program() as program, scratch() as directory:
        program.tell("grow 1")
        expect("\x1b" not in tool("stack", program.pid), "not into a pipe")
        expect("\x1b[33msuspect\x1b[0m" in tool("stack", "--color", "always", program.pid), "always")
        for setting, colored in (("TERM=screen", True), ("TERM=screen NO_COLOR=1", False), ("TERM=dumb", False)):
            terminal = Terminal("%s %s stack %d; sleep 1000" % (setting, TOOL, program.pid), directory)
            try:
                terminal.shows("suspect")
                expect(("\x1b[33msuspect" in terminal.screen("-e")) == colored, setting + "\n" + terminal.screen("-e"))
            finally:
                terminal.close()


def test_what_cannot_be_asked():
    """Each is one line that says what and why, at once or within the time given, and nothing happens to the program."""
    def says(words, pid, status=1):
        said = tool("stack", "--wait", "700ms", pid, status=status)
        expect(re.search(words, said) and len(said.splitlines()) == 1, "%s\n%s" % (words, said))

    says("stack: process 4194303: there is no such process", 4194303)
    says("'me' is not the number of a process; leakwatch ps lists them", "me", 2)
    with Program(options="signal=none:at_exit=0") as program:
        expect("from outside" in tool("stack", program.pid), "it is read from outside")
    with Program("block") as program:
        says("all of its threads block SIGUSR1", program.pid)
    with Program("ignore") as program:
        says("it ignores SIGUSR1; with LEAKWATCH_OPTIONS=signal=NAME another signal asks", program.pid)
    with Program() as program:
        os.kill(program.pid, signal.SIGSTOP)
        says("it is stopped: kill -CONT %d" % program.pid, program.pid)
        os.kill(program.pid, signal.SIGCONT)
        expect("in " in tool("stack", program.pid), "it goes on")
    # no file of this size may be written
    with Program(command=("sh", "-c", "ulimit -f 1; exec " + GROWER)) as program:
        says("it could not write its answer", program.pid)
        program.tell("end 1")


def test_a_request_is_no_signal_of_the_programs():
    """Its own handler for the signal hears of kill, not of the tool; another signal may be chosen."""
    with Program("handle") as program:
        tool("stack", program.pid)
        expect("handled" not in program.said(), program.said())
        os.kill(program.pid, signal.SIGUSR1)
        eventually("its handler", lambda: "handled" in program.said())
    with Program(options="signal=URG:at_exit=0") as program:
        expect("on request" in tool("stack", program.pid), "SIGURG")
    with Program(options="signal=40:at_exit=0") as program:
        expect("on request" in tool("stack", program.pid), "signal 40")


def test_many_ask_at_once():
    with Program() as program:
        program.tell("grow 20")
        askers = [subprocess.Popen([TOOL, "stack", "--wait", "100s", str(program.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(10)]
        for asker in askers:
            out, err = asker.communicate(timeout=PATIENCE)
            expect(asker.returncode == 0 and out.startswith("leakwatch: 25 threads"), "%d %s %s" % (asker.returncode, out[:200], err))


class Forks:
    """A program that forks all the time, and what it says of its children."""

    def __init__(self, threads):
        self.program = Program(options="at_exit=0:at_term=0", command=(os.path.join(BUILD, "tests/forks"), str(threads)))
        self.pid = self.program.pid

    def __enter__(self):
        expect(self.program.process.stdout.readline() == "ok\n", "it runs")
        return self

    def __exit__(self, *how):
        self.program.__exit__(*how)

    def children(self):
        self.program.process.stdin.write("?")
        self.program.process.stdin.flush()
        return int(self.program.process.stdout.readline())

    def ends_well(self):
        out, _ = self.program.process.communicate(timeout=600)
        expect(self.program.process.returncode == 0, out + self.program.said())


@slow
def test_children_that_are_forked_meanwhile():
    """They have no descriptors of a snapshot that was being made."""
    with Forks(threads=3000) as forks:
        asked = children = 0
        while asked < 20 or children < 200:
            tool("stack", "--format", "folded", "--wait", "30s", forks.pid)
            asked, children = asked + 1, forks.children()
            expect(asked < 500, "only %d children after %d snapshots" % (children, asked))
        forks.ends_well()


@needs("strace", "root")
def test_children_that_are_forked_while_an_answer_is_written():
    """Nor have they one of the answer's: its directory, its file. Each call that makes one is drawn out, so that children come meanwhile."""
    calls = "openat,mkdirat,renameat,memfd_create"
    libc = ctypes.CDLL(None)
    with Forks(threads=0) as forks:
        tool("stats", forks.pid)  # so that there is a place for answers
        # main, which waits for input, is who answers; the thread that forks goes on as ever
        tracer = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=%s:delay_exit=3000" % calls, "-p", str(forks.pid)])
        try:
            eventually("it is traced", lambda: "TracerPid:\t0\n" not in open("/proc/%d/status" % forks.pid).read())
            for token in range(1, 11):
                answer = os.path.join(answers(), "%08x" % token)

                def is_answered():
                    # the tool would not ask what is being traced; like it, this asks again
                    libc.sigqueue(forks.pid, signal.SIGUSR1, ctypes.c_void_p(LW_REQUEST << 32 | token))
                    return os.path.exists(answer)

                eventually(answer, is_answered, pause=0.1)
                os.unlink(answer)
        finally:
            tracer.kill()
            tracer.wait()
        eventually("children", lambda: forks.children() > 200)
        forks.ends_well()


@slow
@needs("root")
def test_two_users():
    """Nobody else can ask, read the answer, forge one, or make the program write elsewhere; root can ask."""
    places = ["/dev/shm/leakwatch-%d" % NOBODY, "/tmp/leakwatch-%d" % NOBODY]

    def clear():
        for place in places:
            if os.path.islink(place) or os.path.isfile(place):
                os.unlink(place)
            shutil.rmtree(place, ignore_errors=True)

    with for_everybody() as directory:
        library, own_tool, grower = (os.path.join(directory, os.path.basename(path)) for path in (LIBRARY, TOOL, GROWER))
        with Program(command=(grower,), library=library, cwd="/", **as_user(NOBODY)) as program:
            clear()
            expect("in " in tool("stack", program.pid, path=own_tool, cwd="/", **as_user(NOBODY)), "its own user")
            expect("in " in tool("stack", program.pid), "root")
            status = os.stat(places[0])
            expect(status.st_uid == NOBODY and status.st_mode & 0o777 == 0o700, oct(status.st_mode))
            said = tool("stack", program.pid, path=own_tool, cwd="/", status=1, **as_user(GAMES))
            expect("it belongs to another user: ask as that user or as root" in said, said)
            expect("grower" not in tool("ps", path=own_tool, cwd="/", **as_user(GAMES)), "ps of another user")
            # another user is there first, with a directory, with a link to where the program may write
            target = os.path.join(directory, "target")
            os.mkdir(target)
            os.chown(target, NOBODY, NOBODY)
            for plant in (lambda place: os.mkdir(place, 0o777), lambda place: os.symlink(target, place), lambda place: open(place, "w").close()):
                clear()
                plant(places[0])
                os.chown(places[0], GAMES, GAMES, follow_symlinks=False)
                before = os.listdir(places[0]) if os.path.isdir(places[0]) else None
                expect("in " in tool("stack", program.pid), "the next place is taken")
                expect(os.stat(places[1]).st_uid == NOBODY, "by the program")
                expect(os.listdir(target) == [] and (before is None or os.listdir(places[0]) == before), "it wrote elsewhere")
            # a directory that others may look into is nobody's alone
            clear()
            os.mkdir(places[0])
            os.chmod(places[0], 0o755)
            os.chown(places[0], NOBODY, NOBODY)
            expect("in " in tool("stack", program.pid) and os.path.isdir(places[1]), "one that others may read")
            # and where all places are taken, that is said
            clear()
            for place in places:
                os.mkdir(place)
                os.chown(place, GAMES, GAMES)
            said = tool("stack", "--wait", "700ms", program.pid, status=1)
            expect("did not answer in time; its stderr may say why" in said, said)
            expect("leakwatch: no answer to a request in grower: no directory of its user's own" in program.said(), program.said())
            program.tell("end 1")
            clear()


def test_an_answer_that_nobody_came_for_is_removed():
    with Program() as program:
        tool("stack", program.pid)
        directory = answers()
        stale = os.path.join(directory, "deadbeef")
        open(stale, "w").close()
        os.utime(stale, (time.time() - 100, time.time() - 100))
        tool("stack", program.pid)
        expect(not os.path.exists(stale), "it is still there")


@needs("root", "unshare")
def test_another_root_and_namespace():
    """A program in a PID and a mount namespace of its own, with its own /tmp and /dev/shm, and its files elsewhere."""
    script = ("mount -t tmpfs none /mnt && mkdir /mnt/app && cp %s %s %s /mnt/app && mount -t tmpfs none /dev/shm && mount -t tmpfs none /tmp && "
              "LD_PRELOAD=/mnt/app/libleakwatch.so exec /mnt/app/grower" % (LIBRARY, TOOL, GROWER))
    env = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    env["LEAKWATCH_OPTIONS"] = "at_exit=0:at_term=0"
    process = subprocess.Popen(["unshare", "--pid", "--fork", "--mount", "--mount-proc", "sh", "-c", script], env=env, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        process.stdin.write("grow 4\n")
        process.stdin.flush()
        expect(process.stdout.readline() == "ok\n", "it runs")
        pid = int(open("/proc/%d/task/%d/children" % (process.pid, process.pid)).read().split()[0])
        report = tool("stack", pid)
        expect(re.search(r"^leakwatch: 9 threads in /mnt/app/grower \(pid 1\) on request", report, re.M), report)
        expect(re.search(r"^    #1  waiter +grower\.c:\d+$", report, re.M), report)
        expect(re.search(r"^ +%d  grower " % pid, tool("ps"), re.M), tool("ps"))
        expect("9 alive" in tool("stats", pid), tool("stats", pid))
    finally:
        process.kill()
        process.communicate()
