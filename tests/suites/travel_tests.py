"""Saved snapshots on another machine: the program's files below a sysroot, in a debug directory, on a debuginfod server, or not there."""
import contextlib, http.server, os, re, shutil, socket, subprocess, threading, time

from harness import BUILD, PATIENCE, TOOL, eventually, expect, needs, scratch, slow, watched
from live import Terminal

NEEDS = ("objcopy", "readelf")

WITH_LINES = r"^    #2  replica +first_answer_wins\.c:\d+$"
WITHOUT = r"^    #2  \?\? +first_answer_wins\+0x[0-9a-f]+$"


def render(*arguments, env=None):
    result = subprocess.run([TOOL, "render"] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                            env=dict({key: value for key, value in os.environ.items() if not key.startswith("DEBUGINFOD")}, **(env or {})))
    expect(result.returncode == 23 and result.stderr == "", "%d %s" % (result.returncode, result.stderr))
    return result.stdout


def shows(pattern, report):
    expect(re.search(pattern, report, re.M), "%s\n%s" % (pattern, report))


class Traveller:
    """A snapshot of a program that is stripped, whose debug file lies elsewhere; the program itself can be moved away."""

    def __init__(self, directory):
        self.directory = directory
        self.home = os.path.join(directory, "home")
        self.program = os.path.join(self.home, "first_answer_wins")
        self.debug = os.path.join(directory, "first_answer_wins.debug")
        self.snapshot = os.path.join(directory, "it.lwsnap")
        os.mkdir(self.home)
        original = os.path.join(BUILD, "tests/first_answer_wins")
        subprocess.run(["objcopy", "--only-keep-debug", original, self.debug], check=True)
        subprocess.run(["objcopy", "--strip-all", original, self.program], check=True)
        notes = subprocess.run(["readelf", "-n", original], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.build_id = re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)
        result = watched([self.program], "format=snapshot:log=" + self.snapshot)
        expect(result.stderr == "", result.stderr)


@contextlib.contextmanager
def traveller():
    with scratch() as directory:
        yield Traveller(directory)


def test_sysroot():
    with traveller() as it:
        shows(WITHOUT, render(it.snapshot))
        root = os.path.join(it.directory, "root")
        os.makedirs(root + it.home)
        shutil.copy(os.path.join(BUILD, "tests/first_answer_wins"), root + it.program)
        os.unlink(it.program)
        shows(WITH_LINES, render("--sysroot", root, it.snapshot))
        # the debug files of that root
        subprocess.run(["objcopy", "--strip-all", root + it.program], check=True)
        shows(WITHOUT, render("--sysroot", root, it.snapshot))
        place = os.path.join(root, "usr/lib/debug/.build-id", it.build_id[:2])
        os.makedirs(place)
        shutil.copy(it.debug, os.path.join(place, it.build_id[2:] + ".debug"))
        shows(WITH_LINES, render("--sysroot", root, it.snapshot))


def test_debug_directory():
    """By build-id or by name, with the program's own file and without it."""
    with traveller() as it:
        by_id, by_name = os.path.join(it.directory, "by_id"), os.path.join(it.directory, "by_name")
        place = os.path.join(by_id, ".build-id", it.build_id[:2])
        os.makedirs(place)
        os.mkdir(by_name)
        shutil.copy(it.debug, os.path.join(place, it.build_id[2:] + ".debug"))
        shutil.copy(it.debug, by_name)
        shows(WITH_LINES, render("--debug-dir", by_id, it.snapshot))
        os.unlink(it.program)
        shows(WITHOUT, render(it.snapshot))
        shows(WITH_LINES, render("--debug-dir", by_id, it.snapshot))
        shows(WITH_LINES, render("--debug-dir", by_name, it.snapshot))


