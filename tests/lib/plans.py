"""Random plans of locks, joins, conditions, futexes, semaphores, pipes, eventfds, sockets and sets of them, and what must be said of each: worked out
from the plan alone."""
import collections, random

THREADS, THINGS = 8, 3
OF_DESCRIPTORS = "GHOSQY"
SETS = "OSQ"
# What main does in the end: sleeps, or waits for what nobody can do any more.
MAINS = "swgpoeqyf"


class Plan:
    """Makes up steps and keeps the state that they lead to. Only steps with one possible outcome are taken."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.steps = []
        self.blocked = {}  # thread: (op, argument)
        self.ended, self.joined = set(), set()
        self.mutex = [None] * THINGS
        self.writer = [None] * THINGS
        self.readers = [collections.Counter() for _ in range(THINGS)]
        self.bytes, self.posts, self.counts, self.sent = [0] * THINGS, [0] * THINGS, [0] * THINGS, [0] * THINGS
        # few threads and things in some plans, so that they meet; some take locks without giving them back
        self.threads = self.random.randint(2, THREADS)
        self.things = self.random.randint(1, THINGS)
        self.ops = self.random.choice(["LLLU", "LLRWX", "LLLUJJ", "LURWXJCBGPTV", "LLJCE", "RRWWXL", "LJ", "LUGPTVCBE", "RWJ", "LLRWJE",
                                       "HIOSQGP", "LUFKCB", "YZGPHI", "LLOSQHIP", "FKTVJE", "LURWXJCBGPTVHIOSQFKYZ"])
        # none without a handler; f: of faults alone; h: of a signal that may come to a sleeper
        self.handlers = self.random.choice(["", "", "f", "h"])
        self.alone = self.random.random() < 1 / 20
        self.main = self.random.choice(MAINS if self.random.random() < 1 / 2 else "sw")
        if self.alone:
            return
        for _ in range(self.random.randint(3, 40)):
            self.try_step()
        if self.main != "s":  # nobody left to do anything else
            for thread in range(THREADS):
                if thread not in self.blocked and thread not in self.ended:
                    self.try_step(thread, self.random.choice("CGTEHOSQFY"))

    def waiters(self, ops, thing):
        return [thread for thread, (op, argument) in self.blocked.items() if op in ops and argument == thing]

    def try_step(self, thread=None, op=None):
        free = [each for each in range(self.threads) if each not in self.blocked and each not in self.ended]
        if thread is None and not free:
            return
        thread = self.random.choice(free) if thread is None else thread
        op = op or self.random.choice(self.ops)
        if op == "E":
            thing = 0
        elif op == "J":
            thing = self.random.randrange(self.threads)
        else:
            thing = self.random.randrange(self.things)
        outcome = getattr(self, "do_" + op)(thread, thing)
        if outcome is None:
            return
        blocks, woken = outcome
        if blocks:
            self.blocked[thread] = (op, thing)
        for other in woken:
            del self.blocked[other]
        self.steps.append("%d %s%d %s%s" % (thread, op, thing, "b" if blocks else "-", "".join(" %d" % other for other in woken)))

    # each: (does it block, who comes back because of it), or None if the step cannot be taken
    def do_L(self, thread, thing):
        if self.mutex[thing] is not None:
            return True, []
        self.mutex[thing] = thread
        return False, []

    def do_U(self, thread, thing):
        waiters = self.waiters("L", thing)
        if self.mutex[thing] != thread or len(waiters) > 1:
            return None
        self.mutex[thing] = waiters[0] if waiters else None
        return False, waiters

    def do_R(self, thread, thing):
        if self.writer[thing] == thread or (self.writer[thing] is None and self.waiters("W", thing)):
            return None  # EDEADLK; whether a reader passes a waiting writer is the kind's affair
        if self.writer[thing] is not None:
            return True, []
        self.readers[thing][thread] += 1
        return False, []

    def do_W(self, thread, thing):
        if self.writer[thing] == thread:
            return None
        if self.writer[thing] is not None or self.readers[thing]:
            return True, []
        self.writer[thing] = thread
        return False, []

    def do_X(self, thread, thing):
        waiters = self.waiters("RW", thing)
        if len(waiters) > 1:
            return None
        if self.writer[thing] == thread:
            self.writer[thing] = None
        elif self.readers[thing][thread] > 0:
            self.readers[thing][thread] -= 1
            self.readers[thing] += collections.Counter()  # drops zeros
            if self.readers[thing]:
                return False, []
        else:
            return None
        for waiter in waiters:
            if self.blocked[waiter][0] == "R":
                self.readers[thing][waiter] += 1
            else:
                self.writer[thing] = waiter
        return False, waiters

    def do_J(self, thread, other):
        if other == thread or other in self.joined or self.waiters("J", other) or self.blocked.get(other) == ("J", thread):
            return None
        if other in self.ended:
            self.joined.add(other)
            return False, []
        return True, []

    def do_E(self, thread, _):
        waiters = self.waiters("J", thread)
        self.ended.add(thread)
        self.joined.update([thread] if waiters else [])
        return False, waiters

    def do_C(self, thread, thing):
        return True, []

    def do_B(self, thread, thing):
        return False, self.waiters("C", thing)

    def do_G(self, thread, thing):
        if self.bytes[thing] == 0:
            return True, []
        self.bytes[thing] -= 1
        return False, []

    def give(self, given, op, thing, sets):
        """One more of what is waited for; who waits for it in a set leaves it there, and may come too late if another takes it."""
        waiters = self.waiters(op, thing)
        if len(waiters) > 1 or (waiters and sets) or len(self.waiters("Q", thing)) > 1:
            return None
        given[thing] += not waiters
        return False, waiters + sets

    def do_P(self, thread, thing):
        return self.give(self.bytes, "G", thing, self.waiters(SETS, thing))

    def do_H(self, thread, thing):
        if self.counts[thing] == 0:
            return True, []
        self.counts[thing] -= 1
        return False, []

    def do_I(self, thread, thing):
        return self.give(self.counts, "H", thing, self.waiters(SETS, thing))

    def do_O(self, thread, thing):
        return self.bytes[thing] == 0 and self.counts[thing] == 0, []

    do_S = do_Q = do_O

    def do_Y(self, thread, thing):
        if self.sent[thing] == 0:
            return True, []
        self.sent[thing] -= 1
        return False, []

    def do_Z(self, thread, thing):
        return self.give(self.sent, "Y", thing, [])

    def do_F(self, thread, thing):
        return True, []

    def do_K(self, thread, thing):
        return False, self.waiters("F", thing)

    def do_T(self, thread, thing):
        if self.posts[thing] == 0:
            return True, []
        self.posts[thing] -= 1
        return False, []

    def do_V(self, thread, thing):
        waiters = self.waiters("T", thing)
        if len(waiters) > 1:
            return None
        self.posts[thing] += not waiters
        return False, waiters

    def command(self):
        """What the program is told: what main does in the end, which handlers there are, and the steps."""
        return [self.main + self.handlers + ("1" if self.alone else "")] + self.steps

    def answer(self, pipes_are_known):
        """The proved verdicts, by thread name."""
        needs, orphaned = {}, set()  # who each blocked thread cannot go on without
        for thread, (op, thing) in self.blocked.items():
            owners = set()
            if op == "L":
                owners = {self.mutex[thing]}
            elif op in "RW" and self.writer[thing] is not None:
                owners = {self.writer[thing]}
            elif op == "W":
                # those that have ended never let go either, but no proof is made of that
                owners = set(self.readers[thing]) - self.ended
            elif op == "J":
                owners = {thing}
            if op != "J" and owners & self.ended:
                orphaned.add(thread)
            needs[thread] = owners - self.ended
        reach = {thread: set() for thread in needs}
        changed = True
        while changed:
            changed = False
            for thread, direct in needs.items():
                more = direct.union(*(reach.get(other, set()) for other in direct)) - reach[thread]
                reach[thread] |= more
                changed = changed or bool(more)
        cyclic = {thread for thread in needs if thread in reach[thread]}
        verdicts = {thread: "stranded" for thread in needs if reach[thread] & (cyclic | orphaned)}
        verdicts.update({thread: "deadlock" for thread in cyclic | orphaned})
        idle = [thread for thread in range(THREADS) if thread not in self.blocked and thread not in self.ended]
        idle = [] if self.alone else idle
        pipes = any(op in OF_DESCRIPTORS for op, _ in self.blocked.values()) or self.main not in "wf"
        if self.main != "s" and not idle and self.handlers != "h" and (pipes_are_known or not pipes):
            for thread in list(self.blocked) + ["plans"]:
                verdicts.setdefault(thread, "deadlock")
        return {str(thread): verdict for thread, verdict in verdicts.items()}
