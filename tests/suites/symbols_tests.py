"""Names and lines, wherever the compiler has put its debug information."""
from harness import expect, program
from resting import looked_at_again


def stack(name):
    """Of the thread that waits. On a busy machine it may still be on its way into the wait: then its stack has libc's own functions above."""
    def frames(report):
        thread, = [thread for thread in report["threads"] if not thread["main"]]
        return [(frame["function"], frame["line"], frame["inlined"]) for frame in thread["stack"]]
    return frames(looked_at_again([program(name)], lambda report: frames(report)[:1] and frames(report)[0][0] == "sleeps"))


def test_inlined_wherever_it_is_told():
    """In the program, in a file of its own (-gsplit-dwarf), in another unit (-flto)."""
    whole = stack("inlined")
    expect([(function, inlined) for function, _, inlined in whole[:3]] == [("sleeps", True), ("works", True), ("begins", False)], whole)
    for name in "inlined_split", "inlined_lto":
        found = stack(name)
        expect(found == whole, "%s: %r, %r" % (name, found, whole))
