"""Limits that a process runs into: no room to write to, no stack. One line says so, and no status is lost."""
import os, subprocess

from harness import LIBRARY, PATIENCE, TOOL, expect, program


def test_what_cannot_be_written():
    """Output that does not get out is an error, and said; of a report that does not, the status tells all the same."""
    for arguments in (["ps"], ["--help"], ["--version"], ["run", "--help"], ["stats", str(os.getpid())]):
        with open("/dev/full", "w") as full:
            result = subprocess.run([TOOL, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        expect(result.returncode == 1 and "cannot write to standard output: No space left on device" in result.stderr, "%r %r" % (arguments, result))
    with open("/dev/full", "w") as full:
        result = subprocess.run([TOOL, "run", "--", program("unjoined")], stderr=full, timeout=PATIENCE)
    expect(result.returncode == 23, "%r" % result)


def test_a_tool_that_dies():
    """For want of a stack: addresses are listed, and the status is that of a leak; nothing of a program without one."""
    for name, options, status in (("unjoined", "exitcode=9", 9), ("unjoined-fixed", "exitcode=9", 0)):
        result = subprocess.run(["sh", "-c", "ulimit -s 64; exec " + program(name)], env=dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS=options),
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        expect(result.returncode == status and ("addresses only: leakwatch ended before its report was whole" in result.stderr) == (status != 0), "%r" % result)
