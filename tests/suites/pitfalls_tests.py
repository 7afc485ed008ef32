"""What broke other shims: docs/pitfalls.md names for each row the tests that act it out. Here, that they exist, and what the library's file tells."""
import os, re

import discovery
from harness import LIBRARY, ROOT, expect, run

NEEDS = ("readelf", "nm")


def readelf(*options):
    return run(["readelf", "-W", *options, LIBRARY], check=True).stdout


def test_each_is_acted_out():
    rows = re.findall(r"^\| \d+ \|.*\| (.*) \|$", open(os.path.join(ROOT, "docs/pitfalls.md")).read(), re.M)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    missing = named - {test.name for test in discovery.all_tests()}
    expect(len(rows) > 25 and not missing, "docs/pitfalls.md names tests that do not exist: %s" % sorted(missing))


def test_thread_local_storage():
    expect("STATIC_TLS" in readelf("-d"), "the shim's TLS is not initial-exec")
    (size,) = re.findall(r"^  TLS +\S+ \S+ \S+ \S+ (0x[0-9a-f]+)", readelf("-l"), re.M)
    expect(int(size, 16) <= 64, "static TLS is scarce, and %s are taken" % size)


def test_linked_to_next_to_nothing():
    flags = readelf("-d")
    for flag in ("NOW", "NODELETE", "INITFIRST"):
        expect(flag in flags, flag + " is missing")
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", flags)
    # libgcc_s: _Unwind_Resume, for a thread that is cancelled inside a wrapper; the last two are parts of libc until glibc 2.34
    expect(set(needed) <= {"libc.so.6", "ld-linux-x86-64.so.2", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2"}, "it needs %r" % needed)


def test_no_memory_of_the_programs():
    names = run(["nm", "-D", "--undefined-only", LIBRARY], check=True).stdout
    used = {line.split()[-1].split("@")[0] for line in names.splitlines()}
    expect(not used & {"malloc", "calloc", "realloc", "free", "printf", "fprintf", "snprintf"}, "it calls %r" % (used,))
