"""Suites that others wrote end, print and leave errno as without the preload; and what compares them notices what it is there for."""
import os, re, subprocess, tempfile

from conformance import Test, compare, process
from harness import BUILD, PATIENCE, ROOT, TESTS, expect, needs, scratch, slow


def conformance(*arguments):
    done = subprocess.run([os.path.join(ROOT, "scripts/conformance"), "--build", BUILD, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=1800)
    expect(done.returncode == 0 and re.search(r"^[1-9]\d* passed, 0 failed$", done.stdout, re.M), done.stdout)


@slow
@needs("dpkg-source", "make")
def test_sample():
    """Of posixtestsuite's and glibc's tests those that once found a fault, and their families; scripts/conformance alone runs all."""
    conformance("--sample")


@slow
@needs("/usr/lib/python3.11/test/test_threading.py")
def test_cpython():
    """CPython's own suite of threads; scripts/conformance --python runs those of signals, processes, futures and asyncio too."""
    conformance("--python", "test_threading")


def compiled(directory, name, source, *flags):
    path = os.path.join(directory, name)
    subprocess.run(["gcc", "-w", "-x", "c", "-", "-o", path, *flags], input="#include <errno.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
                   "#include <unistd.h>\n" + source, text=True, check=True, timeout=PATIENCE)
    return path


FAULTS = {
    "none": "",
    "errno at main": "__attribute__((constructor)) void f(void) { errno = EMFILE; }",
    "errno at the end": "pid_t getppid(void) { errno = EAGAIN; return 7; }",
    "output": "int puts(const char *s) { return printf(\"%s.\\n\", s); }",
    "status": "void exit(int status) { _exit(status + 1); }",
}


@slow
def test_notices():
    """What a preload must not do, done by small ones; process ids in the output are no difference."""
    with scratch() as directory:
        witness = os.path.join(directory, "witness.o")
        subprocess.run(["gcc", "-c", os.path.join(TESTS, "conformance/witness.c"), "-o", witness], check=True, timeout=PATIENCE)
        program = compiled(directory, "program", "int main(void) { getppid(); printf(\"%d \", getpid()); fflush(stdout); puts(\"done\"); exit(3); }",
                           "-x", "none", witness, "-Wl,--wrap=main")
        nothing = os.path.join(directory, "exceptions")
        open(nothing, "w").close()
        for fault, source in FAULTS.items():
            preload = compiled(directory, "fault.so", source, "-shared", "-fPIC")
            failed = compare.main([Test("planted", fault, lambda: [program])], preload, compare.Exceptions(nothing), 1)
            expect(failed == (fault != "none"), "%s: %d failed" % (fault, failed))
        with open(nothing, "w") as file:
            file.write("planted st*: ends as it is made to\n")
        failed = compare.main([Test("planted", "status", lambda: [program])], preload, compare.Exceptions(nothing), 1)
        expect(failed == 0, "an exception is counted")


def working_in(directory):
    """The processes that run there."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink("/proc/%s/cwd" % name).startswith(directory):
                yield int(name)
        except OSError:
            pass  # it has ended


@slow
def test_leaves_nothing():
    """Processes that outlive a test, in sessions of their own, and write where it ran: all are ended, and the directory is removed."""
    script = "for i in 1 2 3; do setsid sh -c 'while mkdir -p d/$$; do echo >d/$$/f; sleep 0.02; done' & done; sleep 0.3; "
    usual = tempfile.gettempdir()
    with scratch() as directory:
        tempfile.tempdir = directory
        try:
            for end, status in ("exit 3", 3), ("sleep 100", "timeout"):
                outcome = process.run(["sh", "-c", script + end], seconds=3 if status == "timeout" else 60)
                expect(outcome.status == status, "%r" % (outcome,))
                expect(not os.listdir(directory), "left: %r" % os.listdir(directory))
                expect(not list(working_in(directory)), "left: %r" % list(working_in(directory)))
        finally:
            tempfile.tempdir = usual
