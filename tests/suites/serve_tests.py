"""leakwatch serve: what it answers to whom, how often it asks, what clients and programs can do to it, and that a fleet fits."""
import concurrent.futures, contextlib, os, re, signal, socket, stat, subprocess, tempfile, time

from harness import BUILD, LIBRARY, PATIENCE, TOOL, eventually, expect, needs, run, scratch, slow
from live import GROWER, Program
from serving import Server, metric

# It serves what other tests run too.
ALONE = True

LIAR = os.path.join(BUILD, "tests/liar")


def test_what_is_served():
    with Program() as program, Server() as server:
        program.tell("grow 7")
        pid = program.pid
        row = server.row(pid)
        expect(row["program"] == "grower" and row["threads"] == 12 and row["states"]["blocked"] == 12 and row["suspect"] == 10 and row["alive"], row)
        one = server.json("/api/v1/processes/%d" % pid)
        expect([group["threads"] for group in one["groups"] if group["place"].startswith("waiter") and "start" in group["place"]][0] in (7, 3), one["groups"])
        expect(one["history"][-1][1:] == [12, 12, 10], one["history"])
        report = server.json("/api/v1/processes/%d/report" % pid)
        expect(report["leakwatch"] == 1 and report["pid"] == pid and len(report["threads"]) == 12, report)
        expect(server.json("/api/v1/processes/%d/view" % pid)["sources"] == {}, "no sources are read for others")
        expect(server.get("/healthz") == "ok\n" and "<title>leakwatch</title>" in server.get("/"), "page")
        for asset in "/report.js", "/report.css", "/serve.js":
            expect(len(server.get(asset)) > 1000, asset)
        expect("threads?pid=%d  grower" % pid in server.get("/debug/pprof/"), "index of profiles")
        expect(server.get("/debug/pprof/threads?debug=1&pid=%d" % pid).startswith("thread profile: total 12\n"), "debug=1")
        expect(re.match(r"leakwatch: 12 threads in .* on request; 12 blocked\n", server.get("/debug/pprof/threads?debug=2&pid=%d" % pid)), "debug=2")
        status, head, body = server.ask("/debug/pprof/threads?pid=%d" % pid)
        expect(status == 200 and body[:2] == b"\x1f\x8b" and head["Content-Security-Policy"].startswith("default-src 'none'"), "debug=0")
        status, _, body = server.ask("/metrics", "HEAD")
        expect(status == 200 and body == b"", "HEAD")


def test_errors_have_a_reason():
    with Program() as program, Server() as server:
        for path, status, words in (("/nowhere", 404, "there is nothing at /nowhere"), ("/api/v1/processes/1x", 404, "'1x' is not the number"),
                                    ("/api/v1/processes/4194303", 404, "no watched process 4194303"), ("/api/v1/processes/-5", 404, "no watched process"),
                                    ("/api/v1/processes/%d/shape" % program.pid, 404, "report and view, not 'shape'"),
                                    ("/debug/pprof/heap", 404, "no profile 'heap'"), ("/debug/pprof/threads?debug=3", 400, "debug is 0, 1 or 2"),
                                    ("/debug/pprof/threads?seconds=x", 400, "seconds is a number"), ("/debug/pprof/threads?pid=99999999999", 400, "no process is served"),
                                    ("/debug/pprof/threads?seconds=2&debug=1&pid=%d" % program.pid, 400, "seconds goes with debug=0 only")):
            expect(words in server.refusal(path, status) or path.endswith("99999"), path)
        expect("only GET and HEAD" in server.refusal("/metrics", 405, "POST", b"x"), "POST")
        expect("only GET and HEAD" in server.refusal("/metrics", 405, "DELETE"), "DELETE")
        expect("no body" in server.refusal("/metrics", 413, "GET", b"something"), "a body")
        with Program():
            eventually("which of two", lambda: server.ask("/debug/pprof/threads")[0] == 400)
            expect("several processes are served" in server.refusal("/debug/pprof/threads", 400), "which of two")


