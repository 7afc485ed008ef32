"""leakwatch serve: what it answers to whom, how often it asks, what clients and programs can do to it, and that a fleet fits."""
import concurrent.futures, contextlib, http.client, json, os, re, signal, socket, stat, subprocess, tempfile, time, urllib.parse

from run import BUILD, LIBRARY, TOOL, Wrong, expect, watched
from live_tests import GROWER, Program

LIAR = os.path.join(BUILD, "tests/liar")


class Server:
    """leakwatch serve at a port of its own."""

    def __init__(self, *arguments, listen="127.0.0.1:0", interval="300ms", path=TOOL, **more):
        self.process = subprocess.Popen([path, "serve", "--listen", listen, "--interval", interval, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **more)
        said = self.process.stderr.readline()
        found = re.search(r"^leakwatch: serving at (?:http://(.*)/|unix:(.*))$", said)
        expect(found, "serve said: %r" % said)
        self.host, self.path = found.group(1), found.group(2)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "none: it did not end"
        said = self.process.stderr.read()
        self.process.stderr.close()
        if kind is None:
            expect(status == 0 and said == "", "serve ended with %s and said %s" % (status, said))

    def connect(self, timeout=20):
        if self.path:
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(timeout)
            plain.connect(self.path)
            return plain
        host, port = self.host.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout)

    def ask(self, path, method="GET", body=None, timeout=20, **headers):
        """Status, headers and body."""
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = self.connect(timeout)
        try:
            connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        status, _, body = self.ask(path, **headers)
        expect(status == 200, "%s: %d %r" % (path, status, body[:300]))
        return body.decode()

    def json(self, path):
        return json.loads(self.get(path))

    def row(self, pid):
        return {row["pid"]: row for row in self.json("/api/v1/processes")["processes"]}.get(pid)

    def refusal(self, path, status, method="GET", body=None, **headers):
        """The reason, which must come as JSON."""
        found, head, answer = self.ask(path, method, body, **headers)
        expect(found == status and head["Content-Type"] == "application/json", "%s %s: %d %r" % (method, path, found, answer))
        said = json.loads(answer) if method != "HEAD" else {"status": status, "error": ""}
        expect(said["status"] == status, "%r" % said)
        return said["error"]


def metric(text, name, **labels):
    """The value of one series; None if there is none."""
    for line in text.splitlines():
        found = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
        if found and found.group(1) == name and all('%s="%s"' % pair in (found.group(2) or "") for pair in labels.items()):
            return float(found.group(3))
    return None


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
                                    ("/debug/pprof/threads?seconds=x", 400, "seconds is a number"), ("/debug/pprof/threads?pid=99999999999", 400, "no process is watched"),
                                    ("/debug/pprof/threads?seconds=2&debug=1&pid=%d" % program.pid, 400, "seconds goes with debug=0 only")):
            expect(words in server.refusal(path, status) or path.endswith("99999"), path)
        expect("only GET and HEAD" in server.refusal("/metrics", 405, "POST", b"x"), "POST")
        expect("only GET and HEAD" in server.refusal("/metrics", 405, "DELETE"), "DELETE")
        expect("no body" in server.refusal("/metrics", 413, "GET", b"something"), "a body")
        with Program():
            time.sleep(0.4)
            expect("several processes are watched" in server.refusal("/debug/pprof/threads", 400), "which of two")


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


def test_a_program_is_asked_once_an_interval():
    with Program() as program, Server(interval="1s") as server:
        server.get("/metrics")
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            texts = list(pool.map(lambda _: server.get("/metrics"), range(200)))
        while time.monotonic() - start < 2.5:
            texts.append(server.get("/metrics"))
        looks = [metric(text, "leakwatch_looks_total") for text in texts]
        expect(2 <= max(looks) - min(looks) + 1 <= 4 and len(texts) > 200, "%d looks for %d scrapes" % (max(looks) - min(looks) + 1, len(texts)))
        # and not at all where nobody wants to know
        before = metric(server.get("/metrics"), "leakwatch_looks_total")
        time.sleep(2.5)
        expect(metric(server.get("/metrics"), "leakwatch_looks_total") <= before + 1, "it looks though nobody asks")
        expect(program.said() == "", program.said())


def test_events():
    with Program() as program, Server() as server:
        stream = server.connect()
        stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = b""
        deadline = time.monotonic() + 10
        while got.count(b"event: processes") < 4 and time.monotonic() < deadline:
            got += stream.recv(65536)
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


