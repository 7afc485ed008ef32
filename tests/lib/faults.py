"""Faults to be planted: tests/faults/LAYER-NAME.fault, each with what is broken, the tests of the fast suite that must notice, a file, and lines
of it ("- ") with what stands there instead ("+ "). Lines are compared without the space around them and must be found exactly once."""
import os, re

from harness import ROOT, expect

LAYERS = ("preload", "snapshot", "analysis", "symbols", "render", "tool", "serve", "reach", "outside")


class Fault:
    def __init__(self, path):
        self.name = os.path.basename(path).removesuffix(".fault")
        self.layer = self.name.split("-")[0]
        head, _, body = open(path).read().partition("\n\n")
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        expect(set(fields) == {"why", "notices", "file"}, "%s: its head has %s" % (self.name, sorted(fields)))
        self.why, self.file, self.notices = fields["why"], fields["file"], fields["notices"].split("; ")
        self.hunks = [([line[1:].strip() for line in hunk.splitlines() if line.startswith("-")], [line[2:] for line in hunk.splitlines() if line.startswith("+")])
                      for hunk in re.split(r"\n\n+", body.strip("\n"))]

    def planted(self, text):
        """The file's text with the fault in it."""
        lines = text.split("\n")
        for old, new in self.hunks:
            found = [at for at in range(len(lines)) if [line.strip() for line in lines[at:at + len(old)]] == old]
            expect(old and len(found) == 1, "%s: in %s there are %d of\n%s" % (self.name, self.file, len(found), "\n".join(old)))
            lines[found[0]:found[0] + len(old)] = new
        return "\n".join(lines)


def all_faults(root=ROOT):
    directory = os.path.join(root, "tests/faults")
    return [Fault(os.path.join(directory, name)) for name in sorted(os.listdir(directory)) if name.endswith(".fault")]


def text_of(fault, root=ROOT):
    return open(os.path.join(root, fault.file)).read()
