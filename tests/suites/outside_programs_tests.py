"""From outside, programs whose code or libc is not glibc's and gcc's: a static program of musl's, Go's runtime; and what real programs have many of."""
import os, re, shutil, subprocess

from harness import TESTS, eventually, expect, library, needs, program, run, scratch
from live import GAMES, as_user, for_everybody, tool
from core_layout import gcore
from outside_tests import PROVED, Unprepared, check_stuck, says

ENDS = {"left": "pthread_mutex_lock", "right": "pthread_mutex_lock", "wants": "pthread_mutex_lock", "conditional": "pthread_cond_wait", "reads": "pthread_rwlock_rdlock",
        "takes": "sem_wait", "meets": "pthread_barrier_wait", "main": "pthread_join"}


def built_with_musl(directory, *options, program="musl"):
    path = os.path.join(directory, program)
    run(["musl-gcc", "-O1", *options, "-o", path, os.path.join(TESTS, "programs/%s.c" % program)]).check_returncode()
    return path


def functions(thread):
    return [frame["function"] for frame in thread["stack"]]


@needs("musl-gcc")
def test_static_with_musl():
    """Its code has no unwind information: callers are found by the calls that they made. The calls are named; who is joined is told, no owner is read where glibc
    would have one, and of one that may go on nothing is proved."""
    with scratch() as directory:
        path = built_with_musl(directory, "-static")
        for mode in "stuck", "free":
            with Unprepared(path, mode) as process:
                for options in [], ["--stop"]:
                    threads = process.threads(*options)
                    seen = {}
                    for thread in threads:
                        wait = thread["wait"]
                        joins = wait["kind"] == "thread join"
                        if wait["kind"] == "futex" or joins:
                            seen.setdefault(next(name for name in functions(thread) if name in ENDS), wait["call"])
                        expect(joins or wait["kind"] in ("futex", "sleep", "syscall restart_syscall"), "%r" % wait)
                        expect(joins == (wait["owner"] is not None), "%r" % wait)
                    expect(seen == {name: call for name, call in ENDS.items() if mode == "stuck" or name != "right"}, "%s: %r" % (mode, seen))
                    proved = {thread["verdict"] for thread in threads} & set(PROVED)
                    expect(proved == ({"deadlock"} if mode == "stuck" else set()), "%s: %r" % (mode, proved))
                said = process.text()
                expect(("all threads are asleep, and only they could wake each other" in said) == (mode == "stuck"), said)
                expect("cannot be followed" not in said, said)


@needs("musl-gcc")
def test_with_musl():
    """Neither in a program whose libc is musl's, by a name that glibc's could have too."""
    with scratch() as directory:
        path = built_with_musl(directory)
        for options in [], ["--stop"]:
            with Unprepared(path, "free") as process:
                threads = process.threads(*options)
                expect({thread["wait"]["kind"] for thread in threads} <= {"futex", "thread join", "sleep", "syscall restart_syscall"}, "%r" % [thread["wait"]["kind"] for thread in threads])
                expect(not [thread for thread in threads if thread["verdict"] in PROVED or (thread["wait"]["owner"] and thread["wait"]["kind"] != "thread join")], process.text())


@needs("musl-gcc", "gdb")
def test_owners_of_musl():
    """Mutexes of musl's that say who has them, in a program without any symbol and of a core of it: the cycle is proved by how they lead to their owners. Those
    of the default type do not say; and what only has the owner's number where they would is no proof."""
    with scratch() as directory:
        for options in ["-static", "-s"], ["-s"]:
            path = built_with_musl(directory, *options, program="musl_owners")
            for mode in "stuck", "robust", "inherits", "free", "plain", "alike":
                with Unprepared(path, mode) as process:
                    found = sorted((thread["wait"]["kind"], thread["verdict"]) for thread in process.threads() if thread["wait"]["kind"] != "sleep")
                    said = process.text() if mode != "stuck" else tool("core", gcore(process.pid, directory))
                if mode in ("stuck", "robust", "inherits"):
                    expect(found == [("mutex lock", "deadlock"), ("mutex lock", "deadlock"), ("thread join", "stranded")], "%s: %r" % (mode, found))
                    expect("2 threads wait for each other" in said, said)
                else:
                    kinds = [("mutex lock", "suspect")] if mode == "free" else [("futex", "none")] * 2
                    expect(found == kinds + [("thread join", "none")], "%s: %r\n%s" % (mode, found, said))


