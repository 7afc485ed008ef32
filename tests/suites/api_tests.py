"""In the test suite: the API, the frameworks, suppressions, baselines, and what `leakwatch run` does for a build."""
import json, os, re, shutil, signal, subprocess, tempfile, xml.etree.ElementTree

from harness import LIBRARY, PATIENCE, TESTS, TOOL, eventually, expect, needs, program, run, scratch, slow, watched

MARKS = program("marks")


def says(mode, wanted, name=MARKS):
    result = watched([name, mode], "at_exit=0")
    expect(result.returncode == 0 and result.stdout == wanted, "%s\n%s" % (result.stdout, result.stderr))
    return result


VERSION = run([TOOL, "--version"], check=True).stdout.split()[1]
ATTRIBUTION = """active 1
version %s
nothing 0
finishes 0
leaks 1
after 0
descendant 1
nested 1 2
unjoined 1
live 6
""" % VERSION


def test_leaks_are_attributed():
    says("attribution", ATTRIBUTION)
    says("attribution", ATTRIBUTION, program("marks_no_pie"))


def test_without_the_preload():
    for name in (MARKS, program("marks_no_pie")):
        result = subprocess.run([name, "attribution"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        wanted = re.sub(r"\d+", "0", ATTRIBUTION.replace(VERSION, "none"))
        expect(result.stdout == wanted and result.stderr == "" and result.returncode == 0, "%r" % result)


def test_callback_and_ignore():
    result = says("callback", """leak: marks, blocked, cond wait, suspect leaks_in_cond:marks.c created by start
1
top:leaks_in_cond 0
any:leaks_* 0
creator:callback 0
name:mark? 0
module:marks 0
top:other 1
one attempt 1
report 0
no such format -1
""")
    report = json.loads(result.stderr.splitlines()[0])
    expect(report["trigger"] == "signal" and report["counts"]["leaked"] == 0 and report["counts"]["threads"] >= 8, result.stderr)


@needs("glibc up to 2.42")
def test_reach():
    """A test may ask for the proof by reachability; a thread that somebody knows of is not proved."""
    leak = "leak: marks, blocked, cond wait, %s calls:marks.c created by start\n1\n"
    says("reach", "".join(leak % verdict for verdict in ("suspect", "suspect", "stranded", "suspect")))


def test_leaks_of_tests_in_parallel():
    says("parallel", "wrong 0\n")


def test_frameworks():
    """A leaking test fails by its own name, and the next is not blamed; without the preload nothing is looked for."""
    for name, failed, passed in (("cmocka", r"ERROR\s+\] leaks", r"OK \] after"), ("check", r":threads:leaks:0: 1 leaked thread", r":threads:after:0: Passed"),
                                 ("gtest", r"FAILED  \] threads\.leaks", r"OK \] threads\.after")):
        leaky = watched([program("framework_" + name)], "at_exit=0")
        words = leaky.stdout + leaky.stderr
        expect(leaky.returncode == 1 and re.search(failed, words) and re.search(passed, words), "%s: %s" % (name, words))
        expect("1 leaked thread" in words and "never_finishes" in words, words)
        plain = subprocess.run([program("framework_" + name)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        expect(plain.returncode == 0, "%s: %r" % (name, plain))


def reported(name, options, **more):
    """What a leaky program's exit status and report are when 23 is asked for."""
    result = watched([program(name)], "exitcode=23:" + options, **more)
    return result.returncode, result.stderr


def test_suppressions():
    with scratch() as directory:
        path = os.path.join(directory, "known.supp")
        kinds = {"top:queue_send": True, "top:pthread_cond_wait": True, "any:repl?ca": True, "creator:ask_*": True, "module:first_answer*": True,
                 "name:first*": True, "top:replica": False, "any:nobody": False, "creator:replica": False, "module:libc.so.6": False, "name:other": False}
        for line, suppresses in kinds.items():
            with open(path, "w") as file:
                file.write("# known\n\n  %s  \n" % line)
            # a relative path is one from where the program was started
            status, report = reported("first_answer_wins", "suppressions=known.supp", cwd=directory)
            if suppresses:
                expect((status, report) == (0, ""), "%s: %d %s" % (line, status, report))
            else:
                expect(status == 23 and "leakwatch: suppression %s (%s:3) matched nothing\n" % (line, path) in report, "%s: %s" % (line, report))
        with open(path, "w") as file:
            file.write("top:queue_send\nnonsense\nkind:x\nname:\n")
        status, report = reported("silent_sender", "suppressions=" + path)
        expect("leakwatch: %s:2: suppression 'nonsense' is not KIND:PATTERN; the other lines are used\n" % path in report and status == 23, report)
        status, report = reported("silent_sender", "suppressions=" + os.path.join(directory, "none"))
        expect("cannot read suppressions %s/none: No such file" % directory in report and "1 leaked thread" in report, report)
        # some of the leaked only: the others are reported, and the count is told
        status, report = reported("evidence", "suppress=top=takes_two:suppress=top=meets")
        expect("leakwatch: 3 leaked threads" in report and "7 live, 3 suppressed" in report and "barrier" not in report, report)
        report = json.loads(reported("evidence", "format=json:suppress=top=meets:suppress=any=nobody")[1])
        expect(sorted(one["matched"] for one in report["suppressions"]) == [0, 2], report["suppressions"])


def test_suppressions_that_are_written():
    with scratch() as directory:
        path = os.path.join(directory, "found.supp")
        expect(reported("evidence", "write_suppressions=" + path)[0] == 23, "leaked")
        status, report = reported("evidence", "suppressions=" + path)
        expect((status, report) == (0, ""), "%s\n%s" % (report, open(path).read()))


def test_suppressions_of_libraries():
    """A library ships its own: leakwatch/*.supp beside it."""
    with scratch() as directory:
        shutil.copy(program("silent_sender"), directory)
        os.mkdir(os.path.join(directory, "leakwatch"))
        with open(os.path.join(directory, "leakwatch", "any-name.supp"), "w") as file:
            file.write("top:wait_for_news\ntop:unused\n")
        result = watched([os.path.join(directory, "silent_sender")], "exitcode=23")
        expect(result.returncode == 0 and result.stderr == "", "%r" % result)
        result = watched([os.path.join(directory, "silent_sender")], "exitcode=23:default_suppressions=0")
        expect(result.returncode == 23, "%r" % result)


def test_baseline():
    with scratch() as directory:
        path = os.path.join(directory, "known.json")
        run = [TOOL, "run", "--baseline", path]
        def status(*more):
            result = subprocess.run(run + list(more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            return result.returncode, result.stderr
        expect(status("--", program("evidence"))[0] == 23, "no baseline yet")
        expect(status("--update-baseline", "--", program("evidence"))[0] == 0 and len(json.load(open(path))["groups"]) == 5, open(path).read())
        expect(status("--", program("evidence")) == (0, ""), "known")
        # another program's leak is not in it
        new, report = status("--", program("silent_sender"))
        expect(new == 23 and "1 leaked thread" in report, report)
        with open(path, "w") as file:
            file.write("{]")
        broken, report = status("--", program("silent_sender"))
        expect(broken == 23 and "leakwatch: %s:1: " % path in report and "the baseline is not used" in report, report)


def test_baseline_survives_a_rebuild():
    """Functions, not addresses or lines."""
    source = open(os.path.join(TESTS, "cases", "silent_sender.c")).read()
    with scratch() as directory:
        path = os.path.join(directory, "known.json")
        for number, text in enumerate((source, "\n\n/* moved */\nstatic __attribute__((used)) int padding(int x) { return x + 1; }\n" + source)):
            built = os.path.join(directory, "sender%d.c" % number)
            with open(built, "w") as file:
                file.write(text)
            subprocess.run(["cc", "-g", "-pthread", "-D_GNU_SOURCE", "-O%d" % number, "-o", built[:-2], built], check=True, timeout=PATIENCE)
            update = ["--update-baseline"] if number == 0 else []
            result = subprocess.run([TOOL, "run", "--baseline", path] + update + ["--", built[:-2]], stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            expect(result.returncode == 0, result.stderr)


@slow
def test_run_with_a_time_limit():
    result = subprocess.run([TOOL, "run", "--timeout", "400ms", "--", program("short_wait_group")], env=dict(os.environ, NO_RUNNER="1"),
                            stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    expect(result.returncode == 124, "%r" % result)
    expect("has not ended within 0.4 s" in result.stderr and "on SIGTERM" in result.stderr and "all threads are asleep" in result.stderr, result.stderr)
    # one that does not end on SIGTERM is asked for a report, then killed
    deaf = [TOOL, "run", "--timeout", "200ms", "--", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    result = subprocess.run(deaf, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    expect(result.returncode == 124 and "on SIGUSR1" in result.stderr, "%r" % result)


def test_run_keeps_the_status():
    for how in ([], ["--timeout", "20s"]):
        for words, status in (("exit 0", 0), ("exit 3", 3), ("kill -9 $$", -9), ("kill -TERM $$", -15)):
            result = subprocess.run([TOOL, "run"] + how + ["--", "sh", "-c", words], stderr=subprocess.PIPE, timeout=PATIENCE)
            expect(result.returncode == status, "%s %s: %r" % (how, words, result))
    # also where children are ignored
    ignoring = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    result = subprocess.run(["python3", "-c", ignoring, TOOL, "run", "--timeout", "20s", "--", "sh", "-c", "exit 5"], timeout=PATIENCE)
    expect(result.returncode == 5, "%r" % result)
    process = subprocess.Popen([TOOL, "run", "--timeout", "1000s", "--", "sleep", "1000"])
    eventually("its child", lambda: "sleep" in [open("/proc/%s/comm" % child).read().strip() for child in
                                                open("/proc/%d/task/%d/children" % (process.pid, process.pid)).read().split()])
    process.send_signal(signal.SIGINT)
    expect(process.wait(PATIENCE) == -signal.SIGINT, "a signal is passed on")


def test_junit():
    with scratch() as directory:
        path = os.path.join(directory, "junit.xml")
        for name, arguments, status, failures, words in (
                ("silent_sender", [], 23, 1, "1 leaked thread"), ("silent_sender-fixed", [], 0, 0, None), ("strange_names", [], 23, 1, "leaked"),
                ("short_wait_group", ["--timeout", "300ms"], 124, 1, "hung")):
            result = subprocess.run([TOOL, "run", "--junit", path] + arguments + ["--", program(name)], stderr=subprocess.PIPE,
                                    env=dict(os.environ, NO_RUNNER="1"), timeout=PATIENCE)
            suite = xml.etree.ElementTree.parse(path).getroot().find("testsuite")
            expect(result.returncode == status and int(suite.get("failures")) == failures, "%s: %r" % (name, result))
            expect(suite.find("testcase").get("name") == program(name), "%s" % suite)
            failure = suite.find("testcase/failure")
            expect((failure is None) if words is None else words in failure.get("message") and "#0" in failure.text, "%s" % failure)
        result = subprocess.run([TOOL, "run", "--junit", "/nowhere/junit.xml", "--", "true"], stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        expect(result.returncode == 1 and "cannot write /nowhere/junit.xml: No such file" in result.stderr, "%r" % result)


def test_github():
    result = subprocess.run([TOOL, "run", "--format", "github", "--", program("lock_order")], stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    lines = result.stderr.splitlines()
    expect(result.returncode == 23 and len(lines) == 3 and all(line.startswith("::error ") for line in lines), result.stderr)
    line = re.search(r"file=tests/cases/lock_order\.c,line=(\d+),title=leakwatch::1 thread leaked: ", lines[0])
    code = open(os.path.join(TESTS, "cases", "lock_order.c")).read().splitlines()
    expect(line and "pthread_mutex_lock(second)" in code[int(line.group(1)) - 1], lines[0])
    expect("%0A" in lines[2] and "2 threads wait for each other" in lines[2], lines[2])


def build_in(directory, files, *commands):
    for name, text in files.items():
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    env = dict(os.environ, PATH=os.path.dirname(TOOL) + ":" + os.environ["PATH"])
    for command in commands:
        result = subprocess.run(command, cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    return result


def sources():
    return {name + ".c": open(os.path.join(TESTS, "cases", "silent_sender.c")).read().replace("#ifdef FIXED", define)
            for name, define in (("leaky", "#if 0"), ("sound", "#if 1"))}


@slow
@needs("meson", "ninja")
def test_recipe_meson():
    with scratch() as directory:
        files = dict(sources(), **{"meson.build": "project('x', 'c')\nforeach name : ['leaky', 'sound']\n  test(name, executable(name, name + '.c', dependencies: dependency('threads')))\nendforeach\n"})
        result = build_in(directory, files, ["meson", "setup", "build"], ["meson", "test", "-C", "build", "--wrapper", "leakwatch run --"])
        expect(re.search(r"leaky\s+FAIL .*exit status 23", result.stdout) and re.search(r"sound\s+OK", result.stdout), result.stdout)


@slow
@needs("cmake", "make")
def test_recipe_ctest():
    with scratch() as directory:
        files = dict(sources(), **{"CMakeLists.txt": "cmake_minimum_required(VERSION 3.25)\nproject(x C)\nfind_package(Threads)\nenable_testing()\nforeach(name leaky sound)\n"
                                   "  add_executable(${name} ${name}.c)\n  target_link_libraries(${name} Threads::Threads)\n  add_test(NAME ${name} COMMAND ${name})\nendforeach()\n"})
        result = build_in(directory, files, ["cmake", "-B", "build", "-DCMAKE_CROSSCOMPILING_EMULATOR=leakwatch;run;--"], ["cmake", "--build", "build"],
                          ["ctest", "--test-dir", "build"])
        expect(re.search(r"leaky \.+\*\*\*Failed", result.stdout) and re.search(r"sound \.+ +Passed", result.stdout), result.stdout)


@slow
@needs("automake", "autoconf", "make")
def test_recipe_automake():
    with scratch() as directory:
        files = dict(sources(), **{"configure.ac": "AC_INIT([x], [1])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n",
                                   "Makefile.am": "AM_CFLAGS = -D_GNU_SOURCE -pthread\ncheck_PROGRAMS = leaky sound\nTESTS = leaky sound\nLOG_COMPILER = leakwatch run --\n"})
        result = build_in(directory, files, ["autoreconf", "-fi"], ["./configure", "-q"], ["make", "check"])
        expect("FAIL: leaky" in result.stdout and "PASS: sound" in result.stdout, result.stdout)


@slow
@needs("/usr/include/uv.h", "/usr/include/glib-2.0", "lib:libopenblas.so", "/usr/include/tbb", "pkg-config")
def test_background_threads_of_libraries():
    """The built-in suppressions, by running the libraries of Debian that they are for."""
    programs = {
        "openmp": (["-fopenmp"], "#include <stdio.h>\nint main(void) { int sum = 0;\n#pragma omp parallel for reduction(+:sum) num_threads(4)\n"
                   "for (int i = 0; i < 1000; i++) sum += i;\n return sum != 499500; }\n"),
        "libuv": (["-luv"], "#include <uv.h>\nstatic void work(uv_work_t *r) { (void)r; }\nstatic void done(uv_work_t *r, int s) { (void)r; (void)s; }\n"
                  "int main(void) { uv_work_t w; uv_queue_work(uv_default_loop(), &w, work, done); return uv_run(uv_default_loop(), UV_RUN_DEFAULT); }\n"),
        "glib": (["$(pkg-config --cflags --libs gio-2.0)"], "#include <gio/gio.h>\nstatic void work(GTask *t, gpointer s, gpointer d, GCancellable *c) {"
                 "(void)s; (void)d; (void)c; g_task_return_boolean(t, TRUE); }\nint main(void) { g_child_watch_source_new(1); GTask *t = g_task_new(NULL, NULL, NULL, NULL);"
                 "g_task_run_in_thread_sync(t, work); g_object_unref(t); return 0; }\n"),
        "openblas": (["-lopenblas"], "#include <string.h>\nvoid cblas_dgemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);\n"
                     "static double a[400 * 400], b[400 * 400], c[400 * 400];\nint main(void) { cblas_dgemm(101, 111, 111, 400, 400, 400, 1, a, 400, b, 400, 0, c, 400); return c[0] != 0; }\n"),
        "tbb": (["-x", "c++", "-ltbb"], "#include <tbb/parallel_for.h>\n#include <atomic>\n#include <unistd.h>\nint main() { std::atomic<int> n{0};"
                "tbb::parallel_for(0, 5000, [&](int) { usleep(20); n++; }); _exit(n != 5000); }\n"),  # long enough for its threads to begin; its destructors tell them to end
    }
    with scratch() as directory:
        for name, (flags, text) in programs.items():
            source = os.path.join(directory, name + ".c")
            with open(source, "w") as file:
                file.write(text)
            language = ["-x", "c++"] if "c++" in flags else []
            rest = [flag for flag in flags if flag not in ("-x", "c++")]
            compiler = "c++" if language else "cc"
            subprocess.run(["sh", "-c", "%s -g -o %s %s %s" % (compiler, source[:-2], " ".join(language + [source] + ["-x none"] * bool(language)), " ".join(rest))],
                           check=True, timeout=PATIENCE)
            result = watched([source[:-2]], "exitcode=23", env={"OPENBLAS_NUM_THREADS": "4"})
            expect(result.returncode == 0 and result.stderr == "", "%s: %d %s" % (name, result.returncode, result.stderr))
            # and they are what was left out, or the test would be of nothing; these two join theirs when they are unloaded
            result = watched([source[:-2]], "exitcode=23:default_suppressions=0:grace=0", env={"OPENBLAS_NUM_THREADS": "4"})
            expect(result.returncode == 23 or name in ("openblas", "libuv"), "%s has no background threads: %r" % (name, result))


@needs("lib:libjemalloc.so.2", "/usr/bin/python3")
def test_background_thread_of_jemalloc():
    env = {"LD_PRELOAD": LIBRARY + ":libjemalloc.so.2", "MALLOC_CONF": "background_thread:true"}
    result = watched(["/usr/bin/python3", "-c", "pass"], "exitcode=23", env=env)
    expect(result.returncode == 0 and result.stderr == "", "%r" % result)
    result = watched(["/usr/bin/python3", "-c", "pass"], "exitcode=23:default_suppressions=0", env=env)
    expect(result.returncode == 23 and "jemalloc_bg_thd" in result.stderr, "%r" % result)


def test_growth_between_two_reports():
    """The slow leak of leak_per_request names itself, from JSON and from snapshots."""
    leaky = program("leak_per_request")
    with scratch() as directory:
        for kind in ("json", "snapshot"):
            log = os.path.join(directory, kind + ".%n")
            before, after = (os.path.join(directory, "%s.%d" % (kind, number)) for number in (1, 2))
            env = dict(os.environ, LD_PRELOAD=LIBRARY, REQUESTS="1000000", LEAKWATCH_OPTIONS="at_exit=0:at_term=0:format=%s:log=%s" % (kind, log))
            with subprocess.Popen([leaky], env=env) as process:
                threads = lambda: len(os.listdir("/proc/%d/task" % process.pid))
                for path in before, after:
                    wanted = threads() + 8
                    eventually("%d threads" % wanted, lambda: threads() >= wanted)
                    process.send_signal(signal.SIGUSR1)
                    eventually(path, lambda: os.path.exists(path) and os.path.getsize(path) > 0 and (kind != "json" or open(path).read().endswith("\n")))
                process.kill()
            result = subprocess.run([TOOL, "diff", "--threshold", "2", before, after], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            found = re.search(r"^leakwatch: 1 group grew in .*leak_per_request \(pid \d+\) over \d+\.[0-9]s\n\n\+(\d+) threads \((\d+) -> (\d+)\), [\d.]+ a minute"
                              r"  \[cond wait\]\n    #0  waits_for_backend   leak_per_request\.c:\d+\n  created by\n    #0  answer ", result.stdout)
            expect(found and result.returncode == 23 and int(found.group(3)) - int(found.group(2)) == int(found.group(1)) > 3, "%r" % result)
            same = subprocess.run([TOOL, "diff", after, after], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            expect((same.returncode, same.stdout, same.stderr) == (0, "", ""), "%r" % same)
            same = subprocess.run([TOOL, "diff", "--threshold", "100", before, after], stdout=subprocess.PIPE, timeout=PATIENCE)
            expect(same.returncode == 0 and same.stdout == b"", "%r" % same)
        broken = os.path.join(directory, "broken")
        for text, words in (("", "there is no report in it"), ("{}", ":1: not a report"), ("{", ":1: ")):
            with open(broken, "w") as file:
                file.write(text)
            result = subprocess.run([TOOL, "diff", broken, broken], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
            expect(result.returncode == 1 and words in result.stderr and result.stderr.count("\n") == 1, "%r" % result)


def pprof(*arguments):
    result = subprocess.run(["go", "tool", "pprof"] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE,
                            env=dict(os.environ, HOME=tempfile.gettempdir()))
    expect(result.returncode == 0, result.stderr)
    return result.stdout


@needs("go")
def test_pprof():
    """What go tool pprof makes of a profile: functions, lines, labels, counts, and the difference of two."""
    with scratch() as directory:
        paths = [os.path.join(directory, "%d.pb.gz" % number) for number in (1, 2)]
        for path, name in zip(paths, ("thousand_threads", "first_answer_wins")):
            result = watched([program(name)], "format=pprof:log=" + path)
            expect(result.stderr == "", result.stderr)
        words = pprof("-top", paths[0])
        expect("Type: threads" in words and re.search(r"^ +1000 +100% +100% +1000 +100% +pthread_cond_wait$", words, re.M), words)
        words = pprof("-lines", "-traces", paths[1])
        code = open(os.path.join(TESTS, "cases", "queue.h")).read().splitlines()
        line = re.search(r"queue_send .*queue\.h:(\d+)", words)
        expect(line and "pthread_cond_wait(&queue->not_full" in code[int(line.group(1)) - 1], words)
        for label in ("state:  blocked", "wait:  cond wait", "verdict:  suspect", "thread:  first_answer_wi"):
            expect(label in words, words)
        words = pprof("-tags", paths[1])
        expect(re.search(r"wait: Total 8\.0?\n +8(\.0)? \( +100%\): cond wait", words) and "verdict: Total 8" in words, words)
        words = pprof("-sample_index=wait", "-top", paths[1])
        expect("Type: wait" in words and re.search(r"ms +100%", words), words)
        words = pprof("-top", "-diff_base", paths[1], paths[0])
        expect(re.search(r"^ +-8 .* queue_send$", words, re.M) or "992" in words, words)
        # binary: never into a terminal's log, never over another
        expect("this format is binary: give it a log" in watched([program("silent_sender")], "format=pprof").stderr, "no log")
        expect("File exists" in watched([program("silent_sender")], "format=pprof:log=" + paths[0]).stderr, "over another")


@needs("go")
def test_plain_profile():
    """The plain form, as Go's own: the same tool reads it, and finds the functions by the memory map in it."""
    with scratch() as directory:
        path = os.path.join(directory, "threads.txt")
        result = watched([program("thousand_threads")], "format=profile:log=" + path)
        expect(result.stderr == "", result.stderr)
        lines = open(path).read()
        expect(lines.startswith("thread profile: total 1000\n1000 @ 0x") and "\n--- Memory map: ---\n" in lines, lines[:500])
        expect(re.search(r"^#\t0x[0-9a-f]+\t\w+\t\S+/thousand_threads\.c:\d+$", lines, re.M), lines[:1000])
        words = pprof("-top", path)
        expect(re.search(r"^ +1000 +100% +100% +1000 +100% +\w+", words, re.M) and "thousand_threads" in words, words)


def test_folded():
    result = watched([program("first_answer_wins")], "format=folded")
    expect(result.stderr == "main;ask_three;replica;queue_send;pthread_cond_wait 8\n", result.stderr)
