"""The libunwind that is loaded may be of another version than the one that the library was built with."""
import os, platform

from harness import LIBRARY, expect, library, program, run, scratch

LOADED = "libunwind-%s.so.8" % platform.machine()


def report_of(stand_in):
    """Of a case, with this one in libunwind's place."""
    with scratch() as directory:
        os.symlink(program(stand_in), os.path.join(directory, LOADED))
        ended = run([program("first_answer_wins")], env=dict(os.environ, LD_PRELOAD=LIBRARY, LD_LIBRARY_PATH=directory, LIBUNWIND=library(LOADED)))
    expect(ended.returncode == 0 and "8 leaked threads in " in ended.stderr, ended)
    return ended.stderr


def test_of_another_layout():
    """What it is told of tables begins a word later or earlier: stacks are whole, of the threads and of their creation."""
    report = report_of("libother_libunwind.so")
    for function in ("queue_send", "replica", "ask_three", "main"):
        expect(" %s " % function in report, report)
    expect("libunwind" not in report, report)


def test_of_a_layout_that_is_not_known():
    """The negative twin: the program runs on, and the report says why it has no callers."""
    report = report_of("libunknown_libunwind.so")
    expect("%s cannot be loaded or used: no stacks" % LOADED in report and " replica " not in report, report)
