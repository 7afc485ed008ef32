"""Waits for many descriptors at once, for sockets and for queues: all threads are asleep where only the process itself has what they wait
for, and only there."""
import json

from harness import expect, program, slow
from resting import looked_at_again, snapshots

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
NAMED = "all_asleep_but_for_a_name"
BOUNDED = "all_asleep_but_for_socket_limit"
SYSTEM_V = "all_asleep_but_for_system_v"
PEERS = {
    "receives_from_pair": True,
    "reads_from_pair": True,
    "receives_packets": True,
    "receives_datagrams": True,
    "receives_from_a_child": False,
    "receives_datagrams_from_a_child": False,
    "receives_datagrams_of_anybody": False,
    "polls_datagrams": "all_asleep_but_for_datagram_socket",
    "sends_to_pair": True,
    "sends_to_a_child": False,
    "receives_for_a_time": BOUNDED,
    "receives_for_a_time_that_is_over": BOUNDED,
    "receives_after_a_limit": True,
    "receives_for_a_time_unseen": BOUNDED,
    "main_receives": True,
    "main_receives_from_a_child": False,
    "connects_to_itself": True,
    "connects_to_nobody_yet": False,
    "accepts_who_connects": NAMED,
    "queue_without_name": True,
    "full_queue_without_name": True,
    "queue_of_a_child": False,
    "main_at_queue_without_name": True,
    "main_at_full_queue_without_name": True,
    "queue_with_name": NAMED,
    "old_queue": SYSTEM_V,
    "old_semaphore": SYSTEM_V,
}


def scenario(acts, name, wanted):
    asleep = {acts: "deadlock", "two": "deadlock"}

    def is_told(report):
        if isinstance(wanted, str):
            return any(fact["fact"] == wanted for thread in report["threads"] for fact in thread["facts"])
        return wanted is not True or report["deadlocks"]

    def test():
        report = looked_at_again([program(acts), name], is_told)
        shown = "\n".join(json.dumps({key: thread[key] for key in ("name", "state", "verdict", "wait", "evidence")}) for thread in report["threads"])
        found = {thread["name"]: thread["verdict"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")}
        kinds = [deadlock["kind"] for deadlock in report["deadlocks"]]
        expect(found == (asleep if wanted is True else {}) and kinds == (["all asleep"] if wanted is True else []), "%s: %r\n%s" % (name, found, shown))
        for thread in report["threads"]:
            facts = [fact["fact"] for fact in thread["facts"] if fact["fact"].startswith("all_asleep_but")]
            expect(facts == ([wanted] if isinstance(wanted, str) else []), "%s: %r\n%s" % (name, facts, shown))
    return test


for _acts, _scenarios in (("sets", SCENARIOS), ("peers", PEERS)):
    for _name, _wanted in _scenarios.items():
        globals()["test_" + _name] = scenario(_acts, _name, _wanted)


@slow
def test_token():
    """Always on the way somewhere, but at no moment of a look."""
    for report in snapshots([program("peers"), "token"], count=100, pause=0.005):
        proved = [thread["name"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")]
        expect(not proved and not report["deadlocks"], json.dumps(report["deadlocks"]))
