"""A case is a program in tests/cases. Its opening comment says what its report must be, in FileCheck's language, and how it is run:
  OPTIONS: key=value:...   for LEAKWATCH_OPTIONS
  EXIT: N                  its status (default 0; -N for death by signal N)
  STDOUT: words            all that it prints
  REPORT: file             where its log= puts the report, in the directory it runs in; else it is stderr
  NEGATIVE                 neither half may be reported
  JSON: words              what the same report holds as JSON, as check_json words it
  SUITE: slow              it takes long
  PROCESSOR: x86_64        nothing like it can be on another
  NEEDS: words             what must be there, as harness.missing words it
  TRIES: N                 one of so many must give the report: it tells of a thread that had its share of the processor, which none can be sure of
  WANTS: words             what a compiler must have for it, where the build leaves it out for want of that
  BOTH                     the repaired half is not another program: only one is run
The leaky half must give the report; the repaired half must give no report at all and the status 0 (EXIT's in ends_*).
A program that must wait until its threads are where they stay calls settle() (programs/settle.h), which is there without an #include.
LEAKWATCH_ROUNDS=N plays what must be silent N times.

To add one, write tests/cases/NAME.c: the build and the catalogue (lib/catalogue.py) find it.
"""
import collections, glob, json, os, platform, re, shutil, tempfile

from harness import ROUNDS, TESTS, Wrong, expect, needs, program, run, scratch, watched

FILECHECK = shutil.which("FileCheck") or max(glob.glob("/usr/lib/llvm-*/bin/FileCheck"), default="FileCheck", key=lambda path: int(re.search(r"llvm-(\d+)", path)[1]))
# An option since LLVM 12, and before as if it were always given.
ALLOW_UNUSED = [] if re.search(r"llvm-(\d|1[01])/", FILECHECK) else ["--allow-unused-prefixes"]
CASES = os.path.join(TESTS, "cases")


def check_report(source, report):
    with tempfile.NamedTemporaryFile("w", suffix=".report") as file:
        file.write(report)
        file.flush()
        result = run([FILECHECK, source, "--input-file", file.name, "--allow-empty"] + ALLOW_UNUSED)
    expect(result.returncode == 0, result.stdout + result.stderr + "\nthe report was:\n" + report)


def check_json(command, options, wanted):
    """"2 mutex lock deadlock, 1 pause idle; cycle": how many threads wait for what, with which verdict; kinds of deadlocks."""
    with scratch() as directory:
        watched(command, options + ":format=json:log=" + os.path.join(directory, "log"), cwd=directory)
        report = json.load(open(os.path.join(directory, "log")))
    counted = collections.Counter("%s %s" % (thread["wait"]["kind"] if thread["wait"] else thread["state"], thread["verdict"])
                                  for thread in report["threads"])
    found = "%s; %s" % (", ".join("%d %s" % (count, words) for words, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))),
                        ", ".join(sorted(deadlock["kind"] for deadlock in report["deadlocks"])))
    expect(found.strip() == wanted, "JSON: %s" % found)


def head_of(source):
    """A case's opening comment."""
    return open(source).read().split("*/")[0]


def sources():
    return [os.path.join(CASES, file) for file in sorted(os.listdir(CASES)) if file.endswith((".c", ".cpp"))]


def directives(source):
    """A function from a key of its opening comment to what is said there."""
    head = head_of(source)

    def directive(key, default=""):
        found = re.search(r"^[ /]*\*? ?%s: ?(.*)$" % key, head, re.M)
        return found.group(1).strip() if found else default
    return directive


def run_case(source):
    tries = int(directives(source)("TRIES", "1"))
    for left in range(tries - 1, -1, -1):
        try:
            return try_case(source)
        except Wrong:
            if left == 0:
                raise


def try_case(source):
    name = os.path.splitext(os.path.basename(source))[0]
    directive = directives(source)
    head = head_of(source)
    expect(os.path.exists(program(name)), "tests/cases/%s is not built: meson setup --reconfigure BUILD finds it" % os.path.basename(source))

    options = directive("OPTIONS")
    status = int(directive("EXIT", "0"))
    negative = "NEGATIVE" in head
    with scratch() as directory:
        leaky = watched([program(name)], options, cwd=directory)
        report = leaky.stderr
        if directive("REPORT"):
            expect(report == "", "stderr:\n" + report)
            report = open(os.path.join(directory, directive("REPORT"))).read()
    expect(leaky.returncode == status, "status %d instead of %d\n%s" % (leaky.returncode, status, leaky.stderr))
    if directive("STDOUT"):
        expect(leaky.stdout == directive("STDOUT"), "printed %r" % leaky.stdout)
    if negative:
        expect(leaky.stderr == "", "reported:\n" + leaky.stderr)
        for _ in range(ROUNDS - 1):
            again = watched([program(name)], options)
            expect((again.returncode, again.stderr) == (status, ""), "reported:\n" + again.stderr)
    else:
        check_report(source, report)
    if directive("JSON"):
        check_json([program(name)], options, directive("JSON"))
    if not re.search(r"^[ /]*\*? ?BOTH$", head, re.M):
        own = status if name.startswith("ends_") else 0
        for _ in range(ROUNDS):
            fixed = watched([program(name + "-fixed")], options)
            expect(fixed.returncode == own, "repaired: status %d instead of %d\n%s" % (fixed.returncode, own, fixed.stderr))
            expect(fixed.stderr == "", "the repaired one was reported:\n" + fixed.stderr)


def run_unit(name):
    result = run([program("unit_" + name)])
    expect(result.returncode == 0, result.stdout + result.stderr)


def tests():
    for source in sources():
        if directives(source)("PROCESSOR", platform.machine()) != platform.machine():
            continue
        name = os.path.splitext(os.path.basename(source))[0]
        wants = directives(source)("WANTS")
        built = program(name) if os.path.exists(program(name)) or not wants else wants
        function = needs(FILECHECK, built, *filter(None, [directives(source)("NEEDS")]))(lambda source=source: run_case(source))
        function.suite = directives(source)("SUITE", "fast")
        yield "case " + name, function
    for file in sorted(os.listdir(os.path.join(TESTS, "unit"))):
        name = os.path.splitext(file)[0]
        yield "unit " + name, lambda name=name: run_unit(name)
