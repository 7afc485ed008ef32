"""Debian's source packages, fetched once."""
import glob, os, subprocess

# deb-src lines of the release that the suites are known of; security updates change the version of glibc.
ARCHIVES = ("deb-src http://deb.debian.org/debian bookworm main\n"
            "deb-src http://deb.debian.org/debian-security bookworm-security main\n")


def apt(directory, *command):
    """apt keeps its lists in our directory, so that the machine's own sources stay as they are."""
    os.makedirs(os.path.join(directory, "lists/partial"), exist_ok=True)
    sources = os.path.join(directory, "sources.list")
    with open(sources, "w") as file:
        file.write(ARCHIVES)
    done = subprocess.run(["apt-get", "-q", "-o", "Dir::Etc::SourceList=" + sources, "-o", "Dir::Etc::SourceParts=/dev/null",
                           "-o", "Dir::State::Lists=" + os.path.join(directory, "lists"), *command],
                          cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit("scripts/conformance: apt-get %s failed:\n%s" % (" ".join(command), done.stdout))


def unpacked(directory, package):
    found = [path for path in glob.glob(os.path.join(directory, package + "-[0-9]*")) if os.path.isdir(path)]
    return found[0] if found else None


def fetch(directory, package, version=None):
    """The directory with the package's source, of this version or of the newest."""
    if not unpacked(directory, package):
        apt(directory, "update")
        apt(directory, "source", package + ("=" + version if version else ""))
    return unpacked(directory, package)


def installed(binary_package):
    """The version of the source package that an installed package was built from."""
    return subprocess.run(["dpkg-query", "-W", "-f", "${source:Version}", binary_package], stdout=subprocess.PIPE, text=True, check=True).stdout
