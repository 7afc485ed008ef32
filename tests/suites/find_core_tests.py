"""The core that is meant where none is named: coredumpctl's, one in systemd's directory, one that lies where the kernel writes them; and where there is none, one
line that says where was looked."""
import os, shutil

from harness import TOOL, expect, needs, program, run, scratch
from core_layout import gcore
from outside_tests import Unprepared

# coredumpctl as it says what it does to stderr, and writes the core to its output; it notes how it was called.
STUB = r"""#!/bin/sh
echo "$@" >> "$NOTES"
case "$3" in
nothing) echo "No match found." >&2; exit 1;;
damaged) echo "           PID: 7 (damaged)" >&2; echo "no core at all, but some words";;
*) printf '           PID: %s (asleep)\n     Timestamp: Sat 2026-11-28 07:54:15 UTC (3s ago)\n' "${3:-77}" >&2; exec /bin/cat "$CORE";;
esac
"""


def cores(directory):
    """Of a program that sleeps, and of one that is stuck; and their numbers."""
    made = []
    for name, mode in ("asleep", "all"), ("unprepared", "stuck"):
        with Unprepared(program(name), mode) as process:
            made.append((gcore(process.pid, directory), process.pid))
    return made


def says(result, status, *words):
    expect(result.returncode == status and result.stderr.count("\n") == 1 and all(word in result.stderr for word in words), "%s: %r" % (words, result))


@needs("gdb")
def test_coredumpctl():
    with scratch() as directory:
        (core, _), _ = cores(directory)
        stub, notes = os.path.join(directory, "coredumpctl"), os.path.join(directory, "notes")
        with open(stub, "w") as file:
            file.write(STUB)
        os.chmod(stub, 0o755)
        env = dict(os.environ, PATH=directory + ":" + os.environ["PATH"], CORE=core, NOTES=notes)
        for arguments, asked, which in (([], "", "77"), (["latest"], "", "77"), (["4711"], " 4711", "4711"), (["asleep"], " asleep", "asleep"),
                                        (["a-very-long-name-of-a-program"], " a-very-long-nam", "a-very-long-nam"), (["latest", program("asleep")], "", "77")):
            result = run([TOOL, "core", *arguments], env=env, cwd=directory)
            says(result, 0, "leakwatch: core: by coredumpctl, of process %s (asleep), Sat 2026-11-28 07:54:15 UTC (3s ago)\n" % which)
            expect("2 threads in asleep" in result.stdout and "semaphore wait" in result.stdout, result.stdout)
            said = open(notes).read().splitlines()[-1]
            expect(said == "--no-pager dump" + asked, said)
        says(run([TOOL, "core", "nothing"], env=env, cwd=directory), 1, "there is no file 'nothing', nor a core of that program: coredumpctl: No match found; ", "kernel.core_pattern")
        result = run([TOOL, "core", "damaged"], env=env, cwd=directory)
        expect(result.returncode == 1 and "it is no core file" in result.stderr and result.stderr.count("\n") == 2, "%r" % result)
        # a file goes before all; and what has a slash is one
        calls = open(notes).read()
        shutil.copy(core, os.path.join(directory, "4711"))
        says(run([TOOL, "core", "./nothing"], env=env, cwd=directory), 1, "./nothing: No such file or directory")
        expect("2 threads in asleep" in run([TOOL, "core", "4711"], env=env, cwd=directory).stdout and open(notes).read() == calls, "nobody is asked for a file")


def elsewhere(directory, script, pattern, path=""):
    """A command in a machine without coredumpctl, with that pattern of the kernel's, and an empty /var/lib but for what the script makes in it."""
    with open(os.path.join(directory, "pattern"), "w") as file:
        file.write(pattern + "\n")
    tools = os.path.join(directory, "tools")
    os.makedirs(tools, exist_ok=True)
    if not os.path.exists(os.path.join(tools, "zstd")):
        os.symlink(shutil.which("zstd"), os.path.join(tools, "zstd"))
    whole = "mount -t tmpfs none /var/lib; mount --bind %s/pattern /proc/sys/kernel/core_pattern; %s\nexport PATH=%s; exec %s core %s" % (
        directory, script, tools, TOOL, path)
    return run(["unshare", "-m", "bash", "-euc", whole], cwd=directory)


@needs("gdb", "root", "unshare", "zstd")
def test_where_they_lie():
    with scratch() as directory:
        if run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/var/lib"]).returncode != 0:
            print("left out: no mounts here")
            return
        (asleep, one), (stuck, other) = cores(directory)
        boot = "0123456789abcdef0123456789abcdef"
        fill = "d=/var/lib/systemd/coredump; mkdir -p $d; zstd -q %s -o $d/core.asleep.0.%s.%d.1795852455000000.zst; cp %s $d/core.unprepared.0.%s.%d.1795852400000000; echo > $d/other" % (
            asleep, boot, one, stuck, boot, other)
        piped = "|/lib/systemd/systemd-coredump %P"
        for path, wanted in (("", "asleep"), ("latest", "asleep"), ("unprepared", "unprepared"), (str(other), "unprepared"), (str(one), "asleep")):
            result = elsewhere(directory, fill, piped, path)
            says(result, 0, "leakwatch: core: /var/lib/systemd/coredump/core.%s.0." % wanted, ", of 20")
            expect("in %s (pid" % wanted in result.stdout, result.stdout)
        says(elsewhere(directory, fill, piped, "sleepy"), 1, "nor a core of that program: coredumpctl is not installed; none in /var/lib/systemd/coredump; "
             "the kernel hands cores to /lib/systemd/systemd-coredump (kernel.core_pattern): name the file")
        # what the kernel writes itself
        os.rename(asleep, os.path.join(directory, "x.asleep.%d" % one))
        os.rename(stuck, os.path.join(directory, "x.unprepared.%d" % other))
        for path, wanted in (("unprepared", "unprepared"), (str(one), "asleep"), ("", "unprepared")):
            for pattern in "x.%e.%p", directory + "/x.%e.%p":
                result = elsewhere(directory, "", pattern, path)
                says(result, 0, "x.%s." % wanted)
                expect("in %s (pid" % wanted in result.stdout, result.stdout)
        for path, pattern, words in (("", "y.%t", "there is no core: coredumpctl is not installed; the kernel writes cores to 'y.%t' in the directory that the program is in"),
                                     ("sleepy", "x.%e.%p", "there is no file 'sleepy', nor a core of that program"), ("12", "/cores/%e", "nor a core of that process: coredumpctl is not installed; the kernel writes cores to /cores/%e"),
                                     (str(one), "x.asleep*", "the kernel writes cores to 'x.asleep*' in the directory"), ("", "|/usr/share/apport/apport -p%p", "hands cores to /usr/share/apport/apport (kernel")):
            says(elsewhere(directory, "", pattern, path), 1, words)
