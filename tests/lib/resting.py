"""Snapshots of a program that has come to rest."""
import json, os, signal, subprocess, time

from harness import LIBRARY, PATIENCE, expect, scratch


def snapshots(command, options="", count=1, pause=0, signals=()):
    """Starts a program that says "ready" when it is where it is to be seen, and returns `count` reports of it as JSON."""
    with scratch() as directory:
        log = os.path.join(directory, "log")
        env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:format=json:log=%s:%s" % (log, options))
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            said = process.stdout.readline()
            while said and said != b"ready\n":
                said = process.stdout.readline()
            pid = process.pid
            expect(said == b"ready\n", "%s did not get ready: %r" % (command, process.poll()))
            reports = []
            for number in range(count):
                time.sleep(pause)
                # a scenario may go on in a child: the one that is ready is the youngest of the session
                for child in children(pid):
                    pid = child
                for number_of in signals:
                    os.kill(pid, number_of)
                    time.sleep(0.05)
                await_rest(pid)
                reports.append(json.loads(next_report(pid, log, number)))
            return reports
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def looked_at_again(command, is_whole, tries=5, pause=0.2):
    """The report of a program in which something is proved. On a busy machine a thread may not have come to rest, and some program's descriptor
    be on its way through a socket: then there is less to prove, never more, and it is looked at again."""
    for again in range(tries):
        time.sleep(again * pause)
        report, = snapshots(command)
        if is_whole(report):
            break
    return report


def next_report(pid, log, number):
    lines = []

    def is_there():
        lines[:] = open(log).read().split("\n")[:-1] if os.path.exists(log) else []
        return len(lines) > number

    for _ in range(PATIENCE):
        os.kill(pid, signal.SIGUSR1)
        # one that comes as soon as the report before it was made may be passed over: it is asked for again
        for _ in range(50):
            if is_there():
                return lines[number]
            time.sleep(0.02)
    expect(False, "no report of %d: %s" % (pid, open("/proc/%d/status" % pid).read()))


def await_rest(pid):
    """Until the main thread sleeps: what it says before its last wait is heard before it waits. Not if it never rests."""
    asleep = 0
    for _ in range(100):
        if asleep == 3:
            break
        asleep = 0 if open("/proc/%d/syscall" % pid).read().startswith("running") else asleep + 1
        time.sleep(0.001)


def children(pid):
    """Children in which the scenario goes on: those with more than one thread."""
    found = []
    for tid in os.listdir("/proc/%d/task" % pid):
        try:
            of_thread = open("/proc/%d/task/%s/children" % (pid, tid)).read().split()
        except OSError:
            continue  # it has ended, as children below may have
        for child in of_thread:
            try:
                if len(os.listdir("/proc/%s/task" % child)) > 1:
                    found.append(int(child))
            except OSError:
                continue
    return found
