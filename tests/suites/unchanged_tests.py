"""Scenarios that print what a program sees: each must see the same, and end the same, with the preload as without."""
import os, subprocess

from harness import BUILD, LIBRARY, PATIENCE, SLOWER, TOOL, expect, needs, program, run, scratch, watched

PROGRAM = program("unchanged")


def compare(name):
    plain = run([PROGRAM, name])
    with scratch() as directory:
        os.chmod(directory, 0o777)
        result = watched([PROGRAM, name], "log=%s/log" % directory)
    expect(plain.stdout and plain.stderr == "", "without the preload: %r" % plain)
    expect((result.returncode, result.stdout) == (plain.returncode, plain.stdout),
           "status %d, without %d\n%s\nwithout:\n%s" % (result.returncode, plain.returncode, result.stdout, plain.stdout))
    expect(result.stderr == "", result.stderr)


def test_a_named_signal_is_a_request():
    """LEAKWATCH_OPTIONS names the signal: the program's own, too, asks for a report."""
    script = ["sh", "-c", "kill -USR1 $$; echo on"]
    for options, status, said in (("signal=USR1:", 0, "on\n"), ("", -10, ""), ("signal=none:", -10, ""), ("signal=USR2:", -10, ""),
                                  ("signal=nonsense:", -10, "")):
        with scratch() as directory:
            result = watched(script, options + "log=%s/log" % directory)
            reports = open(directory + "/log").read() if os.path.exists(directory + "/log") else ""
        expect((result.returncode, result.stdout, "on SIGUSR1" in reports) == (status, said, status == 0), "%s %r %s" % (options, result, reports))


def test_another_process_asks():
    """kill -USR1 from outside is a request, whoever sends it."""
    with scratch() as directory:
        result = watched(["sh", "-c", "(sh -c 'kill -USR1 $0' $$); echo on; kill -USR1 $$"], "log=%s/log" % directory)
        reports = open(directory + "/log").read()
    expect((result.returncode, result.stdout, reports.count("on SIGUSR1")) == (-10, "on\n", 1), "%r %s" % (result, reports))


def test_named_by_a_link_to_itself():
    """A program that is called /proc/self/exe, as Chromium's children are, is reported and matched by its file's name."""
    unjoined = program("unjoined")
    for name in ("/proc/self/exe", "/proc/thread-self/exe", "/proc/%d/exe" % os.getpid()):
        for pattern, reports in (("unjoined", 1), ("exe", 0)):
            with scratch() as directory:
                env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="program=%s:log=%s/%%e.log" % (pattern, directory))
                subprocess.run([name], executable=unjoined, env=env, check=True, timeout=PATIENCE)
                expect(os.listdir(directory) == ["unjoined.log"] * reports, "%s %s %s" % (name, pattern, os.listdir(directory)))
                expect(reports == 0 or "in %s (pid" % unjoined in open(directory + "/unjoined.log").read(), name)


def test_cancelled_in_a_report():
    """A thread that is cancelled while it makes a report ends of it, after that; and who joins it is not in a deadlock."""
    with scratch() as directory:
        result = watched([program("cancelled_in_a_report"), "20"], "signal=USR1:at_exit=0:log=%s/log" % directory)
        reports = open(directory + "/log").read()
    expect((result.returncode, result.stdout, result.stderr) == (0, "", ""), "%r" % result)
    expect(reports.count("on SIGUSR1") > 5 and "deadlock" not in reports, reports[:3000])


def test_children_after_a_report():
    """Processes that were forked after a report, and end together, each make their own."""
    with scratch() as directory:
        result = watched([program("after_a_report"), "children"], "signal=USR1:exitcode=9:grace=0:log=%s/%%p" % directory)
        reports = [open(os.path.join(directory, name)).read() for name in os.listdir(directory)]
    expect((result.stdout, result.stderr) == ("9\n" * 40, ""), "%r" % result)
    expect(sum("1 leaked thread" in report and "addresses only" not in report for report in reports) == 40, reports)


def test_small_alternate_stack():
    """Where an alternate stack has no room for the handler of a request, the program's threads' own stacks have."""
    with scratch() as directory:
        result = watched([program("after_a_report"), "small_stack"], "signal=USR1:log=%s/log" % directory)
        reports = open(directory + "/log").read()
    expect((result.returncode, result.stderr, reports.count("on SIGUSR1") > 0) == (0, "", True), "%r" % result)


def test_no_signal_of_the_programs_is_lost():
    """Its threads run, and are sent its own SIGUSR1 while they are asked about."""
    process = subprocess.Popen([os.path.join(BUILD, "tests", "handshake"), str(3 * SLOWER)], env=dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect(process.stdout.readline() == "ready\n", "no start")
    asked = 0
    while process.poll() is None and asked < 1000:
        asked += subprocess.run([TOOL, "stack", str(process.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    expect(process.wait(PATIENCE) == 0 and asked > (3 if SLOWER == 1 else 0), "status %r, %d reports" % (process.returncode, asked))


def scenarios():
    return run([PROGRAM], check=True).stdout.split()


NEEDS_OF = {"keys_have_their_numbers_and_destructors": ["glibc from 2.34, whose dlsym takes no key"]}

for scenario in scenarios():
    globals()["test_" + scenario] = needs(*NEEDS_OF.get(scenario, []))(lambda scenario=scenario: compare(scenario))
