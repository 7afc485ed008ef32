"""What the programs of tests/differential print: the same, line by line, with the preload as without."""
import collections, concurrent.futures, functools, itertools, os, re

from harness import BUILD, LIBRARY, TESTS, expect, glibc, program, run, scratch, slow

FAULTY = os.path.join(BUILD, "tests/libfaulty_shim.so")
# Wrappers of the families of locks, by name.
LOCKS = re.compile(r"pthread_(mutex|rwlock|spin|cond|barrier)_\w+|pthread_once|call_once|mtx_\w+|cnd_\w+|sem_[a-z]+|pthread_\w*join\w*|thrd_join|pthread_detach|thrd_detach")


def lines_of(command, library=None, options="at_exit=0", **env):
    """What a program prints, and how it ends."""
    environment = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "LEAKWATCH_OPTIONS")}
    environment.update(env)
    if library:
        environment.update(LD_PRELOAD=library, LEAKWATCH_OPTIONS=options)
    result = run(command, env=environment, timeout=800)
    expect(result.stderr == "", result.stderr)
    return result.stdout.splitlines() + ["status: %d" % result.returncode]


def differences(without, under):
    """Pairs of lines that differ; they are "what: answers"."""
    expect(len(without) == len(under), "%d lines without, %d with" % (len(without), len(under)))
    return [(a, b) for a, b in zip(without, under) if a != b]


def classes(pairs):
    """Differences by the call, the state of its object, and how its own answer changed: one example each."""
    found = collections.OrderedDict()
    for without, under in pairs:
        cell, answers = without.split(": ", 1)
        own = [line.split(": ", 1)[1].split(";")[0] for line in (without, under)]
        found.setdefault((cell.split(", ")[0], cell.split(", ")[2], *own), []).append((cell, answers, under.split(": ", 1)[1]))
    return found


def say_classes(found):
    return "\n".join("%d cells like %s:\n    without %s\n    with    %s" % (len(cells), *cells[0]) for cells in found.values())


@functools.lru_cache(None)
def lock_cells(library=None):
    cells = lines_of([program("locks")], library)
    expect(len(cells) > 40000 and cells[-1] == "status: 0", cells[-1])
    return cells


@slow
def test_locks():
    """Every lock call on every type, in every state, with every deadline; and what the object answers next."""
    found = differences(lock_cells(), lock_cells(LIBRARY))
    expect(not found, "%d cells differ\n%s" % (len(found), say_classes(classes(found))))


def test_every_lock_wrapper_has_a_row():
    names = run(["nm", "-D", "--defined-only", LIBRARY], check=True).stdout
    wrapped = {line.split()[-1].split("@")[0] for line in names.splitlines()}
    rows = set(lines_of([program("locks"), "calls"])[:-1])
    missing = {name for name in wrapped if LOCKS.fullmatch(name)} - rows
    expect(not missing, "wrapped, and in no row of lock_rows.h: %s" % sorted(missing))
    expect(rows <= wrapped, "in lock_rows.h and not wrapped: %s" % sorted(rows - wrapped))


@slow
def test_locks_notice_a_faulty_shim():
    """The test itself is tested: with a library that takes before it looks at the clock, and one that forgets errno."""
    found = classes(differences(lock_cells(), lock_cells(FAULTY)))
    calls = {call for call, _, without, under in found if without != under}
    expect(calls == {"pthread_mutex_clocklock", "sem_timedwait"}, calls)


# What may differ when a program begins, and why.
LOADED = {"libleakwatch.so": "itself",
          "libgcc_s.so.1": "its unwinder, which glibc loads at the first pthread_exit or cancellation",
          **dict.fromkeys(("libunwind.so.8", "libunwind-x86_64.so.8", "liblzma.so.5"), "loaded with dlopen in its constructor")}
EMPTY = dict.fromkeys(("libpthread.so.0", "libdl.so.2"), "wanted by a library that was built with glibc before 2.34, and empty since")
HEAP = 64 << 10, "the dynamic loader's records of those, and libunwind's tables of one address space"


def is_explained(what, without, under, watches):
    fact = what.split(", ")[1]
    allocates = watches or glibc() < (2, 34)  # where dlsym, which the shim asks for the real functions, keeps what it found wrong
    if fact == "modules":
        more = [name for name in under.split() if name not in without.split()]
        return set(more) <= set(LOADED if watches else {"libleakwatch.so", "libgcc_s.so.1"}) | set(EMPTY if glibc() >= (2, 34) else ()) and [name for name in under.split() if name not in more] == without.split()
    if fact == "malloc_in_use":
        return allocates and int(under) - int(without) < HEAP[0]
    if fact in ("heap_taken", "malloc_arena"):
        return allocates and int(without) == 0 and int(under) == 132 << 10  # the first block of it is made, as by any malloc (M_TOP_PAD)
    return False


def start_differs(library, options):
    pairs = differences(lines_of([program("start")]), lines_of([program("start")], library, options))
    found = []
    for without, under in pairs:
        (what, a), (_, b) = without.split(": ", 1), under.split(": ", 1)
        if not is_explained(what, a, b, "program" not in options):
            found.append("%s: %s without, %s with" % (what, a, b))
    return found


