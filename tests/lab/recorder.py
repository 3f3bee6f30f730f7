# SPDX-License-Identifier: GPL-2.0-only
"""A web server that writes down what it is asked, a line of JSON each. A program of its own, to be
run in a namespace: recorder.py LOG CERTIFICATE.

Ports 8080 and 8081 speak HTTP, 8443 HTTPS. The first part of a path is for whoever reads the log.
/WHO/status/N answers with that status, /WHO/slow after 0.4 s, /WHO/flap with 500 every second time;
everything else is answered with 200 and "hello".
"""

import json
import ssl
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from typing import IO

SLOW_S = 0.4


class Recorder(ThreadingHTTPServer):
    daemon_threads = True
    address_family = AF_INET6  # which takes IPv4 too
    request_queue_size = 64

    def __init__(self, port: int, log: IO[str], scheme: str) -> None:
        super().__init__(("::", port), Handler)
        self.log = log
        self.scheme = scheme
        self.requests = Counter[str]()

    def status(self, path: str) -> int:
        _, _, what, *argument = path.split("/")
        self.requests[path] += 1
        if what == "status":
            return int(argument[0])
        if what == "slow":
            time.sleep(SLOW_S)
        return 500 if what == "flap" and self.requests[path] % 2 else 200

    def handle_error(self, request: object, client_address: object) -> None:
        """Who only connects, or shakes hands, is welcome too."""


class Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        server = self.server
        server.log.write(json.dumps({
            "time": time.monotonic(), "client": self.client_address[0],
            "port": server.server_port, "scheme": server.scheme, "path": self.path,
            "host": self.headers.get("Host")}) + "\n")
        self.send_response(server.status(self.path))
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *_: object) -> None:
        """The requests are in the log already."""


def main() -> None:
    log = open(sys.argv[1], "a", buffering=1, encoding="utf-8")
    servers = [Recorder(8080, log, "http"), Recorder(8081, log, "http"),
               Recorder(8443, log, "https")]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    servers[-1].socket = context.wrap_socket(servers[-1].socket, server_side=True,
                                             do_handshake_on_connect=False)
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()


if __name__ == "__main__":
    main()
