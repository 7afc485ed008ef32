"""Cores: what a core file tells of threads is what was told of the process that it is of; a core that is cut, damaged or of something else is a line
or what is left of it, never a crash."""
import concurrent.futures, json, os, random, re, resource, shutil, signal, subprocess, time

from core_layout import as_the_kernel_writes_it, gcore
from harness import TOOL, Wrong, expect, needs, program, run, scratch, slow
from live import tool
from outside_tests import OBJECTS, PROVED, Unprepared, check_stuck, comparable_cases, handlers_differ, is_about_to_end, tell, that_stays


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


def stays_as_it_is(process):
    """The preload's report once two of them agree in what threads wait for, None of a program that has ended."""
    def look():
        if process.poll() is not None:
            return {}
        said = run([TOOL, "stack", "--format", "json", str(process.pid)]).stdout
        return by_tid(json.loads(said)["threads"]) if said else None

    def shape(threads):
        return {tid: (thread["state"], tell(thread)) for tid, thread in threads.items()}

    last, end = None, time.monotonic() + 20
    while time.monotonic() < end:
        now = look()
        if now == {}:
            return None
        if now and last and shape(now) == shape(last) and any(is_about_to_end(thread) or thread["state"] == "blocked" for thread in now.values()):
            return now
        last = now
        time.sleep(0.5)
    return None


# What gcore changes or leaves out: a write of which a part was written returns; threads that were made by a raw clone; which signals a thread blocks.
CHANGED = {"half_the_workers", "inside_libc", "lock_in_handler"}


def differences(inside, dead):
    """How many threads both tell of, and what of them differs."""
    compared, wrong = 0, []
    for tid, thread in inside.items():
        if is_about_to_end(thread) or thread["state"] not in ("blocked", "waiting"):
            continue
        other = dead.get(tid)
        if not other:
            wrong.append("no thread %d" % tid)
            continue
        one, two = tell(thread), tell(other)
        if one["object"][1] is not None and (two["wait"][0] or "").startswith("syscall "):  # a descriptor
            one["wait"] = two["wait"] = one["wait"][1:]
        one["object"], two["object"] = one["object"][:2], two["object"][:2]
        if one != two:
            wrong.append("%r\n%r" % (one, two))
        proved = other["verdict"] in PROVED or (thread["verdict"] in PROVED and not handlers_differ(other))
        if other["created_by"] is not None or (proved and thread["verdict"] != other["verdict"]):
            wrong.append("%r\n%r" % (thread["verdict"], other["verdict"]))
        compared += 1
    return compared, wrong


def compare_with_core(name):
    """How many threads are told alike by the preload and of a core. A thread that has answered for the preload may still be in that."""
    process = that_stays(name)
    try:
        inside = stays_as_it_is(process)
        for _ in range(4 if inside else 0):
            with scratch() as directory:
                compared, wrong = differences(inside, by_tid(threads_of(gcore(process.pid, directory))))
            if not wrong:
                return name, compared
            time.sleep(0.5)
    except Wrong:
        # gdb cannot read one whose main thread has ended
        if open("/proc/%d/stat" % process.pid).read().split(")")[1].split()[0] != "Z":
            raise
        inside = None
    finally:
        process.kill()
        process.wait()
    expect(not inside, "%s:\n%s" % (name, "\n".join(wrong) if inside else ""))
    return name, 0


def cases_are_told_alike(cases, least):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        compared = dict(pool.map(compare_with_core, cases))
    expect(sum(count > 0 for count in compared.values()) >= least, "%r" % compared)


@needs("gdb")
def test_cases_are_told_as_by_the_preload():
    """Programs of the catalogue with a proof: the preload's report, and that of a core."""
    cases_are_told_alike(["lock_order", "lock_ring", "join_ring", "relock", "owner_gone"], 5)


