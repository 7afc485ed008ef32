"""The tool, the options, and what happens when something is missing."""
import json, os, re, shutil, signal, stat, subprocess, time

from harness import BUILD, LIBRARY, PATIENCE, ROOT, TOOL, alone, eventually, expect, glibc, needs, scratch, slow, watched


def case(name):
    return os.path.join(BUILD, "tests", name)


def tool(*arguments, **more):
    return subprocess.run([TOOL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, **more)


def test_json_is_the_contract():
    report = json.loads(watched([case("silent_sender")], "format=json").stderr)
    keys = {"leakwatch", "pid", "exe", "trigger", "time", "uptime_seconds", "counts", "threads", "groups", "deadlocks"}
    expect(keys <= set(report), "keys missing: %s" % (keys - set(report)))
    expect(report["leakwatch"] == 1 and report["trigger"] == "exit", "head: %r" % report)
    counts = {"threads", "blocked", "waiting", "polling", "running", "spinning", "unjoined", "leaked", "created"}
    expect(counts == set(report["counts"]), "counts: %r" % report["counts"])
    expect(report["counts"]["leaked"] == 1 and report["counts"]["created"] == 1, "counts: %r" % report["counts"])
    (thread,) = report["threads"]
    keys = {"tid", "name", "main", "state", "leaked", "suppressed", "verdict", "evidence", "age_seconds", "cpu_seconds", "wait",
            "stack", "created_by"}
    expect(keys <= set(thread), "keys of a thread missing: %s" % (keys - set(thread)))
    expect(thread["name"] == "reader" and thread["state"] == "blocked" and thread["leaked"], "thread: %r" % thread)
    wait = thread["wait"]
    expect({"kind", "call", "seconds", "timed", "timeout_seconds", "object", "owner", "owner_took_at", "last_wake"} == set(wait), "wait: %r" % wait)
    expect(wait["kind"] == "pipe read" and wait["call"] == "read" and wait["timed"] is False, "wait: %r" % wait)
    expect(wait["object"]["target"].startswith("pipe:["), "object: %r" % wait)
    frame = thread["stack"][0]
    expect({"function", "file", "line", "module", "build_id", "offset", "address", "inlined"} == set(frame), "frame: %r" % frame)
    expect(frame["function"] == "wait_for_news" and frame["file"].endswith("silent_sender.c"), "frame: %r" % frame)
    expect(frame["build_id"] and frame["offset"].startswith("0x"), "frame: %r" % frame)
    expect(thread["created_by"]["stack"][0]["function"] == "main", "creator: %r" % thread["created_by"])
    expect(report["groups"][0]["tids"] == [thread["tid"]], "groups: %r" % report["groups"])


def test_log_is_appended_whole_and_private():
    with scratch() as directory:
        log = os.path.join(directory, "%e.log")
        for _ in range(2):
            result = watched([case("silent_sender")], "log=" + log)
            expect(result.stderr == "", result.stderr)
        path = os.path.join(directory, "silent_sender.log")
        expect(open(path).read().count("leakwatch: 1 leaked") == 2, open(path).read())
        expect(stat.S_IMODE(os.stat(path).st_mode) == 0o600, oct(os.stat(path).st_mode))


def test_log_that_cannot_be_written():
    result = watched([case("silent_sender")], "log=/nowhere/at/all")
    expect("cannot write to log /nowhere/at/all: No such file or directory" in result.stderr, result.stderr)
    expect("1 leaked thread" in result.stderr and result.returncode == 0, result.stderr)


def test_bad_options_are_told_and_ignored():
    for options, words in (("colour=red", "option 'colour' is not known"), ("grace=soon", "option grace: 'soon' is not a time"),
                           ("depth=0", "option depth: '0' is not a number from 1 to 256"), ("format", "option 'format' has no value"),
                           ("signal=KILL", "option signal: 'KILL' is not a signal's name")):
        result = watched([case("no_threads")], options)
        lines = result.stderr.splitlines()
        expect(len(lines) == 1 and lines[0].startswith("leakwatch: " + words), "%s: %r" % (options, result.stderr))
        expect(result.returncode == 0 and result.stdout == "no threads\n", "%s: %r" % (options, result))


def test_at_exit_and_program_options():
    for options in ("at_exit=0", "program=somebody-else"):
        result = watched([case("silent_sender")], options)
        expect(result.stderr == "", "%s: %s" % (options, result.stderr))


def test_depth_keeps_fewer_frames():
    result = watched([case("thousand_threads")], "depth=3")
    expect("#3  deep" in result.stderr and "#4" not in result.stderr, result.stderr)
    expect("deeper frames were not kept (option depth)" in result.stderr, result.stderr)


def test_run_changes_the_status():
    result = tool("run", "--", case("silent_sender"))
    expect(result.returncode == 23 and "1 leaked thread" in result.stderr, "%r" % result)
    result = tool("run", "--exitcode", "0", "--format", "json", "--", case("silent_sender"))
    expect(result.returncode == 0 and json.loads(result.stderr)["counts"]["leaked"] == 1, "%r" % result)
    result = tool("run", "--", case("ends_by__exit"))
    expect(result.returncode == 3, "a status of the program's own is kept: %r" % result)
    result = tool("run", "--", case("silent_sender-fixed"))
    expect(result.returncode == 0 and result.stderr == "", "%r" % result)


def test_usage_errors():
    for arguments, status, words in ((("dance",), 2, "no command 'dance'"), (("render",), 2, "missing SNAPSHOT"),
                                     (("render", "--format", "png", "x"), 2, "'png' is not one of text"), (("run",), 2, "missing PROGRAM"),
                                     (("render", "/nowhere"), 1, "/nowhere: No such file or directory"),
                                     (("render", "/etc/passwd"), 1, "/etc/passwd: not a leakwatch snapshot"),
                                     (("run", "--", "/nowhere"), 127, "/nowhere: No such file or directory")):
        result = tool(*arguments)
        expect(result.returncode == status and words in result.stderr, "%r: %r" % (arguments, result))
    expect(tool("--help").returncode == 0 and "leakwatch run" in tool("--help").stdout, "help")


def test_without_the_tool():
    """The library alone still tells thread, wait, module and offset."""
    with scratch() as directory:
        library = shutil.copy(LIBRARY, directory)
        result = watched([case("silent_sender")], env={"LD_PRELOAD": library})
        expect("1 thread in" in result.stderr and "no leakwatch beside the library" in result.stderr, result.stderr)
        expect("reader (" in result.stderr and "[pipe read" in result.stderr and "silent_sender+0x" in result.stderr, result.stderr)
        result = watched([case("silent_sender-fixed")], env={"LD_PRELOAD": library})
        expect(result.stderr == "", result.stderr)


def test_tool_that_may_not_run():
    with scratch() as directory:
        library = shutil.copy(LIBRARY, directory)
        open(os.path.join(directory, "leakwatch"), "w").close()
        result = watched([case("silent_sender")], env={"LD_PRELOAD": library})
        expect("leakwatch may not be executed" in result.stderr and "reader (" in result.stderr, result.stderr)


def test_limited_file_size():
    """RLIMIT_FSIZE holds for a memfd and would kill: the report is the plain one."""
    result = subprocess.run(["bash", "-c", "ulimit -f 1; LD_PRELOAD=%s exec %s" % (LIBRARY, case("unjoined"))],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    expect(result.returncode == 0 and "cannot create a memfd" in result.stderr, "%r" % result)


@alone
@needs("meson")
def test_install_under_a_prefix():
    """The tool finds the library and the library finds the tool where they were installed, wherever that is."""
    with scratch() as directory:
        env = dict(os.environ, DESTDIR=directory)
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet"], env=env, check=True, stdout=subprocess.PIPE, timeout=PATIENCE)
        found = subprocess.run(["find", directory, "-path", "*/bin/leakwatch", "-type", "f"], stdout=subprocess.PIPE, text=True).stdout.split()
        expect(len(found) == 1, "installed: %r" % found)
        result = subprocess.run([found[0], "run", "--", case("silent_sender")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        expect(result.returncode == 23 and "wait_for_news" in result.stderr, "%r" % result)


def test_snapshots_interrupt_nothing():
    result = watched([case("interruptions")], "signal=USR1:log=/dev/null", timeout=PATIENCE)
    expect(result.returncode == 0, result.stdout + result.stderr)


def test_environment_and_arguments_are_the_programs():
    """Variables, argv and what the loader lists are as without us."""
    result = watched(["/usr/bin/env"], env={"WITNESS": "here"})
    expect("WITNESS=here" in result.stdout.splitlines(), result.stdout)
    result = watched(["/usr/bin/printenv", "WITNESS"], env={"WITNESS": "here"})
    expect(result.stdout == "here\n" and result.stderr == "", "%r" % result)


def test_descriptors_are_the_programs():
    """The shim keeps none open: the next one that a program opens has the number that it has without us."""
    command = ["bash", "-c", "exec python3 -c 'import os; print(sorted(os.listdir(\"/proc/self/fd\")))'"]
    plain = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, timeout=PATIENCE)
    result = watched(command)
    expect(result.stdout == plain.stdout and "'0'" in plain.stdout, "%s instead of %s" % (result.stdout, plain.stdout))


def test_exports_nothing_but_wrappers():
    names = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], stdout=subprocess.PIPE, text=True, check=True).stdout
    ours = [line.split()[-1] for line in names.splitlines() if line.split()[-2] != "A"]
    # until glibc 2.33 in several libraries; later these are empty
    parts = [path for name in ("libc.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1") for path in ["/lib/x86_64-linux-gnu/" + name] if os.path.exists(path)]
    libc = subprocess.run(["nm", "-D", "--defined-only"] + parts, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    # libaio's, libgcc's, and those of a C++ runtime, which are taken away where there is none (interpose/guards.c)
    others = {"io_getevents", "_Unwind_Backtrace", "__cxa_guard_acquire", "__cxa_guard_release", "__cxa_guard_abort"}
    others |= {"epoll_pwait2"} if glibc() < (2, 35) else set()  # answers ENOSYS there (interpose/call.h)
    known = {line.split()[-1].split("@")[0] for line in libc.splitlines() if len(line.split()) == 3} | others
    strange = [name for name in ours if name.split("@")[0] not in known and not name.startswith("leakwatch_preloaded_")]
    expect(not strange, "exported, and nobody else's: %r" % strange)
    expect("pthread_cond_wait@GLIBC_2.2.5" in names and "pthread_cond_wait@@GLIBC_2.3.2" in names, "versions")


def test_json_of_strange_names():
    report = json.loads(watched([case("strange_names")], "format=json").stderr)
    expect(report["threads"][0]["name"] == "a\nb\033[31m\\xff", "%r" % report["threads"][0]["name"])


@needs("objcopy")
def test_separate_debug_file():
    """Lines come from a debug file that only the debuglink names."""
    with scratch() as directory:
        program = os.path.join(directory, "stripped")
        os.mkdir(os.path.join(directory, ".debug"))
        debug = os.path.join(directory, ".debug", "stripped.debug")
        for command in (["objcopy", "--only-keep-debug", case("silent_sender"), debug],
                        ["objcopy", "--strip-all", "--remove-section=.note.gnu.build-id", "--add-gnu-debuglink=" + debug, case("silent_sender"), program]):
            subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        result = watched([program])
        expect("wait_for_news" in result.stderr and "silent_sender.c:" in result.stderr, result.stderr)
        os.remove(debug)
        result = watched([program])
        expect("stripped+0x" in result.stderr and "wait_for_news" not in result.stderr, result.stderr)


@needs("clang-format-14")
def test_formatted():
    files = [os.path.join(folder, name) for top in ("src", "tests") for folder, _, names in os.walk(os.path.join(ROOT, top))
             for name in names if name.endswith((".c", ".h", ".cpp"))]
    expect(len(files) > 80, "files: %r" % files)
    result = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    expect(result.returncode == 0, result.stderr[:2000])


def tidy(files, *arguments):
    return subprocess.run(["clang-tidy-14", "--quiet", "--config-file=" + os.path.join(ROOT, ".clang-tidy"), "--extra-arg=-Wno-unknown-attributes", *files, *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=800)


@slow
@needs("clang-tidy-14")
def test_tidy():
    """The few checks of .clang-tidy; and that they are made at all."""
    files = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(ROOT, "src")) for name in names if name.endswith(".c")]
    expect(len(files) > 80, "files: %r" % files)
    result = tidy(files, "-p", BUILD)
    expect(result.returncode == 0, result.stdout[:2000])
    with scratch() as directory:
        path = os.path.join(directory, "planted.c")
        with open(path, "w") as file:
            file.write("int f(int a) {\n    for (short i = 0; i < a * 70000; i++)\n        a += a - a;\n    return a;\n}\n")
        result = tidy([path], "--")
        expect(result.returncode != 0 and "bugprone-too-small-loop-variable" in result.stdout and "misc-redundant-expression" in result.stdout, result.stdout)


def test_saved_snapshot():
    """A snapshot that was kept gives the same report later; a damaged one is one line, wherever it is cut."""
    with scratch() as directory:
        kept = os.path.join(directory, "kept.lwsnap")
        result = watched([case("silent_sender")], "format=snapshot:log=" + kept)
        expect(result.stderr == "" and result.returncode == 0, "%r" % result)
        text = tool("render", kept)
        expect(text.returncode == 23 and "reader (" in text.stdout and "wait_for_news" in text.stdout, "%r" % text)
        report = json.loads(tool("render", "--format", "json", kept).stdout)
        expect(report["counts"]["leaked"] == 1 and report["threads"][0]["name"] == "reader", "%r" % report)
        result = watched([case("silent_sender")], "format=snapshot:log=" + kept)
        expect("kept.lwsnap: File exists" in result.stderr, "%r" % result)
        whole = open(kept, "rb").read()
        damaged = os.path.join(directory, "damaged")
        for cut in range(0, len(whole), max(1, len(whole) // 50)):
            open(damaged, "wb").write(whole[:cut])
            result = tool("render", damaged)
            expect(result.returncode == 1 and result.stderr.count("\n") == 1 and result.stdout == "", "cut at %d: %r" % (cut, result))
        result = watched([case("silent_sender")], "format=snapshot")
        expect("this format is binary: give it a log" in result.stderr, "%r" % result)


@slow
@alone
@needs("go", "wrk", "tmux")
def test_commands_of_the_documents():
    """Every command of the README and of the documents runs as it stands there. scripts/test is what runs this."""
    if os.path.join(ROOT, "build") != BUILD:
        return
    documents = ["README.md", "CONTRIBUTING.md"] + ["docs/" + name for name in sorted(os.listdir(os.path.join(ROOT, "docs"))) if name.endswith(".md")]
    blocks = [block for name in documents for block in re.findall(r"^```sh\n(.*?)^```", open(os.path.join(ROOT, name)).read(), re.M | re.S)]
    # each once; scripts/test is under way
    blocks = [block for block in dict.fromkeys(blocks) if block.strip() != "scripts/test"]
    expect(len(blocks) >= 20, "commands found: %r" % blocks)
    for block in blocks:
        result = subprocess.run(["bash", "-euc", block], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=800)
        expect(result.returncode == 0 and "Segmentation" not in result.stdout, "%s\n%s" % (block, result.stdout))


@slow
def test_a_burst_of_snapshots_interrupts_nothing():
    """A second snapshot signal that comes while a report is made is not the program's either."""
    with scratch() as directory:
        result = watched([os.path.join(BUILD, "tests", "burst")], "signal=USR1:at_exit=0:log=" + os.path.join(directory, "log"))
        expect(result.returncode == 0 and result.stdout == "", "%r" % result)
        expect(open(os.path.join(directory, "log")).read().count("on SIGUSR1") > 20, "too few reports for a burst")


@slow
def test_a_storm_of_snapshots_interrupts_nothing():
    """Every thread, as fast as it takes them: calls last as long as they should and move all they should; errors and rests are as without."""
    for arguments in (["calls", "3"], ["own", "2"]):
        result = watched([os.path.join(BUILD, "tests", "interrupted_storm")] + arguments, "signal=USR1:at_exit=0:log=/dev/null", timeout=60)
        expect(result.returncode == 0 and result.stdout == "" and result.stderr == "", "%r" % result)


def asked(command, count, pause=0, options="", wanted=2):
    """The first lines of the reports of a program that was sent the signal so often; it is waited for until they tell of so many requests."""
    with scratch() as directory:
        log = os.path.join(directory, "log")
        process = subprocess.Popen(command, env=dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:%s:log=%s" % (options, log)),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        expect(process.stdout.readline() == "ready\n", "no start")
        for _ in range(count):
            process.send_signal(signal.SIGUSR1)
            time.sleep(pause)
            status = open("/proc/%d/status" % process.pid)  # one that is still pending would be one with the next
            while int(re.search(r"^ShdPnd:\t(\w+)", status.read(), re.M)[1], 16) & 1 << signal.SIGUSR1 - 1:
                time.sleep(0.001)
                status.seek(0)
        output = process.communicate(timeout=30)
        expect(process.returncode == 0 and output == ("", ""), "%r %r" % (process.returncode, output))
        time.sleep(0 if wanted else 0.5)
        for _ in range(100):  # the last report may be written by a tool that outlives the program
            lines = re.findall(r"^leakwatch: .*", open(log).read(), re.M) if os.path.exists(log) else []
            if sum(int((re.findall(r"sent (\d+) times", line) or [1])[0]) for line in lines) >= wanted:
                break
            time.sleep(0.1)
        return lines


def test_no_request_is_lost():
    """Two signals within milliseconds are two reports, or one that says so; the second is owed, at the latest when the program ends."""
    for sleep in ("2", "0.2"):
        lines = asked(["/usr/bin/python3", "-c", "import time; print('ready', flush=True); time.sleep(%s)" % sleep], 2, pause=0.004)
        answered = sum(int((re.findall(r"sent (\d+) times", line) or [1])[0]) for line in lines)
        expect(1 <= len(lines) <= 2 and answered == 2, lines)


# A program that counts what its own handler hears.
COUNTS = """import signal, sys, threading
seen = 0
def handle(*_):
    global seen
    seen += 1
signal.signal(signal.SIGUSR1, handle)
print("ready", flush=True)
"""


def test_a_program_that_raises_the_signal():
    """Thousands of times: its handler runs each time, and there is one report a second and one at the end."""
    program = COUNTS + """for i in range(3000):
    signal.raise_signal(signal.SIGUSR1)
sys.exit(seen != 3000)"""
    start = time.monotonic()
    lines = asked(["/usr/bin/python3", "-c", program], 0)
    took = time.monotonic() - start
    # on a busy machine the last may be written before the one before it
    expect(2 <= len(lines) <= 3 + took and any(re.search(r"sent \d+ times", line) for line in lines), lines)


def test_a_thread_that_signals_another():
    """Means its own handler, as rustc does: no report but where the options name the signal."""
    program = COUNTS + """goes = threading.Event()
thread = threading.Thread(target=goes.wait)
thread.start()
for i in range(100):
    signal.pthread_kill(thread.ident, signal.SIGUSR1)
goes.set()
thread.join()
sys.exit(seen == 0)"""
    expect(asked(["/usr/bin/python3", "-c", program], 0, wanted=0) == [], "no report")
    expect(asked(["/usr/bin/python3", "-c", program], 0, options="signal=USR1", wanted=1), "a report")


@needs("root", "unshare")
def test_another_pid_namespace():
    """A /proc that lists other numbers than those that locks bear: nothing may be proved by it."""
    for name in ("owner_gone", "lock_order"):
        result = subprocess.run(["unshare", "--pid", "--fork", "env", "LD_PRELOAD=" + LIBRARY, case(name)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        expect("2 leaked threads" in result.stderr and "/proc is of another PID namespace" in result.stderr, "%r" % result)
        expect("deadlock" not in result.stderr.replace("lock_order", ""), result.stderr)


def test_stall():
    """One report by itself when a thread, here main, has been blocked for so long; and nothing else of the program's changes."""
    program = os.path.join(BUILD, "tests", "short_wait_group")
    with scratch() as directory:
        log = os.path.join(directory, "log")
        process = subprocess.Popen([program], env=dict(os.environ, LD_PRELOAD=LIBRARY, NO_RUNNER="1",
                                                       LEAKWATCH_OPTIONS="stall=400ms:at_term=0:format=json:log=" + log))
        eventually("a report", lambda: os.path.exists(log) and open(log).read().endswith("\n"))
        time.sleep(1.2)  # in which another one would come
        process.terminate()
        expect(process.wait() == -signal.SIGTERM, "status %d" % process.returncode)
        reports = [json.loads(line) for line in open(log)]
    expect(len(reports) == 1, "%d reports" % len(reports))
    report = reports[0]
    waits = report["threads"][0]["wait"]["seconds"]
    expect(report["trigger"] == "stall" and report["counts"]["threads"] == 1 and 0.4 <= waits < PATIENCE, json.dumps(report)[:600])
    expect([deadlock["kind"] for deadlock in report["deadlocks"]] == ["all asleep"], report["deadlocks"])


def test_stall_that_does_not_come():
    """The watcher is not seen, does not keep the process, and lets setuid(2) through."""
    program = os.path.join(BUILD, "tests", "watched_over")
    for mode in ("main_ends_first", "exits", "changes_user", "forks"):
        start = time.monotonic()
        result = watched([program, mode], "stall=20s")
        expect(result.returncode == 7 and result.stderr == "" and time.monotonic() - start < 18, "%s: %r" % (mode, result))
    result = watched(["true"], "stall=20s")
    expect(result.returncode == 0 and result.stderr == "", "%r" % result)
