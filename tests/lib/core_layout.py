"""Cores as gdb makes them, and the same laid out as the kernel does."""
import os, struct

from harness import expect, run


def gcore(pid, directory):
    path = os.path.join(directory, "core")
    result = run(["gcore", "-o", path, str(pid)])
    expect(result.returncode == 0, "%r" % result)
    return "%s.%d" % (path, pid)


def as_the_kernel_writes_it(core):
    """gdb writes the notes last, and a core of its that is cut has no threads; the kernel writes them first (fs/binfmt_elf.c). The same core, so laid out."""
    HEADER, SEGMENT, PT_NOTE = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ"), 4
    path = core + ".kernel"
    with open(core, "rb") as file, open(path, "wb") as out:
        header = list(HEADER.unpack(file.read(HEADER.size)))
        file.seek(header[5])
        segments = sorted((list(SEGMENT.unpack(file.read(SEGMENT.size))) for _ in range(header[10])), key=lambda segment: segment[0] != PT_NOTE)
        at = HEADER.size + SEGMENT.size * len(segments)
        for segment in segments:
            file.seek(segment[2])
            content, segment[2] = file.read(segment[5]), at
            for piece in range(0, len(content), 65536):
                if content[piece:piece + 65536].strip(b"\0"):
                    out.seek(at + piece)
                    out.write(content[piece:piece + 65536])
            at += len(content)
        out.truncate(at)
        header[5:7], header[11:] = [HEADER.size, 0], [0, 0, 0]
        out.seek(0)
        out.write(HEADER.pack(*header) + b"".join(SEGMENT.pack(*segment) for segment in segments))
    return path
