"""Every kind of input that damage.py damages: cores, packed ones, snapshots, reports, what a user writes, names of generated code, programs. Each scene is a
function of a tool, how many, a source of chance and a directory, and gives its figures."""
import json, os, re, resource, shutil, signal, subprocess

import damage
import recorded
from core_layout import as_the_kernel_writes_it, gcore
from harness import Wrong, eventually, expect, program, run
from outside_tests import PROVED, Unprepared

FORMATS = ("text", "json", "github", "folded", "profile", "html")
PACKERS = (["zstd", "-q"], ["xz", "-0"], ["lz4", "-q"], ["gzip", "-1"])
NO_PROOF_LOST = 20  # cuts for each core


def core_of(directory, *command):
    with Unprepared(*command) as process:
        # code and headers of files too (core(5))
        with open("/proc/%d/coredump_filter" % process.pid, "w") as kept:
            kept.write("0x7f")
        return gcore(process.pid, directory)


def core_of_the_kernel(directory):
    """None where it does not write them into the directory of the process."""
    if not re.fullmatch(r"[\w.]+", open("/proc/sys/kernel/core_pattern").read().strip()):
        return None
    own = os.path.join(directory, "kernel")
    os.mkdir(own)
    limits = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    with Unprepared(program("unprepared"), "stuck", cwd=own, preexec_fn=limits) as process:
        os.kill(process.pid, signal.SIGABRT)
        process.process.wait()
    return next((os.path.join(own, name) for name in os.listdir(own)), None)


def proved_in(report):
    return {(thread["tid"], thread["verdict"]) for thread in json.loads(report)["threads"] if thread["verdict"] in PROVED}


def play_core(title, core, tool, count, chance, directory, more=()):
    """Flipped bytes; then cuts: what is missing is said, and nothing is proved that is not so of the whole."""
    trials = damage.Trials(title)
    damage.flip(trials, tool, core, damage.regions_of_core(core), count, chance, directory,
                [lambda path, form=form: ["core", "--format", form, path, *more] for form in ("text", "json", "profile")])
    whole = proved_in(run([tool, "core", "--format", "json", core, *more]).stdout)

    def check(result):
        said = json.loads(result.stdout)["incomplete"] or ""
        if "the core is cut: " not in said and "of the process's memory" not in said:
            return "that it is cut is not said: %r" % said
        return None if proved_in(result.stdout) <= whole else "proved of a cut core alone: %r" % (proved_in(result.stdout) - whole)

    damage.cut(trials, tool, core, NO_PROOF_LOST if count >= 100 else 5, chance, directory, lambda path: ["core", "--format", "json", path, *more], check)
    return trials


def core_by_gcore(tool, count, chance, directory):
    return play_core("core of gcore's", core_of(directory, program("unprepared"), "stuck"), tool, count, chance, directory)


def core_by_kernel(tool, count, chance, directory):
    own = core_of_the_kernel(directory)
    title = "core of the kernel's" if own else "core laid out as the kernel's"
    return play_core(title, own or as_the_kernel_writes_it(core_of(directory, program("unprepared"), "stuck")), tool, count, chance, directory)


def core_of_static(tool, count, chance, directory):
    return play_core("core of a static, stripped program", core_of(directory, program("unprepared_static"), "stuck"), tool, count, chance, directory)


def core_of_handler(tool, count, chance, directory):
    return play_core("core with a thread in a handler", core_of(directory, program("odd"), "handler"), tool, count, chance, directory)


