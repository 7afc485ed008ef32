"""Threads of Python's: function, file and line of what they run, and who has the GIL, read out of the running process."""
import glob, gzip, json, os, re, shutil, signal, subprocess

from harness import LIBRARY, PATIENCE, TESTS, TOOL, eventually, expect, needs, program, run, scratch, slow
from live import Asked

SCRIPT = os.path.join(TESTS, "programs", "python_waits.py")
SYSTEM = "/usr/bin/python3.11"
OWN = "python_waits.py"


def others():
    """Of the versions whose insides are known, those that are installed beside the system's."""
    places = os.path.expanduser("~/.pyenv/versions/3.*/bin/python3.%d")
    found = [shutil.which("python3.%d" % minor) for minor in (12, 13)] + [path for minor in (11, 12, 13) for path in glob.glob(places % minor)]
    return [path for path in found if path and "shims" not in path]


def marked():
    """The lines of the script that say who waits there."""
    with open(SCRIPT) as file:
        return {match.group(1): number for number, line in enumerate(file, 1) for match in [re.search(r"# HERE (\S+)", line)] if match}


def start(python, *functions, options=""):
    return Asked([python, SCRIPT, *functions], b"started\n", options)


def python_of(thread, own=True):
    return [(frame["function"], os.path.basename(frame["file"]), frame["line"]) for frame in thread["stack"]
            if frame.get("language") == "python" and (not own or frame["file"] in (SCRIPT, "made up"))]


def expected(here):
    """The script's own frames of each thread, innermost first."""
    def at(*names):
        return [(name, OWN, here[line or name]) for name, line in (item if isinstance(item, tuple) else (item, None) for item in names)]
    with open(SCRIPT) as file:
        lines = file.read().splitlines()
    again = 1 + next(i for i, line in enumerate(lines) if "# AGAIN in_recursion" in line)
    sleep = 1 + lines.index("    time.sleep(")
    return [at("in_lock"), at("in_queue"), [("in_sleep", OWN, sleep)],
            at(("in_callback.<locals>.<lambda>", "in_callback"), "in_callback"), at("counting", "in_generator"), at("waits", "in_coroutine"),
            at("Größe.__exit__", "Größe.in_method"), at("in_recursion") + 50 * [("in_recursion", OWN, again)],
            [("<module>", "made up", 3)] + at("too_far_out", ("in_reduce.<locals>.<lambda>", "in_reduce"), "in_reduce")]


def check_places(python):
    functions = ["in_lock", "in_queue", "in_sleep", "in_callback", "in_generator", "in_coroutine", "Größe.in_method", "in_recursion", "in_reduce"]
    here = marked()
    with start(python, *functions) as running:
        def all_there():
            return sorted(python_of(thread) for thread in running.threads()) == sorted(expected(here) + [[("<module>", OWN, here["main"])]])
        eventually(lambda: "%s: %s" % (python, [python_of(thread) for thread in running.threads()]), all_there, patience=20)


@needs(SYSTEM)
def test_places():
    check_places(SYSTEM)


def test_places_in_other_versions():
    for python in others():
        check_places(python)


@needs(SYSTEM)
def test_below_what_runs_it():
    """Each call from C is below the interpreter's frame that runs it."""
    with start(SYSTEM, "in_callback") as running:
        def names():
            return [frame["function"] for thread in running.threads() if not thread["main"] for frame in thread["stack"] if frame["function"]]
        found = eventually("its frames", lambda: names() if "in_callback" in names() else None)
        order = [name for name in found if name == "_PyEval_EvalFrameDefault" or name in ("in_callback", "in_callback.<locals>.<lambda>", "Thread.run")]
        expect(order == ["_PyEval_EvalFrameDefault", "in_callback.<locals>.<lambda>", "_PyEval_EvalFrameDefault", "in_callback",
                         "_PyEval_EvalFrameDefault", "Thread.run"], order)


@needs(SYSTEM)
def test_every_format():
    here = marked()
    with start(SYSTEM, "in_queue", "too_deep") as running:
        text = eventually("its frames", lambda: [text for text in [running.report()] if "in_queue" in text and "were not kept" in text])[0]
        expect(re.search(r"#\d+ +Queue\.get +queue\.py:\d+\n +#\d+ +in_queue +python_waits\.py:%d\n" % here["in_queue"], text), text)
        expect("suspect: this semaphore was never posted" in text, text)
        for name in ("folded", "profile"):
            expect("in_queue" in running.report("--format", name), name)
        expect(re.search(r"in_queue[^\n]*Queue\.get;Condition\.wait;[^\n]* 1\n", running.report("--format", "folded")), "folded")
        with scratch() as directory:
            for name in ("html", "pprof"):
                path = os.path.join(directory, name)
                running.report("--format", name, "--log", path)
                with open(path, "rb") as file:
                    shown = gzip.decompress(file.read()) if name == "pprof" else file.read()
                expect(b"in_queue" in shown and b"queue.py" in shown, name)
            # a kept snapshot is of a process that may be no more: it has native frames alone
            path = os.path.join(directory, "kept.lwsnap")
            running.report("--format", "snapshot", "--log", path)
            kept = run([TOOL, "render", path])
            expect("in_queue" not in kept.stdout and "PyThread_acquire_lock_timed" in kept.stdout, "%r" % kept)


