"""glibc's own tests, of the version that is installed, built outside of its tree against the installed library and headers.

Which tests there are, and with which flags, libraries, environment and arguments each is built and run, is asked of glibc's Makefiles
(glibc_make/): only make can read them. glibc's support library is built as far as it can be; a test that wants more of glibc than is
installed does not compile or link, and is listed as such.
"""
import collections, glob, os, re, shlex, subprocess, threading

from . import NotRun, Test, sources

HERE = os.path.dirname(os.path.abspath(__file__))
# The folders whose tests use threads, signals, processes or descriptors; of a folder all are taken.
FOLDERS = ["nptl", "rt", "posix", "signal", "io", "socket", "stdio-common", "debug", "misc", "time", "dlfcn", "setjmp", "libio", "malloc",
           "stdlib", "inet", "resolv"]
SYSDEPS = ["sysdeps/pthread", "sysdeps/nptl", "sysdeps/posix", "sysdeps/unix", "sysdeps/unix/sysv/linux", "sysdeps/x86", "sysdeps/x86/nptl", "sysdeps/x86_64",
           "sysdeps/x86_64/nptl", "sysdeps/unix/sysv/linux/x86_64", "sysdeps/unix/sysv/linux/x86_64/64"]
BUILT = ("tests", "xtests", "tests-time64")
NOT_BUILT = {
    "tests-internal": "look at glibc's internals, which are not exported",
    "tests-static": "are linked statically: nothing is preloaded",
    "xtests-static": "are linked statically: nothing is preloaded",
    "tests-container": "want a root directory that glibc's build installs",
    "tests-special": "are scripts, or look at what another test left behind",
    "tests-unsupported": "are said by glibc not to work here",
    "tests-printers": "are gdb scripts for glibc with its debug information",
}
SETS_CLOCK = re.compile(r"\bx?(clock_settime|settimeofday|stime|adjtime|clock_adjtime|ntp_adjtime)\s*\(")
# Sources that are one other source, with the flags that the Makefile gives their name.
GENERATED = re.compile(r"(tst-fortify)-(cc?)-(\w+)-\d")
# What glibc's tests see of its build: the internal headers stand behind the installed ones.
FIRST = """#define _GNU_SOURCE 1
#define _ISOMAC 1
#define IS_IN(module) 0
#define MODULE_NAME testsuite
#define PASTE_NAME1(a, b) a##b
#define PASTE_NAME(a, b) PASTE_NAME1(a, b)
#define attribute_hidden
#define libc_hidden_proto(name)
#define libc_hidden_def(name)
#define HAVE_TUNABLES 1
#define TIMEOUTFACTOR 2
#define __timespec64 timespec
#include <limits.h>
"""

Row = collections.namedtuple("Row", "kind name cflags ldflags libraries env arguments")


