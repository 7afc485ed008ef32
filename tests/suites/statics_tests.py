"""What is static in functions of C++: who initialises it is known where the C++ runtime was there from the start, and nothing changes where not."""
import json, os, subprocess

from harness import BUILD, LIBRARY, expect, program
from resting import snapshots

ITS_OWN = ("one", "initialiser_runs_in", "one")
# scenario: (verdicts that are proved, by thread; kinds of deadlocks; facts of the threads, some of them)
SCENARIOS = {
    "mutex_cycle": ({"one": "deadlock", "two": "deadlock"}, ["cycle"], [("two", "initialiser_runs_in", "one")]),
    "two_statics": ({"one": "deadlock", "two": "deadlock"}, ["cycle"], [("one", "initialiser_runs_in", "two"), ("two", "initialiser_runs_in", "one")]),
    "its_own": ({"one": "deadlock"}, ["cycle"], [("one", "waits_for_what_it_holds", None), ITS_OWN]),
    "behind_its_own": ({"one": "deadlock", "two": "stranded"}, ["cycle"], [("two", "initialiser_runs_in", "one"), ITS_OWN]),
    "initialiser_sleeps": ({}, [], [("two", "initialiser_runs_in", "one")]),
    "initialiser_has_thrown": ({}, [], [("one", "initialiser_runs_in", "two"), ("three", "held_by", "one")]),
    "all_goes_well": ({}, [], []),
}


def scenario(name, wanted, deadlocks, facts):
    def test():
        report, = snapshots([program("statics"), name])
        shown = "\n".join(json.dumps({key: thread[key] for key in ("name", "state", "wait", "facts")}) for thread in report["threads"])
        found = {thread["name"]: thread["verdict"] for thread in report["threads"] if thread["verdict"] in ("deadlock", "stranded")}
        kinds = sorted(deadlock["kind"] for deadlock in report["deadlocks"])
        expect(found == wanted and kinds == deadlocks, "%s: %r %r\n%s" % (name, found, kinds, shown))
        told = {(thread["name"], fact["fact"], fact.get("name")) for thread in report["threads"] for fact in thread["facts"]}
        runs = {fact for fact in told if fact[1] == "initialiser_runs_in"}
        expect(told >= set(facts) and runs <= set(facts), "%s: %r\n%s" % (name, told, shown))
        for thread in report["threads"]:
            if (thread["wait"] or {}).get("kind") == "static initialisation":
                expect(thread["wait"]["call"] == "__cxa_guard_acquire" and "guard variable" in (thread["wait"]["object"]["symbol"] or ""), thread["wait"])
    return test


for _name, _wanted in SCENARIOS.items():
    globals()["test_" + _name] = scenario(_name, *_wanted)


def test_runtime_loaded_late():
    """A program without C++ loads a library of it, for itself alone: its guards are the C++ runtime's, and never came by us."""
    command = [program("loads_plugin"), os.path.join(BUILD, "tests/libstatics_plugin.so")]
    for extra in ({}, {"LD_PRELOAD": LIBRARY}, {"LD_PRELOAD": LIBRARY, "LEAKWATCH_OPTIONS": "program=nothing"}):
        result = subprocess.run(command, env=dict(os.environ, **extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        expect((result.returncode, result.stdout, result.stderr) == (0, "1 thrown, 6\n", ""), "%r: %r" % (extra, result))
    bound = subprocess.run(command, env=dict(os.environ, LD_PRELOAD=LIBRARY, LD_DEBUG="bindings"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, timeout=120).stderr
    guards = [line for line in bound.split("\n") if "__cxa_guard" in line and "binding file" in line]
    expect(guards and not any("to " + LIBRARY in line for line in guards), guards)
