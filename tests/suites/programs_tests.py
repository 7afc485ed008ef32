"""Programs from Debian under a real load: their answers unchanged, their threads named."""
import os, re, shutil, signal, socket, subprocess, time

import harness
from harness import BUILD, LIBRARY, PATIENCE, TESTS, eventually, expect, needs, scratch, watched

SUITE = "slow"


class Server:
    """A server under the preload, on a port of its own."""

    def __init__(self, command, options="", preload=True):
        self.directory = scratch()
        self.log = os.path.join(self.directory.name, "reports")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        env = dict(os.environ)
        if preload:
            env.update(LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="log=%s:%s" % (self.log, options))
        self.process = subprocess.Popen([word.replace("PORT", str(self.port)) for word in command], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.directory.name)

        def answers():
            expect(self.process.poll() is None, "%s ended" % command[0])
            try:
                socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
                return True
            except OSError:
                return False

        eventually("%s answers" % command[0], answers)

    def talk(self, request, until):
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(request)
            answer = b""
            while not answer.endswith(until):
                more = connection.recv(65536)
                if not more:
                    break
                answer += more
            return answer

    def report(self, number=signal.SIGUSR1):
        self.process.send_signal(number)
        eventually("a report", lambda: os.path.exists(self.log) and os.path.getsize(self.log) > 0)
        return open(self.log).read()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        output = self.process.communicate(timeout=PATIENCE)[0]
        self.directory.cleanup()
        return self.process.returncode, output


def redis_load(server):
    """Pipelined writes and reads of 20,000 keys; the whole answer, to compare."""
    request = b"".join(b"SET key%d value%d\r\n" % (i, i * i) for i in range(20000))
    request += b"".join(b"GET key%d\r\n" % i for i in range(0, 20000, 7)) + b"DBSIZE\r\nPING\r\n"
    return server.talk(request, b"+PONG\r\n")


REDIS = ["redis-server", "--port", "PORT", "--save", "", "--bind", "127.0.0.1"]


@needs("redis-server")
def test_redis():
    plain = Server(REDIS, preload=False)
    expected = redis_load(plain)
    expected_end = plain.end()[0]
    server = Server(REDIS)
    expect(redis_load(server) == expected, "answers changed")
    report = server.report()
    group = [part for part in report.split("\n\n") if "bio_" in part]
    expect(len(group) == 1 and re.search(r"^3 threads  \[cond wait", group[0], re.M), report)
    expect("bio_close_file" in group[0] and "bio_lazy_free" in group[0] and "#1  bioProcessBackgroundJobs" in group[0], report)
    expect("created by  redis-server" in group[0] and "#0  bioInit" in group[0] and "main" in group[0], report)
    expect(redis_load(server) == expected, "answers changed after a snapshot")
    status, output = server.end()
    expect(status == expected_end and "User requested shutdown" in output and "bye bye" in output, "SIGTERM: %r %s" % (status, output))


@needs("memcached")
def test_memcached():
    command = ["memcached", "-p", "PORT", "-U", "0", "-t", "4", "-u", "root", "-l", "127.0.0.1"]

    def load(server):
        request = b"".join(b"set key%d 0 0 5\r\n%05d\r\n" % (i, i) for i in range(2000))
        request += b"".join(b"get key%d\r\n" % i for i in range(2000)) + b"quit\r\n"
        return server.talk(request, b"never")

    plain = Server(command, preload=False)
    expected = load(plain)
    expected_end = plain.end()[0]
    # memcached gives SIGUSR1 a meaning of its own: a graceful end
    server = Server(command, "signal=USR2")
    expect(load(server) == expected and len(expected) > 30000, "answers changed")
    report = server.report(signal.SIGUSR2)
    group = [part for part in report.split("\n\n") if "mc-worker" in part]
    expect(len(group) == 1 and re.search(r"^4 threads  \[epoll wait, [0-9.]+s\]  idle", group[0], re.M), report)
    expect("event_base_loop" in group[0] and "created by  memcached" in group[0], report)
    expect(load(server) == expected, "answers changed after a snapshot")
    expect(server.end()[0] == expected_end, "SIGTERM")


