"""Running programs that take orders, the tool that asks them, a terminal, and other users."""
import contextlib, json, os, re, shutil, subprocess, tempfile

from harness import BUILD, LIBRARY, PATIENCE, TOOL, eventually, expect, run, scratch
from resting import await_rest

GROWER = os.path.join(BUILD, "tests/grower")
NOBODY, GAMES = 65534, 5


class Program:
    """A program that is watched and takes orders."""

    def __init__(self, *arguments, options="at_exit=0:at_term=0", command=(GROWER,), library=LIBRARY, **more):
        self.errors = tempfile.TemporaryFile("w+")
        env = dict(os.environ, LD_PRELOAD=library, LEAKWATCH_OPTIONS=options)
        self.process = subprocess.Popen(list(command) + list(arguments), env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, **more)
        self.pid = self.process.pid

    def __enter__(self):
        self.tell("end 1")  # it is up
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.errors.close()

    def tell(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        expect(self.process.stdout.readline() == "ok\n", order)
        with contextlib.suppress(OSError):  # it has quit, or is another user's
            await_rest(self.pid)

    def said(self):
        self.errors.seek(0)
        return self.errors.read()


class Asked:
    """A watched program that says a line when it is ready, and is asked for reports by `leakwatch stack`."""

    def __init__(self, command, ready, options=""):
        env = dict(os.environ, LD_PRELOAD=LIBRARY, LEAKWATCH_OPTIONS=options)
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        expect(self.process.stdout.readline() == ready, "%s does not start" % command)

    def report(self, *options):
        result = run([TOOL, "stack", *options, str(self.process.pid)])
        expect(result.returncode == 0, "%r" % result)
        return result.stdout

    def threads(self):
        return json.loads(self.report("--format", "json"))["threads"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def tool(*arguments, status=0, **more):
    """What the tool prints; its status must be as given. A status other than 0 and 23 gives stderr."""
    result = run([more.pop("path", TOOL)] + [str(word) for word in arguments], **more)
    expect(result.returncode == status, "%s: status %d\n%s%s" % (arguments, result.returncode, result.stdout, result.stderr))
    return result.stdout if status in (0, 23) else result.stderr


def answers():
    """Where the answers of this user's programs lie."""
    places = ["%s/leakwatch-%d" % (place, os.geteuid()) for place in ("/run/user/%d" % os.geteuid(), "/dev/shm", "/tmp")]
    return [place for place in places if os.path.isdir(place)][0]


class Terminal:
    """A program in a terminal of tmux's, with a server of its own. It has what environment the command gives it."""

    def __init__(self, command, directory):
        # a socket of its own: the server of the one before may still be ending
        self.tmux = ["tmux", "-u", "-f", "/dev/null", "-S", tempfile.mktemp(".tmux", dir=directory)]
        subprocess.run(self.tmux + ["new-session", "-d", "-x", "110", "-y", "60", "-c", directory, command], check=True, timeout=PATIENCE)

    def keys(self, *keys):
        subprocess.run(self.tmux + ["send-keys"] + list(keys), check=True, timeout=PATIENCE)

    def screen(self, *more):
        return subprocess.run(self.tmux + ["capture-pane", "-p"] + list(more), stdout=subprocess.PIPE, text=True, timeout=PATIENCE).stdout

    def shows(self, pattern, *more):
        """Waits for what is to be seen."""
        eventually(lambda: "to be seen: %s\n%s" % (pattern, self.screen()), lambda: re.search(pattern, self.screen(*more), re.M))

    def close(self):
        subprocess.run(self.tmux + ["kill-server"], stderr=subprocess.DEVNULL, timeout=PATIENCE)


@contextlib.contextmanager
def for_everybody():
    """A copy of library and tool that every user may read."""
    with scratch() as directory:
        os.chmod(directory, 0o755)
        for path in LIBRARY, TOOL, TOOL + "-serve", GROWER:
            shutil.copy(path, directory)
        yield directory


def as_user(user):
    return {"user": user, "group": user, "extra_groups": []}