def test_profile_of_a_span():
    """What came in the meantime, as go tool pprof has it."""
    with Program() as program, Server() as server:
        program.tell("grow 20")
        address = "http://%s/debug/pprof/threads?pid=%d" % (server.host, program.pid)
        env = dict(os.environ, HOME=tempfile.gettempdir())
        whole = subprocess.run(["go", "tool", "pprof", "-top", address], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, timeout=60)
        expect(re.search(r"^ +23 .* pthread_cond_wait$", whole.stdout, re.M), whole.stdout)
        delta = subprocess.Popen(["go", "tool", "pprof", "-seconds", "2", "-top", address], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        time.sleep(1)
        program.tell("grow 5")
        out, _ = delta.communicate(timeout=60)
        expect(re.search(r"^ +8 .* pthread_cond_wait$", out, re.M), out)
        


def test_who_may_ask():
    with tempfile.TemporaryDirectory() as directory:
        token = os.path.join(directory, "token")
        with open(token, "w") as file:
            file.write("0123456789abcdef\n")
        os.chmod(token, 0o644)

        def refuses(words, *arguments):
            result = subprocess.run([TOOL, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)
            expect(result.returncode in (1, 2) and re.search(words, result.stderr) and result.stderr.count("\n") == 1, "%s: %d %s" % (arguments, result.returncode, result.stderr))

        refuses("can be reached from other machines: give --token FILE, or --behind-tls", "--listen", "0.0.0.0:0")
        refuses("can be reached from other machines", "--listen", "[::]:0")
        refuses("everybody may read it", "--token", token)
        os.chmod(token, 0o600)
        refuses("'6061' is neither ADDRESS:PORT nor unix:PATH", "--listen", "6061")
        refuses("cannot listen at unix:/nowhere/x: No such file", "--listen", "unix:/nowhere/x")
        with open(os.path.join(directory, "short"), "w") as file:
            file.write("abc\n")
        os.chmod(os.path.join(directory, "short"), 0o600)
        refuses("a token is 8 to 400 letters", "--token", os.path.join(directory, "short"))
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


def test_programs_that_do_not_answer():
    """One that is stopped, ends in mid-answer, never answers, or lies, costs its own row only."""
    with Program() as good, Program() as stopped, Server("--wait", "300ms") as server, tempfile.TemporaryDirectory() as directory:
        kept = os.path.join(directory, "kept.lwsnap")
        subprocess.run([TOOL, "stack", "--format", "snapshot", "--log", kept, str(good.pid)], check=True, timeout=20)
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
            expect(took < 2, "%.1fs" % took)
            expect(table[good.pid]["error"] is None and table[good.pid]["threads"] == 1, table[good.pid])
            expect("it is stopped" in table[stopped.pid]["error"], table[stopped.pid])
            time.sleep(2.5)
            server.get("/metrics")
            time.sleep(0.4)
            table = {row["pid"]: row for row in server.json("/api/v1/processes")["processes"]}
            for mode, words in (("cut", "damaged|not a leakwatch|empty|no space|answered"), ("huge", "larger than any snapshot|cannot be read|answered"), ("garbage", "not a leakwatch snapshot"),
                                ("fifo", "not a file of its own"), ("link", "answer|not answered"), ("silent", "answer")):
                row = table[liars[mode].pid]
                expect(row["error"] and re.search(words, row["error"]), "%s: %s" % (mode, row))
            expect(not table.get(liars["die"].pid, {"alive": False})["alive"], table.get(liars["die"].pid))
            text = server.get("/metrics")
            expect(metric(text, "leakwatch_process_up", pid=good.pid) == 1 and metric(text, "leakwatch_process_up", pid=liars["garbage"].pid) == 0, text)
            os.kill(stopped.pid, signal.SIGCONT)
            time.sleep(0.5)
            expect(server.row(stopped.pid)["error"] is None, "it goes on")


def test_lies():
    """Snapshots with changed bytes: whatever they say, the server goes on, and tells the truth of others."""
    rounds = int(os.environ.get("LEAKWATCH_LIES", "60"))
    with Program() as good, tempfile.TemporaryDirectory() as directory, Server(interval="20ms") as server:
        good.tell("grow 6")
        kept = os.path.join(directory, "kept.lwsnap")
        subprocess.run([TOOL, "stack", "--format", "snapshot", "--log", kept, str(good.pid)], check=True, timeout=20)
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


def test_bad_clients():
    """Slow, oversized, malformed and very many: answered or dropped, and nobody else waits."""
    with Program(), Server() as server:
        slow = [server.connect() for _ in range(20)]
        for one in slow:
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-")
        start = time.monotonic()
        dropped_after = None
        while dropped_after is None:
            expect(time.monotonic() - start < 25, "a client that never ends its request is kept")
            began = time.monotonic()
            server.get("/metrics")
            expect(time.monotonic() - began < 2, "others wait for the slow ones")
            try:
                slow[0].sendall(b"a")
                slow[0].settimeout(0.01)
                if slow[0].recv(100) is not None:
                    dropped_after = time.monotonic() - start
            except TimeoutError:
                time.sleep(0.2)
            except OSError:
                dropped_after = time.monotonic() - start
        expect(8 < dropped_after < 20, "dropped after %.1fs" % dropped_after)
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
        deadline = time.monotonic() + 5
        while True:
            try:
                expect(server.get("/healthz") == "ok\n", "after a crowd")
                break
            except OSError:
                expect(time.monotonic() < deadline, "nobody is let in any more")


def test_two_hundred_processes():
    """A scrape of two hundred watched processes within a second."""
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
        times = []
        for _ in range(5):
            start = time.monotonic()
            text = server.get("/metrics")
            times.append(time.monotonic() - start)
            up = len(re.findall(r'^leakwatch_process_up\{.*\} 1$', text, re.M))
            expect(up >= 200 and len(re.findall(r'^leakwatch_threads\{pid="\d+",program="grower",state="blocked"\} 8$', text, re.M)) == 200, "%d up" % up)
            time.sleep(0.6)
        expect(sorted(times)[2] <= 1, "scrapes took %s" % ", ".join("%.2fs" % one for one in times))


def test_textfile():
    """metrics=PATH: of the shim alone, whole whenever it is read, and gone with the process."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "%e-%p.prom")
        with Program(options="at_exit=0:monitor=100ms:threshold=1000000:metrics=" + path) as program:
            program.tell("grow 6")
            time.sleep(0.5)
            name = os.path.join(directory, "grower-%d.prom" % program.pid)
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
            program.process.wait(10)
            expect(os.listdir(directory) == [], "it is left: %s" % os.listdir(directory))
        with Program(options="at_exit=0:metrics=/nowhere/x.prom") as program:
            time.sleep(0.3)
            expect(program.said() == "leakwatch: option metrics: cannot write /nowhere/x.prom: no such directory\n", program.said())