def test_wrong_build():
    """A file of another build gives no names, and both build-ids are told; a right one elsewhere is used all the same."""
    with traveller() as it:
        other = os.path.join(BUILD, "tests/first_answer_wins-fixed")
        notes = subprocess.run(["readelf", "-n", other], stdout=subprocess.PIPE, text=True, check=True).stdout
        other_id = re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)
        shutil.copy(other, it.program)
        report = render(it.snapshot)
        shows(WITHOUT, report)
        line = "leakwatch: %s: build-id is %s, that of the running program was %s: no names from it" % (it.program, other_id, it.build_id)
        expect(line in report, report)
        os.mkdir(os.path.join(it.directory, "debug"))
        shutil.copy(it.debug, os.path.join(it.directory, "debug"))
        report = render("--debug-dir", os.path.join(it.directory, "debug"), it.snapshot)
        shows(WITH_LINES, report)
        expect("build-id is" not in report, report)
        # a debug file of another build
        subprocess.run(["objcopy", "--only-keep-debug", other, os.path.join(it.directory, "debug/first_answer_wins.debug")], check=True)
        shows(WITHOUT, render("--debug-dir", os.path.join(it.directory, "debug"), it.snapshot))


@slow
@needs("debuginfod", *NEEDS)
def test_debuginfod():
    """From a server of Debian's debuginfod, by build-id: the debug file alone, then the program too."""
    with traveller() as it, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        served = os.path.join(it.directory, "served")
        os.mkdir(served)
        shutil.copy(it.debug, served)
        shutil.copy(it.program, served)
        server = subprocess.Popen(["debuginfod", "-p", str(port), "-d", ":memory:", "-F", served], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                  env=dict(os.environ, HOME=it.directory))
        env = {"DEBUGINFOD_URLS": "http://127.0.0.1:%d" % port, "DEBUGINFOD_CACHE_PATH": os.path.join(it.directory, "cache"),
               "HOME": it.directory}
        try:
            def has_lines():
                shutil.rmtree(env["DEBUGINFOD_CACHE_PATH"], ignore_errors=True)  # it remembers what was not there yet
                return re.search(WITH_LINES, render(it.snapshot, env=env), re.M)

            eventually("lines", has_lines)
            os.unlink(it.program)
            shutil.rmtree(env["DEBUGINFOD_CACHE_PATH"])
            shows(WITH_LINES, render(it.snapshot, env=env))
        finally:
            server.kill()
            server.communicate()
        # a server that is not there holds nothing up
        env["DEBUGINFOD_CACHE_PATH"] += "2"
        start = time.monotonic()
        shows(WITHOUT, render(it.snapshot, env=env))
        expect(time.monotonic() - start < 60, "it took %.1fs" % (time.monotonic() - start))


def test_damaged_places():
    with traveller() as it:
        for option in "--sysroot", "--debug-dir":
            result = subprocess.run([TOOL, "render", option, "/nowhere", it.snapshot], stderr=subprocess.PIPE, text=True)
            expect(result.returncode == 2 and result.stderr == "leakwatch: render: %s: '/nowhere' is not a directory that can be read\n" % option, result.stderr)
        with open(it.program, "wb") as file:
            file.write(b"\x7fELF" + bytes(100))
        shows(WITHOUT, render(it.snapshot))


class SlowServer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(6)
        self.send_error(404)

    def log_message(self, *_):
        pass


@slow
@needs("tmux", *NEEDS)
def test_progress():
    """Work that takes over a second says what it does, on a terminal only, and leaves nothing behind."""
    with traveller() as it, http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.unlink(it.program)
        address = "http://127.0.0.1:%d" % server.server_port
        terminal = Terminal("DEBUGINFOD_URLS=%s DEBUGINFOD_CACHE_PATH=%s/cache HOME=%s TERM=screen %s render %s; echo status $?; sleep 1000"
                            % (address, it.directory, it.directory, TOOL, it.snapshot), it.directory)
        try:
            terminal.shows("^leakwatch: reading debug information of first_answer_wins$")
            terminal.shows("^status 23$")
            expect("reading debug" not in terminal.screen(), terminal.screen())
        finally:
            terminal.close()
        env = {"DEBUGINFOD_URLS": address, "DEBUGINFOD_CACHE_PATH": it.directory + "/cache2", "HOME": it.directory}
        render(it.snapshot, env=env)  # which wants stderr empty
        server.shutdown()
