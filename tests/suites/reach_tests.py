"""The proof by reachability: each place in which a reference may be hidden is one that the thread is woken from afterwards."""
import concurrent.futures, json, os, re, signal, subprocess

from harness import LIBRARY, PATIENCE, ROOT, TOOL, eventually, expect, needs, program, scratch, slow, watched
from live import Asked
from resting import next_report

NEEDS = ("glibc up to 2.42",)
PROGRAM, PLANS, BLOCKS = program("reach"), program("reach_plans"), program("reach_blocks")
# what these use is in programs of their own
PROGRAMS = {
    "in_a_system_v_queue": program("reach_system_v"),
    "for_a_later_handler": program("reach_handler"),
    "below_a_handler": program("reach_handler"),
    "with_a_clone": program("reach_clones"),
    "in_code_to_be": program("reach_code"),
    "in_code_laid_by": program("reach_code"),
    "on_another_stack": program("reach_contexts"),
    "killed_by_handle": program("reach_kills"),
    "killed_by_nobody": program("reach_kills"),
    "jump_in_storage": program("reach_jumps"),
    "jump_on_a_stack": program("reach_jumps"),
    "jump_elsewhere": program("reach_jumps"),
}
PROGRAMS.update(dict.fromkeys(("left_by_a_handler", "left_by_a_handler_in_a_block", "in_a_handler_of_a_fault", "in_a_handler_in_a_block", "beside_an_alternate_stack"),
                              program("reach_alternate")))
PROGRAMS.update(dict.fromkeys(("in_a_coroutine", "in_an_inner_coroutine", "in_a_lost_coroutine", "in_a_handled_exception", "in_a_passing_exception", "in_a_kept_exception", "in_a_function",
                               "behind_a_weak_pointer", "in_a_pool", "in_a_stop", "in_a_promise", "in_a_lost_promise"), program("reach_cpp")))
CANCELS, ANYWHERE = program("reach_cancels"), program("reach_anywhere")
TRIES = 20
# place: how the report says that the thread can be come to, by the first step of its path, or why it says nothing
PLACES = {
    "in_global": "global",
    "in_a_field": "global",
    "interior": "global",
    "behind": "global",
    "tagged": "global",
    "behind_a_chain": "global",
    "in_storage": "stack",
    "in_a_key": "stack",
    "in_a_late_key": "stack",
    "in_a_pipe": "unread_bytes",
    "in_a_socket": "unread_bytes",
    "in_a_queue": "kernel_queues",
    "in_a_set": "kernel",
    "in_a_large_set": "kernel",
    "in_a_timer": "kernel",
    "in_a_signal": "signal_queued",
    "in_a_mapping": "global",
    "in_a_reserve": None,  # of 4 TiB, where the kernel tells what is there of it (Linux 6.7)
    "in_shared_memory": "shared_memory",
    "where_fork_does_not_copy": "memory_without_fork",
    "where_fork_wipes": "memory_without_fork",
    "where_it_may_be_dropped": "memory_without_fork",
    "in_protected_memory": "global",
    "in_a_file": "shared_memory",
    "in_a_sealed_piece": "global",
    "in_a_locked_piece": "global",
    "behind_a_file": "global",
    "beyond_the_heap": "global",
    "in_a_table": "global",
    "at_a_fixed_address": "global",
    "in_an_operand": "global",
    "before_the_end": "global",
    "beside_a_stack": "global",
    "for_the_kernel_to_wake": None,  # some thread's stack
    "with_own_files": "descriptors_of_a_thread",
    "in_a_datagram": "unread_bytes",
    "before_accept": "unread_bytes",
    "before_accept_from_the_network": "unread_bytes",
    "in_a_connection": "unread_bytes",
    "in_an_ended_connection": "unread_bytes",
    "in_a_network_datagram": "unread_bytes",
    "in_a_terminal": "unread_bytes",
    "in_a_line": "unread_bytes",
    "in_a_held_datagram": "unread_bytes",
    "in_a_pipe_without_reader": "unread_bytes",
    "in_code_to_be": None,
    "in_code_laid_by": None,
    "in_an_event": "kernel",
    "in_a_system_v_queue": "kernel_queues",
    "below_a_handler": "stack",
    "in_a_handler_of_a_fault": None,  # by the thread that runs there, or by the mapping
    "in_a_handler_in_a_block": None,
    "beside_an_alternate_stack": "global",
    "in_a_large_block": "global",
    "in_code": None,  # the loader's or the program's word for it
    "in_a_jump": "global",
    "in_a_coroutine": "global",
    "in_an_inner_coroutine": "global",
    "in_a_handled_exception": "stack",
    "in_a_passing_exception": "stack",
    "in_a_kept_exception": "global",
    "in_a_function": "global",
    "behind_a_weak_pointer": "global",
    "in_a_pool": "global",
    "in_a_stop": "global",
    "at_the_end": "global",
    "on_another_stack": "global",
    "in_a_register": "stack",
    "in_a_vector": "stack",
    "with_a_sleeper": "stack",
    "with_a_waiter": "stack",
    "with_a_clone": "memory_shared_with_process",
}


