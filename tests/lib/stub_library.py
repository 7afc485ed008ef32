"""A shared library that has nothing but what tells where its functions are: a build-id, segments and symbols (elf(5)). With such a one a report
names a library that is not on this machine."""
import struct

PAGE = 4096
PT_LOAD, PT_NOTE, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOTE, SHT_NOBITS = 1, 4, 1, 2, 3, 7, 8


def strings(names):
    """A table of strings, and where each is in it."""
    table, at = b"\0", []
    for name in names:
        at.append(len(table))
        table += name.encode() + b"\0"
    return table, at


def stub(build_id, code, code_size, symbols):
    """code, code_size: where its executable segment lies; symbols: (name, value, size)."""
    identity = bytes.fromhex(build_id)
    note = struct.pack("<3I4s", 4, len(identity), 3, b"GNU\0") + identity
    names, name_at = strings([name for name, _, _ in symbols])
    table = bytes(24) + b"".join(struct.pack("<IBBHQQ", at, 0x12, 0, 2, value, size) for at, (_, value, size) in zip(name_at, symbols))  # global functions, in section 2
    titles, title_at = strings([".note.gnu.build-id", ".text", ".symtab", ".strtab", ".shstrtab"])
    headers = 64 + 3 * 56
    symtab = (headers + len(note) + 7) // 8 * 8
    strtab = symtab + len(table)
    shstrtab = strtab + len(names)
    sections = (shstrtab + len(titles) + 7) // 8 * 8
    segment = lambda kind, flags, offset, address, in_file, size: struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, in_file, size, PAGE if kind == PT_LOAD else 4)
    # the fields of a note are aligned as its section is
    section = lambda name, kind, flags, address, offset, size, link=0, info=0, entry=0: struct.pack(
        "<IIQQQQIIQQ", name, kind, flags, address, offset, size, link, info, 4 if kind == SHT_NOTE else 8, entry)
    out = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, sections, 0, 64, 56, 3, 64, 6, 5)
    out += segment(PT_LOAD, 4, 0, 0, symtab, symtab) + segment(PT_LOAD, 5, 0, code, 0, code_size) + segment(PT_NOTE, 4, headers, headers, len(note), len(note))
    out += note
    out = out.ljust(symtab, b"\0") + table + names + titles
    return (out.ljust(sections, b"\0") + bytes(64) + section(title_at[0], SHT_NOTE, 2, headers, headers, len(note)) + section(title_at[1], SHT_NOBITS, 6, code, code, code_size) +
            section(title_at[2], SHT_SYMTAB, 0, 0, symtab, len(table), 4, 1, 24) + section(title_at[3], SHT_STRTAB, 0, 0, strtab, len(names)) +
            section(title_at[4], SHT_STRTAB, 0, 0, shstrtab, len(titles)))
