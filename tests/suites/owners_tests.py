"""Owners that no wrapper sees, and memory that is nobody else's: each with a twin, as close as can be, about which nothing can be proved."""
import json

from harness import expect, program, slow
from resting import snapshots

PROGRAM = program("owners")
BOTH = {"one": "deadlock", "two": "deadlock"}
ASLEEP = {"owners": "deadlock", "one": "deadlock"}
SHARED = "all_asleep_but_for_shared_object"
# scenario: (verdicts that are proved, by thread; kinds of deadlocks; facts that are told, some of them)
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
    "stream_cycle": (BOTH, ["cycle"], []),
    "stream_of_heap_cycle": (BOTH, ["cycle"], []),
    "stream_owner_sleeps": ({}, [], ["held_by"]),
    "stream_owner_timed": ({}, [], []),
    "stream_owner_ended": ({}, [], []),
    "loader_cycle": (BOTH, ["cycle"], []),
    "loader_joins": (BOTH, ["cycle"], []),
    "loader_owner_sleeps": ({}, [], ["held_by"]),
    "loader_owner_timed": ({}, [], []),
    "iteration_cycle": (BOTH, ["cycle"], []),
    "iteration_sleeps": ({}, [], ["held_by"]),
    "owner_not_copied": ({"one": "deadlock"}, ["owner gone"], ["owner_not_copied_by_fork"]),
    "owner_of_shared_memory": ({}, [], []),
    "owner_copied": ({}, [], ["held_by"]),
    "handler_relocks": ({"one": "deadlock"}, ["cycle"], ["held_by_itself", "waits_in_signal_handler"]),
    "handler_waits": ({}, [], ["held_by"]),
    "handler_has_it_already": ({}, [], []),
}


def scenario(name, wanted, deadlocks, facts):
    def test():
        report, = snapshots([PROGRAM, name])
        shown = "\n".join(json.dumps({key: thread[key] for key in ("name", "state", "wait", "evidence")}) for thread in report["threads"])
        found = {thread["name"]: thread["verdict"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")}
        kinds = sorted(deadlock["kind"] for deadlock in report["deadlocks"])
        expect(found == wanted and kinds == deadlocks, "%s: %r %r\n%s" % (name, found, kinds, shown))
        told = {fact["fact"] for thread in report["threads"] for fact in thread["facts"]}
        expect(told >= set(facts), "%s: %r\n%s" % (name, told, shown))
    return test


for _name, _wanted in SCENARIOS.items():
    globals()["test_" + _name] = scenario(_name, *_wanted)


def never(name, count):
    def test():
        for report in snapshots([PROGRAM, name], count=count, pause=0.005):
            proved = [thread["name"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")]
            expect(not proved and not report["deadlocks"], json.dumps(report["deadlocks"]))
    return test


# always on the way somewhere, but at no moment of a look
test_streams_in_turns = never("streams_in_turns", 30)
test_token_of_words = slow(never("token_of_words", 60))
