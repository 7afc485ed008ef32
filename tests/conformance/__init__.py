"""Test suites that others wrote, run with and without the preload. scripts/conformance is the entry.

A suite is a module with tests(directory), which yields Test objects, each a name and a program to be made in that directory of the build
tree and run. compare.py runs them both ways and judges; process.py is how one program is run.
"""
import dataclasses, typing


class NotRun(Exception):
    """A test that cannot be run here. Its words are a category: tests of one are counted and listed together."""


@dataclasses.dataclass
class Test:
    suite: str
    name: str
    # Makes the program and returns its command line; raises NotRun.
    make: typing.Callable[[], typing.List[str]]
    # What it is run in: NAME -> value, beyond our own environment. @HERE@ stands for the directory that the program is run in.
    env: dict = dataclasses.field(default_factory=dict)
    # Files that it finds by their names where it is run.
    files: typing.List[str] = dataclasses.field(default_factory=list)
    seconds: float = 60
    # What of the output is compared.
    essence: typing.Callable[[bytes], bytes] = lambda output: output

    def __str__(self):
        return self.suite + " " + self.name