@needs(SYSTEM)
def test_groups():
    """Threads that C sees at one place are told apart by where they are in Python."""
    with start(SYSTEM, "in_lock", "in_lock", "in_queue") as running:
        eventually("two groups", lambda: re.search(r"^2 threads  .*\n.*\n(.+\n)+? +#\d+ +in_lock ", running.report(), re.M)
                   and re.search(r"^1 thread  .*\n.*\n(.+\n)+? +#\d+ +in_queue ", running.report(), re.M))


@slow
@needs(SYSTEM)
def test_who_has_the_gil():
    for python in [SYSTEM] + others():
        here = marked()
        with start(python, "runs", "runs", "holds_the_gil") as running:
            def holder():
                return [thread for thread in running.threads() if ("holds_the_gil", OWN, here["holds_the_gil"]) in python_of(thread)
                        and not any(fact["fact"] == "waits_for_gil" for fact in thread["facts"])]
            tid = eventually("%s: the call of C" % python, holder)[0]["tid"]
            found = {}
            def waiters():
                for thread in running.threads():
                    for fact in thread["facts"]:
                        if fact["fact"] == "waits_for_gil":
                            expect(fact["tid"] == tid and thread["tid"] != tid and thread["verdict"] == "idle", thread)
                            expect("waits for the GIL, held by " in " ".join(thread["evidence"]), thread["evidence"])
                            found[thread["tid"]] = python_of(thread)
                return len(found) == 3 and all(found.values())
            eventually(lambda: "%s: three that wait for the GIL: %s" % (python, found), waiters)
            expect(sorted(stack[0][0] for stack in found.values()) == ["<module>", "runs", "runs"], found)


@needs(SYSTEM)
def test_who_runs_is_not_shown():
    """What a running thread did in Python when the snapshot was taken is not known any more; nobody waits for the GIL of nobody."""
    with start(SYSTEM, "runs", "in_lock") as running:
        for _ in range(10):
            for thread in running.threads():
                if thread["state"] in ("running", "spinning"):
                    expect(not python_of(thread, own=False), thread)
                for fact in thread["facts"]:
                    expect(fact["fact"] != "waits_for_gil" or fact["tid"] != thread["tid"], thread)


def test_other_versions_say_nothing():
    for minor in (8, 10):
        for python in glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3.%d" % minor)):
            with start(python, "in_lock", "in_queue") as running:
                expect(not any(python_of(thread, own=False) for thread in running.threads()), python)


@needs(SYSTEM)
def test_when_it_is_ended():
    """Also in the report that is made while the program ends of a signal; main has taken it."""
    with scratch() as directory:
        log = os.path.join(directory, "log")
        with start(SYSTEM, "in_lock", options="format=json:log=" + log) as running:
            eventually("its frames", lambda: any(python_of(thread)[:1] == [("in_lock", OWN, marked()["in_lock"])] for thread in running.threads()))
            running.process.terminate()
            expect(running.process.wait(PATIENCE) == -signal.SIGTERM, "it ends")
        with open(log) as file:
            report = json.loads(file.read())
    here = marked()
    expect(sorted(python_of(thread) for thread in report["threads"]) == [[("<module>", OWN, here["main"])], [("in_lock", OWN, here["in_lock"])]],
           [python_of(thread) for thread in report["threads"]])


def test_what_only_looks_like_it():
    """Nothing that is read can make the tool fail, wait, or print what a terminal would obey."""
    for lie in ("", "interpreters", "threads", "frames", "string", "table", "code", "nowhere", "differences"):
        process = subprocess.Popen([program("python_liar"), lie], env=dict(os.environ, LD_PRELOAD=LIBRARY), stdout=subprocess.PIPE)
        try:
            expect(process.stdout.readline() == b"ready\n", "%r does not start" % lie)
            def thread():
                found = json.loads(run([TOOL, "stack", "--format", "json", str(process.pid)], timeout=20).stdout)["threads"][0]
                return found if found["state"] == "waiting" else None
            found = [frame["function"] for frame in eventually(lie, thread)["stack"] if frame.get("language")]
            most = {"": 1, "frames": 1000, "differences": 1}.get(lie, 0)
            expect(len(found) == most and set(found) <= {"?trut"}, "'%s': %s" % (lie, found[:3]))
            expect("\033" not in run([TOOL, "stack", str(process.pid)], timeout=20).stdout, lie)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
