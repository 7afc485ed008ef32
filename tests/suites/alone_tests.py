"""Programs that never made a thread: told of when, and only when, it is proved that they would never have gone on."""
import contextlib, os, pty, random, shutil, signal, subprocess, time

from harness import LIBRARY, PATIENCE, TOOL, alone, expect, needs, program, run, scratch
from resting import await_rest

PROGRAM = program("alone")
PROVED = {  # scenario: what the report says of the wait
    "relock": "mutex lock",
    "relock_with_a_handler": "mutex lock",
    "condition": "cond wait",
    "condition_with_fault_handlers": "cond wait",
    "barrier_of_two": "barrier wait",
    "semaphore": "semaphore wait",
    "raw_futex": "futex",
    "raw_futex_that_is_shared": "futex",  # so it says, but its memory is private
    "own_pipe": "pipe read",
    "own_pipe_inside_libc": "pipe read",
    "own_full_pipe": "pipe write",
    "own_full_pipe_of_pages": "pipe write",
    "own_full_pipe_of_bytes": "pipe write",
    "poll_of_nothing": "poll",
    "own_eventfd": "eventfd read",
    "own_set": "epoll wait",
    "own_poll": "poll",
    "own_select": "select",
}
SILENT = ("relock_of_a_shared_one", "condition_with_a_handler", "condition_that_is_shared", "condition_for_a_time", "semaphore_that_is_shared",
          "pipe_of_a_child_too", "pipe_of_a_child", "pipe_with_a_name", "full_pipe_of_a_child_too", "poll_of_input",
          "eventfd_of_a_child_too", "set_with_input", "poll_of_a_child_too",
          "input", "no_signal", "time_to_pass", "never_still")


def begin(command, stdin=subprocess.PIPE, options="", cwd=None):
    env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS=options)
    return subprocess.Popen(command, env=env, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                            cwd=cwd)


def begin_scenario(name, options=""):
    with scratch() as directory:
        return begin_scenario_in(directory, name, options)


def begin_scenario_in(directory, name, options):
    process = begin([PROGRAM, name], options=options, cwd=directory)
    said = process.stdout.readline()
    expect(said == b"ready\n", "%s: %r %r" % (name, said, process.poll()))
    await_rest(process.pid)
    return process