class Glibc:
    def __init__(self, directory, witness):
        self.directory = os.path.join(directory, "glibc-tests")
        os.makedirs(self.directory, exist_ok=True)
        self.source = sources.fetch(directory, "glibc", sources.installed("libc6"))
        self.witness = witness
        self.first = os.path.join(self.directory, "first.h")
        with open(self.first, "w") as file:
            file.write(FIRST)
        open(os.path.join(self.directory, "config.h"), "w").close()
        self.lock = threading.Lock()
        self.support_lock = threading.Lock()

    def flags(self, folder):
        behind = [os.path.join(self.source, part) for part in ("", "include", folder, *SYSDEPS, "sysdeps/generic")] + [self.directory]
        return ["-w", "-O2", "-g", "-include", self.first, "-I", os.path.join(self.source, folder),
                *(word for path in behind for word in ("-idirafter", path))]

    def compiler(self, path):
        return ["g++", "-std=gnu++11"] if path.endswith(".cc") else ["gcc", "-std=gnu11"]

    def support(self):
        """What its tests share: libsupport.a, of what compiles of it."""
        library = os.path.join(self.directory, "libsupport.a")
        with self.support_lock:
            if not os.path.exists(library):
                self.build_support(library)
        return library

    def build_support(self, library):
        objects = []
        folder = os.path.join(self.directory, "support")
        os.makedirs(folder, exist_ok=True)
        for path in sorted(glob.glob(os.path.join(self.source, "support/*.c"))):
            name = os.path.basename(path)[:-2]
            if name.startswith(("tst-", "README")) or name.endswith("-container") or "test-" in name and name != "support_test_main":
                continue
            object_ = os.path.join(folder, name + ".o")
            paths = ["-D%s_PATH=\"%s\"" % (what, where) for what, where in (
                ("SRCDIR", self.source), ("OBJDIR", self.directory), ("OBJDIR_ELF_LDSO", "/lib64/ld-linux-x86-64.so.2"), ("INSTDIR", "/usr"),
                ("LIBDIR", "/usr/lib"), ("BINDIR", "/usr/bin"), ("SBINDIR", "/usr/sbin"), ("SLIBDIR", "/lib"), ("ROOTSBINDIR", "/sbin"),
                ("COMPLOCALEDIR", "/usr/lib/locale"))]
            done = subprocess.run([*self.compiler(path), *self.flags("support"), *paths, "-c", path, "-o", object_], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
            if done.returncode == 0:
                objects.append(object_)
            elif os.environ.get("CONFORMANCE_VERBOSE"):
                print(name, done.stderr)
        subprocess.run(["ar", "rcs", library + ".new", *objects], check=True)
        os.rename(library + ".new", library)

    def rows(self, folder):
        """The tests and modules of a folder, and what make links each with."""
        top = os.path.join(self.directory, "make")
        os.makedirs(os.path.join(top, folder), exist_ok=True)
        for name in os.listdir(os.path.join(HERE, "glibc_make")):
            with open(os.path.join(HERE, "glibc_make", name)) as file, open(os.path.join(top, name), "w") as copy:
                copy.write(file.read())
        for name in ("gen-locales.mk", "o-iterator.mk", "libof-iterator.mk"):
            open(os.path.join(top, name), "w").close()
        done = subprocess.run(["make", "-qpsC", os.path.join(top, folder), "-f", os.path.join(self.source, folder, "Makefile"), "-f", "../answers.mk",
                               "subdir=" + folder, "objpfx=%s/" % self.objects(folder), "glibc=" + self.source, "sysdeps=" + " ".join(SYSDEPS)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        rows = [Row(*line.split("|")[1:]) for line in done.stdout.splitlines() if line.startswith("ROW|")]
        if not rows:
            raise SystemExit("scripts/conformance: glibc's Makefile of %s tells no tests: %s" % (folder, done.stderr))
        linked = collections.defaultdict(list)
        for target, what in re.findall(r"^%s/(\S+): (.*)$" % re.escape(self.objects(folder)), done.stdout, re.M):
            linked[target] += [os.path.basename(word)[:-3] for word in what.split() if word.endswith(".so") and word.startswith(self.objects(folder))]
        return rows, linked

    def objects(self, folder):
        return os.path.join(self.directory, folder)

    def find(self, folder, name):
        for part in (folder, *SYSDEPS):
            for suffix in (".c", ".cc"):
                path = os.path.join(self.source, part, name + suffix)
                if os.path.exists(path):
                    return path
        generated = GENERATED.fullmatch(name)
        if not generated:
            raise NotRun("have a source that glibc's build makes")
        path = os.path.join(self.objects(folder), name + "." + generated[2])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write('%s#include "%s.c"\n' % ("#undef _GNU_SOURCE\n" if generated[3] == "nongnu" else "", generated[1]))
        return path

    def compile(self, folder, row, modules, linked, output, more):
        path = self.find(folder, row.name)
        time64 = ["-D_TIME_BITS=64", "-D_FILE_OFFSET_BITS=64"] if row.kind == "tests-time64" else []
        beside = [self.module(folder, name, modules, linked) for name in linked[os.path.basename(output)] if name in modules]
        command = [*self.compiler(path), *self.flags(folder), *time64, *shlex.split(row.cflags), path, *more, *shlex.split(row.ldflags), "-o", output,
                   self.support(), *beside, *(word for word in shlex.split(row.libraries) if word.startswith("-l")),
                   "-lpthread", "-lrt", "-ldl", "-lm", "-lresolv", "-lanl", "-Wl,-rpath,$ORIGIN"]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        if done.returncode != 0:
            if os.environ.get("CONFORMANCE_VERBOSE"):
                print(folder, row.name, done.stderr)
            raise NotRun("do not link with the installed library" if "ld returned" in done.stderr else "do not compile with the installed headers")

    def module(self, folder, name, modules, linked):
        path = os.path.join(self.objects(folder), name + ".so")
        if not os.path.exists(path):
            self.compile(folder, modules[name], modules, linked, path, ["-shared", "-fPIC"])
        return path

    def make(self, folder, row, modules, linked):
        if row.kind in NOT_BUILT:
            raise NotRun(NOT_BUILT[row.kind])
        path = self.find(folder, row.name)
        text = open(path, errors="replace").read()
        if SETS_CLOCK.search(text):
            raise NotRun("set the clock of the machine")
        program = os.path.join(self.objects(folder), row.name)
        os.makedirs(os.path.dirname(program), exist_ok=True)
        with self.lock:  # what it loads by name, or finds beside it
            for name in modules:
                if name in text or name in linked[row.name + ".out"]:
                    self.module(folder, name, modules, linked)
        if not os.path.exists(program):
            self.compile(folder, row, modules, linked, program, [self.witness, "-Wl,--wrap=main"])
        return [program, *(word.replace("@PROGRAM@", program) for word in shlex.split(row.arguments))]

    def env(self, row):
        """What is not of glibc's build: that has its own copy of the library."""
        env = dict(word.split("=", 1) for word in shlex.split(row.env) if "=" in word)
        if "LD_PRELOAD" in env:
            env["LD_PRELOAD"] = os.path.basename(env["LD_PRELOAD"])
        return env

    def files(self, folder):
        """Tests are run where their sources are, and read some of what lies there."""
        return [path for path in glob.glob(os.path.join(self.source, folder, "*")) if not path.endswith((".c", ".h", ".S"))]

    def tests(self, folder):
        rows, linked = self.rows(folder)
        modules = {row.name: row for row in rows if row.kind == "modules-names"}
        files, seen = self.files(folder), set()
        # a test is in "tests" too where it is static or special
        rows.sort(key=lambda row: (row.kind in BUILT, row.name))
        for row in rows:
            name = os.path.basename(row.name)[:-4] if row.name.endswith(".out") else row.name
            if row.kind == "modules-names" or (row.kind, name) in seen or name in seen:
                continue
            seen.add(name)
            yield Test("glibc", folder + "/" + name, lambda row=row: self.make(folder, row, modules, linked), self.env(row), files, 90)


def tests(directory, witness):
    glibc = Glibc(directory, witness)
    for folder in FOLDERS:
        yield from glibc.tests(folder)