@slow
@needs("gdb")
def test_all_cases_are_told_as_by_the_preload():
    cases_are_told_alike([name for name in comparable_cases() if name not in CHANGED], 35)


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
        os.remove(os.path.join(directory, cores[0]))
        with Unprepared(program("odd"), "handler", cwd=directory, preexec_fn=limits) as process:
            os.kill(process.pid, signal.SIGABRT)
            process.process.wait()
        core, = [name for name in os.listdir(directory) if name.startswith("core")]
        said = tool("core", os.path.join(directory, core))
        expect("it waits in a handler of SIGUSR2; it waits for what it holds itself" in said, said)


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
def test_cut_as_the_kernel_writes_it():
    """What is there is told, and nothing is proved that is not so of the whole."""
    chance = random.Random(20)
    with Unprepared(program("unprepared"), "stuck") as process, scratch() as directory:
        whole, cut = as_the_kernel_writes_it(gcore(process.pid, directory)), os.path.join(directory, "cut")
        proved = {(thread["tid"], thread["verdict"]) for thread in threads_of(whole) if thread["verdict"] in PROVED}
        expect(len(proved) == 8, "%r" % proved)
        seen = set()
        for _ in range(20):
            subprocess.run(["cp", "--sparse=always", whole, cut], check=True)
            # what lies first is small, and the stacks are large
            os.truncate(cut, int(20000 + os.path.getsize(whole) * chance.random() ** 8))
            report = json.loads(tool("core", "--format", "json", cut))
            found = {(thread["tid"], thread["verdict"]) for thread in report["threads"] if thread["verdict"] in PROVED}
            expect("the core is cut: " in report["incomplete"] and found <= proved, "%r" % report)
            seen.add(len(found))
        expect(0 in seen and len(seen) > 1, "of some of the cores is proved what is of the whole: %r" % seen)


@needs("gdb", "gzip", "zstd")
def test_packed_and_spoilt():
    """What cannot be unpacked to its end, or has not the sum that it should, is told as far as it goes; nothing is proved of it, and that is said."""
    with Unprepared(program("odd"), "plain") as process, scratch() as directory:
        whole, packed = as_the_kernel_writes_it(gcore(process.pid, directory)), os.path.join(directory, "packed")
        for packer, spoil in (("zstd", lambda content: content[:-9]), ("gzip", lambda content: content[:-9]),
                              ("gzip", lambda content: content[:-8] + b"sums" + content[-4:]), ("gzip", lambda content: content)):
            with open(packed, "wb") as file:
                file.write(spoil(subprocess.run([packer, "-c1", whole], stdout=subprocess.PIPE, check=True).stdout))
            report = json.loads(tool("core", "--format", "json", packed))
            proved = [thread["tid"] for thread in report["threads"] if thread["verdict"] in PROVED]
            if report["incomplete"]:
                expect(re.match("%s could not unpack the core to its end: it is cut or damaged, \\d+ bytes of it are missing, and .* nothing is proved" % packer, report["incomplete"]), report["incomplete"])
                expect(not proved, "%r" % proved)
            else:
                expect(len(proved) == 2, "the last is whole: %r" % proved)
        with open(packed, "wb") as file:
            file.write(subprocess.run(["zstd", "-c1", whole], stdout=subprocess.PIPE, check=True).stdout[:40])
        said = tool("core", packed, status=1)
        expect("zstd cannot unpack it: it is cut or damaged" in said and said.count("\n") == 1, said)


@needs("gdb", "root", "unshare", "zstd")
def test_no_room_to_unpack():
    with Unprepared(program("asleep"), "all") as process, scratch() as directory:
        core = gcore(process.pid, directory)
        run(["zstd", "-q", core], check=True)
        small = os.path.join(directory, "small")
        os.mkdir(small)
        result = run(["unshare", "-m", "sh", "-euc", "mount -t tmpfs -o size=128k none %s; TMPDIR=%s exec %s core $0" % (small, small, TOOL), "/proc/self/fd/0"],
                     stdin=open(core + ".zst"))
        if "mount" in result.stderr:
            print("left out: nothing can be mounted here")
            return
        expect(result.returncode == 1 and result.stderr.endswith("there is no room to unpack it: set TMPDIR to a directory that has\n"), "%r" % result)


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
                              ("of another processor, of aarch64: only cores of x86-64 are read", lambda: header[:18] + b"\xb7\0" + header[20:]),
                              ("of another processor, of s390x", lambda: header[:5] + b"\2" + header[6:18] + b"\0\x16" + header[20:])):
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