@needs("/usr/bin/go")
def test_go():
    """Stacks end where Go's runtime has changed them: nothing is made up behind."""
    with scratch() as directory:
        source, path = os.path.join(directory, "main.go"), os.path.join(directory, "stuck")
        with open(source, "w") as file:
            file.write('package main\nimport ("os"; "time")\nfunc waits() { var bytes [1]byte; r, _, _ := os.Pipe(); r.Read(bytes[:]) }\n'
                       'func main() { go waits(); os.Stdout.WriteString("up\\n"); time.Sleep(time.Hour) }\n')
        env = dict(os.environ, GOCACHE=os.path.join(directory, "cache"), HOME=directory, CGO_ENABLED="0", GO111MODULE="off")
        subprocess.run(["/usr/bin/go", "build", "-o", path, source], check=True, timeout=300, env=env)
        with Unprepared(path) as process:
            said = process.text()
            expect("cannot be followed" not in said and " in stuck " in said, said)
            for thread in process.threads():
                names = functions(thread)
                expect(names and re.match(r"runtime\.(mcall|mstart|goexit|systemstack|rt0_go)\b", names[-1]) and not [name for name in names if name is None], "%r" % names)
                expect(thread["wait"]["kind"] in ("futex", "epoll wait") and thread["verdict"] not in PROVED, "%r" % thread["wait"])


def test_a_large_set():
    """What a set of epoll's holds is told in pieces: all are counted."""
    with Unprepared("python3", "-c", "import os, select\nset = select.epoll()\nfor i in range(321): set.register(os.pipe()[0], select.EPOLLIN)\n"
                                     "print('up', flush=True)\nset.poll()") as process:
        expect("321 descriptors in the set" in process.text(), process.text())


def test_named_as_it_was_started():
    """A program's file may be called otherwise: redis-server is a link to a file of another name. A script's name is not its interpreter's."""
    with scratch() as directory:
        other = os.path.join(directory, "other-name")
        os.symlink(os.path.realpath("/bin/sleep"), other)
        script = os.path.join(directory, "script")
        with open(script, "w") as file:
            file.write("#!/bin/bash\nread < <(:)\nread -t 1000 <> <(:)\n")
        os.chmod(script, 0o755)
        for command, name in ([other, "1000"], "other-name"), ([script], "bash"):
            with subprocess.Popen(command) as process:
                try:
                    eventually(name, lambda: " in %s (pid %d)" % (name, process.pid) in tool("stack", process.pid))
                    if name == "other-name":
                        expect(re.search(r"^ +%d  other-name " % process.pid, tool("ps", "--all"), re.M), "ps")
                finally:
                    process.kill()


