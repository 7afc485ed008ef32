"""What helps to use it: --help, manual pages, completion, pkg-config."""
import os, re, subprocess

import catalogue
from harness import BUILD, PATIENCE, ROOT, TOOL, alone, expect, needs, scratch, slow
from live import Program


def output(*command, **more):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, **more)
    expect(result.returncode == 0, "%s: %d\n%s" % (command, result.returncode, result.stdout))
    return result.stdout


def commands():
    found = re.findall(r"^  leakwatch (\w+)", output(TOOL, "--help"), re.M)
    expect(len(found) >= 8, found)
    return found


def test_help_fits_a_screen():
    for command in [[]] + [[name] for name in commands()]:
        lines = output(TOOL, *command, "--help").splitlines()
        most = 40 if command == ["run"] else 24  # every key of LEAKWATCH_OPTIONS is an option of run
        expect(len(lines) <= most and max(map(len, lines)) <= 112, "%s: %d lines of up to %d" % (command, len(lines), max(map(len, lines))))


@needs("mandoc")
def test_manual_pages():
    """Well formed; every command and option that the tool tells of, and every key of LEAKWATCH_OPTIONS, is in them."""
    pages = {name: os.path.join(BUILD, "src", name) for name in ("leakwatch.1", "libleakwatch.7")}
    output("mandoc", "-T", "lint", "-W", "warning", *pages.values())
    tool_page = output("mandoc", "-T", "utf8", "-O", "width=120", pages["leakwatch.1"])
    tool_page = re.sub(".\b", "", tool_page)
    library_page = re.sub(".\b", "", output("mandoc", "-T", "utf8", pages["libleakwatch.7"]))
    for command in commands():
        expect(re.search(r"^ +%s\b" % command, tool_page, re.M), "no word of the command " + command)
        for option in set(re.findall(r"--[a-z][a-z-]+", output(TOOL, command, "--help"))):
            expect(re.search(re.escape(option) + r"\b", tool_page), "no word of %s of %s" % (option, command))
    keys = re.findall(r"^ +([a-z_]+)=", library_page, re.M)
    expect(len(set(keys)) > 15, keys)


def test_options_come_from_their_table():
    """docs/options.md has what the table has; every key of it is an option of run; no option is named by hand elsewhere in what the
    table makes: the tool's sources but for the table itself spell none."""
    document = open(os.path.join(ROOT, "docs/options.md")).read()
    for what in ("table", "formats-table"):
        made = subprocess.run([os.path.join(BUILD, "src/options_table")], input="@options %s@\n" % what, stdout=subprocess.PIPE, text=True, check=True).stdout
        expect(made in document, "docs/options.md: its %s is not\n%s" % (what, made))
    keys = re.findall(r"^\| `([a-z_]+)` \| `(--[a-z-]+)", document, re.M)
    expect(len(keys) > 15, keys)
    told = output(TOOL, "run", "--help")
    for key, option in keys:
        expect(option.lstrip("-").replace("-", "_") == key and option in told, "%s %s" % (key, option))
    for name in ("src/preload/options.c", "src/preload/options.h", "src/tool/settings.c", "src/tool/settings.h", "src/tool/help.c",
                 "src/man/options_table.c", "src/share/leakwatch.bash.in"):
        text = open(os.path.join(ROOT, name)).read()
        for key, _ in keys:
            expect('"%s"' % key not in text, "%s names the option %s" % (name, key))


def sources(*kinds):
    return [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(ROOT, "src")) for name in names if name.endswith(kinds)]


def test_facts_come_from_their_tables():
    """The documents have what the tables of proofs and of evidence have, with words for each; and no source spells a name of one by hand."""
    for what, document, table in (("proofs", "docs/proofs.md", "proofs.def"), ("evidence", "docs/evidence.md", "evidence.def")):
        made = output(os.path.join(BUILD, "src/facts_table"), what)
        rows = [row.strip("| ").split(" | ") for row in made.splitlines()[2:]]
        expect(len(rows) >= 3 and "(null)" not in made, made)
        expect(made in open(os.path.join(ROOT, document)).read(), "%s has not\n%s" % (document, made))
        names = {row[0].strip("`") for row in rows}
        expect(names == set(re.findall(r"^ +X\(\w+, \"([^\"]+)\"", open(os.path.join(ROOT, "src/analysis", table)).read(), re.M)), names)
        for source in sources(".c", ".h", ".js"):
            text = open(source).read()
            spelled = [name for name in names if '"%s"' % name in text or "'%s'" % name in text]
            expect(not spelled, "%s spells %s" % (source, spelled))


