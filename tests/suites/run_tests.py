"""`leakwatch run --timeout` when the time is over: all that descends from the program is reported and ended."""
import os, re, signal, subprocess

from harness import LIBRARY, PATIENCE, TOOL, eventually, expect, program, run, scratch, slow

REPORT = re.compile(r"^leakwatch: \d+ threads? in (\S+) \(pid (\d+)\) on (\w+)", re.M)
STATIC = "#include <unistd.h>\nint main(void) { for (;;) pause(); }\n"


def alive(marker):
    """The processes with this in their environment, but for those that have ended."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as environ:
                if ("TREE=%s" % marker).encode() in environ.read().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def build_static(directory):
    path = os.path.join(directory, "unwatched")
    with open(path + ".c", "w") as file:
        file.write(STATIC)
    subprocess.run(["cc", "-static", "-o", path, path + ".c"], check=True, timeout=PATIENCE)
    return path


def run_script(directory, script, *options):
    """What was said once the time was over; nobody is left."""
    path = os.path.join(directory, "script.sh")
    with open(path, "w") as file:
        file.write(script)
    # into files: who is left running would keep a pipe open
    with open(os.path.join(directory, "out"), "w+") as out, open(os.path.join(directory, "err"), "w+") as err:
        result = run([TOOL, "run", "--timeout", "1s", *options, "--", "sh", path], env=dict(os.environ, NO_RUNNER="1", TREE=directory),
                     stdout=out, stderr=err)
        out.seek(0)
        err.seek(0)
        result.stdout, result.stderr = out.read(), err.read()
    left = alive(directory)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    expect(result.returncode == 124 and not left, "%r, left running: %s" % (result, left))
    return result


# A parent that is not watched stands between the program and one that leaks; one leaves its parent, its session and its group.
TREE = """
PATH=/usr/bin:/bin
{leaky} &
env -u LD_PRELOAD sh -c 'LD_PRELOAD={library} {leaky} & {static} & wait' &
(setsid {leaky} & setsid {static} &)
sleep 1000 &
wait
echo the script goes on
"""


def test_all_of_a_tree():
    with scratch() as directory:
        script = TREE.format(leaky=program("short_wait_group"), static=build_static(directory), library=LIBRARY)
        for _ in range(3):
            result = run_script(directory, script)
            reports = REPORT.findall(result.stderr)
            expect(len(reports) == 3 and all(path == program("short_wait_group") and trigger == "SIGTERM" for path, _, trigger in reports), result.stderr)
            pids = [int(pid) for _, pid, _ in reports]
            expect(pids == sorted(pids), "in the order in which they were started: %s" % pids)
            expect(result.stderr.count("has not ended within") == 1 and "the script goes on" not in result.stdout, "%r" % result)


@slow
def test_whoever_is_deaf():
    """Those that end on nothing but SIGKILL have their reports, too, and do not keep the others from theirs; so has one that was only just made."""
    with scratch() as directory:
        deaf = "sh -c \"trap '' TERM; while :; do sleep 1; done\" &\n"
        late = "sh -c \"trap '%s & wait' TERM; while :; do sleep 0.1; done\" &\n" % program("short_wait_group")
        script = deaf + deaf + late + "sleep 0.1; %s & sleep 0.1; kill -STOP $!; wait" % program("short_wait_group")
        result = run_script(directory, script)
        reports = [(os.path.basename(path), trigger) for path, _, trigger in REPORT.findall(result.stderr)]
        expect(reports.count(("short_wait_group", "SIGTERM")) == 1 and reports.count(("short_wait_group", "SIGUSR1")) == 1, result.stderr)
        shells = [report for report in reports if report[1] == "SIGUSR1" and report[0] not in ("short_wait_group", "sleep")]
        expect(len(shells) >= 2 and reports[0][1] == "SIGTERM", result.stderr)


def test_one_log():
    with scratch() as directory:
        log = os.path.join(directory, "log")
        run_script(directory, "for n in 1 2 3 4 5 6 7 8; do %s & done; wait" % program("short_wait_group"), "--log", log)
        with open(log) as file:
            pids = [int(pid) for _, pid, _ in REPORT.findall(file.read())]
        expect(len(pids) == 8 and pids == sorted(pids), "%s" % pids)


def test_who_ends_in_time_leaves_others_alone():
    """As without a limit: what the program leaves running goes on, and belongs to init."""
    with scratch() as directory:
        result = run([TOOL, "run", "--timeout", "60s", "--", "sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & sleep 0.3; exit 3"],
                     env=dict(os.environ, TREE=directory))
        left = alive(directory)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        expect(result.returncode == 3 and len(left) == 1, "%r %s" % (result, left))
        eventually("its end", lambda: not alive(directory))