def is_looked_at(report):
    return report.get("reach", {}).get("looked")


def ask(place, options="reach=1", wakes=True, settled=lambda report: "reach" in report, of=None, preload=LIBRARY, stderr=None):
    """The report of a program that has hidden the reference there; then the thread is woken through it."""
    with scratch() as directory:
        log = os.path.join(directory, "log")
        env = dict(os.environ, LD_PRELOAD=preload, LEAKWATCH_OPTIONS="at_exit=0:format=json:log=%s:%s" % (log, options))
        process = subprocess.Popen([of or PROGRAMS.get(place, PROGRAM), place], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True)
        try:
            expect(process.stdout.readline() == b"ready\n", "%s did not get ready: %r" % (place, process.poll()))
            # on a busy machine the waiter, or main, may not have come to rest: then there is less to prove, never more
            for number in range(TRIES):
                report = json.loads(next_report(process.pid, log, number))
                if settled(report):
                    break
            process.stdin.write(b"x")
            process.stdin.flush()
            if wakes:
                said = process.stdout.readline()
                expect(said == b"woken\n", "%s: %r" % (place, said))
            return report
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def waiter(report, name="waiter"):
    thread, = [thread for thread in report["threads"] if thread["name"] == name]
    return thread


def told(report):
    """What the report says of the waiter: why nobody looked, or where the path to it begins."""
    reach = report.get("reach", {})
    paths = [fact["path"] for fact in waiter(report)["facts"] if fact["fact"] == "reachable"]
    return paths[0][0]["kind"] if paths else reach.get("refusal")


def hidden(place, wanted):
    def test():
        report = ask(place, settled=lambda report: told(report) == (wanted or told(report)))
        thread = waiter(report)
        expect(thread["verdict"] != "stranded", "%s: %r" % (place, thread))
        expect(told(report) == (wanted or told(report)), "%s: %s, not %s: %r" % (place, told(report), wanted, thread["facts"]))
    return test


for _place, _wanted in PLACES.items():
    globals()["test_" + _place] = hidden(_place, _wanted)


def test_nowhere():
    report = ask("nowhere", wakes=False, settled=lambda report: waiter(report)["verdict"] == "stranded")
    thread = waiter(report)
    expect(thread["verdict"] == "stranded", "%r %r" % (report["reach"], thread))
    fact, = [fact for fact in thread["facts"] if fact["fact"] == "unreachable"]
    expect([step["kind"] for step in fact["path"]] == ["block"] and fact["referrers"] == [thread["tid"]], fact)


def test_a_libc_that_is_not_known_is_refused():
    """One line at the start, and no proof, of what would be proved otherwise (nowhere)."""
    with scratch() as directory, open(os.path.join(directory, "said"), "w+") as said:
        preload = "%s %s" % (program("liblater_libc.so"), LIBRARY)
        report = ask("nowhere", wakes=False, settled=lambda report: True, preload=preload, stderr=said)
        said.seek(0)
        expect(said.read() == "leakwatch: reach knows glibc from 2.26 to 2.42, and this is 2.99: no proofs by reachability\n", said)
    expect(waiter(report)["verdict"] != "stranded" and "reach" not in report, "%r" % report)


