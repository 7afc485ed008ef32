"""CPython's own test suites, of Debian's libpython3.11-testsuite: a suite is one test, compared by how many of its own were run and
what came of them."""
import re

from . import Test

SUITES = ["test_threading", "test_signal", "test_subprocess", "test_concurrent_futures", "test_asyncio"]


def results(output):
    ran = re.findall(rb"^Ran (\d+) tests?|^((?:OK|FAILED).*)$", output, re.M)
    return b", ".join(number + b" run" if number else words for number, words in ran)


def tests(suites=None):
    for suite in suites or SUITES:
        yield Test("python", suite, lambda suite=suite: ["/usr/bin/python3", "-m", "test", "-v", suite], {"LC_ALL": "C.UTF-8"}, seconds=900,
                   essence=results)
