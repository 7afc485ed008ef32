"""Cores: what a core file tells of threads is what was told of the process that it is of; a core that is cut, damaged or of something else is a line
or what is left of it, never a crash."""
import json, os, random, re, resource, shutil, signal, subprocess, time

from harness import LIBRARY, TOOL, eventually, expect, needs, program, run, scratch
from live import tool
from outside_tests import OBJECTS, PROVED, STAYS, Unprepared, check_stuck, tell


def gcore(pid, directory):
    path = os.path.join(directory, "core")
    result = run(["gcore", "-o", path, str(pid)])
    expect(result.returncode == 0, "%r" % result)
    return "%s.%d" % (path, pid)


def threads_of(core, *more):
    return json.loads(tool("core", "--format", "json", core, *more))["threads"]


def by_tid(threads):
    return {thread["tid"]: thread for thread in threads}


# In a core nothing tells what a descriptor was.
WITHOUT_FILES = ("pipe read", "eventfd read")


@needs("gdb")
def test_as_of_the_process():
    """Of a core of gcore's, all that does not lie in descriptors and names of threads is told as of the running process."""
    with Unprepared(program("unprepared"), "stuck") as process, scratch() as directory:
        live = process.threads()
        core = gcore(process.pid, directory)
        dead = by_tid(threads_of(core))
        names = {thread["tid"]: thread["name"] for thread in live}
        expect(set(names) == set(dead), "the same threads")
        for thread in live:
            other = dead[thread["tid"]]
            one, two = tell(thread), tell(other)
            if thread["wait"]["kind"] in WITHOUT_FILES:
                expect(two["wait"][0].startswith("syscall "), "%r" % two)
                continue
            one["object"], two["object"] = one["object"][:2], two["object"][:2]
            expect(one == two, "%r\n%r" % (one, two))
            if thread["verdict"] in PROVED or other["verdict"] in PROVED:
                expect(thread["verdict"] == other["verdict"], "%r" % other)
            expect(other["created_by"] is None and other["wait"]["seconds"] is None, "%r" % other["wait"])
        check_stuck({names[tid]: thread for tid, thread in dead.items()})
        said = tool("core", core)
        expect("from its core; 16 blocked, 1 waiting, 1 deadlock" in said and "created before leakwatch" in said, said)
        for packer in ["zstd", "-q"], ["xz", "-0"], ["lz4", "-q"], ["gzip", "-1"]:
            if shutil.which(packer[0]):
                with open(core, "rb") as whole, open(core + ".packed", "wb") as packed:
                    subprocess.run(packer + ["-c"], stdin=whole, stdout=packed, check=True)
                expect(tool("core", core + ".packed") == said, packer)


