"""Three minutes of leakwatch serve under scrapes, pages and profiles of programs that come and go, while other tests run: its memory and its
descriptors must not grow. Begun before the programs' tests, judged after the last."""
import os, subprocess, threading, time

from run import LIBRARY, TOOL, expect
from live_tests import GROWER, NOBODY, Program, as_user, for_everybody
from serve_tests import Server

SECONDS = float(os.environ.get("LEAKWATCH_SOAK", "180"))
soak = None


class Soak(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.samples, self.requests, self.wrong = [], 0, None

    def sample(self, pid):
        status = open("/proc/%d/status" % pid).read()
        resident = int(status.split("VmRSS:")[1].split()[0])
        return resident, len(os.listdir("/proc/%d/fd" % pid)), int(status.split("Threads:")[1].split()[0])

    def round(self, server, directory):
        with Program(command=(os.path.join(directory, os.path.basename(GROWER)),), library=os.path.join(directory, os.path.basename(LIBRARY)),
                     cwd="/", **as_user(NOBODY)) as passing:
            passing.tell("grow 5")
            for path in ("/metrics", "/api/v1/processes", "/api/v1/processes/%d" % passing.pid, "/api/v1/processes/%d/view" % passing.pid,
                         "/debug/pprof/threads?pid=%d" % passing.pid, "/debug/pprof/threads?debug=2&pid=%d" % passing.pid, "/nowhere", "/"):
                server.ask(path)
                self.requests += 1
            stream = server.connect()
            stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream.recv(1000)
            stream.close()

    def run(self):
        try:
            end = time.monotonic() + SECONDS
            # as another user, who sees nothing of the programs that the other tests run
            with for_everybody() as directory, Server(interval="200ms", path=os.path.join(directory, os.path.basename(TOOL)), cwd="/", **as_user(NOBODY)) as server:
                while time.monotonic() < end:
                    self.round(server, directory)
                    self.samples.append(self.sample(server.process.pid))
                    time.sleep(0.3)
        except Exception as error:  # told where it is judged
            self.wrong = error


def test_begins():
    global soak
    soak = Soak()
    soak.start()


def test_ends():
    expect(soak, "it was not begun: name both, soak begins and soak ends")
    soak.join(SECONDS + 60)
    expect(not soak.is_alive() and soak.wrong is None, "the soak: %s" % soak.wrong)
    count = len(soak.samples)
    expect(count > SECONDS / 5, "only %d rounds" % count)
    # what it keeps of processes that have ended is bounded, and is there after a third
    middle, late = soak.samples[count // 3:2 * count // 3], soak.samples[2 * count // 3:]
    median = lambda samples, which: sorted(sample[which] for sample in samples)[len(samples) // 2]
    for which, name, grace in ((0, "KiB resident", 4096), (1, "descriptors", 8), (2, "threads", 1)):
        before, after = median(middle, which), median(late, which)
        expect(after <= before * 1.1 + grace, "%s: %d, then %d" % (name, before, after))
    print("      %d requests; %d KiB and %d descriptors, at the end %d and %d" % (soak.requests, median(middle, 0), median(middle, 1), median(late, 0), median(late, 1)))
