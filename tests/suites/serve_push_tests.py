"""leakwatch serve --push: what Pyroscope and Parca get, with whose labels and secrets; and that no server, whatever it answers, costs more than what it was to get."""
import itertools, os, re, signal, socket, subprocess, tempfile, time

from harness import BUILD, PATIENCE, PUSHES, TOOL, eventually, expect, needs, run, scratch, slow
from live import NOBODY, Program, as_user, for_everybody
from receiver import Receiver, answer, hangs, taken, with_status
from serving import Server, metric

# It serves what other tests run too.
ALONE = True
NEEDS = (PUSHES,)

ANYTHING = r"(?s:.*)"


def without_proxy(**more):
    """The environment: where a proxy is set for the tests themselves, what they start must not send by it."""
    return dict({key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}, **more)


class Pushing(Server):
    """leakwatch serve that pushes often, and what it said of that at the end."""

    def __init__(self, *arguments, tolerates="", push_interval="200ms", **more):
        super().__init__("--push-interval", push_interval, *arguments, tolerates=tolerates, **dict({"interval": "100ms", "env": without_proxy()}, **more))

    def told(self, name, **labels):
        return metric(self.get("/metrics"), "leakwatch_push_" + name, **labels)


def raw(profile):
    """As go tool pprof reads it."""
    with scratch() as directory:
        path = os.path.join(directory, "profile")
        with open(path, "wb") as file:
            file.write(profile)
        result = run(["go", "tool", "pprof", "-raw", path], env=dict(os.environ, HOME=tempfile.gettempdir()))
    expect(result.returncode == 0, result.stderr)
    return result.stdout