@needs("gdb")
def test_cases_are_told_as_by_the_preload():
    """Programs of the catalogue with a proof: the preload's report, and that of a core."""
    for name in "lock_order", "lock_ring", "join_ring", "relock", "owner_gone":
        process = subprocess.Popen([program(name)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=dict(os.environ, LD_PRELOAD=LIBRARY + ":" + STAYS, LEAKWATCH_OPTIONS="at_exit=0:at_term=0"))
        try:
            def report():
                threads = json.loads(run([TOOL, "stack", "--format", "json", str(process.pid)]).stdout or '{"threads": []}')["threads"]
                main = [thread for thread in threads if thread["main"]]
                proved = [thread for thread in threads if thread["verdict"] in PROVED]
                return threads if proved and main and any(frame["function"] == "stay" for frame in main[0]["stack"]) else None
            inside = eventually("%s stays" % name, report, pause=0.2)
            with scratch() as directory:
                dead = by_tid(threads_of(gcore(process.pid, directory)))
        finally:
            process.kill()
            process.wait()
        for thread in inside:
            if not thread["main"] and thread["state"] == "blocked":
                expect(tell(thread) == tell(dead[thread["tid"]]), "%s: %r\n%r" % (name, tell(thread), tell(dead[thread["tid"]])))
                expect(thread["verdict"] == dead[thread["tid"]]["verdict"], "%s: %r" % (name, dead[thread["tid"]]))


@needs("gdb")
def test_without_any_symbol():
    with Unprepared(program("unprepared_static"), "stuck") as process, scratch() as directory:
        found = threads_of(gcore(process.pid, directory))
        expect(sorted(thread["verdict"] for thread in found).count("deadlock") == 2, "%r" % [thread["verdict"] for thread in found])


@needs("gdb")
def test_nothing_is_proved_of_what_may_go_on():
    """Owners that only sleep; and that all threads are asleep is not proved of a core, which tells no handlers."""
    with Unprepared(program("unprepared"), "free") as process, scratch() as directory:
        found = threads_of(gcore(process.pid, directory))
        expect(len(found) == 18 and not [thread for thread in found if thread["verdict"] in PROVED], "nothing is proved")
    with Unprepared(program("asleep"), "all") as process, scratch() as directory:
        said = tool("core", gcore(process.pid, directory))
        expect(said.count("suspect: all threads are asleep; not proved: which signals the program handles is not known") == 2, said)


def test_of_the_kernel():
    """A core that the kernel has written, where it writes them into the directory of the process."""
    pattern = open("/proc/sys/kernel/core_pattern").read().strip()
    if not re.fullmatch(r"[\w.]+", pattern):
        print("left out: the kernel's cores go to %s" % pattern)
        return
    with scratch() as directory:
        limits = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        with Unprepared(program("unprepared"), "stuck", cwd=directory, preexec_fn=limits) as process:
            os.kill(process.pid, signal.SIGABRT)
            process.process.wait()
        cores = [name for name in os.listdir(directory) if name.startswith("core")]
        if not cores:
            print("left out: the kernel has written no core")
            return
        found = threads_of(os.path.join(directory, cores[0]))
        symbols = {thread["wait"]["object"]["symbol"] for thread in found if thread["wait"] and thread["wait"].get("object")}
        expect(set(OBJECTS.values()) <= symbols, symbols)
        expect([thread["verdict"] for thread in found].count("deadlock") == 2, "%r" % [thread["verdict"] for thread in found])


@needs("gdb")
def test_the_program_lies_elsewhere():
    """Its file is gone: addresses without names. It is given: names. Another one is given: that is said, and no wrong names."""
    with scratch() as directory:
        own = os.path.join(directory, "moved")
        shutil.copy(program("unprepared"), own)
        with Unprepared(own, "stuck") as process:
            core = gcore(process.pid, directory)
        os.remove(own)
        expect("lock_both" not in tool("core", core), "no names")
        expect("lock_both" in tool("core", core, program("unprepared")), "names")
        said = tool("core", core, program("asleep"))
        expect("lock_both" not in said and "condition" not in said, said)
        root = os.path.join(directory, "root")
        os.makedirs(root + directory)
        shutil.copy(program("unprepared"), root + own)
        for mapped in {line.split()[-1] for line in open("/proc/self/maps") if re.search(r"/(libc|libpthread|ld-linux[^/]*|ld)(-[\d.]+)?\.so", line)}:
            os.makedirs(root + os.path.dirname(mapped), exist_ok=True)
            shutil.copy(mapped, root + mapped)
        expect("lock_both" in tool("core", "--sysroot", root, core), "names below another root")


@needs("gdb")
def test_cut_and_damaged():
    """A core that is cut anywhere gives what it has and says that it is cut; one with wrong bytes a report or a line."""
    chance = random.Random(16)
    with Unprepared(program("unprepared"), "stuck") as process, scratch() as directory:
        whole, cut = gcore(process.pid, directory), os.path.join(directory, "cut")
        size = os.path.getsize(whole)
        for _ in range(20):
            subprocess.run(["cp", "--sparse=always", whole, cut], check=True)
            os.truncate(cut, chance.choice((chance.randrange(size), chance.randrange(20000))))
            result = run([TOOL, "core", cut])
            if result.returncode == 0:
                expect("incomplete: the core is cut: " in result.stdout or "of the process's memory" in result.stdout, result.stdout[:300])
            else:
                expect(result.returncode == 1 and len(result.stderr.splitlines()) == 1 and "ended by" not in result.stderr, "%r" % result)
        subprocess.run(["cp", "--sparse=always", whole, cut], check=True)
        with open(cut, "r+b") as damaged:
            for _ in range(60):
                kept = []
                for _ in range(chance.choice((1, 8, 64))):
                    at = chance.randrange(chance.choice((64, 4000, 60000, size)))
                    damaged.seek(at)
                    kept.append((at, damaged.read(1)))
                    damaged.seek(at)
                    damaged.write(bytes([chance.randrange(256)]))
                damaged.flush()
                result = run([TOOL, "core", cut])
                expect(result.returncode in (0, 1) and "ended by" not in result.stderr, "%r" % result)
                for at, byte in reversed(kept):
                    damaged.seek(at)
                    damaged.write(byte)


def test_what_is_no_core():
    """One line says what it is instead."""
    def says(words, path):
        said = tool("core", path, status=1)
        expect(words in said and len(said.splitlines()) == 1, said)
    header = bytearray(open(program("asleep"), "rb").read(64))
    with scratch() as directory:
        path = os.path.join(directory, "file")
        for words, change in (("it is empty", lambda: b""), ("it is no core file", lambda: b"nothing of the kind" * 8), ("it is an ELF file, but no core", lambda: header),
                              ("it ends within its first header", lambda: header[:40]), ("of a 32-bit program", lambda: header[:4] + b"\1" + header[5:]),
                              ("of another processor (ELF machine 183)", lambda: header[:18] + b"\xb7\0" + header[20:])):
            open(path, "wb").write(change())
            says(words, path)
        says("it is no file", directory)
        says("No such file or directory", os.path.join(directory, "nothing"))
    expect("unexpected argument 'three'" in tool("core", "one", "two", "three", status=2), "usage")


@needs("gdb")
def test_named_as_it_was_started():
    """Its file may be called otherwise; a script's name is not that of what runs it."""
    with scratch() as directory:
        other, script = os.path.join(directory, "other-name"), os.path.join(directory, "script")
        os.symlink(program("asleep"), other)
        with open(script, "w") as file:
            file.write("#!%s all\n" % program("asleep"))
        os.chmod(script, 0o755)
        for command, name in (["other-name", other, "all"], "other-name"), (["script", script], "asleep"):
            with Unprepared(*command[1:]) as process:
                expect(" in %s (pid " % name in process.text(), process.text())
                said = tool("core", gcore(process.pid, directory))
                expect(" in %s (pid " % name in said, said)
