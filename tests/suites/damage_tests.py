"""Files that are damaged or cut: a report, or one line, of every kind of input. scripts/damage plays many more, against a tool with sanitizers."""
import os, random

import damage
import damage_scenes
from harness import TOOL, expect, needs, scratch

COUNT = int(os.environ.get("LEAKWATCH_DAMAGED", "25"))
SEED = int(os.environ.get("LEAKWATCH_SEED", "16"))


def play(scene):
    with scratch() as directory:
        trials = scene(TOOL, COUNT, random.Random(SEED), directory)
        print(trials)
        damage_scenes.check(trials)


def test_what_is_wrong_is_noticed():
    """A tool that crashes, hangs, says nothing or the same again and again, or that a sanitizer speaks of."""
    with scratch() as directory:
        tool = os.path.join(directory, "tool")
        for script, wrong in (("echo leakwatch: no >&2; exit 1", False), ("echo report", False), ("exit 1", True), ("echo report; echo leakwatch: no >&2; exit 1", True),
                              ("kill -SEGV $$", True), ("echo 'x.c:1:2: runtime error: shift' >&2", True), ("echo 'ERROR: AddressSanitizer: heap' >&2; exit 1", True),
                              ("echo 'leakwatch: core: what looked at it was ended by signal 11' >&2; exit 1", True), ("echo a >&2; echo a >&2", True)):
            with open(tool, "w") as file:
                file.write("#!/bin/sh\n%s\n" % script)
            os.chmod(tool, 0o755)
            expect(bool(damage.ask(tool, [], (0, 23))[1]) == wrong, script)


for _scene in damage_scenes.ALL:
    globals()["test_" + _scene.__name__] = needs("gdb")(lambda scene=_scene: play(scene))
