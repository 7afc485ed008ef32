"""A server that profiles are pushed to: it keeps what it got, and answers as a test wants it to."""
import base64, http.server, json, ssl, threading

from harness import eventually, expect


class Request:
    def __init__(self, handler):
        self.path, self.headers = handler.path, handler.headers
        self.body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))

    @property
    def series(self):
        series, = self.body["series"]
        return series

    @property
    def labels(self):
        """Of a series of Pyroscope's or of Parca's."""
        labels = self.series["labels"]
        labels = labels["labels"] if isinstance(labels, dict) else labels
        expect(len({label["name"] for label in labels}) == len(labels), "twice: %r" % labels)
        return {label["name"]: label["value"] for label in labels}

    @property
    def profile(self):
        sample, = self.series["samples"]
        return base64.b64decode(sample["rawProfile"], validate=True)


def taken(handler, request):
    answer(handler, 200, b"{}")


def answer(handler, status, body=b"", **headers):
    handler.send_response(status)
    for name, value in dict({"Content-Type": "application/json", "Content-Length": len(body)}, **headers).items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body)


def with_status(status, body=b"{}", **headers):
    return lambda handler, request: answer(handler, status, body, **headers)


def hangs(handler, request):
    handler.server.receiver.over.wait()
    handler.close_connection = True


class Receiver:
    """`does(handler, request)` answers; it may be replaced while it runs."""

    def __init__(self, does=taken, certificate=None):
        self.does, self.requests, self.over = does, [], threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            disable_nagle_algorithm = True  # headers and body are two writes

            def do_POST(self):
                request = Request(self)
                receiver.requests.append(request)
                try:
                    receiver.does(self, request)
                except (OSError, ValueError):  # it is gone
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.receiver = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = "%s://127.0.0.1:%d" % ("https" if certificate else "http", self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def of(self, pid):
        return [request for request in list(self.requests) if request.labels["pid"] == str(pid)]

    def gets(self, pid, count=1):
        """Waits for so many requests of a process."""
        return eventually("%d profiles of %d" % (count, pid), lambda: len(self.of(pid)) >= count and self.of(pid))
