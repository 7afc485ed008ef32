"""posixtestsuite: the conformance tests of each interface, and the functional ones."""
import glob, os, re, subprocess

from . import NotRun, Test, sources

HERE = os.path.dirname(os.path.abspath(__file__))
SETS_CLOCK = re.compile(r"\b(clock_settime|settimeofday|stime)\s*\(")
MAIN = re.compile(r"\bmain\s*\(")
# Some sources want what another header no longer brings; those of aio refuse a later POSIX than theirs.
FIRST = ("#include <fcntl.h>\n#include <signal.h>\n#include <unistd.h>\n"
         "#undef _POSIX_ASYNCHRONOUS_IO\n#define _POSIX_ASYNCHRONOUS_IO 200112L\n")


def build(source, path, program, first, witness):
    text = open(path, errors="replace").read()
    if "buildonly" in path:
        raise NotRun("only want to be compiled")
    if SETS_CLOCK.search(text):
        raise NotRun("set the clock of the machine")
    if not os.path.exists(program):
        os.makedirs(os.path.dirname(program), exist_ok=True)
        done = subprocess.run(["gcc", "-w", "-O1", "-D_GNU_SOURCE", "-include", first, "-I", os.path.join(source, "include"),
                               "-I", os.path.join(source, "functional/threads/include"), path, witness,
                               "-Wl,--wrap=main", "-o", program, "-lpthread", "-lrt", "-lm"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise NotRun("are not built by this compiler")
    return [program]


def tests(directory, witness):
    source = sources.fetch(directory, "posixtestsuite")
    first = os.path.join(directory, "first.h")
    with open(first, "w") as file:
        file.write(FIRST)
    for part in ("conformance/interfaces", "functional"):
        top = os.path.join(source, part)
        for path in sorted(glob.glob(top + "/**/*.c", recursive=True)):
            if not MAIN.search(open(path, errors="replace").read()):
                continue  # a part of another
            name = os.path.relpath(path, top)[:-2]
            program = os.path.join(directory, "posix", name)
            yield Test("posix", name, lambda path=path, program=program: build(source, path, program, first, witness))