@needs("promtool")
def test_metrics():
    """Both text formats, as promtool and the specification of OpenMetrics have them; labels may hold anything; groups are bounded."""
    with Program() as program, Server("--top", "2") as server:
        program.tell("grow 7")
        program.tell("leave 2")
        labels = {"pid": program.pid, "program": "grower"}
        text = server.get("/metrics")
        for name, value, more in (("leakwatch_threads", 12, {"state": "blocked"}), ("leakwatch_threads", 0, {"state": "running"}),
                                  ("leakwatch_threads_waiting", 10, {"kind": "cond wait"}), ("leakwatch_threads_created_total", 14, {}),
                                  ("leakwatch_threads_unjoined", 2, {}), ("leakwatch_deadlocks", 0, {}), ("leakwatch_process_up", 1, {}),
                                  ("leakwatch_threads_suspect", 12, {})):
            expect(metric(text, name, **labels, **more) == value, "%s %s is %s\n%s" % (name, more, metric(text, name, **labels, **more), text))
        expect(metric(text, "leakwatch_longest_wait_seconds", **labels) > 0, text)
        groups = re.findall(r'^leakwatch_group_threads\{pid="%d",.*$' % program.pid, text, re.M)
        # two groups that cannot be told apart by these labels are one series
        expect(len(groups) == 2 and 'kind="cond wait",site="waiter  grower.c:' in groups[0] and groups[0].endswith(" 10"), groups)
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        expect(checked.returncode == 0, checked.stdout)
        status, head, body = server.ask("/metrics", Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
        text = body.decode()
        expect(head["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8" and text.endswith("\n# EOF\n"), text[-200:])
        expect("# TYPE leakwatch_threads_created counter\n" in text and "\nleakwatch_threads_created_total{" in text, text)
        seen = set()
        for line in text.splitlines():
            series = line.rsplit(" ", 1)[0]
            expect(line.startswith("#") or series not in seen, "twice: " + line)
            seen.add(series)
        _, head, _ = server.ask("/metrics", Accept="text/plain")
        expect(head["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", head["Content-Type"])


@slow
def test_a_program_is_asked_once_an_interval():
    with Program() as program, Server(interval="1s") as server:
        server.get("/metrics")
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            texts = list(pool.map(lambda _: server.get("/metrics"), range(200)))
        while time.monotonic() - start < 2.5:
            texts.append(server.get("/metrics"))
        seconds = time.monotonic() - start
        looks = [metric(text, "leakwatch_looks_total") for text in texts]
        expect(2 <= max(looks) - min(looks) + 1 <= seconds + 2 and len(texts) > 200,
               "%d looks for %d scrapes in %.1f s" % (max(looks) - min(looks) + 1, len(texts), seconds))
        # and not at all where nobody wants to know
        before = metric(server.get("/metrics"), "leakwatch_looks_total")
        time.sleep(2.5)
        expect(metric(server.get("/metrics"), "leakwatch_looks_total") <= before + 1, "it looks though nobody asks")
        expect(program.said() == "", program.said())


def test_events():
    with Program(), Server() as server:
        stream = server.connect()
        stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        while got.count(b"event: processes") < 4:
            more = stream.recv(65536)
            expect(more, "the stream ends: %r" % got)
            got += more
        stream.close()
        expect(b"Content-Type: text/event-stream" in got and got.count(b'"program":"grower"') >= 3, got[:500])
        crowd = []
        for _ in range(17):
            crowd.append(server.connect())
            crowd[-1].sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answers = [one.recv(400) for one in crowd]
        refused = [answer for answer in answers if b" 503 " in answer.split(b"\r\n")[0]]
        expect(len(refused) in (1, 2) and b"200 OK" in answers[0], answers)
        for one in crowd:
            one.close()
        expect(server.get("/healthz") == "ok\n", "others are served")


def naps(program):
    """How often the program's main thread has gone to sleep: after each look, for one, which takes it out of a read."""
    with open("/proc/%d/status" % program.pid) as file:
        return re.search(r"^voluntary_ctxt_switches:\t(\d+)$", file.read(), re.M).group(1)


@slow
@needs("go")
def test_profile_of_a_span():
    """What came in the meantime, as go tool pprof has it."""
    with Program() as program, Server() as server:
        program.tell("grow 20")
        address = "http://%s/debug/pprof/threads?pid=%d" % (server.host, program.pid)
        env = dict(os.environ, HOME=tempfile.gettempdir())
        whole = subprocess.run(["go", "tool", "pprof", "-top", address], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, timeout=PATIENCE)
        expect(re.search(r"^ +23 .* pthread_cond_wait$", whole.stdout, re.M), whole.stdout)
        # nobody has wanted to know anything for so long that the next look is the span's first
        time.sleep(3)
        looked = naps(program)
        with concurrent.futures.ThreadPoolExecutor(1) as pool, scratch() as directory:
            asked = pool.submit(server.ask, "/debug/pprof/threads?seconds=3&pid=%d" % program.pid)
            eventually("the first look", lambda: naps(program) != looked)
            program.tell("grow 5")
            path = os.path.join(directory, "delta.pb.gz")
            with open(path, "wb") as file:
                file.write(asked.result()[2])
            delta = run(["go", "tool", "pprof", "-top", path], env=env)
        expect(re.search(r"^ +8 .* pthread_cond_wait$", delta.stdout, re.M), delta.stdout)



def test_who_may_ask():
    with scratch() as directory:
        token = os.path.join(directory, "token")
        with open(token, "w") as file:
            file.write("0123456789abcdef\n")
        os.chmod(token, 0o644)

        def refuses(words, *arguments):
            result = subprocess.run([TOOL, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            expect(result.returncode in (1, 2) and re.search(words, result.stderr) and result.stderr.count("\n") == 1, "%s: %d %s" % (arguments, result.returncode, result.stderr))

        refuses("can be reached from other machines: give --token FILE, or --behind-tls", "--listen", "0.0.0.0:0")
        refuses("can be reached from other machines", "--listen", "[::]:0")
        refuses("everybody may read it", "--token", token)
        os.chmod(token, 0o600)
        refuses("'6061' is not ADDRESS:PORT or unix:PATH", "--listen", "6061")
        refuses("cannot listen at unix:/nowhere/x: No such file", "--listen", "unix:/nowhere/x")
        with open(os.path.join(directory, "short"), "w") as file:
            file.write("abc\n")
        os.chmod(os.path.join(directory, "short"), 0o600)
        refuses("a token is 8 to 400 letters", "--token", os.path.join(directory, "short"))
        refuses("--token %s: Is a directory" % directory, "--token", directory)
        with Server("--token", token, listen="0.0.0.0:0") as server:
            server.host = "127.0.0.1:" + server.host.rsplit(":", 1)[1]
            for path in "/", "/metrics", "/api/v1/processes", "/healthz":
                expect("a token is wanted" in server.refusal(path, 401), path)
            server.refusal("/metrics", 401, Authorization="Bearer 0123456789abcdeX")
            server.refusal("/metrics", 401, Authorization="Bearer 0123456789abcdef0")
            server.get("/metrics", Authorization="Bearer 0123456789abcdef")
            status, head, _ = server.ask("/?token=0123456789abcdef")
            expect(status == 200 and head["Set-Cookie"] == "leakwatch=0123456789abcdef; HttpOnly; SameSite=Strict", head)
            server.get("/metrics", Cookie="leakwatch=0123456789abcdef")
        with Server("--behind-tls", listen="0.0.0.0:0"):
            pass
        with Server() as server:
            expect("localhost and 127.0.0.1 only" in server.refusal("/metrics", 403, Host="elsewhere.example"), "another name for this machine")
        path = os.path.join(directory, "socket")
        with Server(listen="unix:" + path) as server:
            expect(stat.S_IMODE(os.stat(path).st_mode) == 0o600 and server.get("/healthz") == "ok\n", "a socket in the file system")
            refuses("Address already in use", "--listen", "unix:" + path)
        expect(not os.path.exists(path), "it is removed at the end")
        killed = Server(listen="unix:" + path)
        killed.process.kill()
        killed.process.communicate()
        expect(os.path.exists(path), "one that is killed leaves it")
        with Server(listen="unix:" + path) as server:
            expect(server.get("/healthz") == "ok\n", "and that is in nobody's way")


@slow
def test_programs_that_do_not_answer():
    """One that is stopped, ends in mid-answer, never answers, or lies, costs its own row only."""
    with Program() as good, Program() as stopped, Server("--wait", "300ms") as server, scratch() as directory:
        kept = os.path.join(directory, "kept.lwsnap")
        subprocess.run([TOOL, "stack", "--format", "snapshot", "--log", kept, str(good.pid)], check=True, timeout=PATIENCE)
        with contextlib.ExitStack() as stack:
            liars = {mode: stack.enter_context(subprocess.Popen([LIAR, kept, mode], stdout=subprocess.PIPE))
                     for mode in ("cut", "shrink", "huge", "garbage", "fifo", "link", "silent", "die")}
            for liar in liars.values():
                liar.stdout.readline()
                stack.callback(liar.kill)
            os.kill(stopped.pid, signal.SIGSTOP)
            start = time.monotonic()
            table = {row["pid"]: row for row in server.json("/api/v1/processes")["processes"]}
            took = time.monotonic() - start
            expect(took < 20, "%.1fs" % took)  # the default is to wait 5 s for each
            expect(table[good.pid]["error"] is None and table[good.pid]["threads"] == 1, table[good.pid])
            expect("it is stopped" in table[stopped.pid]["error"], table[stopped.pid])
            for mode, words in (("cut", "damaged|not a leakwatch|empty|no space|answered"), ("huge", "larger than any snapshot|cannot be read|answered"), ("garbage", "not a leakwatch snapshot"),
                                ("fifo", "not a file of its own"), ("link", "answer|not answered"), ("silent", "answer")):
                row = lambda: server.row(liars[mode].pid) or {"error": None}
                eventually(lambda: "%s: %s" % (mode, row()), lambda: re.search(words, row()["error"] or ""))
            eventually(lambda: server.row(liars["die"].pid), lambda: not (server.row(liars["die"].pid) or {"alive": False})["alive"])
            text = server.get("/metrics")
            expect(metric(text, "leakwatch_process_up", pid=good.pid) == 1 and metric(text, "leakwatch_process_up", pid=liars["garbage"].pid) == 0, text)
            os.kill(stopped.pid, signal.SIGCONT)
            eventually("it goes on", lambda: server.row(stopped.pid)["error"] is None)


@slow
def test_lies():
    """Snapshots with changed bytes: whatever they say, the server goes on, and tells the truth of others."""
    rounds = int(os.environ.get("LEAKWATCH_LIES", "60"))
    with Program() as good, scratch() as directory, Server(interval="20ms") as server:
        good.tell("grow 6")
        kept = os.path.join(directory, "kept.lwsnap")
        subprocess.run([TOOL, "stack", "--format", "snapshot", "--log", kept, str(good.pid)], check=True, timeout=PATIENCE)
        with subprocess.Popen([LIAR, kept], stdout=subprocess.PIPE) as liar:
            liar.stdout.readline()
            believed = 0
            for _ in range(rounds):
                row = server.row(liar.pid)
                believed += row["error"] is None
                for what in ("", "/report", "/view"):
                    server.ask("/api/v1/processes/%d%s" % (liar.pid, what))
                for debug in "012":
                    server.ask("/debug/pprof/threads?pid=%d&debug=%s" % (liar.pid, debug))
                expect(server.row(good.pid)["threads"] == 11, "the good one")
                time.sleep(0.02)
            liar.kill()
        expect(believed > rounds / 8, "only %d lies came past the reader: nothing was tried" % believed)


@slow
def test_bad_clients():
    """Slow, oversized, malformed and very many: answered or dropped, and nobody else waits."""
    with Program(), Server() as server:
        slow = [server.connect() for _ in range(20)]
        for one in slow:
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-")
        start = time.monotonic()
        dropped_after = None
        while dropped_after is None:
            expect(time.monotonic() - start < PATIENCE, "a client that never ends its request is kept")
            began = time.monotonic()
            server.get("/metrics")
            expect(time.monotonic() - began < 8, "others wait for the slow ones")  # which are dropped after 10 s
            try:
                slow[0].sendall(b"a")
                slow[0].settimeout(0.01)
                if slow[0].recv(100) is not None:
                    dropped_after = time.monotonic() - start
            except TimeoutError:
                time.sleep(0.2)
            except OSError:
                dropped_after = time.monotonic() - start
        expect(8 < dropped_after < 60, "dropped after %.1fs" % dropped_after)
        for one in slow:
            one.close()
        for request in (b"\x00\xff\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 100, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Long: " + b"b" * 200000 + b"\r\n\r\n",
                        b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", b"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
            one = server.connect(5)
            with contextlib.suppress(OSError):
                one.sendall(request)
                one.shutdown(socket.SHUT_WR)
                answer = one.recv(2000)
                expect(answer == b"" or re.match(rb"HTTP/1\.[01] [45]\d\d ", answer) or request.startswith(b"\r\n"), "%r: %r" % (request[:60], answer[:100]))
            one.close()
            expect(server.get("/healthz") == "ok\n", "after %r" % request[:60])
        crowd = []
        with contextlib.suppress(OSError):
            for _ in range(200):
                crowd.append(server.connect(1))
        for one in crowd:
            one.close()

        def is_let_in():
            with contextlib.suppress(OSError):
                return server.get("/healthz") == "ok\n"

        eventually("after a crowd", is_let_in)


def cpu_seconds(pids):
    """User and system time that these processes have had."""
    ticks = 0
    for pid in pids:
        fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@slow
def test_two_hundred_processes():
    """A scrape of two hundred watched processes takes at most a second of a processor, theirs and the server's together."""
    with contextlib.ExitStack() as stack:
        env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:at_term=0")
        fleet = [stack.enter_context(subprocess.Popen([GROWER], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)) for _ in range(200)]
        for one in fleet:
            stack.callback(one.kill)
            one.stdin.write("grow 3\n")
            one.stdin.flush()
        for one in fleet:
            expect(one.stdout.readline() == "ok\n", "it runs")
        server = stack.enter_context(Server(interval="500ms"))
        times, everybody = [], [server.process.pid] + [one.pid for one in fleet]
        for _ in range(5):
            before = cpu_seconds(everybody)
            text = server.get("/metrics")
            times.append(cpu_seconds(everybody) - before)
            up = len(re.findall(r'^leakwatch_process_up\{.*\} 1$', text, re.M))
            expect(up >= 200 and len(re.findall(r'^leakwatch_threads\{pid="\d+",program="grower",state="blocked"\} 8$', text, re.M)) == 200, "%d up" % up)
            time.sleep(0.6)
        print("a scrape took %.2f s of CPU" % sorted(times)[2])
        expect(sorted(times)[2] <= 1, "scrapes took %s" % ", ".join("%.2fs" % one for one in times))


@needs("promtool")
def test_textfile():
    """metrics=PATH: of the shim alone, whole whenever it is read, and gone with the process."""
    with scratch() as directory:
        path = os.path.join(directory, "%e-%p.prom")
        with Program(options="at_exit=0:monitor=100ms:threshold=1000000:metrics=" + path) as program:
            program.tell("grow 6")
            name = os.path.join(directory, "grower-%d.prom" % program.pid)
            eventually("eleven threads in it", lambda: os.path.exists(name) and ',state="blocked"} 11\n' in open(name).read())
            expect(os.listdir(directory) == [os.path.basename(name)] and stat.S_IMODE(os.stat(name).st_mode) == 0o644, os.listdir(directory))
            text = open(name).read()
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            expect(checked.returncode == 0, checked.stdout)
            labels = {"pid": program.pid, "program": "grower"}
            for state, count in (("blocked", 11), ("waiting", 0), ("running", 0)):
                expect(metric(text, "leakwatch_threads", state=state, **labels) == count, text)
            expect(metric(text, "leakwatch_threads_created_total", **labels) == 11, text)
            for _ in range(300):
                expect(open(name).read().count("\n") == 14, "half a file")
            program.process.stdin.write("quit\n")
            program.process.stdin.flush()
            program.process.wait(PATIENCE)
            expect(os.listdir(directory) == [], "it is left: %s" % os.listdir(directory))
        with Program(options="at_exit=0:metrics=/nowhere/x.prom") as program:
            eventually("a line", program.said)
            expect(program.said() == "leakwatch: option metrics: cannot write /nowhere/x.prom: no such directory\n", program.said())
