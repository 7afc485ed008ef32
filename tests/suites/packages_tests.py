"""What debian/ and packaging/ say, held against the build: each installed file is in one package, where Debian wants it, and versions and needs are those of
the tree. scripts/package builds the packages and tries them in fresh roots, and the RPMs; that takes minutes, and is not among the tests."""
import fnmatch, json, os, re, shutil

from harness import BUILD, LIBRARY, ROOT, TOOL, expect, glibc, needs, program, run, scratch, watched

DEBIAN = os.path.join(ROOT, "debian")


def words_of(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


def stanzas():
    """Of debian/control: each a table of its fields, with lines that go on joined."""
    return [dict(re.findall(r"^(\S+): *(.*)$", re.sub(r"\n[ \t]+", " ", stanza), re.M)) for stanza in words_of("debian/control").split("\n\n")]


# What rpm's macros stand for, below /usr.
MACROS = {"_bindir": "usr/bin", "_libdir": "usr/lib/x86_64-linux-gnu", "_includedir": "usr/include", "_datadir": "usr/share", "_mandir": "usr/share/man",
          "_prefix": "usr"}
# What building needs, by its name on Fedora (packaging/leakwatch.spec).
NAMES_THERE = {"libcurl4-openssl-dev": "libcurl-devel", "debhelper-compat": "systemd-rpm-macros", "libdw-dev": "elfutils-devel", "libelf-dev": "elfutils-libelf-devel", "libiberty-dev": "binutils-devel",
               "libjansson-dev": "jansson-devel", "libmicrohttpd-dev": "libmicrohttpd-devel", "libncurses-dev": "ncurses-devel",
               "libprotobuf-c-dev": "protobuf-c-devel", "libunwind-dev": "libunwind-devel", "meson": "meson", "pkg-config": "pkgconf-pkg-config",
               "protobuf-c-compiler": "protobuf-c-compiler", "python3": "python3", "uthash-dev": "uthash-devel", "zlib1g-dev": "zlib-devel"}


def spec_lists():
    """Of packaging/leakwatch.spec: what each package has, as patterns like those of debian/*.install; documents and what is not installed by meson left out."""
    lists = {}
    for package, files in re.findall(r"^%files(.*)\n((?:.+\n)*)", words_of("packaging/leakwatch.spec"), re.M):
        paths = [re.sub(r"%\{(\w+)\}", lambda name: MACROS[name.group(1)], line) for line in files.splitlines() if not line.startswith(("%license", "%doc"))]
        lists["leakwatch" + package.replace(" ", "-")] = [
            path for path in paths if not re.search(r"systemd/system|leakwatch-serve\.1", path)]
    return lists


def packages_of(path, install):
    return [package for package, patterns in install.items() if any(fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, pattern + "/*") for pattern in patterns)]


def installed():
    """As dh_auto_install has it: below /usr, libraries in the directory of their architecture."""
    with open(os.path.join(BUILD, "meson-info/intro-installed.json")) as file:
        paths = json.load(file).values()
    with open(os.path.join(BUILD, "meson-info/intro-buildoptions.json")) as file:
        options = {option["name"]: option["value"] for option in json.load(file)}
    library = os.path.join(options["prefix"], options["libdir"])
    for path in sorted(paths):
        yield re.sub("^%s/" % re.escape(options["prefix"]), "usr/", path.replace(library + "/", options["prefix"] + "/lib/x86_64-linux-gnu/"))


def install_lists():
    return {package["Package"]: words_of("debian", package["Package"] + ".install").split() for package in stanzas()[1:]}


def expect_one_package(install):
    files = list(installed())
    expect(len(files) > 10, "%s" % files)
    for path in files:
        expect(len(packages_of(path, install)) == 1, "%s is in %s" % (path, packages_of(path, install)))
    for package, patterns in install.items():
        for pattern in patterns:
            expect(any(package in packages_of(path, {package: [pattern]}) for path in files), "%s: nothing is %s" % (package, pattern))
    return files


def test_each_file_is_in_one_package():
    install = install_lists()
    files = expect_one_package(install)
    # what a preloaded library, a tool, a page and headers are
    where = {os.path.basename(path): packages_of(path, install)[0] for path in files}
    expect([where[name] for name in ("libleakwatch.so", "leakwatch-serve", "leakwatch.h", "leakwatch.1", "libleakwatch.7", "serve.yaml")] ==
           ["libleakwatch", "leakwatch-serve", "libleakwatch-dev", "leakwatch", "libleakwatch", "leakwatch-serve"], "%s" % where)


def test_each_file_is_in_one_rpm():
    """Alike: the packages of the one are those of the other."""
    install, there = install_lists(), spec_lists()
    files = expect_one_package(there)
    names = {"libleakwatch": "leakwatch-libs", "libleakwatch-dev": "leakwatch-devel"}
    for path in files:
        here = packages_of(path, install)[0]
        expect(packages_of(path, there) == [names.get(here, here)], "%s: %s and %s" % (path, here, packages_of(path, there)))


def test_a_file_in_no_package_or_in_two_is_found():
    """The negative twin."""
    install = install_lists()
    expect(packages_of("usr/share/other", install) == [] and packages_of("usr/lib/x86_64-linux-gnu/libother.so", install) == [], "in no package")
    install["leakwatch"] = install["leakwatch"] + ["usr/bin/*"]
    expect(len(packages_of("usr/bin/leakwatch-serve", install)) == 2, "in two")
    there = spec_lists()
    expect(packages_of("usr/bin/other", there) == [] and len(packages_of("usr/bin/leakwatch", dict(there, other=["usr/bin/*"]))) == 2, "%s" % there)


