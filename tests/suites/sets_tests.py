"""Waits for many descriptors at once: all threads are asleep where only the process itself has what they wait for, and only there."""
import json

from harness import expect, program
from resting import snapshots

PROGRAM = program("sets")
ASLEEP = {"sets": "deadlock", "two": "deadlock"}
# scenario: is it proved that all threads are asleep; or the fact that alone stands in the way
SCENARIOS = {
    "selects_one": True,
    "selects_many": True,
    "selects_many_with_mask": True,
    "selects_for_room": True,
    "selects_a_childs": False,
    "selects_an_inet_socket": False,
    "selects_a_timer": False,
    "main_selects": True,
    "main_selects_a_childs": False,
    "main_selects_an_inet_socket": False,
    "polls_many": True,
    "polls_many_with_mask": True,
    "polls_many_unseen": True,
    "polls_too_many": "all_asleep_but_too_many_descriptors",
    "polls_a_childs": False,
    "polls_a_childs_unseen": False,
    "polls_a_timer": False,
    "polls_some_that_are_none": True,
    "polls_none_at_all": True,
    "main_polls": True,
    "main_polls_a_childs": False,
    "polls_a_set": True,
    "polls_a_set_of_an_inet_socket": False,
    "main_polls_a_set_of_an_inet_socket": False,
    "polls_a_set_among_others_of_a_childs": False,
    "set_in_set": True,
    "set_in_set_with_the_same": True,
    "set_in_set_of_a_childs": False,
    "set_in_set_of_an_inet_socket": False,
    "set_in_set_that_was_another": False,
    "main_waits_for_set_in_set": True,
}


def scenario(name, wanted):
    def test():
        report, = snapshots([PROGRAM, name])
        shown = "\n".join(json.dumps({key: thread[key] for key in ("name", "state", "verdict", "wait", "evidence")}) for thread in report["threads"])
        found = {thread["name"]: thread["verdict"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")}
        kinds = [deadlock["kind"] for deadlock in report["deadlocks"]]
        expect(found == (ASLEEP if wanted is True else {}) and kinds == (["all asleep"] if wanted is True else []), "%s: %r\n%s" % (name, found, shown))
        for thread in report["threads"]:
            facts = [fact["fact"] for fact in thread["facts"] if fact["fact"].startswith("all_asleep_but")]
            expect(facts == ([wanted] if isinstance(wanted, str) else []), "%s: %r\n%s" % (name, facts, shown))
    return test


for _name, _wanted in SCENARIOS.items():
    globals()["test_" + _name] = scenario(_name, _wanted)