def test_names_of_fields():
    """What lies within a variable is named by its type."""
    report = ask("in_a_field", settled=lambda report: told(report) == "global")
    names = [step.get("name") for fact in waiter(report)["facts"] if fact["fact"] == "reachable" for step in fact["path"]]
    expect(names[0] == "registry.tables[2].by_id[5]", names)


def test_on_a_kept_stack():
    """What a thread has left that has ended is no reference."""
    thread = waiter(ask("on_a_kept_stack", wakes=False, settled=lambda report: waiter(report)["verdict"] == "stranded"))
    expect(thread["verdict"] == "stranded", thread["facts"])


def test_for_a_later_handler():
    """It will take what the thread that it runs in has in its own storage."""
    report = ask("for_a_later_handler", settled=is_looked_at)
    expect(waiter(report, "taken")["verdict"] != "stranded", waiter(report, "taken"))
    expect(waiter(report)["verdict"] == "stranded", waiter(report))


# where the pthread_t is of a thread that is then cancelled, or ended by a handler, or leaves its wait by a jump: what is said of it
ENDED = {
    "known_in_global": ("cancellable", "global"),
    "known_in_a_block": ("cancellable", "global"),
    "known_in_storage": ("cancellable", "stack"),
    "known_in_a_set": ("cancellable", "kernel"),
    "known_to_a_runner": ("cancellable", "stack"),
    "known_to_a_waiter": ("cancellable", "stack"),
    "known_as_a_thrd": ("cancellable", "global"),
    "killed_by_handle": ("handler_may_end_it", None),
    "jump_in_storage": ("reachable", "stack"),  # by the stack that the jump leads to
    "jump_on_a_stack": ("reachable", "global"),
    "in_a_promise": ("reachable", "global"),
}


def how_it_ends(report):
    return [(fact["fact"], fact["path"][0]["kind"] if fact.get("path") else None) for fact in waiter(report, "taken")["facts"] if fact["fact"] in ("cancellable", "handler_may_end_it", "reachable")]


def ended(place, wanted, of=None):
    """Who waits and is not known to anybody is stranded in the same program."""
    def test():
        report = ask(place, of=of or PROGRAMS.get(place, CANCELS), settled=lambda report: how_it_ends(report) == [wanted] and waiter(report)["verdict"] == "stranded")
        thread = waiter(report, "taken")
        expect(thread["verdict"] != "stranded" and how_it_ends(report) == [wanted], "%s: %r %r" % (place, report["reach"], thread))
        expect(waiter(report)["verdict"] == "stranded", "%s: %r" % (place, waiter(report)))
    return test


for _place, _wanted in ENDED.items():
    globals()["test_" + _place] = ended(_place, _wanted)

# A lock is no cancellation point, but where a thread may be cancelled anywhere.
test_known_of_a_locker_anywhere = ended("known_of_a_locker", ("cancellable", "global"), ANYWHERE)


def stays(place, name="taken"):
    """Nobody has its pthread_t, or nobody that may run again; or to have it is of no use."""
    def test():
        def is_stranded(report):
            return waiter(report, name)["verdict"] == "stranded"
        report = ask(place, of=PROGRAMS.get(place, CANCELS), wakes=False, settled=is_stranded)
        expect(is_stranded(report), "%s: %r %r" % (place, report["reach"], waiter(report, name)))
    return test


for _place in ("known_nowhere", "known_to_the_stranded", "known_of_a_locker", "killed_by_nobody", "jump_elsewhere", "in_a_lost_promise"):
    globals()["test_" + _place] = stays(_place)
