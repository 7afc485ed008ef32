"""Runs each test without and with the preload and judges: what is different, and is it the preload's doing?

A test differs when, with the preload, it ends, prints or leaves errno as it never does without. Before that is said it is repeated
alone, both ways; what was seen with the preload once, among others on a busy machine, and not again, is listed and not counted. What of a test differs from itself without the preload is not compared: first it is tried whether it is the same
with every number left out (process ids, addresses, times); where that is not so either, it is passed over, and the rest is compared.
"""
import collections, concurrent.futures, difflib, fnmatch, re, sys, time

from . import NotRun, process

PAIRS = 3
AGAIN = 10  # runs with the preload that must show again what one of the first has shown
PATIENCE = 30  # seconds for which a test is repeated without, that it may show what it did with
NUMBER = re.compile(rb"\b0x[0-9a-f]+|\d+(\.\d+)?")
OUTPUTS = ("stdout", "stderr", "errno")


def as_it_is(output):
    return output


def without_numbers(output):
    return NUMBER.sub(b"N", output)


def views(outcomes):
    """For each output, the closest look at which all that ended alike (of these outcomes) are the same; None where there is none. From
    one alone, where all others took too long, nothing can be known of what differs by itself."""
    found = {}
    if len(outcomes) > 1 and sum(outcome.status != "timeout" for outcome in outcomes) < 2:
        return dict.fromkeys(OUTPUTS)
    for field in OUTPUTS:
        for view in (as_it_is, without_numbers, None):
            seen = collections.defaultdict(set)
            for outcome in outcomes:
                if view and outcome.status != "timeout":
                    seen[outcome.status].add(view(getattr(outcome, field)))
            if all(len(outputs) == 1 for outputs in seen.values()):
                found[field] = view
                break
    return found


def seen(outcomes, looks):
    """What can be told apart. What a program wrote until it was ended is no more than a measure of its speed."""
    return {(outcome.status,) + (() if outcome.status == "timeout" else
                                 tuple(looks[field](getattr(outcome, field)) for field in OUTPUTS if looks[field]))
            for outcome in outcomes}


class Exceptions:
    """Tests that differ, and why that is no fault: lines `suite pattern: reason` of a file."""

    def __init__(self, path):
        self.rows, self.used = [], set()
        with open(path) as file:
            for line in file:
                found = re.match(r"([^#\s]\S* \S+): (.+)$", line)
                if found:
                    self.rows.append(found.groups())

    def reason(self, test):
        for pattern, reason in self.rows:
            if fnmatch.fnmatchcase(str(test), pattern):
                self.used.add(pattern)
                return reason
        return None


class Comparison:
    def __init__(self, preload, limit=None):
        self.preload, self.limit = preload, limit

    def run(self, test, command, preload=None, seconds=None):
        outcome = process.run(command, test.env, preload, test.files, seconds or test.seconds)
        return process.Outcome(outcome.status, test.essence(outcome.stdout), test.essence(outcome.stderr), outcome.errno)

    def first(self, test):
        """(test, command, outcomes without, outcomes with), or (test, None, why not, None)."""
        try:
            command = test.make()
        except NotRun as error:
            return test, None, str(error), None
        without = [self.run(test, command, seconds=min(self.limit or test.seconds, test.seconds))]
        if self.limit and without[0].status == "timeout":
            return test, None, "take longer than --limit", None
        with_ = [self.run(test, command, self.preload)]
        if without != with_ and without[0].status == with_[0].status:
            without.append(self.run(test, command))
        return test, command, without, with_

    def alike(self, without, with_):
        looks = views(without)
        return seen(with_, looks) <= seen(without, looks)

    def repeat(self, test, command, without, with_):
        """Alone, on a machine that has nothing else to do: pairs, and, of what is not each time the same, as often without as may show
        that it does that by itself."""
        busy = with_[:]
        with_.clear()
        for _ in range(PAIRS):
            without.append(self.run(test, command))
            with_.append(self.run(test, command, self.preload))
        if any(outcome.status != "timeout" for outcome in with_):  # of a limit of seconds, on a busy machine
            with_[:] = [outcome for outcome in with_ if outcome.status != "timeout"]
        looks = views(without)
        if self.alike(without, with_) or len(seen(without, looks)) > 1 or len(seen(with_, looks)) > 1:
            start = time.monotonic()
            while not self.alike(without, with_ + busy) and time.monotonic() - start < PATIENCE:
                without.append(self.run(test, command))
            while self.alike(without, with_) and not self.alike(without, busy) and len(with_) < AGAIN:
                with_.append(self.run(test, command, self.preload))
        return busy