@needs("root")
def test_replaced_while_it_runs():
    """An upgrade has put other files where its libraries and its own program were: it is told by what it runs, and not by what lies there now."""
    libc = library("libc.so.6")
    with scratch() as directory:
        own = os.path.join(directory, "own")
        for file in program("unprepared"), libc:
            shutil.copy(file, directory)
        os.rename(os.path.join(directory, "unprepared"), own)
        with Unprepared(own, "stuck", env=dict(os.environ, LD_LIBRARY_PATH=directory)) as process:
            before = process.threads()
            check_stuck({thread["name"]: thread for thread in before})
            for replaced in own, os.path.join(directory, os.path.basename(libc)):
                os.remove(replaced)
                shutil.copy("/bin/true", replaced)
            after = process.threads()
            check_stuck({thread["name"]: thread for thread in after})
            expect([functions(thread) for thread in before] == [functions(thread) for thread in after], "%r" % [functions(thread) for thread in after])
            expect("threads in own (pid" in process.text() and "incomplete" not in process.text(), process.text())
    with for_everybody() as directory:
        shutil.copy(libc, directory)
        shutil.copy(program("asleep"), directory)
        with Unprepared(os.path.join(directory, "asleep"), "all", env=dict(os.environ, LD_LIBRARY_PATH=directory), cwd="/", **as_user(GAMES)) as process:
            os.remove(os.path.join(directory, os.path.basename(libc)))
            said = tool("stack", process.pid, path=os.path.join(directory, "leakwatch"), cwd="/", **as_user(GAMES))
            expect(re.search(r"incomplete: .*libc.so.6 \(deleted\), replaced while it runs, can only be read by root", said), said)


@needs("gcc", "gdb")
def test_put_there_since():
    """A program without a build-id that was built again: what runs is named by what it runs, not by what lies there now; nor is a core of it, unless the program is named. A core
    of one that is still there is."""
    source = "#include <pthread.h>\n#include <stdio.h>\nstatic pthread_mutex_t lock;\n%svoid *%s(void *none) { pthread_mutex_lock(&lock); return none; }\n" \
             "int main(void) { pthread_t thread; pthread_mutex_lock(&lock); pthread_create(&thread, 0, %s, 0); puts(\"up\"); fflush(stdout); pthread_join(thread, 0); }\n"
    with scratch() as directory:
        def build(path, function, before=""):
            run(["gcc", "-xc", "-", "-g", "-O1", "-pthread", "-Wl,--build-id=none", "-o", path], input=source % (before, function, function), stdin=None, check=True)
        first, second, path = (os.path.join(directory, name) for name in ("first", "second", "program"))
        build(first, "asked_first")
        build(second, "asked_second", "int before(int a) { return a * a / 3; }\n")
        shutil.copy(first, path)
        with Unprepared(path) as process:
            core = gcore(process.pid, directory)
            expect("asked_first" in tool("core", core), tool("core", core))
            os.unlink(path)
            shutil.copy(second, path)
            expect("asked_first" in process.text() and "asked_second" not in process.text(), process.text())
        said = tool("core", core)
        expect("asked_" not in said and said.count("program: it was put there since, and has no build-id: no names from it\n") == 1, said)
        expect("a frame that cannot be followed without registers" not in said, said)
        expect("asked_first" in tool("core", core, first), tool("core", core, first))


SLEEPS_IN_32_BITS = """
.code32
.globl _start
_start: mov $29, %eax  # pause
        int $0x80
        jmp _start
"""


@needs("as", "ld")
def test_32_bits():
    """Numbers of system calls that would mean others: a program of 32 bits is one line, and what a thread does in such a call is not told wrongly."""
    with scratch() as directory:
        source, path = os.path.join(directory, "small.s"), os.path.join(directory, "small")
        with open(source, "w") as file:
            file.write(SLEEPS_IN_32_BITS)
        run(["as", "--32", "-o", source + ".o", source]).check_returncode()
        run(["ld", "-m", "elf_i386", "-o", path, source + ".o"]).check_returncode()
        try:
            small = subprocess.Popen([path])
        except OSError:
            print("left out: no 32-bit programs here")
            return
        try:
            says("it is a 32-bit program: only 64-bit ones are read", small.pid)
            expect(re.search(r"^ +%d  small +it is a 32-bit program" % small.pid, tool("ps", "--all"), re.M), "ps")
        finally:
            small.kill()
            small.wait()
    with Unprepared(program("asleep"), "old_call") as process:
        states = sorted(thread["state"] for thread in process.threads())
        expect(states == ["blocked", "blocked", "running"] and not [thread for thread in process.threads() if thread["verdict"] in PROVED], process.text())