# There a thread's first frame, which has its pthread_t, begins so near below its thread-local storage that it may be part of that.
for _test in test_killed_by_handle, test_killed_by_nobody:
    _test.needs = (*NEEDS, "glibc from 2.34, where a thread's first frame lies further below its thread-local storage",)
test_in_a_lost_coroutine = stays("in_a_lost_coroutine", "waiter")
# What a handler has left on an alternate stack, the program's or the shim's, is not live while nobody runs there.
test_left_by_a_handler = stays("left_by_a_handler", "waiter")
test_left_by_a_handler_in_a_block = stays("left_by_a_handler_in_a_block", "waiter")


def test_between_bounds():
    """Whoever knows where a stack begins, as Rust does, knows nothing that lies on it."""
    report = ask("between_bounds", wakes=False, settled=lambda report: waiter(report, "taken")["verdict"] == "stranded")
    expect(waiter(report, "taken")["verdict"] == "stranded", waiter(report, "taken"))


def test_in_anothers_storage():
    """What a thread has of its own may be used by who has its address: not so what lies on the stack beside it."""
    def is_taken(report):
        return waiter(report, "taken")["verdict"] == "stranded"
    report = ask("in_anothers_storage", settled=is_taken)
    expect(is_taken(report) and waiter(report)["verdict"] != "stranded" and told(report) == "global", "%r %r" % (waiter(report), waiter(report, "taken")))


RUST = {
    "in_a_sender": False, "in_a_rendezvous": False, "in_a_thread": False, "in_a_map": False, "in_a_weak": False, "in_a_tag": False, "in_a_closure": False, "in_a_barrier": False,
    "in_a_scope": False, "in_a_lost_cycle": True,
}


@slow
@needs("/usr/bin/rustc")
def test_places_of_rust():
    """Which are lost?"""
    with scratch() as directory:
        places = os.path.join(directory, "places")
        subprocess.run(["/usr/bin/rustc", "--edition", "2021", "-O", os.path.join(ROOT, "tests/programs/reach/places.rs"), "-o", places], check=True, timeout=3 * PATIENCE)
        for place, lost in RUST.items():
            report = ask(place, of=places, wakes=not lost, settled=lambda report: is_looked_at(report) and (waiter(report)["verdict"] == "stranded") == lost)
            expect((waiter(report)["verdict"] == "stranded") == lost, "%s: %r %r" % (place, report["reach"], waiter(report)))


def test_names_of_cancellers():
    words = [step.get("name") for fact in waiter(ask("known_in_global", of=CANCELS, settled=how_it_ends), "taken")["facts"] if fact["fact"] == "cancellable" for step in fact["path"]]
    expect(words == ["workers[2]"], words)


def test_not_asked_for():
    report = ask("nowhere", options="reach=0", wakes=False, settled=lambda report: True)
    expect("reach" not in report and waiter(report)["verdict"] != "stranded", report)


def test_packed():
    """An address that does not lie in an aligned word is one of the assumptions, and is found if it is looked for."""
    expect(waiter(ask("packed", options="reach=2", settled=is_looked_at))["verdict"] != "stranded", "packed")
    expect(waiter(ask("packed", settled=lambda report: waiter(report)["verdict"] == "stranded"))["verdict"] == "stranded", "packed, and looked for at every offset")


