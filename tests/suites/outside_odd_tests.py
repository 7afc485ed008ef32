"""Odd processes from outside: each is a report that holds, or one line."""
import os, re, shutil, subprocess

from harness import TOOL, eventually, expect, needs, program, run, scratch
from live import tool
from outside_tests import Unprepared, tell


def test_names_that_hold_anything():
    """A program, a thread, a pipe whose names are made to forge lines and colours: they are words in a line of their own."""
    with scratch() as directory:
        forged, pipe = os.path.join(directory, "for\nged \x1b[31mred"), os.path.join(directory, "pi\npe\x1b[32m")
        os.mkfifo(pipe)
        shutil.copy(program("unprepared"), forged)
        script = "import os, sys; fd = os.open(sys.argv[1], os.O_RDWR); print('up', flush=True); os.read(fd, 1)"
        with Unprepared(forged, "stuck") as process, Unprepared("python3", "-c", script, pipe) as reader:
            said = process.text() + reader.text() + "".join(tool(command, process.pid) for command in ("stats", "tree")) + tool("ps", "--all")
            said += tool("core", forged + "\n", status=1)
        with subprocess.Popen([forged, "stuck"], stdout=subprocess.DEVNULL) as ended:
            ended.kill()
            eventually("it has ended", lambda: open("/proc/%d/stat" % ended.pid).read().rsplit(")", 1)[1].split()[0] == "Z")
            said += tool("stack", ended.pid, status=1)
        expect(said.count("for?ged ?[31mred") >= 4 and "pi?pe?[32m" in said, said)
        expect(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]|^(ged|pe)", said, re.M), "%r" % re.findall(r".*[\x00-\x09\x0b-\x1f\x7f].*", said))


@needs("root")
def test_root_changed():
    """A program that has changed its root since it was started, and one that was started in a root of its own: their files are found."""
    with scratch() as directory:
        for mapped in {line.split()[-1] for line in open("/proc/self/maps") if re.search(r"/(libc|ld-linux[^/]*)\.so", line)} | {"/lib64/ld-linux-x86-64.so.2"}:
            os.makedirs(directory + os.path.dirname(mapped), exist_ok=True)
            shutil.copy(mapped, directory + mapped)
        shutil.copy(program("unprepared"), directory)
        told = []
        for command, how in (([program("unprepared"), "stuck"], {}), ([program("unprepared"), "stuck", directory], {}),
                             (["/unprepared", "stuck"], {"preexec_fn": lambda: os.chroot(directory)})):
            with Unprepared(*command, **how) as process:
                # without /proc it cannot name its threads
                told.append(sorted([thread["verdict"], thread["wait"]["kind"], str(tell(thread)["object"][1]), *tell(thread)["stack"]] for thread in process.threads()))
        expect(told[1] == told[0] and told[2] == told[0], "%r" % told)


def test_ends_meanwhile():
    """Processes that end while they are looked at: a report or a line, never more."""
    for _ in range(20):
        with subprocess.Popen([program("late_but_fine")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            result = run([TOOL, "stack", str(process.pid)])
            expect(result.returncode in (0, 1) and (result.returncode == 0 or len(result.stderr.splitlines()) == 1), "%r" % result)
            process.kill()
