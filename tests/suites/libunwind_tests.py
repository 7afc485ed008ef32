"""The libunwind that is loaded may be of another version than the one that the library was built with."""
import os, platform

from harness import expect, library, program, scratch, watched

LOADED = "libunwind-%s.so.8" % platform.machine()


def watched_with(stand_in, command, options=""):
    """With this one in libunwind's place."""
    with scratch() as directory:
        os.symlink(program(stand_in), os.path.join(directory, LOADED))
        return watched(command, options.replace("LOG", os.path.join(directory, "log")), env={"LD_LIBRARY_PATH": directory, "LIBUNWIND": library(LOADED)})


def report_of(stand_in):
    ended = watched_with(stand_in, [program("first_answer_wins")])
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


def test_that_blocks_signals_by_the_other_call():
    """A cancellation does not come into a report (`unchanged cancelled_in_a_report`)."""
    ended = watched_with("libother_libunwind.so", [program("cancelled_in_a_report"), "6"], "signal=USR1:at_exit=0:log=LOG")
    expect((ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), ended)
