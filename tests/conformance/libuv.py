"""libuv's test suite under `leakwatch run`, under which a test that leaks a thread fails: what a library's own tests gain."""
import glob, os, re, shutil, subprocess, tempfile

from . import process, sources


def results(program, command):
    """How each test of libuv ended. The suite refuses to run as root."""
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.getuid() == 0 else []
    done = subprocess.run(nobody + command + [program], cwd=os.path.dirname(program), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    return dict((name, how) for how, name in re.findall(r"^(ok|not ok) \d+ - (\w+)", done.stdout, re.M))


def main(directory, tool):
    """Away from the tree: what runs it may not be permitted to look into that."""
    place = tempfile.mkdtemp(prefix="libuv")
    try:
        os.chmod(place, 0o777)
        source = shutil.copytree(sources.fetch(directory, "libuv1"), os.path.join(place, "libuv"))
        for name in ("libleakwatch.so", "leakwatch"):
            shutil.copy(os.path.join(os.path.dirname(tool), name), place)
        for command in (["cmake", "-B", "build", "-DLIBUV_BUILD_TESTS=ON", "-DCMAKE_BUILD_TYPE=Debug"], ["make", "-C", "build", "-j2", "uv_run_tests"],
                        ["chmod", "-R", "a+rwX", place]):
            subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        program = os.path.join(source, "build", "uv_run_tests")
        without = results(program, [])
        log = os.path.join(place, "report.%p")
        with_ = results(program, [os.path.join(place, "leakwatch"), "run", "--signal", "none", "--at-term", "0", "--log", log, "--"])
        same = [name for name in without if with_.get(name) == without[name]]
        print("%d tests end the same, %d of them ok" % (len(same), sum(1 for name in same if without[name] == "ok")))
        for name in sorted(set(without) - set(same)):
            print("%s: %s without, %s with" % (name, without[name], with_.get(name)))
        for report in sorted(glob.glob(os.path.join(place, "report.*"))):
            print(open(report).read())
    finally:
        process.remove(place)