PYTHON = """
import os, queue, threading, sys, time
jobs, answers = queue.Queue(), queue.Queue()
def work():
    while (job := jobs.get()) is not None:
        answers.put(sum(range(job)))
threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
for thread in threads: thread.start()
for job in range(500): jobs.put(job)
print(sum(answers.get() for _ in range(500)))
def asleep(task):
    return open("/proc/self/task/%s/stat" % task).read().rsplit(")", 1)[1].split()[0] == "S"
seen = 0 # all wait again: one that does not yet would be ended by the interpreter
while seen < 5:
    seen = seen + 1 if all(asleep(task) for task in os.listdir("/proc/self/task") if int(task) != threading.get_native_id()) else 0
    time.sleep(0.02)
if sys.argv[1] == "close":
    for _ in threads: jobs.put(None)
    for thread in threads: thread.join()
"""


@needs("/usr/bin/python3")
def test_python_threading():
    for end in ("close", "leave"):
        plain = subprocess.run(["/usr/bin/python3", "-c", PYTHON, end], stdout=subprocess.PIPE, text=True, timeout=PATIENCE)
        result = watched(["/usr/bin/python3", "-c", PYTHON, end])
        expect((result.stdout, result.returncode) == (plain.stdout, plain.returncode) and plain.stdout, "%r" % result)
        if end == "close":
            expect(result.stderr == "", result.stderr)
        else:
            expect("4 leaked threads in /usr/bin/python3" in result.stderr and "[semaphore wait" in result.stderr, result.stderr)
            expect("PyThread_start_new_thread" in result.stderr, result.stderr)


def test_shell_pipelines():
    """Many short processes, each with the shim: same output, same statuses, nothing said."""
    script = "for i in 1 2 3; do echo $i | sed s/^/x/ | cat; done; (exit 7); echo $?; ls / | wc -l; true & wait $!; echo $?"
    plain = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    result = watched(["bash", "-c", script])
    expect((result.stdout, result.returncode, result.stderr) == (plain.stdout, plain.returncode, plain.stderr), "%r" % result)


KNOWN = {"main", "storms", "one_round", "waits", "reads", "ends", "unlock", "forks", "loads", "snapshots", "lowest_free", "resident_kib",
         "start_routine_ends", "_start"}


def storm(seconds, before=(), arguments=(), least=1, **env):
    """Threads at full speed with snapshots, forks and dlopen beside: nothing fails, nothing grows, and no stack is impossible."""
    with scratch() as directory:
        log = os.path.join(directory, "reports")
        result = watched([*before, os.path.join(BUILD, "tests", "storm"), str(seconds), *arguments], "signal=USR1:log=" + log, timeout=PATIENCE + 4 * seconds,
                         env=env)
        expect(result.returncode == 0 and result.stderr == "", "%r" % result)
        reports = open(log).read()
    # requests that came too soon are answered by one report, which says how many they were
    heads = re.findall("^leakwatch: .*", reports, re.M)
    answered = sum(int((re.findall(r"sent (\d+) times", head) or [1])[0]) for head in heads)
    expect(heads and answered >= least and "incomplete" not in reports,
           "%d requests answered by %d reports\n%s" % (answered, len(heads), (re.findall(".*incomplete.*", reports) or reports[-2000:])))
    frames = re.findall(r"^    #\d+ +(\S+) .*storm\.c:\d+", reports, re.M)
    expect(frames and set(frames) <= KNOWN, "frames: %r" % (set(frames) - KNOWN))
    for stack in re.findall(r"((?:^    #\d+ .*\n)+)", reports, re.M):
        expect(stack.count("storm.c:") == 0 or stack.rstrip().splitlines()[-1].split()[1] in KNOWN, stack)


def test_storm():
    storm(int(os.environ.get("LEAKWATCH_STORM", "10")), least=50)