def test_what_main_finds():
    # not stall, monitor or metrics, which make a thread (docs/transparency.md)
    for options in ("", "at_exit=0:signal=none:at_term=0", "program=another"):
        found = start_differs(LIBRARY, options)
        expect(not found, "LEAKWATCH_OPTIONS=%s\n%s" % (options, "\n".join(found)))


def test_what_main_finds_notices_a_faulty_shim():
    facts = {line.split(": ")[0].split(", ")[1] for line in start_differs(FAULTY, "program=another")}
    allocated = {"malloc_in_use"} if (2, 34) <= glibc() < (2, 43) else set()  # is expected before, and 0 since
    expect({"errno", "first_key", "keys", "descriptors"} | allocated <= facts, facts)


# More of them, or others: LEAKWATCH_SEQUENCES=50000 LEAKWATCH_SEED=100001 tests/run build "differential sequences"
SEQUENCES, FIRST_SEED = int(os.environ.get("LEAKWATCH_SEQUENCES", "2000")), int(os.environ.get("LEAKWATCH_SEED", "1"))


def sequences(first, count, library=None, *more, options="at_exit=0"):
    """The calls of each sequence, by its seed. They are played in parts, so that a long run says soon what it finds."""
    played = collections.OrderedDict((seed, []) for seed in range(first, first + count))
    for line in lines_of([program("sequences"), str(first), str(count), *more], library, options)[:-1]:
        played[int(re.search(r"seed (\d+) ", line).group(1))].append(line)
    return played


def shortest_prefixes(without, under):
    """Of each sequence that differs, the calls up to the first that does."""
    found = []
    for seed, calls in without.items():
        for at, (a, b) in enumerate(itertools.zip_longest(calls, under[seed], fillvalue="(nothing)")):
            if a != b:
                found.append((seed, calls[:at], a, b))
                break
    return found


def again(found, with_):
    """Those that differ alone too, on a machine that has nothing else to do: each is played a few times without, and with; where the threads
    of a sequence are fast or slow enough for a signal to come a call earlier, both do so now and then."""
    confirmed = []
    for seed, *rest in found:
        known, odd = [], []
        for _ in range(4):
            known += [sequences(seed, 1)[seed] for _ in range(3)]
            odd = [calls for calls in odd + [with_(seed)] if calls not in known]
        if odd:
            (confirmed_one,) = shortest_prefixes({seed: known[0]}, {seed: odd[0]})
            confirmed.append(confirmed_one)
    return confirmed


def expect_same(found, count, with_):
    found = again(found, with_)
    told = "\n".join("seed %d, %d calls:\n%s\nwithout: %s\nwith:    %s" % (seed, len(before) + 1, "\n".join(before), a, b) for seed, before, a, b in found[:20])
    expect(not found, "%d of %d sequences differ\n%s" % (len(found), count, told))


@slow
def test_sequences():
    """Random calls with good and bad arguments, interrupted, cancelled, or blocked for ever: each answers the same."""
    at_a_time, found = 250, []
    for first in range(FIRST_SEED, FIRST_SEED + SEQUENCES, at_a_time):
        count = min(at_a_time, FIRST_SEED + SEQUENCES - first)
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            found += shortest_prefixes(*both.map(lambda library: sequences(first, count, library), (None, LIBRARY)))
    expect_same(found, SEQUENCES, lambda seed: sequences(seed, 1, LIBRARY)[seed])


@slow
def test_sequences_under_snapshots():
    """The same while each call that blocks is interrupted by a snapshot before anything else comes."""
    count = max(200, SEQUENCES // 10)
    with scratch() as directory:
        options = "signal=USR1:at_exit=0:log=%s/log" % directory
        under = lambda seed, count: sequences(seed, count, LIBRARY, "snapshots", options=options)
        expect_same(shortest_prefixes(sequences(FIRST_SEED, count), under(FIRST_SEED, count)), count, lambda seed: under(seed, 1)[seed])


@slow
def test_sequences_notice_a_faulty_shim():
    found = again(shortest_prefixes(sequences(1, 300), sequences(1, 300, FAULTY)), lambda seed: sequences(seed, 1, FAULTY)[seed])
    calls = {re.search(r"call \d+: (\w+):", a).group(1) for _, _, a, _ in found}
    # it has lost an errno, and a descriptor
    expect({"sem_timedwait", "dup", "pipe2"} <= calls and not calls & {"read", "sem_wait", "nanosleep"}, calls)


def test_sequences_have_most_wrappers():
    """Those that are drawn: all calls in which a thread can sleep, but for those that only locks.c and every_wait play."""
    rows = set(re.findall(r"^    X\((\w+),", open(os.path.join(TESTS, "differential/sequence_rows.h")).read(), re.M))
    waits = set(re.findall(r"^    X\((\w+),", open(os.path.join(TESTS, "programs/wait_rows.h")).read(), re.M))
    expect({"sem_timedwait", "splice", "thrd_sleep"} <= rows & waits, rows & waits)
    aliases = {name for name in waits if name.startswith("__") or re.search("64", name)}
    elsewhere = {name for name in waits if LOCKS.fullmatch(name) or re.match(r"mq_|msg|sem|aio_|io_", name)}
    expect(waits - rows - aliases - elsewhere <= {"sigpause", "wait", "wait3", "fcntl", "syscall"}, waits - rows - aliases - elsewhere)
