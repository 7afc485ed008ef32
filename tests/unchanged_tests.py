"""Scenarios that print what a program sees: each must see the same, and end the same, with the preload as without."""
import os, subprocess, tempfile

from run import BUILD, expect, watched

PROGRAM = os.path.join(BUILD, "tests", "unchanged")


def compare(name):
    plain = subprocess.run([PROGRAM, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, stdin=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        result = watched([PROGRAM, name], "log=%s/log" % directory)
    expect(plain.stdout and plain.stderr == "", "without the preload: %r" % plain)
    expect((result.returncode, result.stdout) == (plain.returncode, plain.stdout),
           "status %d, without %d\n%s\nwithout:\n%s" % (result.returncode, plain.returncode, result.stdout, plain.stdout))
    expect(result.stderr == "", result.stderr)


def scenarios():
    return subprocess.run([PROGRAM], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout.split()


for scenario in scenarios():
    globals()["test_" + scenario] = lambda scenario=scenario: compare(scenario)