def test_versions_and_needs():
    version = re.search(r"version: '(.*?)'", words_of("meson.build")).group(1)
    expect(words_of("debian/changelog").startswith("leakwatch (%s) " % version), "debian/changelog is not of version %s" % version)
    needs = {re.sub(r"[ :(].*", "", need.strip()) for need in stanzas()[0]["Build-Depends"].split(",")}
    spec = words_of("packaging/leakwatch.spec")
    expect(re.search(r"^Version: +(.*)$", spec, re.M).group(1) == version, "packaging/leakwatch.spec is not of version %s" % version)
    there = set(re.findall(r"^BuildRequires: +(\S+)", spec, re.M))
    expect(there - {"gcc", "gcc-c++"} == {NAMES_THERE.get(need, need) for need in needs}, "packaging/leakwatch.spec: %s" % there)
    have = set(words_of("scripts/setup").replace("'", " ").replace('"', " ").split())
    expect(needs - {"debhelper-compat", "libelf-dev"} <= have, "scripts/setup does not install %s" % (needs - have))
    for package in stanzas()[1:]:
        shared = package["Package"].startswith("lib")
        expect(package["Multi-Arch"] == ("same" if shared else "foreign"), package["Package"])
        if package["Package"] != "libleakwatch":
            expect("(= ${binary:Version})" in package["Depends"], package["Package"])


def test_what_scripts_do_not_know_is_refused():
    """scripts/distro makes a root of a release that it knows, and leaves nothing behind where it makes none; scripts/package tries no RPM in a Debian."""
    with scratch() as directory:
        for words in ([], ["woody"], ["--keep", directory], ["--unknown", "trixie"], ["--one-library", "woody", "sid"], ["--one-library", "sid", "woody"], ["--put", directory + "/x", "--one-library", "sid", "trixie"],
                      ["--put", directory + "/x", "--library", LIBRARY, "sid"]):
            refused = run([os.path.join(ROOT, "scripts/distro")] + words, env=dict(os.environ, TMPDIR=directory))
            expect(refused.returncode == 2 and refused.stderr.startswith("usage: scripts/distro ") and "trixie" in refused.stderr, "%s: %s" % (words, refused))
        for words in (["--rpm", "--try", "trixie"], ["--rpm", "--tests"], ["--deb"]):
            refused = run([os.path.join(ROOT, "scripts/package")] + words, env=dict(os.environ, TMPDIR=directory))
            expect(refused.returncode == 2 and refused.stderr.startswith("usage: scripts/package "), "%s: %s" % (words, refused))
        expect(os.listdir(directory) == [], "%s" % os.listdir(directory))


# The glibc that is wanted at least by what was built with one of a version or later, newest first: docs/processors.md tells the same. The library; the tool
# and `leakwatch serve`.
FLOORS = {(2, 38): ((2, 34), (2, 38)), (2, 34): ((2, 34), (2, 34)), (0, 0): ((2, 18), (2, 28))}
BUILT = {LIBRARY: 0, os.path.join(BUILD, "src/leakwatch"): 1, os.path.join(BUILD, "src/leakwatch-serve"): 1}


def wanted_of_glibc(table):
    """The newest version of glibc's that is in what `objdump -T` prints of symbols from elsewhere."""
    versions = re.findall(r"\*UND\*.*GLIBC_(\d+)\.(\d+)", table)
    return max((int(major), int(minor)) for major, minor in versions)


def floor_of(path):
    return next(floors for since, floors in FLOORS.items() if glibc() >= since)[BUILT[path]]


@needs("objdump")
def test_no_newer_glibc_is_wanted():
    """A library that was built with an old glibc is loaded by all newer ones, down to the floor."""
    for path in BUILT:
        found = wanted_of_glibc(run(["objdump", "-T", path], check=True).stdout)
        expect(found <= floor_of(path), "%s wants glibc %d.%d" % ((os.path.basename(path),) + found))
    told = words_of("docs/processors.md")
    for floors in FLOORS.values():
        words = "| %s | %s |" % tuple("%d.%d" % floor for floor in floors)
        expect(words in told, "docs/processors.md has no %s" % words)


def test_a_newer_symbol_is_found():
    """The negative twin."""
    table = ("0000000000000000      DF *UND*  0000000000000000  GLIBC_2.2.5 read\n0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.38) __isoc23_strtol\n"
             "0000000000011111 g    DF .text  0000000000000023  GLIBC_2.99 ours")
    expect(wanted_of_glibc(table) == (2, 38), "%r" % (wanted_of_glibc(table),))


def test_installed_tool_is_found():
    """From the library's own place: in PREFIX/lib or PREFIX/lib/TRIPLET, with the tool in PREFIX/bin."""
    for place in "lib", "lib/x86_64-linux-gnu":
        with scratch() as prefix:
            for directory in place, "bin":
                os.makedirs(os.path.join(prefix, directory))
            path = shutil.copy(LIBRARY, os.path.join(prefix, place))
            shutil.copy(TOOL, os.path.join(prefix, "bin"))
            said = watched([program("first_answer_wins")], env={"LD_PRELOAD": path}).stderr
            expect(said.startswith("leakwatch: 8 leaked threads in ") and said.count("8 leaked threads") == 1 and " queue_send  " in said and "addresses only" not in said, said)
