"""What tests are made of: the tree and the build, running a program under the preload, and what a test says of itself.

A test module is tests/**/NAME_tests.py; each of its functions test_* is a test, "NAME function". SUITE = "slow" in a module, or @slow
at a function, says that it does not belong to the fast suite; ALONE or @alone that nothing else may run beside it; NEEDS = (...) or
@needs(...) what must be installed. Each test runs in a process of its own, see tests/run.
"""
import glob, importlib.util, os, platform, shutil, subprocess, sys, tempfile, time

TESTS = HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(TESTS)
BUILD = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(ROOT, "build")
LIBRARY = os.path.join(BUILD, "src/libleakwatch.so")
TOOL = os.path.join(BUILD, "src/leakwatch")
ROUNDS = int(os.environ.get("LEAKWATCH_ROUNDS", "1"))
# How many times slower this machine is than others: scripts/machine says so, whose processor is emulated.
SLOWER = int(os.environ.get("LEAKWATCH_SLOWER", "1"))
# For what must happen: it only bounds a hang, and is never what a test measures.
PATIENCE = 120 * SLOWER
# Is there, if the build has libcurl: serve --push.
PUSHES = os.path.join(BUILD, "src/leakwatch-serve.p/serve_push.c.o")


class Wrong(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def eventually(what, condition, patience=PATIENCE, pause=0.02):
    """Waits until the condition gives something, and returns that."""
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        expect(time.monotonic() < end, "not within %d s: %s" % (patience, what() if callable(what) else what))
        time.sleep(pause)


class scratch(tempfile.TemporaryDirectory):
    """A directory for the time of a test. A process that is about to end may still write into it."""

    def __init__(self):
        super().__init__(prefix="leakwatch-test-")

    def cleanup(self):
        self._finalizer.detach()
        shutil.rmtree(self.name, ignore_errors=True)


def run(command, **more):
    """subprocess.run with what nearly every test wants: text of stdout and stderr, an empty stdin, a bound."""
    more = dict({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "timeout": PATIENCE, "text": True,
                 "errors": "backslashreplace"}, **more)
    return subprocess.run(command, **more)


def watched(command, options="", **more):
    """Runs a command under the preload; stderr is at its end when the tool is."""
    env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS=options)
    env.update(more.pop("env", {}))
    return run(command, env=env, **more)


def program(name):
    return os.path.join(BUILD, "tests", name)


def sees_all_processes():
    """Whoever is not root, or in a PID namespace of its own, cannot know who else has a pipe: what rests on that is not proved of who did not tell itself."""
    return os.getuid() == 0 and os.readlink("/proc/self/ns/pid") == "pid:[4026531836]"


def slow(function):
    function.suite = "slow"
    return function


def alone(function):
    function.alone = True
    return function


def needs(*wanted):
    def mark(function):
        function.needs = wanted
        return function
    return mark


LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib64", "/usr/lib")


def library(name):
    """A shared library of the system's, by its file's name; None without it."""
    return next((path for path in (os.path.join(directory, name) for directory in LIBRARIES) if os.path.exists(path)), None)


def version(words):
    return tuple(int(number) for number in words.split(".")[:2])


def glibc():
    return version(platform.libc_ver()[1])


def missing(wanted):
    """Those that are not here of: "program", "lib:FILE", "python:MODULE" (of the system's python3), "/path", "root", "glibc up to 2.MINOR", "glibc from 2.MINOR", "its own processor" (not an emulated one).
    What follows a comma says why."""
    def is_here(one):
        if one == "root":
            return os.geteuid() == 0
        if one.startswith("its own processor"):
            return SLOWER == 1
        if one.startswith("lib:"):
            return library(one[4:])
        if one.startswith("glibc up to "):
            return glibc() <= version(one[len("glibc up to "):])
        if one.startswith("glibc from "):
            return glibc() >= version(one[len("glibc from "):].split(",")[0])
        if one.startswith("python:"):
            return importlib.util.find_spec(one[7:])
        if one.startswith("/"):
            return glob.glob(one)
        return shutil.which(one, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    return [one for one in wanted if not is_here(one)]