def act_out(seed):
    """Runs one random graph: (waiters called stranded that can be woken, waiters that cannot, how many of these were found, why not looked)."""
    with scratch() as directory:
        log = os.path.join(directory, "log")
        env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:format=json:reach=1:log=" + log)
        process = subprocess.Popen([PLANS, str(seed)], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        try:
            truth = {"live": set(), "lost": set()}
            for line in iter(process.stdout.readline, b"ready\n"):
                expect(line, "plan %d did not get ready: %r" % (seed, process.poll()))
                word, number = line.split()
                truth[word.decode()].add(int(number))
            report = json.loads(next_report(process.pid, log, 0))
            process.stdin.write(b"x")
            process.stdin.flush()
            woken = {int(process.stdout.readline().split()[1]) for _ in truth["live"]}
            expect(woken == truth["live"], "plan %d: %r woke, not %r" % (seed, woken, truth["live"]))
            stranded = {int(thread["name"].split("-")[1]) for thread in report["threads"] if thread["verdict"] == "stranded"}
            return stranded - truth["lost"], truth["lost"], len(stranded & truth["lost"]), report.get("reach", {"refusal": "nobody blocked"}).get("refusal")
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_large():
    """From 64 MiB on a thread reads ahead: all threads are stranded but perhaps the last, whose address main may have left on its stack; none is if blocks in the midst
    of many lead to what they wait for."""
    for kept, stranded in (((), (2, 3)), (("kept",), (0,))):
        with scratch() as directory:
            log = os.path.join(directory, "log")
            env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS="at_exit=0:format=json:reach=1:log=" + log)
            process = subprocess.Popen([BLOCKS, "3", "80", *kept], env=env, stdout=subprocess.PIPE, start_new_session=True)
            try:
                expect(process.stdout.readline() == b"ready\n", "not ready")
                for number in range(5):
                    report = json.loads(next_report(process.pid, log, number))
                    if report["reach"]["looked"]:
                        break
                expect(report["reach"]["looked"], report["reach"])
                found = sum(thread["verdict"] == "stranded" for thread in report["threads"])
                expect(found in stranded, "%d stranded, not %r" % (found, stranded))
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@slow
def test_random_graphs():
    """No waiter is called stranded that is woken afterwards, and nine tenths of the others are."""
    count = int(os.environ.get("LEAKWATCH_PLANS", "100"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(act_out, range(count)))
    false = [(seed, result[0]) for seed, result in enumerate(results) if result[0]]
    refused = [result[3] for result in results if result[3]]
    lost = sum(len(result[1]) for result in results if not result[3])
    found = sum(result[2] for result in results)
    print("%d graphs: %d of %d stranded waiters found, %d false, %d not looked at %r" % (count, found, lost, len(false), len(refused), sorted(set(refused))))
    expect(not false, "called stranded, and woken: %r" % false)
    expect(found >= 0.9 * lost and lost > count, "%d of %d found" % (found, lost))
    expect(len(refused) <= count // 10, "%d were not looked at: %r" % (len(refused), refused))


def test_stack_asks_for_it():
    """Of a program whose own options do not; the answer has what was found, or nothing if it was not asked for."""
    with Asked([PROGRAM, "nowhere"], b"ready\n", options="at_exit=0") as asked:
        for words, verdict in (([], "suspect"), (["--reach"], "stranded"), (["--reach=2"], "stranded"), (["--reach", "0"], "suspect")):
            def judged():
                report = json.loads(asked.report("--format", "json", *words))
                return waiter(report)["verdict"] == verdict and ("reach" in report) == (verdict == "stranded")
            eventually("%r: not %s" % (words, verdict), judged)


def test_catalogue():
    """docs/proofs.md tells how many threads of which cases are proved."""
    with open(os.path.join(ROOT, "docs/proofs.md")) as file:
        rows = re.findall(r"^\| (\w+) \| (\d+) of (\d+) \|", file.read(), re.M)
    expect(len(rows) == 8, rows)
    for case, proved, of in rows:
        report = json.loads(watched([program(case)], "format=json:reach=1").stderr)
        verdicts = [thread["verdict"] for thread in report["threads"] if thread["leaked"]]
        expect((verdicts.count("stranded"), len(verdicts)) == (int(proved), int(of)), "%s: %r %r" % (case, verdicts, report.get("reach")))


def test_run_asks_for_it():
    """The value may be left out; what is no value is the program."""
    for words in (["--reach"], ["--reach=1"], ["--reach", "1"]):
        done = subprocess.run([TOOL, "run"] + words + [program("timed_out_caller")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        expect("stranded: " in done.stderr and "unreachable: no thread that may still run" in done.stderr, done.stderr)
    done = subprocess.run([TOOL, "run", "--reach=3", program("timed_out_caller")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect(done.returncode == 2 and "--reach" in done.stderr, done)
