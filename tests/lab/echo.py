# SPDX-License-Identifier: GPL-2.0-only
"""A connection that is used all the time: `serve`, and `talk ADDRESS` until told to stop."""

import json
import signal
import socket
import sys
import time

PORT = 2222


def serve() -> None:
    with socket.create_server(("0.0.0.0", PORT)) as listener:
        connection, _ = listener.accept()
        while data := connection.recv(4096):
            connection.sendall(data)


def talk(address: str) -> None:
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    echoed, longest, error = 0, 0.0, None
    deadline = time.monotonic() + 5
    while True:
        try:
            connection = socket.create_connection((address, PORT), 5)
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    try:
        while not stopping:
            began = time.monotonic()
            connection.sendall(b"x" * 100)
            if not connection.recv(4096):
                raise ConnectionResetError("closed")
            longest = max(longest, time.monotonic() - began)
            echoed += 1
            time.sleep(0.005)
    except OSError as failure:
        error = str(failure)
    print(json.dumps({"echoed": echoed, "longest_ms": longest * 1000, "error": error}))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        talk(sys.argv[2])