def test_the_map_names_what_exists():
    """docs/architecture.md: the files on a wait's way are there, and it is short enough to be walked."""
    way, beside = open(os.path.join(ROOT, "docs/architecture.md")).read().split("## One wait", 1)[1].split("Beside that way")
    files = {os.path.relpath(source, os.path.join(ROOT, "src")) for source in sources(".c", ".h")}
    named = lambda text: re.findall(r"`([a-z_0-9/]+\.[ch])`", text)
    lost = [name for name in named(way + beside) if not any(file == name or file.endswith("/" + name) for file in files)]
    expect(20 < len(named(way)) <= 28 and not lost, "it names %s" % (lost or named(way)))


def test_no_file_is_long():
    """A file has one subject and is seen at a glance: scripts/figures tells the rest."""
    lengths = {os.path.relpath(os.path.join(folder, name), ROOT): open(os.path.join(folder, name), errors="replace").read().count("\n")
               for top in ("src", "tests") for folder, _, names in os.walk(os.path.join(ROOT, top)) for name in names if name.endswith((".c", ".h", ".cpp", ".py", ".js"))}
    expect(len(lengths) > 300, lengths)
    long = {name: length for name, length in lengths.items() if length >= 400}
    expect(not long, "of 400 lines or more: %s" % long)
    told = output(os.path.join(ROOT, "scripts/figures"), "src/analysis")
    expect(re.search(r"^src/analysis +\d+  \d+ \w+\.[ch] +\d+ \w+ +\d+$", told, re.M), told)


def complete(*words):
    """What bash offers for the last of the words."""
    script = "source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _leakwatch; printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
        os.path.join(BUILD, "src/share/leakwatch"), " ".join("'%s'" % word for word in (TOOL,) + words), len(words))
    return output("bash", "-c", script).split()


@alone
def test_completion():
    expect(set(complete("")) == set(commands()) | {"--help", "--version"}, complete(""))
    expect(complete("st") == ["stack", "stats"], complete("st"))
    expect(complete("render", "--debug") == ["--debug-dir"], complete("render", "--debug"))
    expect(set(complete("ps", "--")) == {"--json", "--wait", "--all", "--color", "--help"}, complete("ps", "--"))
    expect("html" in complete("stack", "--format", "h"), "formats")
    with Program() as program:
        expect(str(program.pid) in complete("stack", ""), "processes")
        expect(str(program.pid) in complete("diff", "--live", ""), "processes")
    expect("true" in complete("run", "--", "tru"), "programs")


@slow
@alone
@needs("meson", "pkg-config")
def test_pkg_config():
    """Installed, pkg-config names the library to preload, and finds the header; man and bash find theirs."""
    with scratch() as directory:
        output("meson", "install", "-C", BUILD, "--destdir", directory)
        prefix = os.path.join(directory, "usr/local")
        found = [os.path.join(folder, name) for folder, _, names in os.walk(prefix) for name in names]
        for name in ("share/man/man1/leakwatch.1", "share/man/man7/libleakwatch.7", "share/bash-completion/completions/leakwatch", "bin/leakwatch"):
            expect(os.path.join(prefix, name) in found, "%s is not in %s" % (name, found))
        path = [os.path.dirname(name) for name in found if name.endswith("leakwatch.pc")][0]
        env = dict(os.environ, PKG_CONFIG_PATH=path, PKG_CONFIG_SYSROOT_DIR=directory)
        preload = output("pkg-config", "--variable=preload", "leakwatch", env=env).strip()
        expect(os.path.join(directory, preload.replace(directory, "").lstrip("/")) in found, "%s %s" % (preload, found))
        flags = output("pkg-config", "--cflags", "leakwatch", env=env).split()
        output("gcc", *flags, "-include", "leakwatch.h", "-fsyntax-only", "-x", "c", "/dev/null")


def test_catalogue_of_cases():
    """tests/cases/README.md is what the cases' comments say; the README leads there."""
    expect(catalogue.is_up_to_date(), "tests/cases/README.md is not up to date: ninja -C build catalogue")
    expect("tests/cases/README.md" in open(os.path.join(ROOT, "README.md")).read(), "no link in the README")
