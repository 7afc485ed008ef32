"""Which tests there are."""
import importlib, os, sys

import cases
from harness import TESTS


class Test:
    def __init__(self, name, function, module=None):
        self.name, self.function = name, function
        of = lambda mark, default: getattr(function, mark, getattr(module, mark.upper(), default))
        self.suite, self.alone, self.needs = of("suite", "fast"), of("alone", False), of("needs", ())
        self.limit = of("limit", 0)  # seconds, if it may take longer than others
        # a soak runs beside all others, as long as they do
        self.beside = self.suite == "soak"
        self.started = self.seconds = self.wrong = self.pid = self.output = None


def modules():
    for directory, directories, files in os.walk(TESTS):
        directories.sort()
        for file in sorted(files):
            if file.endswith("_tests.py"):
                if directory not in sys.path:
                    sys.path.append(directory)
                yield file[:-3]


def cannot_be_imported(name):
    def test():
        importlib.import_module(name)
    return test


def all_tests():
    for name, function in cases.tests():
        yield Test(name, function)
    for file in modules():
        try:
            module = importlib.import_module(file)
        except Exception:  # that is one failure, not the end of all tests
            yield Test("%s import" % file.removesuffix("_tests"), cannot_be_imported(file))
            continue
        for name, function in list(vars(module).items()):
            if name.startswith("test_"):
                yield Test("%s %s" % (module.__name__.removesuffix("_tests"), name[5:]), function, module)