def end(process, number):
    """What it says while it ends, and the signal that it ended by."""
    try:
        process.send_signal(number)
        status = process.wait(PATIENCE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a child of its own may have its standard error
    said = process.stderr.read().decode()
    for stream in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(BrokenPipeError):
            if stream:
                stream.close()
    return said, -status


def expect_proof(name, said, on):
    expect("in %s (pid " % PROGRAM in said and " on SIG%s; 1 blocked, 1 deadlock\n" % on in said and "[%s" % PROVED[name] in said,
           "%s: %s" % (name, said))


# One look each: beside programs that talk by UNIX sockets and never rest, nothing is proved of pipes.
@alone
def test_proved():
    for name in PROVED:
        said, by = end(begin_scenario(name), signal.SIGTERM)
        expect(by == signal.SIGTERM, by)
        expect_proof(name, said, "TERM")


@needs("root")
def test_asked():
    """leakwatch stack does not hold who answers, but sees that it has gone on with its wait."""
    for name, proved in (("own_pipe", True), ("own_eventfd", True), ("own_set", True), ("own_poll", True), ("own_select", True),
                         ("poll_of_nothing", True), ("pipe_of_a_child_too", False), ("poll_of_a_child_too", False), ("poll_of_input", False)):
        process = begin_scenario(name)
        try:
            for again in range(5):
                said = subprocess.run([TOOL, "stack", str(process.pid)], stdout=subprocess.PIPE, text=True, timeout=PATIENCE).stdout
                if ("1 deadlock" in said) == proved:
                    break
        finally:
            end(process, signal.SIGKILL)
        expect(("1 blocked, 1 deadlock" in said) == proved and "1 blocked" in said, "%s: %s" % (name, said))


def test_silent():
    for name in SILENT:
        said, by = end(begin_scenario(name), signal.SIGTERM)
        expect(said == "" and by == signal.SIGTERM, "%s: %s %s" % (name, by, said))


@alone
def test_each_ending_signal():
    for word in ("TERM", "INT", "ALRM"):
        number = getattr(signal, "SIG" + word)
        said, by = end(begin_scenario("own_pipe"), number)
        expect(by == number, by)
        expect_proof("own_pipe", said, word)
        said, by = end(begin_scenario("input"), number)
        expect(said == "" and by == number, said)


def test_not_asked_for():
    said, by = end(begin_scenario("own_pipe", options="at_term=0"), signal.SIGTERM)
    expect(said == "" and by == signal.SIGTERM, said)


def test_everyday_programs():
    for command in (["sleep", "100"], ["cat"], ["sh", "-c", "read line; echo $line"], ["sh", "-c", "sleep 100; true"], ["tail", "-f", "/dev/null"]):
        process = begin(command)
        time.sleep(0.3)
        said, by = end(process, signal.SIGTERM)
        expect(said == "" and by == signal.SIGTERM, "%s: %s" % (command, said))


def test_a_terminal():
    master, slave = pty.openpty()
    process = begin(["cat"], stdin=slave)
    os.close(slave)
    time.sleep(0.3)
    said, by = end(process, signal.SIGTERM)
    os.close(master)
    expect(said == "" and by == signal.SIGTERM, said)


@alone
def test_run_with_a_timeout():
    result = run([TOOL, "run", "--timeout", "500ms", "--", PROGRAM, "own_pipe"])
    expect(result.returncode == 124, result)
    expect_proof("own_pipe", result.stderr, "TERM")
    result = run([TOOL, "run", "--timeout", "500ms", "--", PROGRAM, "input"], stdin=subprocess.PIPE)
    expect(result.returncode in (124, 4, 0) and "leakwatch: 1 thread" not in result.stderr, result)


def test_every_format_is_silent():
    """What is no report in words is none as JSON, and as a file."""
    with scratch() as directory:
        for form in ("json", "html", "pprof", "snapshot"):
            log = os.path.join(directory, form)
            said, _ = end(begin_scenario("pipe_of_a_child_too", options="format=%s:log=%s" % (form, log)), signal.SIGTERM)
            expect(said == "" and not os.path.exists(log), "%s: %s" % (form, said))


def test_who_is_held_is_asked():
    """The thread that took the signal tells the tool whether the others have slept on: a program in the tool's place asks before and after it has woken one."""
    with scratch() as directory:
        preload, fifo, said = (os.path.join(directory, name) for name in ("libleakwatch.so", "fifo", "said"))
        shutil.copy(LIBRARY, preload)
        shutil.copy(program("held_caller"), os.path.join(directory, "leakwatch"))
        os.mkfifo(fifo)
        done = run([program("held_caller"), fifo], env=dict(os.environ, LD_PRELOAD=preload, LEAKWATCH_OPTIONS="signal=USR1:at_exit=0", FIFO=fifo, SAID=said))
        told = open(said).read() if os.path.exists(said) else ""
    expect(done.returncode == 0 and told == "answers slept stirred\n", "%r %r" % (done, told))


def test_what_comes_while_it_is_looked_at():
    """Another process has the write end when the signal comes, and has written and ended soon after: nothing is proved, whenever that was."""
    for _ in range(60):
        process = begin_scenario("pipe_of_a_child_too")
        process.send_signal(signal.SIGTERM)
        time.sleep(random.random() * 0.04)
        with contextlib.suppress(BrokenPipeError):  # it was looked at already
            process.stdin.write(b"x")
            process.stdin.flush()
        said, _ = end(process, 0)
        expect(said == "", said)
