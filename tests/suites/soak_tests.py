"""Three minutes of leakwatch serve under scrapes, pages and profiles of programs that come and go, beside all other tests: its memory and its
descriptors must not grow."""
import os, time

from harness import LIBRARY, TOOL, expect, needs
from live import GROWER, NOBODY, Program, as_user, for_everybody
from serving import Server

SUITE = "soak"
SECONDS = float(os.environ.get("LEAKWATCH_SOAK", "180"))


def sample(pid):
    status = open("/proc/%d/status" % pid).read()
    resident = int(status.split("VmRSS:")[1].split()[0])
    return resident, len(os.listdir("/proc/%d/fd" % pid)), int(status.split("Threads:")[1].split()[0])


def play_round(server, directory):
    """The requests of one program's life; how many there were."""
    with Program(command=(os.path.join(directory, os.path.basename(GROWER)),), library=os.path.join(directory, os.path.basename(LIBRARY)),
                 cwd="/", **as_user(NOBODY)) as passing:
        passing.tell("grow 5")
        paths = ("/metrics", "/api/v1/processes", "/api/v1/processes/%d" % passing.pid, "/api/v1/processes/%d/view" % passing.pid,
                 "/debug/pprof/threads?pid=%d" % passing.pid, "/debug/pprof/threads?debug=2&pid=%d" % passing.pid, "/nowhere", "/")
        for path in paths:
            server.ask(path)
        stream = server.connect()
        stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stream.recv(1000)
        stream.close()
        return len(paths)


@needs("root")
def test_serve():
    samples, requests, end = [], 0, time.monotonic() + SECONDS
    # as another user, who sees nothing of the programs that the other tests run
    with for_everybody() as directory, Server(interval="200ms", path=os.path.join(directory, os.path.basename(TOOL)), cwd="/", **as_user(NOBODY)) as server:
        while time.monotonic() < end or len(samples) < 30:
            requests += play_round(server, directory)
            samples.append(sample(server.process.pid))
            time.sleep(0.3)
    # what it keeps of processes that have ended is bounded, and is there after a third
    count = len(samples)
    middle, late = samples[count // 3:2 * count // 3], samples[2 * count // 3:]
    median = lambda some, which: sorted(one[which] for one in some)[len(some) // 2]
    for which, name, grace in ((0, "KiB resident", 4096), (1, "descriptors", 8), (2, "threads", 1)):
        before, after = median(middle, which), median(late, which)
        expect(after <= before * 1.1 + grace, "%s: %d, then %d" % (name, before, after))
    print("%d requests; %d KiB and %d descriptors, at the end %d and %d" % (requests, median(middle, 0), median(middle, 1), median(late, 0), median(late, 1)))
