"""One program, run in a directory of its own and in a session of its own, of which nothing is left behind."""
import dataclasses, os, secrets, shutil, signal, subprocess, tempfile, time

MARK = "CONFORMANCE_RUN"
KEEP = 1 << 20  # bytes of an output that are compared


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a program ended (-N: by signal N), what it wrote, and errno at main and at each end that runs exit handlers."""
    status: object
    stdout: bytes
    stderr: bytes
    errno: bytes


def processes():
    for name in os.listdir("/proc"):
        if name.isdigit():
            yield int(name)


def belongs(pid, session, mark):
    """Of the session, or started with the mark in its environment: a program may make a session of its own, or forget its environment,
    but those that did both have not been seen."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        if fields[0] in b"ZX":
            return False
        if int(fields[3]) == session:
            return True
        with open("/proc/%d/environ" % pid, "rb") as file:
            return mark in file.read().split(b"\0")
    except OSError:
        return False


def end_all(session, mark):
    """Kills whatever is left, until nothing is: what is killed may have been about to fork."""
    for _ in range(100):
        left = [pid for pid in processes() if pid != os.getpid() and belongs(pid, session, mark)]
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)


def remove(directory):
    """A process that was killed may still be ending, and closing what it wrote."""
    for _ in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.exists(directory):
            return
        time.sleep(0.1)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(KEEP)
    except OSError:
        return b""


def run(command, env=None, preload=None, files=(), seconds=60):
    mark = "%s=%s" % (MARK, secrets.token_hex(8))
    top = tempfile.mkdtemp(prefix="conformance-")
    os.chmod(top, 0o777)  # a test may become another user, of whom there is a report too
    try:
        # the same length each time: names of files are printed, and measured
        here = os.path.join(top, "here")
        os.mkdir(here)
        for path in files:
            os.symlink(path, os.path.join(here, os.path.basename(path)))
        environment = dict(os.environ, LC_ALL="C", TMPDIR=here, CONFORMANCE_ERRNO=os.path.join(top, "errno"))
        environment.update((name, value.replace("@HERE@", here)) for name, value in (env or {}).items())
        environment.update([mark.split("=")])
        if preload:
            environment["LD_PRELOAD"] = ":".join(filter(None, (preload, environment.get("LD_PRELOAD"))))
            environment["LEAKWATCH_OPTIONS"] = "log=" + os.path.join(top, "report")
        with open(os.path.join(top, "stdout"), "wb") as stdout, open(os.path.join(top, "stderr"), "wb") as stderr:
            process = subprocess.Popen([word.replace("@HERE@", here) for word in command], env=environment, cwd=here,
                                       stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True)
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            status = "timeout"
        finally:
            process.kill()
            process.wait()
            end_all(process.pid, mark.encode())
        stdout, stderr = (read(os.path.join(top, name)).replace(top.encode(), b"TOP") for name in ("stdout", "stderr"))
        errno = b"".join(sorted(read(os.path.join(top, "errno")).splitlines(True)))
        return Outcome(status, stdout, stderr, errno)
    finally:
        remove(top)
