"""Owners that no wrapper sees, and memory that is nobody else's: each with a twin, as close as can be, about which nothing can be proved."""
import json

from harness import expect, program
from resting import snapshots

PROGRAM = program("owners")
ASLEEP = {"owners": "deadlock", "one": "deadlock"}
SHARED = "all_asleep_but_for_shared_object"
# scenario: (verdicts that are proved, by thread; kinds of deadlocks; facts of the thread "one", some of them)
SCENARIOS = {
    "word_of_data": (ASLEEP, ["all asleep"], ["futex_word_unchanged"]),
    "word_on_stack": (ASLEEP, ["all asleep"], []),
    "word_on_heap": (ASLEEP, ["all asleep"], []),
    "word_of_private_file": (ASLEEP, ["all asleep"], []),
    "word_of_read_file": ({}, [], [SHARED]),
    "word_of_shared_file": ({}, [], [SHARED]),
    "word_of_shared_memory": ({}, [], [SHARED]),
    "word_mapped_over": ({}, [], [SHARED]),
    "word_changed": ({}, [], ["futex_word_changed"]),
    "word_copied_by_fork": (ASLEEP, ["all asleep"], []),
    "word_shared_by_fork": ({}, [], [SHARED]),
}


def scenario(name, wanted, deadlocks, facts):
    def test():
        report, = snapshots([PROGRAM, name])
        shown = json.dumps(report, indent=1)
        found = {thread["name"]: thread["verdict"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")}
        kinds = sorted(deadlock["kind"] for deadlock in report["deadlocks"])
        expect(found == wanted and kinds == deadlocks, "%s: %r %r\n%s" % (name, found, kinds, shown))
        told = {fact["fact"] for thread in report["threads"] if thread["name"] == "one" for fact in thread["facts"]}
        expect(told >= set(facts), "%s: %r\n%s" % (name, told, shown))
    return test


for _name, _wanted in SCENARIOS.items():
    globals()["test_" + _name] = scenario(_name, *_wanted)