def packed_cores(tool, count, chance, directory):
    """What unpacks it may find out, or not."""
    trials = damage.Trials("packed cores")
    core = core_of(directory, program("asleep"), "all")
    packers = [packer for packer in PACKERS if shutil.which(packer[0])]
    for packer in packers:
        packed = damage.pack(core, packer, directory)
        damage.flip(trials, tool, packed, damage.regions_of_all(packed), max(1, count // len(packers)), chance, directory, [lambda path: ["core", path]])
        says = lambda result: None if "incomplete: " in result.stdout else "that it is cut is not said: %s" % result.stdout[:300]
        damage.cut(trials, tool, packed, NO_PROOF_LOST if count >= 100 else 1, chance, directory, lambda path: ["core", path], says)
    return trials


def snapshots(tool, count, chance, directory):
    """Of every recorded one, in every format; and two to be compared."""
    trials = damage.Trials("snapshots")
    names = list(recorded.SNAPSHOTS)
    log = ["--log", os.path.join(directory, "log")]
    commands = [lambda path, form=form: ["render", "--sysroot", directory, "--debug-dir", recorded.RECORDED, "--format", form, path] for form in FORMATS]
    commands += [lambda path, form=form: ["render", "--format", form, *log, path] for form in ("pprof", "snapshot")]
    for name in names:
        whole = recorded.unpack(name, directory)
        more = [lambda path: ["diff", whole, path], lambda path: ["diff", path, whole],
                lambda path: ["render", "--write-suppressions", os.path.join(directory, "found"), path],
                lambda path: ["render", "--baseline", os.path.join(directory, "groups"), "--update-baseline", path]]
        each = commands + more
        chance.shuffle(each)
        damage.flip(trials, tool, whole, damage.regions_of_snapshot(whole), max(1, count // len(names)), chance, directory, each)
    return trials


def texts(tool, count, chance, directory):
    """What people write and keep: suppressions, baselines, reports as JSON."""
    trials = damage.Trials("suppressions, baselines, reports")
    whole = recorded.unpack("evidence", directory)
    found, groups, report = (os.path.join(directory, name) for name in ("suppressions", "baseline", "report"))
    run([tool, "render", "--write-suppressions", found, "--log", "/dev/null", whole])
    with open(found, "a") as file:
        file.write("# words\n\ntop:*one*\nany:?[a-z]**\ncreator:main\nname:worker-[0-9]*\nmodule:/lib*/libc.so*\n")
    run([tool, "render", "--baseline", groups, "--update-baseline", whole])
    run([tool, "render", "--format", "json", "--log", report, whole])
    for path, command in ((found, lambda path: ["render", "--suppressions", path, whole]), (groups, lambda path: ["render", "--baseline", path, whole]),
                          (report, lambda path: ["diff", path, report]), (report, lambda path: ["diff", report, path])):
        damage.flip(trials, tool, path, damage.regions_of_all(path), max(1, count // 4), chance, directory, [command])
    return trials


def generated_names(tool, count, chance, directory):
    """/tmp/perf-PID.map, of a running process."""
    trials = damage.Trials("names of generated code")
    process = subprocess.Popen([program("generated"), "named"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = "/tmp/perf-%d.map" % process.pid
    try:
        eventually("its names", lambda: os.path.exists(path) and os.path.getsize(path) > 0)
        whole = os.path.join(directory, "perf.map")
        with open(path) as file, open(whole, "w") as copy:
            copy.write(file.read() * 3)
        damage.flip(trials, tool, whole, damage.regions_of_all(whole), count, chance, "/tmp", [lambda _: ["stack", "--outside", str(process.pid)]], os.path.basename(path))
    finally:
        process.kill()
        process.wait()
        if os.path.exists(path):
            os.unlink(path)
    return trials


def programs(tool, count, chance, directory):
    """A program of which there is a core has lain on a bad disk: its symbols, lines, inlined calls, unwind information."""
    trials = damage.Trials("programs beside their cores")
    for name in ("unprepared", "unprepared_static"):
        moved = os.path.join(directory, name)
        shutil.copy(program(name), moved)
        core = core_of(directory, moved, "stuck")
        whole = os.path.join(directory, "whole-" + name)
        os.rename(moved, whole)
        damage.flip(trials, tool, whole, damage.regions_of_program(whole), max(1, count // 2), chance, directory,
                    [lambda path, form=form: ["core", "--format", form, core, path] for form in ("text", "json", "profile")])
    return trials


def debug_files(tool, count, chance, directory):
    """A debug file of a stripped program that runs."""
    trials = damage.Trials("debug files of running programs")
    stripped, whole, debug = (os.path.join(directory, name) for name in ("stripped", "whole.debug", "debug"))
    os.mkdir(debug)
    run(["objcopy", "--only-keep-debug", program("unprepared"), whole], check=True)
    run(["objcopy", "--strip-all", program("unprepared"), stripped], check=True)
    with Unprepared(stripped, "stuck") as process:
        damage.flip(trials, tool, whole, damage.regions_of_program(whole), count, chance, debug,
                    [lambda _, form=form: ["stack", "--format", form, "--debug-dir", debug, str(process.pid)] for form in ("text", "json")], "stripped.debug")
    return trials


ALL = (core_by_gcore, core_by_kernel, core_of_static, core_of_handler, packed_cores, snapshots, texts, generated_names, programs, debug_files)


def check(trials):
    if trials.wrong:
        raise Wrong("\n\n".join([str(trials), *trials.wrong[:3]]))