@needs("go", *NEEDS)
def test_what_servers_get():
    """Path, headers, labels and the profile itself, of two processes, by both protocols."""
    with Program() as leaky, Program() as other, Receiver() as pyroscope, Receiver() as parca:
        leaky.tell("grow 7")
        with Pushing("--push", "pyroscope=" + pyroscope.url, "--push", "parca=%s/below/" % parca.url, "--push-label", "env=test a=b", "--push-label", "zone=ü") as server:
            for receiver, path in (pyroscope, "/push.v1.PusherService/Push"), (parca, "/below/api/profiles/writeraw"):
                request = receiver.gets(leaky.pid)[0]
                receiver.gets(other.pid)
                expect(request.path == path and request.headers["Content-Type"] == "application/json" and request.headers["User-Agent"].startswith("leakwatch/")
                       and request.headers["Authorization"] is None and request.headers["Expect"] is None, "%s %s" % (request.path, request.headers))
                labels = {"__name__": "threads", "program": "grower", "pid": str(leaky.pid), "host": socket.gethostname(), "env": "test a=b", "zone": "ü"}
                if receiver is pyroscope:
                    labels["service_name"] = "grower"
                expect(request.labels == labels, "%r" % request.labels)
                words = raw(request.profile)
                expect(re.search(r"^PeriodType: threads count$", words, re.M) and re.search(r"^threads/count\[dflt\] wait/nanoseconds$", words, re.M), words)
                total = sum(int(count) for count in re.findall(r"^ +(\d+) +\d+: ", words, re.M))
                expect(total == 12 and "wait:[cond wait]" in words and re.search(r"\bwaiter\b.*grower\.c:\d+", words), words)
            identity = pyroscope.of(leaky.pid)[0].series["samples"][0]["ID"]
            expect(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", identity), identity)
            expect(set(parca.of(leaky.pid)[0].body) == {"series"} == set(pyroscope.of(leaky.pid)[0].body), "fields")
            for kind, url in ("pyroscope", pyroscope.url), ("parca", parca.url + "/below"):
                expect(server.told("sent_total", protocol=kind, server=url) >= 2 and server.told("bytes_total", protocol=kind) > 1000 and
                       server.told("failed_total", protocol=kind) == 0 == server.told("dropped_total", protocol=kind) and
                       abs(server.told("last_success_timestamp_seconds", protocol=kind) - time.time()) < PATIENCE, server.get("/metrics"))


def test_nothing_is_sent_twice():
    """Where profiles are sent more often than programs are asked."""
    with Program() as program, Receiver() as receiver, Pushing("--push", "parca=" + receiver.url, interval="1s", push_interval="20ms"):
        receiver.gets(program.pid, 2)
    sent = [request.profile for request in receiver.of(program.pid)]
    expect(len(set(sent)) == len(sent), "%d profiles, %d different ones" % (len(sent), len(set(sent))))


def test_by_a_proxy():
    """As the environment has it; not for who is exempt."""
    with Program() as program, Receiver() as proxy, Receiver() as server:
        with Pushing("--push", "pyroscope=http://there.is.none.invalid:4040", "--push", "parca=" + server.url, env=without_proxy(http_proxy=proxy.url, no_proxy="127.0.0.1")):
            expect(proxy.gets(program.pid)[0].path == "http://there.is.none.invalid:4040/push.v1.PusherService/Push", proxy.requests[0].path)
            expect(server.gets(program.pid)[0].path == "/api/profiles/writeraw", server.requests[0].path)
        expect({request.path.split("/")[-1] for request in proxy.requests} == {"Push"}, "what is exempt came by the proxy")


@slow
def test_what_nobody_prepared():
    """With --all it is pushed, too; without, it is not."""
    with Program(library="") as program, Program() as watched, Receiver() as all_of_them, Receiver() as others:
        with Pushing("--push", "parca=" + all_of_them.url, "--all", "--most", "1000", tolerates=ANYTHING), Pushing("--push", "parca=" + others.url):
            expect(all_of_them.gets(program.pid)[0].labels["program"] == "grower", "its labels")
            others.gets(watched.pid, 2)
        expect(not others.of(program.pid), "it is not watched")


@needs("promtool", *NEEDS)
def test_metrics_of_what_is_sent():
    with Receiver() as receiver, Pushing("--push", "pyroscope=" + receiver.url) as server:
        checked = subprocess.run(["promtool", "check", "metrics"], input=server.get("/metrics"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        expect(checked.returncode == 0, checked.stdout)
        expect("# TYPE leakwatch_push_sent counter\n" in server.get("/metrics", Accept="application/openmetrics-text"), "OpenMetrics")
    with Server() as server:
        expect("push" not in server.get("/metrics"), "metrics of what is not done")


def test_a_process_that_ends_and_labels_of_ones_own():
    """What has ended is sent no more of, others go on; a label that is given counts more than what would be there."""
    with Program() as one, Program() as two, Receiver() as receiver:
        with Pushing("--push", "pyroscope=" + receiver.url, "--push-label", "host=node-7", "--push-label", "service_name=shop", "--push-label", "service_name=mill") as server:
            labels = receiver.gets(one.pid)[0].labels
            expect(labels["host"] == "node-7" and labels["service_name"] == "mill" and labels["program"] == "grower", "%r" % labels)
            two.process.kill()
            two.process.wait()
            eventually("its end is seen", lambda: not server.row(two.pid)["alive"])
            receiver.gets(one.pid, len(receiver.of(one.pid)) + 2)
            known = len(receiver.of(two.pid))
            receiver.gets(one.pid, len(receiver.of(one.pid)) + 2)
            expect(len(receiver.of(two.pid)) == known, "a process that has ended")


def test_options_that_cannot_be():
    """One line each, and no serve; what may be a secret is not repeated."""
    with scratch() as directory:
        secret, open_to_all, empty = (os.path.join(directory, name) for name in ("secret", "open", "empty"))
        for path, words, mode in (secret, "hunter2hunter2\n", 0o600), (open_to_all, "hunter2hunter2\n", 0o644), (empty, "", 0o600):
            with open(path, "w") as file:
                file.write(words)
            os.chmod(path, mode)
        spaced = os.path.join(directory, "spaced")
        with open(spaced, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("hunter2 hunter2\n")
        url = "pyroscope=http://localhost:4040"
        for words, *arguments in (
                ("--push: 'http://localhost:4040' is neither pyroscope=URL nor parca=URL", "--push", "http://localhost:4040"),
                ("--push: it is neither pyroscope=URL nor parca=URL", "--push", "http://me:hunter2@localhost:4040"),
                ("--push: 'otlp=http://h' is neither", "--push", "otlp=http://h"), ("--push: '' is not a text", "--push", ""),
                ("--push pyroscope=: wanted is a URL such as http://HOST:PORT", "--push", "pyroscope=localhost:4040"),
                ("--push parca=: wanted is a URL", "--push", "parca=ftp://h/"), ("--push parca=: wanted is a URL", "--push", "parca="),
                ("--push parca=: wanted is a URL", "--push", "parca=http://h:99999/"), ("--push parca=: wanted is a URL", "--push", "parca=file:///etc/passwd"),
                ("--push parca=: what is in a URL is seen by all", "--push", "parca=http://me:hunter2@localhost:7070"),
                ("--push parca=: what is in a URL is seen by all", "--push", "parca=http://hunter2@localhost:7070"),
                (r"--push pyroscope=: a URL has no '\?' or '#' here", "--push", "pyroscope=http://localhost:4040/?token=hunter2"),
                ("--push pyroscope=http://localhost:4040: it is named twice", "--push", url, "--push", url + "/"),
                ("--push-interval: '0' is not a time", "--push", url, "--push-interval", "0"), ("--push-interval: '1 hour' is not a time", "--push", url, "--push-interval", "1 hour"),
                ("--push-queue: '1' is not a number from 64", "--push", url, "--push-queue", "1"),
                ("--push-label: 'env' is not NAME=VALUE", "--push", url, "--push-label", "env"), ("--push-label: 'a-b' is no name", "--push", url, "--push-label", "a-b=c"),
                ("--push-label: '__name__' is no name", "--push", url, "--push-label", "__name__=cpu"), ("--push-label: '' is no name", "--push", url, "--push-label", "=x"),
                ("--push-label: a: a value is UTF-8", "--push", url, "--push-label", "a="), ("--push-label: a: a value is UTF-8", "--push", url, "--push-label", b"a=\xff"),
                ("--push-label: a: a value is UTF-8, of 1 to 2048 bytes", "--push", url, "--push-label", "a=" + 2049 * "x"),
                ("--push-label: no more than 20", "--push", url, *(word for number in range(21) for word in ("--push-label", "a%d=b" % number))),
                ("--push-label: it goes with --push only", "--push-label", "a=b"), ("--push-token-file: it goes with --push only", "--push-token-file", secret),
                ("--push-token-file /nowhere/t: No such file", "--push", url, "--push-token-file", "/nowhere/t"),
                ("--push-token-file %s: everybody may read it; chmod o= keeps it" % open_to_all, "--push", url, "--push-token-file", open_to_all),
                ("--push-token-file %s: it is empty" % empty, "--push", url, "--push-token-file", empty),
                ("--push-token-file %s: Is a directory" % directory, "--push", url, "--push-token-file", directory),
                ("--push-token-file %s: a token is up to 8192" % spaced, "--push", url, "--push-token-file", spaced),
                ("--push-user: it goes with --push-password-file only", "--push", url, "--push-user", "me"),
                ("--push-password-file: it goes with --push-user only", "--push", url, "--push-password-file", secret),
                ("--push-user: 'a:b': a user's name has no ':'", "--push", url, "--push-user", "a:b", "--push-password-file", secret),
                ("--push-password-file /nowhere/p: No such file", "--push", url, "--push-user", "me", "--push-password-file", "/nowhere/p"),
                ("--push-token-file: it goes with no --push-user", "--push", url, "--push-user", "me", "--push-password-file", secret, "--push-token-file", secret),
                ("http://localhost:4040 and http://localhost:7070 are two servers, and would both get the token", "--push", url, "--push", "parca=http://localhost:7070",
                 "--push-token-file", secret),
                ("--push-ca-file /nowhere/ca: No such file", "--push", url, "--push-ca-file", "/nowhere/ca")):
            result = run([TOOL, "serve", "--listen", "127.0.0.1:0", *arguments])
            expect(result.returncode == 2 and re.match("leakwatch: serve: .*" + words, result.stderr) and result.stderr.count("\n") == 1 and "hunter2" not in result.stderr,
                   "%s: %d %s" % (arguments, result.returncode, result.stderr))


@needs("root", *NEEDS)
def test_a_secret_of_another_user():
    """It cannot be read, and one line says so."""
    with for_everybody() as directory, tempfile.NamedTemporaryFile() as secret:  # mode 0600, root's
        for option in ["--push-token-file"], ["--push-user", "me", "--push-password-file"], ["--push-ca-file"]:
            result = run([os.path.join(directory, "leakwatch"), "serve", "--push", "parca=http://localhost", *option, secret.name], **as_user(NOBODY))
            expect(result.returncode == 2 and result.stderr == "leakwatch: serve: %s %s: Permission denied\n" % (option[-1], secret.name), "%r" % result)


def test_without_libcurl():
    """Where there was none to build with: serve serves, and refuses to push."""
    without = os.path.join(BUILD, "src/leakwatch-serve-without-push")
    expect("libcurl" not in run(["ldd", without]).stdout and "libcurl" in run(["ldd", TOOL + "-serve"]).stdout, "libcurl")
    result = run([without, "--push", "parca=http://localhost"])
    expect(result.returncode == 2 and result.stderr == "leakwatch: serve: --push: this leakwatch was built without libcurl, and cannot push\n", "%r" % result)
    with subprocess.Popen([without, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True) as process:
        expect(process.stderr.readline().startswith("leakwatch: serving at http://127.0.0.1:"), "it does not serve")
        process.terminate()
    expect(process.returncode == 0, "%d" % process.returncode)


def test_who_pushes():
    """The token or the password goes to the server and to nobody else, not even by way of its answer; a token that was replaced is read again."""
    with scratch() as directory, Program() as program:
        path = os.path.join(directory, "secret")

        def write(secret):
            with open(path + ".new", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(secret + "\n")
            os.rename(path + ".new", path)

        def only_the_second(handler, request):
            if request.headers["Authorization"] == "Bearer second-token==":
                return taken(handler, request)
            answer(handler, 401, b'{"code": "unauthenticated", "message": "no such: %s"}' % request.headers["Authorization"].encode())
        write("first-token")
        with Receiver(only_the_second) as receiver, Pushing("--push", "pyroscope=" + receiver.url, "--push-token-file", path, tolerates=ANYTHING) as server:
            eventually("it is refused", lambda: server.told("failed_total") >= 1)
            expect(receiver.requests[0].headers["Authorization"] == "Bearer first-token", "the first")
            with open("/proc/%d/cmdline" % server.process.pid, "rb") as file:
                expect(b"first-token" not in file.read(), "its command line")
            write("second-token==")
            eventually("it is taken", lambda: server.told("sent_total") >= 1)
        said = server.said.splitlines()
        expect(len(said) == 2 and said[0].endswith(": it answers 401: it does not accept the token or the password; it is tried again, and up to 16384 KiB of profiles wait")
               and "it answers again" in said[1], said)
        write("pässword: 1")
        with Receiver() as receiver, Pushing("--push", "parca=" + receiver.url, "--push-user", "me", "--push-password-file", path):
            # base64 of "me:pässword: 1"
            expect(receiver.gets(program.pid)[0].headers["Authorization"] == "Basic bWU6cMOkc3N3b3JkOiAx", "Basic")


@slow
def test_a_server_that_fails_and_recovers():
    """One line when it fails, one when it answers again, however many attempts there are; what waited is sent."""
    with Program() as program, Receiver(with_status(500, b'{"code": 13, "message": "the disk is full\\u001b[31m"}')) as receiver:
        with Pushing("--push", "parca=" + receiver.url, tolerates=ANYTHING) as server:
            eventually("attempts", lambda: server.told("failed_total") >= 2)
            expect(server.told("sent_total") == 0 and server.told("last_success_timestamp_seconds") == 0 and server.told("waiting") >= 2, server.get("/metrics"))
            waited = receiver.requests[0].body
            expect(all(request.body == waited for request in list(receiver.requests)), "the oldest is tried first, and again")
            receiver.does = taken
            receiver.gets(program.pid, 3)
        said = server.said.splitlines()
        expect(len(said) == 2 and said[0].endswith(": it answers 500 (the disk is full?[31m); it is tried again, and up to 16384 KiB of profiles wait"), said)
        expect(re.search(r"--push parca=http://127.0.0.1:\d+: it answers again, after \d s; 0 profiles were dropped meanwhile$", said[1]), said)


@slow
def test_a_server_that_fails_now_and_then():
    """It is told of once a minute at most, whatever it does in between."""
    count = itertools.count()
    with Receiver(lambda handler, request: (taken if next(count) % 2 else with_status(503))(handler, request)) as receiver, Program():
        with Pushing("--push", "pyroscope=" + receiver.url, tolerates=ANYTHING) as server:
            eventually("failures", lambda: server.told("failed_total") >= 3 and server.told("sent_total") >= 3)
    said = server.said.splitlines()
    expect(len(said) == 2 and "it answers 503" in said[0] and "it answers again" in said[1], said)


@slow
def test_a_server_that_wants_to_be_left_alone():
    """It is, for as long as it says, by 429 or 503; who says nothing of use is tried again after half a second to a second."""
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 5))
    wishes = {"seconds": (429, {"Retry_After": "3"}), "date": (503, {"Retry_After": date}), "none": (429, {}), "zero": (429, {"Retry_After": "0"}),
              "words": (503, {"Retry_After": "soon"}), "past": (429, {"Retry_After": "-5"})}
    times = {name: [] for name in wishes}

    def note(handler, request):
        name = request.path.split("/")[1]
        times[name].append(time.monotonic())
        answer(handler, wishes[name][0], b"{}", **wishes[name][1])
    with Program(), Receiver(note) as receiver:
        with Pushing(*(word for name in wishes for word in ("--push", "pyroscope=%s/%s" % (receiver.url, name))), tolerates=ANYTHING):
            eventually(lambda: "attempts: %s" % times, lambda: all(len(attempts) >= 2 for attempts in times.values()))
    for name, (first, second, *_) in times.items():
        # bounds from below only: who is late may be late for other reasons
        least = {"seconds": 2.9, "date": 2}.get(name, 0.4)
        expect(second - first >= least, "%s: %.2f s" % (name, second - first))
    expect(min(second - first for first, second, *_ in times.values()) < 2.9, "all wait: %s" % times)


def test_a_profile_that_is_refused():
    """It is dropped, the others are sent, and one line tells of it, not one each time."""
    with Program() as refused, Program() as other, Receiver() as receiver:
        receiver.does = lambda handler, request: (with_status(400, b'{"code": "invalid_argument", "message": "too large"}') if request.labels["pid"] == str(refused.pid)
                                                  else taken)(handler, request)
        with Pushing("--push", "pyroscope=" + receiver.url, tolerates=ANYTHING) as server:
            receiver.gets(refused.pid, 3)
            receiver.gets(other.pid, 3)
            dropped = server.told("dropped_total")
        said = server.said.splitlines()
        expect(2 <= dropped, "%s dropped" % dropped)
        expect(len(said) == 1 and said[0].endswith(": a profile of grower (%d) is refused: it answers 400 (too large); such are dropped, and not told of again" % refused.pid), said)


def garbage(words):
    def send(handler, request):
        handler.wfile.write(words)
        handler.close_connection = True
    return send


def endless(beginning, more):
    """Sends more and more, until nobody listens."""
    def send(handler, request):
        handler.wfile.write(beginning)
        while True:
            handler.wfile.write(more)
    return send


def drips(handler, request):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.server.receiver.over.wait(0.1):
        handler.wfile.write(b"X-More: of it\r\n")


# What a server may do, by the path that it does it at, and the words that tell of it.
MISDEEDS = {
    "closes": (garbage(b""), "Empty reply from server"),
    "noise": (garbage(os.urandom(20000).replace(b"\n", b"") + b"\n"), "Received HTTP/0.9 when not allowed"),
    "short": (garbage(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "transfer closed with 99 bytes remaining"),
    "headers": (endless(b"HTTP/1.1 200 OK\r\n", b"X-More: %s\r\n" % (1000 * b"x")), "its answer is longer than 64 KiB"),
    "body": (endless(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{", 10000 * b" "), "its answer is longer than 64 KiB"),
    "error": (endless(b"HTTP/1.1 500 No\r\n\r\n", 10000 * b"no "), "its answer is longer than 64 KiB"),
    "page": (with_status(200, b"<html>welcome</html>", Content_Type="text/html"), "it answers 200, but not as such a server does: is there one at this URL?"),
    "list": (with_status(200, b"[]"), "it answers 200, but not as such a server does"),
    "moved": (None, "it answers 307: redirects are not followed"),
    "nowhere": (with_status(404, b"not found"), "it answers 404: is there such a server at this URL?"),
    "stranger": (with_status(403), "it answers 403: it wants --push-token-file, or --push-user and --push-password-file"),
    "hangs": (hangs, "Operation timed out after"),
    "drips": (drips, "Operation timed out after"),
}


@slow
def test_servers_that_misbehave():
    """All at once; each costs a line, none holds up the one that is well, or serve itself; what is redirected goes nowhere."""
    with Program() as program, Receiver() as elsewhere, Receiver() as well, Receiver() as receiver:
        MISDEEDS["moved"] = (with_status(307, b"", Location=elsewhere.url + "/push.v1.PusherService/Push"), MISDEEDS["moved"][1])
        receiver.does = lambda handler, request: MISDEEDS[request.path.split("/")[1]][0](handler, request)
        targets = [word for name in MISDEEDS for word in ("--push", "pyroscope=%s/%s" % (receiver.url, name))]
        with Pushing(*targets, "--push", "parca=" + well.url, "--push-timeout", "2s", "--push-interval", "1s", tolerates=ANYTHING) as server:
            failed = lambda name: server.told("failed_total", protocol="pyroscope", server="%s/%s" % (receiver.url, name))
            eventually(lambda: "failures: %s" % {name: failed(name) for name in MISDEEDS}, lambda: all(failed(name) for name in MISDEEDS))
            well.gets(program.pid, 2)
            expect(server.told("failed_total", protocol="parca") == 0 and metric(server.get("/metrics"), "leakwatch_resident_bytes") < 100e6, server.get("/metrics"))
            expect(all(server.told("sent_total", server="%s/%s" % (receiver.url, name)) == 0 for name in MISDEEDS), "taken")
        said = server.said.splitlines()
        for name, (_, words) in MISDEEDS.items():
            lines = [line for line in said if "/%s: " % name in line]
            expect(len(lines) == 1 and re.search(re.escape("%s/%s: %s" % (receiver.url, name, words)), lines[0]), "%s: %s" % (name, said))
        expect(len(said) == len(MISDEEDS) and not elsewhere.requests, "%s %s" % (said, elsewhere.requests))


def test_a_server_that_hangs():
    """Answers to others come as ever, what waits is bounded, the oldest are dropped, and the end comes at once."""
    with Program() as program, Receiver(hangs) as receiver:
        with Pushing("--push", "parca=" + receiver.url, "--push-queue", "64", interval="20ms", push_interval="20ms", tolerates=ANYTHING) as server:
            eventually("a request", lambda: receiver.requests)

            def has_dropped():
                expect(server.told("waiting_bytes") <= 64 * 1024, "more than 64 KiB wait")
                return server.told("dropped_total") >= 10
            eventually("some are dropped", has_dropped)
            text = server.get("/metrics")
            expect(0 < metric(text, "leakwatch_push_waiting_bytes") <= 64 * 1024 and metric(text, "leakwatch_push_waiting") < 64, text)
            expect(server.get("/healthz") == "ok\n" and metric(text, "leakwatch_push_failed_total") == 0, text)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(PATIENCE)
            # what it takes on a quiet machine is some milliseconds
            expect(time.monotonic() - began < 5, "the end took %.1f s" % (time.monotonic() - began))


def certificate(directory, name):
    """One that is signed by itself, and for this machine's address."""
    path = os.path.join(directory, name)
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", path, "-out", path + ".crt"], check=True)
    with open(path, "a") as file, open(path + ".crt") as more:
        file.write(more.read())
    return path


@slow
@needs("openssl", *NEEDS)
def test_https():
    """A server is believed by the certificates of --push-ca-file, and by no others."""
    with scratch() as directory:
        own, other = certificate(directory, "own"), certificate(directory, "other")
        with Program() as program, Receiver(certificate=own) as receiver:
            with Pushing("--push", "pyroscope=" + receiver.url, "--push-ca-file", own + ".crt"):
                receiver.gets(program.pid)
            got = len(receiver.requests)
            for twin in [], ["--push-ca-file", other + ".crt"]:
                with Pushing("--push", "pyroscope=" + receiver.url, *twin, tolerates=ANYTHING) as server:
                    eventually("it is not believed", lambda: server.told("failed_total") >= 1)
                said = server.said.splitlines()
                expect(len(said) == 1 and "certificate" in said[0] and len(receiver.requests) == got, said)
