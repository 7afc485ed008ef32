"""Code made at run time, which has no unwind information: its callers by frame pointer, its names from perf-PID.map."""
import os, shutil

from harness import TESTS, eventually, expect, needs, program, run, scratch
from live import Asked

SOURCE = os.path.join(TESTS, "programs", "generated.c")


class Running(Asked):
    """Names that the program writes are taken away with it."""

    def __init__(self, command, ready=b"ready\n"):
        super().__init__(command, ready)
        self.map = "/tmp/perf-%d.map" % self.process.pid

    def __exit__(self, *_):
        super().__exit__()
        if os.path.lexists(self.map):
            os.unlink(self.map)


def names(thread):
    return [frame["function"] for frame in thread["stack"]]


def line_of(words):
    with open(SOURCE) as file:
        return next(number for number, line in enumerate(file, 1) if words in line)


def when_all_wait(running):
    def found():
        threads = {thread["name"]: thread for thread in running.threads()}
        return threads if sum(thread["state"] == "blocked" for thread in threads.values()) == 5 and threads["loop"]["stack"] else None
    return eventually("five that wait, and one that runs", found)


def test_followed():
    """Through two functions made at run time to the one that called them, which has unwind information again."""
    with Running([program("generated"), "named"]) as running:
        threads = when_all_wait(running)
        waiting, loop = threads["frames"], threads["loop"]
        expect(names(waiting) == ["inner", "LazyCompile:~outer app.js:12", "below_frames"], waiting)
        expect(waiting["stack"][2]["line"] == line_of("outer((void *)inner"), waiting)
        expect(waiting["stack_by_frame_pointer"] and waiting["stack_complete"] and waiting["wait"]["kind"] == "semaphore wait", waiting)
        # one that runs is asked where it is: there its first address is exact, and has no name
        expect(names(loop) == [None, "LazyCompile:~outer app.js:12", "in_loop"] and loop["stack_complete"], loop)
        text = running.report()
        expect("callers of code without unwind information: by frame pointer" in text and "inner" in text, text)


def test_not_followed():
    """rbp is a number, points to another kind of memory, to no code, to code that is not behind a call: nothing is made up."""
    with Running([program("generated")]) as running:
        threads = when_all_wait(running)
        for name in ("no pointer", "no return", "no code", "no stack"):
            thread = threads[name]
            expect(names(thread) == [None] and not thread["stack_complete"] and "stack_by_frame_pointer" not in thread, thread)
        expect(names(threads["frames"]) == [None, None, "below_frames"], "without names")
        # what has unwind information is not followed by frame pointers
        expect("stack_by_frame_pointer" not in threads["generated"], threads["generated"])


def test_whose_names():
    """The map lies where everybody can put one: another user's is not believed, nor one that a link leads to."""
    with scratch() as directory, Running([program("generated"), "named"]) as running:
        when_all_wait(running)
        kept = os.path.join(directory, "map")
        shutil.move(running.map, kept)
        expect("LazyCompile" not in running.report(), "there is none")
        os.symlink(kept, running.map)
        expect("LazyCompile" not in running.report(), "a link")
        os.unlink(running.map)
        os.mkfifo(running.map)
        expect("LazyCompile" not in running.report(), "a FIFO is not waited for")
        os.unlink(running.map)
        shutil.move(kept, running.map)
        expect("LazyCompile" in running.report(), "as it was")
        with open(running.map, "a") as file:
            lines = open(running.map).read().splitlines()
            file.write("nonsense\n\nffffffffffffffff ffffffffffffffff\n" + lines[0].replace("~outer", "*out\033er") + "\n")
        expect("*out?er" in running.report() and "~outer" not in running.report(), "the last is the newest")
        if os.getuid() == 0:
            os.chown(running.map, 65534, 65534)
            expect("LazyCompile" not in running.report(), "of another user")


@needs("node")
def test_javascript():
    """V8's code keeps frame pointers, what is compiled and what is interpreted."""
    with scratch() as directory:
        path = os.path.join(directory, "waits.js")
        with open(path, "w") as file:
            file.write("function waitsHere() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }\n"
                       "function outerFunction() { console.log('ready'); waitsHere(); }\nouterFunction();\n")
        command = ["node", "--perf-basic-prof", "--interpreted-frames-native-stack", "--logfile=" + os.path.join(directory, "log"), path]
        with Running(command) as running:
            def found():
                main = [thread for thread in running.threads() if thread["main"]][0]
                all_names = " ".join(filter(None, names(main)))
                return main["state"] == "blocked" and 0 < all_names.find("waitsHere") < all_names.find("outerFunction") < all_names.find("node::Start")
            eventually(running.report, found, patience=20)
