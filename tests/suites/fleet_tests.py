"""The page of leakwatch serve in a browser; the ready files for Prometheus, Grafana and systemd; and the whole chain, from a server that leaks
to the alert, the line, and the picture."""
import concurrent.futures, contextlib, json, os, re, shutil, socket, subprocess, tempfile, time, urllib.parse, urllib.request

from harness import BUILD, LIBRARY, PATIENCE, ROOT, TESTS, eventually, expect, needs, scratch, slow
from browser import BROWSER, browser
from live import Program
from serving import Server

ALONE = True
SHARE = os.path.join(ROOT, "src/share")
ARTEFACTS = os.path.join(BUILD, "artefacts")


def count_of(driver, pid):
    """Of threads, in the table; it is made anew all the time."""
    words = driver.execute_script("const cell = document.querySelector(`#processes tr[data-pid='%d'] .threads`); return cell ? cell.textContent : '';" % pid)
    return int(words) if words.isdigit() else 0


def click(driver, selector):
    driver.execute_script("document.querySelector(arguments[0]).click()", selector)


def words_of(driver, selector):
    return driver.execute_script("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)


@slow
@needs(*BROWSER)
def test_page():
    """A leak grows before one's eyes, a group opens, a cycle can be followed, and the end of a process takes nothing away."""
    with Program() as leaky, Server() as server, browser() as driver:
        leaky.tell("grow 3")
        driver.get("http://%s/" % server.host)
        eventually("a row", lambda: count_of(driver, leaky.pid) == 8)
        leaky.tell("grow 20")
        eventually("the growth", lambda: count_of(driver, leaky.pid) == 32)
        click(driver, "#processes button[data-pid='%d']" % leaky.pid)
        eventually("the report", lambda: words_of(driver, "#report .group"))
        leaky.tell("grow 10")
        eventually(lambda: words_of(driver, "#growth tbody tr"), lambda: any("cond wait: waiter" in row and "+10" in row for row in words_of(driver, "#growth tbody tr")))
        eventually("the stack", lambda: any("waiter" in words and "grower.c" in words for words in words_of(driver, "#report .inside .frames")))
        # it stays open in the reports that follow
        before = words_of(driver, "#as-of")
        eventually("another report", lambda: words_of(driver, "#as-of") != before)
        expect(words_of(driver, "#report .inside"), "the group closed itself")
        leaky.process.kill()
        leaky.process.wait()
        eventually(lambda: words_of(driver, "#processes tbody"), lambda: any("it has ended" in words for words in words_of(driver, "#processes .note")))
        expect(words_of(driver, "#report .inside") and count_of(driver, leaky.pid) == 46, "the last that was seen is gone")


@slow
@needs(*BROWSER)
def test_page_of_a_deadlock():
    env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:at_term=0")
    with subprocess.Popen([os.path.join(BUILD, "tests/proofs"), "cross_kinds"], env=env, stdout=subprocess.PIPE, text=True) as program, Server() as server, browser() as driver:
        try:
            expect(program.stdout.readline() == "ready\n", "it is stuck")
            driver.get("http://%s/#%d" % (server.host, program.pid))
            eventually("the report", lambda: words_of(driver, "#report .group"))
            expect([words for words in words_of(driver, "#processes .verdict-deadlock") if words == "1"], "the table says so")
            eventually("the picture", lambda: words_of(driver, "#report .deadlock svg .node"))
            edges = driver.execute_script("return [...document.querySelectorAll('#report .deadlock svg .edge.stuck')].map((edge) => [edge.dataset.from, edge.dataset.to])")
            follow = dict(edges)
            at, steps = follow[edges[0][0]], 1
            while at != edges[0][0] and steps <= len(edges):
                at, steps = follow[at], steps + 1
            expect(len(edges) == 3 and steps == 3, "the cycle: %s" % edges)
            expect(any("3 threads wait for each other" in words for words in words_of(driver, "#report .deadlock")), "its words")
        finally:
            program.kill()


@needs("promtool")
def test_rules():
    """The alert rules, through hours of a made-up time: each fires when it should, and for a steady program none does."""
    expect(subprocess.run(["promtool", "check", "config", os.path.join(SHARE, "prometheus/scrape.yml")], stdout=subprocess.PIPE).returncode == 0, "scrape.yml")
    labels = 'pid="7",program="p",instance="i"'
    series = {'leakwatch_threads{%s,state="blocked"}' % labels: "20+2x120", 'leakwatch_group_threads{%s,kind="cond wait",site="s"}' % labels: "5+2x120",
              "leakwatch_deadlocks{%s}" % labels: "0x60 1x60", "leakwatch_threads_unjoined{%s}" % labels: "0+5x120",
              "leakwatch_longest_wait_seconds{%s}" % labels: "0+60x120", "leakwatch_threads_suspect{%s}" % labels: "1x120",
              "leakwatch_process_up{%s}" % labels: "1x60 0x60"}
    for name, steady in list(series.items()):
        series[name.replace('pid="7"', 'pid="8"')] = {"leakwatch_process_up": "1x120", "leakwatch_threads": "500x120", "leakwatch_group_threads": "400x120",
                                                      "leakwatch_threads_unjoined": "50x120"}.get(name.split("{")[0], "0x120")
    tests = {"rule_files": [os.path.join(SHARE, "prometheus/rules.yml")], "evaluation_interval": "1m", "tests": [{
        "interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": 'count by (alertname, pid) (ALERTS{alertstate="firing"})', "eval_time": "118m", "exp_samples": [
            {"labels": '{alertname="%s",pid="7"}' % name, "value": 1} for name in ("ThreadsGrow", "GroupGrows", "Deadlock", "ThreadsNeverJoined", "WaitTooLong", "ProcessDoesNotAnswer")]},
            {"expr": 'ALERTS{alertstate="firing",pid="8"}', "eval_time": "119m", "exp_samples": []},
            {"expr": 'ALERTS{alertstate="firing",alertname="ThreadsGrow"}', "eval_time": "10m", "exp_samples": []}]}]}
    with scratch() as directory:
        path = os.path.join(directory, "tests.yml")
        with open(path, "w") as file:
            json.dump(tests, file)  # JSON is YAML
        result = subprocess.run(["promtool", "test", "rules", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        expect(result.returncode == 0, result.stdout)


def test_dashboard_and_rules_name_metrics_that_exist():
    with Program() as program, Server() as server:
        program.tell("leave 1")
        exist = set(re.findall(r"^# TYPE (\w+)", server.get("/metrics"), re.M))
    dashboard = json.load(open(os.path.join(SHARE, "grafana/leakwatch.json")))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions.append(open(os.path.join(SHARE, "prometheus/rules.yml")).read())
    named = {name for expression in expressions for name in re.findall(r"leakwatch_\w+", expression)}
    expect(len(dashboard["panels"]) >= 8 and named <= exist, "not exported: %s" % (named - exist))


@needs("systemd-analyze")
def test_units():
    """systemd takes the unit, and finds it hardened; the drop-in preloads."""
    with scratch() as directory:
        unit = os.path.join(directory, "leakwatch.service")
        words = open(os.path.join(SHARE, "systemd/leakwatch.service")).read()
        with open(unit, "w") as file:
            file.write(words.replace("ExecStart=leakwatch", "ExecStart=" + os.path.join(BUILD, "src/leakwatch")).replace("Documentation=man:leakwatch(1)\n", ""))
        os.makedirs(unit + ".d")
        shutil.copy(os.path.join(SHARE, "systemd/preload.conf"), unit + ".d")
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        ours = [line for line in result.stdout.splitlines() if "leakwatch" in line]
        expect(not ours, ours)
        # what is warned of most: 10 is open to everything, 0 to nothing
        result = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=60", "--no-pager", unit], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        expect(result.returncode == 0, result.stdout[-600:])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    """Debian's, which scrapes one target, with the rules of src/share at another pace."""

    def __init__(self, target, directory):
        self.port = free_port()
        rules = open(os.path.join(SHARE, "prometheus/rules.yml")).read()
        for long, short in (("30m", "8s"), ("15m", "3s"), ("10m", "3s"), ("5m", "3s"), ("1m", "1s")):
            rules = re.sub(r"\b%s\b" % long, short, rules)
        with open(os.path.join(directory, "rules.yml"), "w") as file:
            file.write(rules)
        scrape = open(os.path.join(SHARE, "prometheus/scrape.yml")).read()
        with open(os.path.join(directory, "prometheus.yml"), "w") as file:
            file.write("global: {evaluation_interval: 500ms}\n" + scrape.replace("127.0.0.1:6061", target).replace("15s", "500ms"))
        self.process = subprocess.Popen(["prometheus", "--config.file", os.path.join(directory, "prometheus.yml"), "--storage.tsdb.path",
                                         os.path.join(directory, "data"), "--web.listen-address", "127.0.0.1:%d" % self.port],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, path, **arguments):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/api/v1/%s?%s" % (self.port, path, urllib.parse.urlencode(arguments)), timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None  # it is not up yet


@slow
@needs("prometheus", "go", *BROWSER)
def test_the_whole_chain():
    """A server leaks a thread a request: Prometheus scrapes leakwatch serve, its alert fires, two profiles differ by the line, the page shows it."""
    os.makedirs(ARTEFACTS, exist_ok=True)
    port = free_port()
    env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:at_term=0", HOME=tempfile.gettempdir())
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(scratch())
        leaky = stack.enter_context(subprocess.Popen([os.path.join(BUILD, "tests/server"), str(port)], env=env))
        stack.callback(leaky.kill)
        server = stack.enter_context(Server(interval="400ms"))
        prometheus = Prometheus(server.host, directory)
        stack.callback(prometheus.process.wait)
        stack.callback(prometheus.process.kill)
        done = []

        def use_it():
            while not done:
                try:
                    urllib.request.urlopen("http://127.0.0.1:%d/" % port, timeout=5).read()
                except OSError:
                    time.sleep(0.05)

        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(1))
        pool.submit(use_it)
        stack.callback(done.append, True)
        eventually("the server", lambda: server.row(leaky.pid) and server.row(leaky.pid)["threads"] > 8)
        first = os.path.join(directory, "first.pb.gz")
        at_first = server.row(leaky.pid)["threads"]
        with open(first, "wb") as file:
            file.write(server.ask("/debug/pprof/threads?pid=%d" % leaky.pid)[2])

        def firing():
            alerts = (prometheus.ask("alerts") or {"alerts": []})["alerts"]
            return [alert for alert in alerts if alert["state"] == "firing" and alert["labels"]["alertname"] == "ThreadsGrow"]

        began = time.monotonic()
        alert, = eventually(lambda: prometheus.ask("alerts"), firing)
        print("the alert fired after %.0f s" % (time.monotonic() - began))
        expect(alert["labels"]["program"] == "server" and alert["labels"]["pid"] == str(leaky.pid), alert)
        grown = prometheus.ask("query", query='deriv(sum by (pid, program) (leakwatch_threads{program="server"})[5s:500ms]) * 60')
        expect(len(grown["result"]) == 1 and float(grown["result"][0]["value"][1]) > 0, grown)
        eventually("sixty more", lambda: server.row(leaky.pid)["threads"] > at_first + 60)
        second = os.path.join(directory, "second.pb.gz")
        with open(second, "wb") as file:
            file.write(server.ask("/debug/pprof/threads?pid=%d" % leaky.pid)[2])
        diff = subprocess.run(["go", "tool", "pprof", "-lines", "-top", "-diff_base", first, second], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, timeout=PATIENCE)
        lines = re.findall(r"^ +\S+ +\S+ +\S+ +(-?\d+) .* ask_replica .*server\.c:(\d+)$", diff.stdout, re.M)
        code = open(os.path.join(TESTS, "programs/server.c")).read().splitlines()
        most, line = max((int(count), int(number)) for count, number in lines)
        expect(most > 50 and "pthread_cond_wait(&question->taken" in code[line - 1], diff.stdout)
        driver = stack.enter_context(browser())
        driver.get("http://%s/#%d" % (server.host, leaky.pid))
        eventually("the report", lambda: words_of(driver, "#report .group"))
        eventually(lambda: words_of(driver, "#growth tbody tr"), lambda: any("ask_replica" in row and "+" in row for row in words_of(driver, "#growth tbody tr")))
        expect(driver.save_screenshot(os.path.join(ARTEFACTS, "serve.png")), "a picture")
        done.append(True)
