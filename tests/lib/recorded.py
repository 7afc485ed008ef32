#!/usr/bin/python3
"""Recorded snapshots, and what each must be rendered as: analysis and rendering tested without a process.

usage: recorded.py BUILD --record [NAME...]   plays the programs again and keeps their snapshots, then renders
       recorded.py BUILD --render [NAME...]   renders those that are kept: for a change of what reports say. Read the difference.

tests/recorded/NAME.lwsnap.gz is the snapshot, NAME.debug the program's symbols and lines, NAME.FORMAT what must come out. Nothing of the
machine's own is looked at: the program's path is neutral, its debug file is found by its build-id, and of libc there is a stub.
"""
import gzip, json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stub_library
from harness import LIBRARY, PATIENCE, ROOT, TESTS, TOOL, eventually, expect, run

RECORDED = os.path.join(TESTS, "recorded")
HOME = "/tmp/leakwatch-recorded"  # where the programs run: their paths are in the snapshots
# name: (case, options while it is recorded, options when it is rendered)
SNAPSHOTS = {
    "cycle": ("lock_ring", "", []),
    "owner_gone": ("owner_gone", "", []),
    "all_asleep": ("nobody_left", "", []),
    "relocked": ("relock", "", []),
    "writer_starves": ("writer_starves", "", []),
    "evidence": ("evidence", "", []),
    "suppressed": ("evidence", "", ["--suppress", "top:takes_two", "--suppress", "top:meets", "--suppress", "any:nobody"]),
    "lost_wake_up": ("lost_wake_up", "", []),
    "many_groups": ("more_waits", "signal=USR1:at_exit=0", []),
    "spinning": ("spinning", "", []),
    "unjoined": ("unjoined", "", []),
    "one_group": ("first_answer_wins", "", []),
    "strange_names": ("strange_names", "", []),
    "on_request": ("on_signal", "at_exit=0", []),
}
# What the snapshots were recorded with, glibc 2.36 (as Debian 12 had it): path, build-id, where its code lies, the functions that occur.
LIBRARIES = [
    ("lib/x86_64-linux-gnu/libc.so.6", "93ac61ec5a8eb1396f9fbd350e3169a558528a40", 0x26000, 0x1550fc,
     [("raise", 0x3bfa0, 49), ("__futex_abstimed_wait_common", 0x85e50, 260), ("pthread_cond_wait@@GLIBC_2.3.2", 0x883f0, 688),
      ("__pthread_kill_implementation", 0x8ade0, 330)]),
    ("lib64/ld-linux-x86-64.so.2", "7ebc65e52f2bbea498b4040fa92f7238377aaba9", 0x1000, 0x25111, []),
]
FORMATS = ("text", "json", "folded", "github", "profile", "pprof")


def render(name, form, snapshot):
    """What the tool makes of an unpacked snapshot; its status is 23 where threads leaked."""
    profile = snapshot + ".pb.gz"
    root = os.path.dirname(snapshot)
    for path, *facts in LIBRARIES:
        os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(root, path), "wb") as file:
            file.write(stub_library.stub(*facts))
    command = [TOOL, "render", "--format", form, "--sysroot", root, "--debug-dir", RECORDED] + SNAPSHOTS[name][2]
    command += (["--log", profile] if form == "pprof" else []) + [snapshot]
    result = run(command, cwd=RECORDED, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC"})
    expect(result.returncode in (0, 23), "%s: %d %s" % (command, result.returncode, result.stderr))
    out = result.stdout
    if form == "json":
        out = json.dumps(json.loads(out), indent=1, ensure_ascii=False) + "\n"
    if form == "pprof":  # which is binary
        with gzip.open(profile) as file:
            out += run(["protoc-c", "--decode=pprof.Profile", "--proto_path=src/render", "src/render/profile.proto"], cwd=ROOT, input=file.read(),
                       stdin=None, text=False, errors=None, check=True).stdout.decode()
        os.unlink(profile)
    return out + "".join("stderr: %s\n" % line for line in result.stderr.splitlines()) + "status %d\n" % result.returncode


def unpack(name, directory):
    path = os.path.join(directory, name + ".lwsnap")
    with gzip.open(os.path.join(RECORDED, name + ".lwsnap.gz")) as packed, open(path, "wb") as file:
        file.write(packed.read())
    return path


def record(name):
    case, options, _ = SNAPSHOTS[name]
    shutil.rmtree(HOME, ignore_errors=True)
    os.makedirs(HOME)
    program = os.path.join(HOME, name)  # by which its debug file is found
    subprocess.run(["gcc", "-g", "-O1", "-fno-optimize-sibling-calls", "-D_GNU_SOURCE", "-pthread", "-w", "-ffile-prefix-map=%s=/src" % ROOT,
                    "-include", os.path.join(TESTS, "programs/settle.h"), "-o", program, os.path.join(TESTS, "cases", case + ".c")], check=True, cwd=HOME)
    subprocess.run(["objcopy", "--only-keep-debug", "--compress-debug-sections", program, os.path.join(RECORDED, name + ".debug")], check=True)
    log = os.path.join(HOME, "log.%n")
    env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS=":".join(filter(None, [options, "format=snapshot", "log=" + log])))
    subprocess.run([program], env=env, cwd=HOME, stdout=subprocess.DEVNULL, timeout=PATIENCE)
    finished = lambda: [file for file in os.listdir(HOME) if file.startswith("log.") and os.path.getsize(os.path.join(HOME, file)) > 0]
    logs = sorted(eventually("a report of " + case, finished))
    with open(os.path.join(HOME, logs[-1]), "rb") as file, open(os.path.join(RECORDED, name + ".lwsnap.gz"), "wb") as packed:
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as out:
            out.write(file.read())
    shutil.rmtree(HOME)


def main():
    names = sys.argv[3:] or list(SNAPSHOTS)
    for name in names:
        if sys.argv[2] == "--record":
            record(name)
        with tempfile.TemporaryDirectory() as directory:
            snapshot = unpack(name, directory)
            for form in FORMATS:
                with open(os.path.join(RECORDED, "%s.%s" % (name, form)), "w") as file:
                    file.write(render(name, form, snapshot))


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[2] not in ("--record", "--render"):
        sys.exit(__doc__)
    main()
