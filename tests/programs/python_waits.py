"""Threads of Python's that wait, each at a line that says so. Argument: which; all are started, then main waits."""
import asyncio, ctypes, functools, queue, sys, threading, time

lock = threading.Lock()
lock.acquire()
empty = queue.Queue()


def in_lock():
    lock.acquire()  # HERE in_lock


def in_queue():
    empty.get()  # HERE in_queue


def in_sleep():
    time.sleep(
        1000
    )  # a call of several lines


def in_callback():
    """C calls Python again: two frames of the interpreter."""
    sorted([2, 1], key=lambda each: lock.acquire())  # HERE in_callback


def counting():
    for each in range(3):
        lock.acquire()  # HERE counting
        yield each


def in_generator():
    list(counting())  # HERE in_generator


async def waits():
    lock.acquire()  # HERE waits


def in_coroutine():
    asyncio.run(waits())  # HERE in_coroutine


class Größe:
    def __enter__(self):
        return self

    def __exit__(self, *what):
        lock.acquire()  # HERE Größe.__exit__

    @staticmethod
    def in_method():
        with Größe():  # HERE Größe.in_method
            pass


def in_recursion(depth=50):
    if depth == 0:
        lock.acquire()  # HERE in_recursion
    in_recursion(depth - 1)  # AGAIN in_recursion


def too_deep(depth=0):
    sys.setrecursionlimit(2000)
    if depth == 1100:
        lock.acquire()
    too_deep(depth + 1)


def in_reduce():
    functools.reduce(lambda a, b: too_far_out(a + b), [1, 2, 3])  # HERE in_reduce


def too_far_out(much):
    exec(compile("\n\nlock.acquire()", "made up", "exec"), globals())  # HERE too_far_out


def runs():
    while True:
        pass


def holds_the_gil():
    ctypes.PyDLL(None).sleep(1000)  # HERE holds_the_gil


chosen = [eval(name) for name in sys.argv[1:]]
print("started", flush=True)
for function in chosen:
    if function is holds_the_gil:
        time.sleep(0.3)  # the others have begun to wait, or to run
    threading.Thread(target=function, daemon=True).start()
if holds_the_gil in chosen:
    while True:  # it wants the GIL too, whoever had it when the last one was started
        pass
else:
    threading.Event().wait()  # HERE main
