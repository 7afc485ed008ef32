"""Programs that the library cannot get into: `leakwatch run` says so in one line, and they run as without it."""
import glob, os, stat, struct, subprocess

from harness import LIBRARY, PATIENCE, TOOL, expect, needs, program, run, scratch

SOURCE = "#include <stdio.h>\nint main(int count, char **words) { printf(\"%d words, last %s\\n\", count, words[count - 1]); return 7; }\n"
# Linux i386: exit(7)
SOURCE_32 = ".globl _start\n_start: movl $1, %eax\nmovl $7, %ebx\nint $0x80\n"


def build(directory, *command, source=SOURCE):
    path = os.path.join(directory, "unwatched")
    with open(path + ".c", "w") as file:
        file.write(source)
    subprocess.run([*command, "-o", path, path + ".c"], check=True, timeout=PATIENCE)
    return path


def expect_run(path, why, *options, as_given=None):
    """Its output, its status and one line about it; nothing is said of a program that is watched."""
    result = run([TOOL, "run", *options, "--", *(as_given or [path]), "end"])
    said = "leakwatch: run: %s runs unwatched: %s\n" % ((as_given or [path])[0], why) if why else ""
    expect(result.returncode == 7 and result.stderr == said and "last end\n" in result.stdout, "%s: %r, not %r" % (path, result, said))


STATICALLY = "it is linked statically, and nothing can be preloaded"


def test_static():
    for flags in ("-static",), ("-static-pie",):
        with scratch() as directory:
            path = build(directory, "cc", *flags)
            expect_run(path, STATICALLY)
            expect_run(path, STATICALLY, "--timeout", "60s")


def test_of_a_script_its_interpreter():
    """Also of one in the PATH; and who reads the script is who counts."""
    with scratch() as directory:
        path = build(directory, "cc", "-static")
        script = os.path.join(directory, "script")
        for interpreter, why in (path, STATICALLY), ("/bin/sh", None):
            with open(script, "w") as file:
                file.write("#! %s\necho last end; exit 7\n" % interpreter)
            os.chmod(script, 0o755)
            expect_run(script, why)
            os.environ["PATH"] = directory + ":" + os.environ["PATH"]
            expect_run(script, why, as_given=["script"])


def test_children_of_a_static_program_are_watched():
    with scratch() as directory:
        path = build(directory, "cc", "-static", source="#include <unistd.h>\nint main(int n, char **v) { execv(v[1], v + 1); return n; }\n")
        result = run([TOOL, "run", "--", path, program("unjoined")])
        expect(result.returncode == 23 and "runs unwatched" in result.stderr and " in %s (" % program("unjoined") in result.stderr, "%r" % result)


def test_nothing_is_said_of_others():
    """A program as they usually are, one without PIE, and the loader run as a program."""
    with scratch() as directory:
        for flags in ("-no-pie",), ("-pie",):
            path = build(directory, "cc", *flags)
            expect_run(path, None)
        loader = os.path.realpath(glob.glob("/lib64/ld-linux-x86-64.so.2")[0])
        expect_run(path, None, as_given=[loader, path])


def test_what_is_no_program():
    """Is left to the system to refuse, as ever."""
    with scratch() as directory:
        fifo = os.path.join(directory, "fifo")
        os.mkfifo(fifo, 0o755)
        for path in fifo, directory, os.path.join(directory, "none"):
            result = run([TOOL, "run", "--", path])
            expect(result.returncode in (126, 127) and "runs unwatched" not in result.stderr, "%s: %r" % (path, result))


@needs("as", "ld")
def test_32_bits():
    with scratch() as directory:
        path = os.path.join(directory, "small")
        for command in ["as", "--32", "-o", path + ".o", "-"], ["ld", "-m", "elf_i386", "-o", path, path + ".o"]:
            subprocess.run(command, input=SOURCE_32, text=True, check=True, timeout=PATIENCE)
        result = run([TOOL, "run", "--", path])
        expect(result.stderr.splitlines()[0] == "leakwatch: run: %s runs unwatched: it is a program of 32 bits, and libleakwatch.so has 64" % path, "%r" % result)
        expect(result.returncode == 7, "a kernel for programs of 32 bits: %r" % result)


def test_another_processor():
    with scratch() as directory:
        path = os.path.join(directory, "other")
        with open("/bin/true", "rb") as file:
            image = bytearray(file.read(64))  # the header alone: execvp(3) gives to sh what the kernel refuses, which then must do nothing
        struct.pack_into("<H", image, 18, 22)  # EM_S390
        with open(path, "wb") as file:
            file.write(image)
        os.chmod(path, stat.S_IRWXU)
        result = run([TOOL, "run", "--", path], cwd=directory)
        expect(result.stderr.startswith("leakwatch: run: %s runs unwatched: it is for another processor than libleakwatch.so\n" % path), "%r" % result)


@needs("musl-gcc")
def test_musl():
    """Its loader would end a program with the preload in it, as glibc's symbols are not there."""
    with scratch() as directory:
        path = build(directory, "musl-gcc")
        expect_run(path, "it is linked with musl, and libleakwatch.so needs glibc")
        result = run([path, "end"], env=dict(os.environ, LD_PRELOAD=LIBRARY))
        expect(result.returncode == 127 and result.stdout == "" and "Error relocating %s" % LIBRARY in result.stderr, "%r" % result)
