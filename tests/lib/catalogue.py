#!/usr/bin/python3
"""The catalogue of the cases, from their opening comments. usage: catalogue.py --list [PROCESSOR] | --write | --check

--list prints their files, for meson, without those that cannot be on a processor (PROCESSOR: in a case); --write makes tests/cases/README.md, --check says whether it is up to date."""
import os, re, sys

CASES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cases")
README = os.path.join(CASES, "README.md")
HEAD = """# The catalogue of leaks

Each case is a small program, built as written and repaired, with the report that it must give in its opening comment. `tests/lib/cases.py`
says how one is written. This file is generated from the comments (`ninja -C build catalogue`).

| case | what it does | reported |
| --- | --- | --- |
"""


def names():
    return sorted(name for name in os.listdir(CASES) if name.endswith((".c", ".cpp")))


def can_be_on(name, processor):
    only = re.search(r"PROCESSOR: (\S+)", open(os.path.join(CASES, name)).read())
    return not only or processor in ([], [only[1]])


def row(name):
    comment = open(os.path.join(CASES, name)).read().split("*/")[0]
    paragraph = re.split(r"\n *\*\s*\n", comment)[0]
    words = " ".join(line.strip().lstrip("/*").strip() for line in paragraph.splitlines())
    negative = "NEGATIVE" in words
    words = re.sub(r"^NEGATIVE:? *", "", words)
    sentence = re.match(r"(.+?)(?:[.:;](?= |$)|$)", words).group(1).replace("|", "\\|")
    return "| [%s](%s) | %s | %s |\n" % (os.path.splitext(name)[0], name, sentence[0].upper() + sentence[1:] if negative else sentence, "nothing" if negative else "yes")


def text():
    return HEAD + "".join(row(name) for name in names())


def is_up_to_date():
    return os.path.exists(README) and open(README).read() == text()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--list"]:
        print("\n".join(name for name in names() if can_be_on(name, sys.argv[2:])))
    elif sys.argv[1:] == ["--write"]:
        with open(README, "w") as file:
            file.write(text())
    elif sys.argv[1:] == ["--check"]:
        sys.exit(0 if is_up_to_date() else "tests/cases/README.md is not up to date: ninja -C build catalogue")
    else:
        sys.exit(__doc__)