@needs("ninja")
def test_storm_with_the_shim_sanitized():
    """AddressSanitizer and UBSan look at the shim's own work."""
    subprocess.run(["ninja", "-C", BUILD, "--quiet", "src/libleakwatch_sanitized.so"], check=True, timeout=300, stdout=subprocess.DEVNULL)
    first = subprocess.run(["gcc", "-print-file-name=libasan.so"], stdout=subprocess.PIPE, text=True).stdout.strip()
    with scratch() as directory:
        shim = shutil.copy(os.path.join(BUILD, "src/libleakwatch_sanitized.so"), os.path.join(directory, "libleakwatch.so"))
        shutil.copy(os.path.join(BUILD, "src/leakwatch"), directory)
        storm(5, arguments=["without-forks"], least=20, ASAN_OPTIONS="detect_leaks=0", LD_PRELOAD=first + ":" + shim)


@needs("valgrind")
def test_storm_under_valgrind():
    """Nothing invalid is read or written; at its end valgrind would run code of libc's in processes that it made of a vfork."""
    storm(3, ["valgrind", "-q", "--error-exitcode=9", "--run-libc-freeres=no", "--run-cxx-freeres=no"], ["without-forks"], least=1)


def sanitized(directory, sanitizer, compiler="gcc"):
    program = os.path.join(directory, sanitizer)
    subprocess.run([compiler, "-g", "-O1", "-fsanitize=" + sanitizer, "-pthread", os.path.join(TESTS, "cases/queue_never_closed.c"),
                    "-o", program], check=True, timeout=PATIENCE)
    return program


def test_thread_sanitizer():
    """The sanitizer stands behind the shim, and sees what it would see: no race, no false lock."""
    with scratch() as directory:
        result = watched([sanitized(directory, "thread")])
        expect(result.returncode == 0 and "ThreadSanitizer" not in result.stderr, result.stderr)
        expect(re.search(r"3 threads  \[cond wait", result.stderr), result.stderr)


def test_address_sanitizer():
    """libasan insists on being first."""
    first = subprocess.run(["gcc", "-print-file-name=libasan.so"], stdout=subprocess.PIPE, text=True).stdout.strip()
    with scratch() as directory:
        result = watched([sanitized(directory, "address")], env={"LD_PRELOAD": first + ":" + LIBRARY, "ASAN_OPTIONS": "detect_leaks=0"})
        expect(result.returncode == 0 and "AddressSanitizer" not in result.stderr, result.stderr)
        expect(re.search(r"3 threads  \[cond wait", result.stderr), result.stderr)


def beside(name, **env):
    """Another preload before ours and behind it: the same report, and the same answers of a larger program."""
    program = os.path.join(BUILD, "tests", "queue_never_closed")
    for order in (LIBRARY + ":" + harness.library(name), harness.library(name) + ":" + LIBRARY):
        result = watched([program], env=dict(env, LD_PRELOAD=order))
        expect(result.returncode == 0 and re.search(r"^3 threads  \[cond wait", result.stderr, re.M), result.stderr)
        result = watched([program + "-fixed"], env=dict(env, LD_PRELOAD=order))
        expect(result.returncode == 0 and result.stderr == "", result.stderr)
        result = watched(["/usr/bin/python3", "-c", PYTHON, "close"], env=dict(env, LD_PRELOAD=order))
        expect(result.returncode == 0 and result.stdout.strip().isdigit() and result.stderr == "", "%r" % result)


@needs("lib:libjemalloc.so.2")
def test_beside_jemalloc():
    beside("libjemalloc.so.2")


@needs("lib:libtcmalloc_minimal.so.4")
def test_beside_tcmalloc():
    beside("libtcmalloc_minimal.so.4")


@needs("clang-14", "/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.tsan-x86_64.a")
def test_sanitizers_of_clang():
    """Its runtimes are linked into the program, behind the shim."""
    with scratch() as directory:
        for sanitizer in ("thread", "address"):
            result = watched([sanitized(directory, sanitizer, "clang-14")], env={"ASAN_OPTIONS": "detect_leaks=0"})
            expect(result.returncode == 0 and "Sanitizer" not in result.stderr, result.stderr)
            expect(re.search(r"3 threads  \[cond wait", result.stderr), result.stderr)


@needs("lib:libeatmydata.so")
def test_beside_eatmydata():
    beside("libeatmydata.so")


@needs("lib:libfaketimeMT.so.1")
def test_beside_faketime():
    """A clock that is a day off and twice as fast: waits and reports are as ever."""
    beside("libfaketimeMT.so.1", FAKETIME="+1d x2")


