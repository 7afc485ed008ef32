"""The suite itself is tested: with a fault planted in any layer, the tests that guard it fail. LEAKWATCH_FAULTS=WORDS plants those alone."""
import collections, concurrent.futures, os, shutil, subprocess

import discovery
import faults
from harness import BUILD, ROOT, Wrong, alone, expect, needs, run, scratch, slow


def test_can_be_planted():
    """Each fault finds its lines; each layer has three; each is for tests that exist, in the fast suite."""
    fast = {test.name for test in discovery.all_tests() if test.suite == "fast"}
    every = faults.all_faults()
    for fault in every:
        fault.planted(faults.text_of(fault))
        expect(fault.notices and set(fault.notices) <= fast, "%s: not in the fast suite: %s" % (fault.name, set(fault.notices) - fast))
    counts = collections.Counter(fault.layer for fault in every)
    expect(set(counts) == set(faults.LAYERS) and min(counts.values()) >= 3, counts)


def goes_unnoticed(fault, root):
    """What is wrong with how the tests noticed; None if they did."""
    path = os.path.join(root, fault.file)
    sound = faults.text_of(fault, root)
    try:
        faulty = fault.planted(sound)
        with open(path, "w") as file:
            file.write(faulty)
        built = run(["ninja", "-C", os.path.join(root, "build"), "--quiet"], timeout=1800)
        if built.returncode != 0:
            return "cannot be built:\n" + built.stdout[-2000:]
        result = run([os.path.join(root, "tests/run"), os.path.join(root, "build"), *fault.notices], timeout=1800)
        if result.returncode != 1 or " 0 failed" in result.stdout:
            return "went unnoticed:\n" + result.stdout
        return None
    except Wrong as error:
        return str(error)
    finally:
        with open(path, "w") as file:
            file.write(sound)


def build_tree(root):
    for name in os.listdir(ROOT):
        path = os.path.join(ROOT, name)
        if os.path.isfile(path):
            shutil.copy(path, root)
        elif not name.startswith(".") and path != BUILD and not os.path.exists(os.path.join(path, "build.ninja")):
            shutil.copytree(path, os.path.join(root, name), symlinks=True)
    build = os.path.join(root, "build")
    subprocess.run(["meson", "setup", build, root, "-Doptimization=1"], check=True, stdout=subprocess.DEVNULL)
    run(["ninja", "-C", build, "--quiet"], check=True, timeout=1800)


def plant_each(every, root):
    return {fault.name: goes_unnoticed(fault, root) for fault in every}


@slow
@alone
@needs("root", "strace", "promtool", "meson", "ninja")
def test_all_are_noticed():
    """In two trees, for a fault's own file and tests have no use for a second processor; the second is a copy that is built already."""
    with scratch() as place:
        roots = [os.path.join(place, name) for name in ("one", "two")]
        os.mkdir(roots[0])
        build_tree(roots[0])
        run(["cp", "-a", *roots], check=True)
        wanted = os.environ.get("LEAKWATCH_FAULTS", "").split()
        some = [fault for fault in faults.all_faults(roots[0]) if not wanted or any(word in fault.name for word in wanted)]
        with concurrent.futures.ThreadPoolExecutor(len(roots)) as pool:
            halves = pool.map(plant_each, [some[0::2], some[1::2]], roots)
            unnoticed = {name: wrong for half in halves for name, wrong in half.items()}
        print("%d faults" % len(unnoticed))
        expect(not any(unnoticed.values()), "\n".join("%s %s" % pair for pair in unnoticed.items() if pair[1]))


test_all_are_noticed.limit = 3600
