"""leakwatch serve at a port of its own, and what its clients say."""
import http.client, json, re, signal, socket, subprocess

from harness import PATIENCE, TOOL, expect


class Server:
    """leakwatch serve at a port of its own."""

    def __init__(self, *arguments, listen="127.0.0.1:0", interval="300ms", path=TOOL, tolerates="", **more):
        self.tolerates = tolerates  # what it may say on stderr
        self.process = subprocess.Popen([path, "serve", "--listen", listen, "--interval", interval, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **more)
        said = self.process.stderr.readline()
        found = re.search(r"^leakwatch: serving at (?:http://(.*)/|unix:(.*))$", said)
        expect(found, "serve said: %r" % said)
        self.host, self.path = found.group(1), found.group(2)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "none: it did not end"
        self.said = said = self.process.stderr.read()
        self.process.stderr.close()
        if kind is None:
            expect(status == 0 and re.fullmatch("(%s)?" % self.tolerates, said), "serve ended with %s and said %s" % (status, said))

    def connect(self, timeout=PATIENCE):
        if self.path:
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(timeout)
            plain.connect(self.path)
            return plain
        host, port = self.host.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout)

    def ask(self, path, method="GET", body=None, timeout=PATIENCE, **headers):
        """Status, headers and body."""
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = self.connect(timeout)
        try:
            connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        status, _, body = self.ask(path, **headers)
        expect(status == 200, "%s: %d %r" % (path, status, body[:300]))
        return body.decode()

    def json(self, path):
        return json.loads(self.get(path))

    def row(self, pid):
        return {row["pid"]: row for row in self.json("/api/v1/processes")["processes"]}.get(pid)

    def refusal(self, path, status, method="GET", body=None, **headers):
        """The reason, which must come as JSON."""
        found, head, answer = self.ask(path, method, body, **headers)
        expect(found == status and head["Content-Type"] == "application/json", "%s %s: %d %r" % (method, path, found, answer))
        said = json.loads(answer) if method != "HEAD" else {"status": status, "error": ""}
        expect(said["status"] == status, "%r" % said)
        return said["error"]


def metric(text, name, **labels):
    """The value of one series; None if there is none."""
    for line in text.splitlines():
        found = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
        if found and found.group(1) == name and all('%s="%s"' % pair in (found.group(2) or "") for pair in labels.items()):
            return float(found.group(3))
    return None
