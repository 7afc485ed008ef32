"""Recorded snapshots give the reports that are kept beside them, in every format: analysis and rendering, without a process."""
import difflib, os, re

import recorded
from harness import BUILD, ROOT, expect, scratch


def compare(name):
    with scratch() as directory:
        snapshot = recorded.unpack(name, directory)
        for form in recorded.FORMATS:
            wanted = open(os.path.join(recorded.RECORDED, "%s.%s" % (name, form))).read().splitlines()
            found = recorded.render(name, form, snapshot).splitlines()
            difference = "\n".join(difflib.unified_diff(wanted, found, "recorded", "now", n=1, lineterm=""))
            expect(not difference, "%s as %s differs. If it should: tests/lib/recorded.py %s --render %s\n%s" % (name, form, os.path.relpath(BUILD), name, difference))


for _name in recorded.SNAPSHOTS:
    globals()["test_" + _name] = lambda name=_name: compare(name)


def test_nothing_else_is_kept():
    kept = {file.split(".")[0] for file in os.listdir(recorded.RECORDED)}
    expect(kept == set(recorded.SNAPSHOTS), "%s" % (kept ^ set(recorded.SNAPSHOTS)))


def test_flags_are_apart():
    """Two flags of one set with the same bit would each be taken for the other."""
    sets = re.findall(r"^enum (lw_\w+_flag) \{(.*?)^\};", open(os.path.join(ROOT, "src/shared/snapshot.h")).read(), re.M | re.S)
    expect(len(sets) >= 3, sets)
    for name, body in sets:
        bits = re.findall(r"(LW_\w+)\s*=\s*1u << (\d+)", body)
        expect(bits and len({bit for _, bit in bits}) == len(bits) == len(re.findall(r"^    LW_", body, re.M)), "%s: %s" % (name, bits))
