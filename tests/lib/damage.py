"""Damaged input for the tool: files in which bytes are wrong or missing, where it matters. tests/suites/damage_tests.py plays some; scripts/damage many, with
a tool that has sanitizers in it.

A file has regions: what is read as headers, records, sizes and pointers. Most of a core is zeros that nobody reads: which region is damaged is drawn first, and
then the place in it. What the tool may answer is a report, or one line; never a crash, a hang, or both.
"""
import gzip, os, re, struct, subprocess, threading

import harness

MARKS = re.compile(r"Sanitizer|runtime error|ended by signal|empty, not a leakwatch")
SANITIZED = {"ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
PT_LOAD, PT_NOTE = 1, 4
HEADER, SEGMENT, SECTION = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ"), struct.Struct("<IIQQQQIIQQ")
NOTES = {1: "prstatus", 3: "prpsinfo", 6: "auxv", 0x46494c45: "files"}
PAGE = 4096


def within(regions, size):
    """Without what lies behind the file's end, and without what is empty."""
    cut = {name: [(start, min(end, size)) for start, end in ranges if start < min(end, size)] for name, ranges in regions.items()}
    return {name: ranges for name, ranges in cut.items() if ranges}


def notes_of(core, start, size):
    """(type, where its head is, where its content is, how long that is) of each note."""
    at = start
    while at + 12 <= start + size:
        core.seek(at)
        owner, length, kind = struct.unpack("<III", core.read(12))
        content = at + 12 + (owner + 3 & ~3)
        yield kind, at, content, length
        at = content + (length + 3 & ~3)


def regions_of_core(path):
    """Headers and notes; then of the memory what the notes lead to: blocks of threads, stacks, what is waited for, objects' own headers and build-ids."""
    regions = {"headers": [(0, HEADER.size)], "vectors": []}
    add = lambda name, *ranges: regions.setdefault(name, []).extend(ranges)
    with open(path, "rb") as core:
        header = HEADER.unpack(core.read(HEADER.size))
        core.seek(header[5])
        segments = [SEGMENT.unpack(core.read(SEGMENT.size)) for _ in range(header[10])]
        loads = [segment for segment in segments if segment[0] == PT_LOAD and segment[5] > 0]

        def place(address):
            return next((offset + address - start for _, _, offset, start, _, size, _, _ in loads if start <= address < start + size), None)

        def around(name, address, before, after):
            at = place(address)
            if at is not None:
                add(name, (at - before, at + after))

        add("headers", (header[5], header[5] + SEGMENT.size * header[10]))
        for segment in segments:
            for kind, head, content, length in notes_of(core, segment[2], segment[5]) if segment[0] == PT_NOTE else ():
                add("heads of notes", (head, content))
                add(NOTES.get(kind, "other notes"), (content, content + length))
                if kind == 1:
                    core.seek(content + 112)  # pr_reg, sys/procfs.h
                    registers = struct.unpack("<27Q", core.read(216))
                    around("blocks of threads", registers[21], 0, 0x900)  # fs_base
                    around("stacks", registers[19], 128, 2048)
                    around("what is waited for", registers[14], 48, 64)  # rdi
        for load in loads:
            core.seek(load[2])
            if core.read(4) == b"\x7fELF":
                add("objects' headers", (load[2], load[2] + 1024))
            if load[1] & 2:
                add("data", (load[2], load[2] + min(load[5], 16 * PAGE)))
            if load[1] & 1:
                add("code", (load[2], load[2] + load[5]))
    size = os.path.getsize(path)
    add("anywhere", (0, size))
    return within(regions, size)


def regions_of_program(path):
    """Headers, and each of the sections that symbols, lines and unwind information are read from."""
    regions = {"headers": [(0, HEADER.size)]}
    with open(path, "rb") as program:
        header = HEADER.unpack(program.read(HEADER.size))
        regions["headers"] += [(header[5], header[5] + SEGMENT.size * header[10]), (header[6], header[6] + SECTION.size * header[12])]
        program.seek(header[6])
        sections = [SECTION.unpack(program.read(SECTION.size)) for _ in range(header[12])]
        program.seek(sections[header[13]][4])
        names = program.read(sections[header[13]][5])
        for section in sections:
            name = names[section[0]:].split(b"\0")[0].decode()
            if re.match(r"\.(debug_|symtab|strtab|shstrtab|dynsym|dynstr|dynamic|gnu\.version|gnu\.hash|eh_frame|note|gnu_debug)", name) and section[1] != 8:
                regions[name] = [(section[4], section[4] + section[5])]
    return within(regions, os.path.getsize(path))


def regions_of_snapshot(path):
    """The header, and each of the sections that it tells of (src/shared/snapshot.h)."""
    with open(path, "rb") as file:
        whole = file.read()
    regions = {"header": [(0, 400)], "first": [(0, PAGE)], "anywhere": [(0, len(whole))]}
    for at in range(8, 400, 8):
        offset, count = struct.unpack_from("<QQ", whole, at)
        if 400 <= offset < len(whole) and offset % 8 == 0 and 0 < count <= len(whole):
            regions["section at %d" % at] = [(offset, min(len(whole), offset + 64 * count))]
    return within(regions, len(whole))


def regions_of_all(path):
    """What has been packed, or is text."""
    size = os.path.getsize(path)
    return within({"first": [(0, 64)], "anywhere": [(0, size)], "last": [(max(0, size - 64), size)]}, size)


def wrong_bytes(chance, file, region):
    """(where, what): a byte, a bit, a word that is a limit, or one that belongs elsewhere."""
    at = chance.randrange(*region)
    kind = chance.randrange(5)
    if kind == 0:
        return at, bytes([chance.randrange(256)])
    if kind == 1:
        file.seek(at)
        return at, bytes([file.read(1)[0] ^ 1 << chance.randrange(8)])
    width = chance.choice((2, 4, 8))
    at = region[0] + (at - region[0]) // width * width
    if kind == 2:
        value = chance.choice((0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, (1 << 47) - 8, (1 << 63) - 1, 1 << 63, (1 << 64) - 8, (1 << 64) - 1))
        return at, struct.pack("<Q", value)[:width]
    if kind == 3:
        return at, bytes(chance.randrange(256) for _ in range(width))
    file.seek(region[0] + (chance.randrange(*region) - region[0]) // width * width)
    return at, file.read(width)


class Damaged:
    """A copy of a file that is damaged and mended in turn. One for each worker."""

    def __init__(self, path, directory, regions, name=None):
        self.path, self.regions, self.names = os.path.join(directory, name or "damaged-" + os.path.basename(path)), regions, sorted(regions)
        subprocess.run(["cp", "--sparse=always", path, self.path], check=True)
        self.size = os.path.getsize(path)

    def damage(self, chance):
        """Returns what was done, in words, and how to undo it."""
        undo, name = [], chance.choice(self.names)
        count = chance.choice((1, 1, 4, 32))
        with open(self.path, "r+b") as file:
            for _ in range(count):
                region = chance.choice(self.regions[name])
                at, value = wrong_bytes(chance, file, region)
                value = value[:self.size - at]
                file.seek(at)
                undo.append((at, file.read(len(value))))
                file.seek(at)
                file.write(value)
        return "%d in %s" % (count, name), undo

    def mend(self, undo):
        with open(self.path, "r+b") as file:
            for at, value in reversed(undo):
                file.seek(at)
                file.write(value)


def ask(tool, arguments, statuses):
    """What the tool said, and what is wrong with that; None if it is a report, or the one line that says why there is none."""
    env = dict(os.environ, **SANITIZED)
    try:
        result = harness.run([tool, *arguments], env=env)
    except subprocess.TimeoutExpired:
        return None, "it hangs"
    lines = result.stderr.splitlines()
    wrong = None
    if MARKS.search(result.stderr):
        wrong = result.stderr[-3000:]
    elif result.returncode not in (*statuses, 1):
        wrong = "status %d: %s" % (result.returncode, result.stderr[-3000:])
    elif result.returncode == 1 and (result.stdout or len(lines) != 1 or not lines[0].startswith("leakwatch: ")):
        wrong = "no line that says why, or too many: %r" % (result,)
    elif len(lines) > 20 or len(set(lines)) != len(lines):
        wrong = "lines again and again: %s" % result.stderr[:3000]
    return result, wrong


class Trials:
    """What came of them: figures, and the first that went wrong."""

    def __init__(self, title):
        self.title, self.reports, self.refusals, self.wrong, self.lock = title, 0, 0, [], threading.Lock()

    def count(self, result, what, wrong, path, arguments):
        with self.lock:
            if wrong:
                kept = "%s.wrong%d" % (path, len(self.wrong))
                subprocess.run(["cp", "--sparse=always", path, kept], check=True)
                self.wrong.append("%s: %s\n%s\n%s" % (self.title, what, " ".join(arguments).replace(path, kept), wrong))
            elif result.returncode == 1:
                self.refusals += 1
            else:
                self.reports += 1

    def __str__(self):
        return "%-34s %5d damaged: %5d reports, %5d refused in a line, %d wrong" % (self.title, self.reports + self.refusals + len(self.wrong), self.reports, self.refusals,
                                                                                   len(self.wrong))


def flip(trials, tool, path, regions, count, chance, directory, commands, name=None, statuses=(0, 23)):
    """The tool on so many damaged copies of a file. commands: each a function that gives arguments for the copy's path, taken in turn."""
    copy = Damaged(path, directory, regions, name)
    for i in range(count):
        what, undo = copy.damage(chance)
        arguments = commands[i % len(commands)](copy.path)
        result, wrong = ask(tool, arguments, statuses)
        trials.count(result, what, wrong, copy.path, arguments)
        copy.mend(undo)
    os.unlink(copy.path)


def cut(trials, tool, path, count, chance, directory, command, check):
    """And on copies that end too early. check: what is wrong with what is said of one, None for nothing."""
    copy = os.path.join(directory, "cut-" + os.path.basename(path))
    size = os.path.getsize(path)
    for _ in range(count):
        subprocess.run(["cp", "--sparse=always", path, copy], check=True)
        os.truncate(copy, chance.choice((chance.randrange(size), chance.randrange(min(size, 20000)), int(size * chance.random() ** 8))))
        arguments = command(copy)
        result, wrong = ask(tool, arguments, (0, 23))
        wrong = wrong or (check(result) if result.returncode != 1 else None)
        trials.count(result, "cut at %d" % os.path.getsize(copy), wrong, copy, arguments)
    os.unlink(copy)


def pack(path, packer, directory):
    packed = os.path.join(directory, os.path.basename(path) + "." + packer[0])
    with open(path, "rb") as whole, open(packed, "wb") as into:
        subprocess.run([*packer, "-c"], stdin=whole, stdout=into, check=True)
    return packed


def unpack_snapshot(path, directory):
    unpacked = os.path.join(directory, os.path.basename(path)[:-3])
    with gzip.open(path) as packed, open(unpacked, "wb") as file:
        file.write(packed.read())
    return unpacked