def difference(without, with_):
    """The first thing that differs, in words."""
    looks = views(without)
    known = seen(without, looks)
    odd = [outcome for outcome in with_ if not seen([outcome], looks) <= known]
    statuses, statuses_with = ({outcome.status for outcome in outcomes} for outcomes in (without, with_))
    if not statuses_with <= statuses:
        words = ["status %s, with %s" % (sorted(map(str, statuses)), sorted(map(str, statuses_with)))]
    else:
        words = ["status %s both ways" % sorted(map(str, statuses_with))]
    words.append(" (%d of %d runs with, none of %d without)" % (len(odd), len(with_), len(without)))
    like = next((outcome for outcome in without if outcome.status == odd[0].status), without[0])
    for field in OUTPUTS:
        view = looks[field] or as_it_is
        before, after = (view(getattr(outcome, field)).decode(errors="backslashreplace").splitlines() for outcome in (like, odd[0]))
        if before != after:
            lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
            words.append("\n    %s:" % field + "".join("\n    " + line for line in lines[:12] if not line.startswith("@@")))
    return "".join(words)


def main(tests, preload, exceptions, jobs, limit=None):
    """Runs all and tells what came of them; the number of those that differ and are not excepted."""
    comparison = Comparison(preload, limit)
    results = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for result in pool.map(comparison.first, tests):
            results.append(result)
            test, command, without, with_ = result
            if command and not comparison.alike(without, with_):
                print("to be repeated: %s" % test, file=sys.stderr, flush=True)
    not_run, statuses, flaky, once, excepted = collections.defaultdict(list), collections.Counter(), [], [], []
    suites, looser, failed = collections.Counter(), collections.Counter(), 0
    for test, command, without, with_ in results:
        if not command:
            not_run[test.suite, without].append(test.name)
            continue
        suites[test.suite] += 1
        statuses[str(without[0].status)] += 1
        if not comparison.alike(without, with_):
            busy = comparison.repeat(test, command, without, with_)
            if comparison.alike(without, with_) and not comparison.alike(without, busy):
                once.append("%s: %s" % (test, difference(without, busy + with_)))
            elif comparison.alike(without, with_):
                flaky.append("%s %s" % (test, sorted({str(outcome.status) for outcome in without})))
            elif exceptions.reason(test):
                excepted.append("%s: %s\n    it %s" % (test, difference(without, with_), exceptions.reason(test)))
            else:
                failed += 1
                print("DIFFERS %s: %s" % (test, difference(without, with_)), flush=True)
        looks = views(without)
        if without[0] != with_[0]:
            looser.update("%s %s" % (field, "without numbers" if look else "not at all") for field, look in looks.items() if look != as_it_is)

    def told(title, lines):
        print(title + ("".join("\n  " + line for line in sorted(lines)) or " none"))

    print("statuses without the preload: " + ", ".join("%s: %d" % pair for pair in statuses.most_common()))
    told("not run:", ["%s: %d %s: %s" % (suite, len(names), why, " ".join(names)) for (suite, why), names in not_run.items()])
    told("compared less closely, as it differs from itself without the preload:", ["%s: %d tests" % pair for pair in looser.items()])
    told("differ now and then, the same ways with and without:", flaky)
    told("differed once, on a busy machine, and not again:", once)
    told("differ, and are excepted:", excepted)
    total = sum(suites.values())
    print("run: " + ", ".join("%d of %s" % (count, suite) for suite, count in suites.items()))
    print("%d passed, %d failed" % (total - failed, failed))
    return failed