@needs("/usr/bin/rustc")
def test_rust():
    """std's Condvar, park and mpsc wait in futexes of their own."""
    with scratch() as directory:
        program = os.path.join(directory, "waits")
        subprocess.run(["/usr/bin/rustc", "-g", "-O", os.path.join(TESTS, "languages/waits.rs"), "-o", program], check=True, timeout=PATIENCE)
        result = watched([program])
    expect(result.returncode == 0 and result.stdout == "42\n", "%r" % result)
    expect("3 leaked threads in" in result.stderr and result.stderr.count("[futex, ") == 3, result.stderr)
    for words in ("condvar (", "parked (", "receiver (", "std::thread::park", "Condvar::wait", "recv", "waits::main", "waits.rs:"):
        expect(words in result.stderr, "%s is not in\n%s" % (words, result.stderr))


@needs("/usr/bin/rustc")
def test_rust_on_time():
    """Snapshots every 2 ms: Rust's sleep gives nanosleep one place for the span and its rest, and must not wake early."""
    with scratch() as directory:
        program = os.path.join(directory, "waits_on_time")
        subprocess.run(["/usr/bin/rustc", "-g", "-O", os.path.join(TESTS, "languages/waits_on_time.rs"), "-o", program], check=True, timeout=120)
        for _ in range(5):
            process = subprocess.Popen([program, "300"], env=dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:log=/dev/null"),
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            expect(process.stdout.readline() == "begins\n", "no start")
            while process.poll() is None:
                process.send_signal(signal.SIGUSR1)
                time.sleep(0.002)
            expect((process.returncode, process.stdout.read()) == (0, "ok 300\n"), "status %r" % process.returncode)


@needs("/usr/sbin/mariadbd", "mariadb-install-db", "sysbench")
def test_mariadb():
    """Six requests within 0.6 s under load, and one more later: answered, all of them, and the load goes on. It handles the signal
    itself, so there is one report a second at most, and what comes between two is answered with the next."""
    with scratch() as directory:
        data, place, log = (os.path.join(directory, name) for name in ("data", "socket", "log"))
        client = ["--no-defaults", "-uroot", "-S", place]
        load = ["sysbench", "oltp_read_write", "--db-driver=mysql", "--mysql-socket=" + place, "--mysql-user=root", "--tables=1", "--table-size=500"]
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
                        "--user=root", "--datadir=" + data], check=True, timeout=60, **quiet)
        server = subprocess.Popen(["/usr/sbin/mariadbd", "--no-defaults", "--user=root", "--skip-networking", "--datadir=" + data, "--socket=" + place],
                                  env=dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:log=" + log), **quiet)
        try:
            for _ in range(150):
                if subprocess.run(["mariadb-admin"] + client + ["ping"], **quiet).returncode == 0:
                    break
                time.sleep(0.1)
            subprocess.run(["mariadb"] + client + ["-e", "create database sbtest"], check=True, timeout=20)
            subprocess.run(load + ["prepare"], check=True, timeout=60, **quiet)
            running = subprocess.Popen(load + ["--threads=4", "--time=8", "run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            time.sleep(2)
            for _ in range(6):
                server.send_signal(signal.SIGUSR1)
                time.sleep(0.1)
            time.sleep(2)
            server.send_signal(signal.SIGUSR1)
            output = running.communicate(timeout=60)[0]
            lines = re.findall(r"^leakwatch: .* on SIGUSR1.*", open(log).read(), re.M)
            answered = sum(int((re.findall(r"sent (\d+) times", line) or [1])[0]) for line in lines)
            # standard signals that are pending at once are one already for the kernel
            expect(running.returncode == 0 and len(lines) >= 2 and 3 <= answered <= 7, "%s\n%s" % (lines, output))
        finally:
            server.terminate()
            status = server.wait(60)
        expect(status == 0, "mariadbd ended with %d" % status)


@needs("/usr/bin/go")
def test_go_with_cgo():
    """The C threads are seen as ever; the runtime's own, blocked in raw futexes, by the kernel's word. Go ends past libc: it is asked."""
    with scratch() as directory:
        program, log = os.path.join(directory, "waits"), os.path.join(directory, "log")
        env = dict(os.environ, HOME=directory, GOCACHE=os.path.join(directory, "cache"), GOFLAGS="-buildvcs=false", GOTOOLCHAIN="local")
        subprocess.run(["/usr/bin/go", "build", "-o", program, os.path.join(TESTS, "languages/waits.go")], check=True, timeout=300, env=env)
        process = subprocess.Popen([program], env=dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="log=" + log),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # read(2) and pause(2) of the C threads, and the main goroutine's read
        calls = lambda: [open("/proc/%d/task/%s/syscall" % (process.pid, task)).read().split()[0] for task in os.listdir("/proc/%d/task" % process.pid)]
        eventually("where they wait", lambda: calls().count("0") == 2 and calls().count("34") == 1)
        process.send_signal(signal.SIGUSR1)
        eventually("a report", lambda: os.path.exists(log) and os.path.getsize(log) > 0)
        output = process.communicate("\n", timeout=PATIENCE)[0]
        report = open(log).read()
    expect(process.returncode == 0 and output == "42\ndone\n", "%r %r" % (process.returncode, output))
    expect(re.search(r"#0  read\n +#1  reads +waits.go:", report) and re.search(r"\[futex, about [0-9.]+s\]", report), report)
    expect("runtime.futex" in report and "from /proc" in report, report)


@needs("/usr/include/libaio.h")
def test_libaio_getevents():
    """libaio's own call, timed through a wrapper of it, and untimed; it makes its system call by syscall()."""
    with scratch() as directory:
        program = os.path.join(directory, "getevents")
        subprocess.run(["gcc", "-g", "-pthread", os.path.join(TESTS, "programs/getevents.c"), "-o", program, "-laio"], check=True, timeout=PATIENCE)
        plain = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=PATIENCE)
        result = watched([program])
    expect((result.returncode, result.stdout) == (plain.returncode, plain.stdout) and "timed out" in plain.stdout, "%r %r" % (result, plain))
    expect(re.search(r"1 thread  \[syscall io_getevents, [0-9.]+s\]", result.stderr) and "waits               getevents.c:" in result.stderr, result.stderr)


@needs("/usr/sbin/nginx")
def test_nginx():
    """Worker threads (aio threads) under load, from one process: the same files as without."""
    with scratch() as directory:
        os.chmod(directory, 0o755)
        for i in range(20):
            with open(os.path.join(directory, "file%d" % i), "wb") as file:
                file.write(bytes((i * 7 + k * 13) % 251 for k in range(20000)))
        with open(os.path.join(directory, "nginx.conf"), "w") as file:
            file.write("""daemon off; master_process off; pid %(d)s/pid; error_log %(d)s/error; thread_pool default threads=4;
events { worker_connections 64; }
http { access_log off; aio threads; sendfile off; client_body_temp_path %(d)s/b; proxy_temp_path %(d)s/p; fastcgi_temp_path %(d)s/f;
       uwsgi_temp_path %(d)s/u; scgi_temp_path %(d)s/s; server { listen 127.0.0.1:@P@; root %(d)s; output_buffers 2 4k; } }
""" % {"d": directory})

        def load(server):
            request = b"".join(b"GET /file%d HTTP/1.1\r\nHost: x\r\n\r\n" % (i % 20) for i in range(99))
            answer = server.talk(request + b"GET /file1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"never")
            return re.sub(rb"(Date|Last-Modified|ETag): [^\r]*", b"", answer)

        command = ["sh", "-c", "sed s/@P@/$1/ %s/nginx.conf >%s/nginx-$1.conf && exec /usr/sbin/nginx -c %s/nginx-$1.conf" % ((directory,) * 3),
                   "sh", "PORT"]
        plain = Server(command, preload=False)
        expected = load(plain)
        expected_end = plain.end()[0]
        server = Server(command, "signal=40:program=nginx")
        expect(load(server) == expected and len(expected) > 100 * 20000, "answers changed: %d bytes, %d without" % (len(load(server)), len(expected)))
        report = server.report(40)
        expect(re.search(r"^4 threads  \[cond wait", report, re.M) and "ngx_thread_cond_wait" in report, report)
        expect(load(server) == expected, "answers changed after a snapshot")
        expect(server.end()[0] == expected_end, "SIGTERM")
