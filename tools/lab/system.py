# SPDX-License-Identifier: GPL-2.0-only
"""What the lab asks of the system: commands, network namespaces, processes, waiting."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / os.environ.get("BUILD", "build")
NAMESPACES = Path("/run/netns")

# ip, bpftool and nginx live there; a plain user's PATH, kept by sudo, may not have it.
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"

T = TypeVar("T")


class LabError(Exception):
    """Something that the person at the keyboard should read, without a traceback."""


def run(argv: Iterable[str | Path], stdin: str | None = None, check: bool = True,
        timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; its output is captured. A failure says what the command said."""
    command = [str(argument) for argument in argv]
    try:
        result = subprocess.run(command, input=stdin, text=True, capture_output=True,
                                timeout=timeout, check=False)
    except OSError as error:
        raise LabError(f"{command[0]}: {error.strerror}; `make` builds it, or tools/deps "
                       "installs it") from None
    if check and result.returncode != 0:
        said = (result.stderr or result.stdout).strip()
        raise LabError(f"{' '.join(command)}: exit status {result.returncode}: {said}")
    return result


def start(argv: Iterable[str | Path], output: IO[str] | int,
          environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a process in a session of its own: the terminal's signals are for the lab alone."""
    return subprocess.Popen([str(argument) for argument in argv], stdin=subprocess.DEVNULL,
                            stdout=output, stderr=subprocess.STDOUT, text=True,
                            env=environment, start_new_session=True)


def wait_for(condition: Callable[[], T], what: str, timeout: float = 10,
             interval: float = 0.02) -> T:
    """Poll until the condition is true, and return what it returned."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout:g} s in vain: {what}")
        time.sleep(interval)


def stays(condition: Callable[[], object], seconds: float, interval: float = 0.02) -> bool:
    """Whether the condition is true, and still is after that time; polled meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            return False
        time.sleep(interval)
    return True


INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_on_termination() -> None:
    """Make SIGTERM and SIGHUP what Ctrl-C is, so that `with` and `finally` clean up."""
    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in INTERRUPTS:
        signal.signal(number, interrupt)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """For what must not be left half done: an impatient second Ctrl-C waits until the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class Namespace:
    """A network namespace by its name in /run/netns."""

    name: str

    @property
    def path(self) -> Path:
        return NAMESPACES / self.name

    def exists(self) -> bool:
        return self.path.exists()

    def create(self) -> None:
        run(["ip", "netns", "add", self.name])

    def delete(self) -> None:
        run(["ip", "netns", "delete", self.name])

    def command(self, *argv: str | Path) -> list[str]:
        """The command, inside. `ip netns exec` would hide every bpffs under /sys: not that."""
        return ["nsenter", f"--net={self.path}", *(str(argument) for argument in argv)]

    def run(self, *argv: str | Path, check: bool = True,
            timeout: float = 30) -> subprocess.CompletedProcess[str]:
        return run(self.command(*argv), check=check, timeout=timeout)

    def start(self, *argv: str | Path, output: IO[str] | int,
              environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return start(self.command(*argv), output, environment)

    def ip(self, *commands: str) -> None:
        """Several ip(8) commands, by one process."""
        run(["ip", "-netns", self.name, "-batch", "-"], stdin="\n".join(commands) + "\n")

    def sysctl(self, **settings: int | str) -> None:
        """Keys with a double underscore for each dot."""
        pairs = [f"{key.replace('__', '.')}={value}" for key, value in settings.items()]
        self.run("sysctl", "--quiet", "--write", *pairs)

    def pids(self) -> list[int]:
        """The processes inside, whoever started them."""
        try:
            inside = os.stat(self.path)
        except FileNotFoundError:
            return []
        return [int(entry) for entry in os.listdir("/proc")
                if entry.isdigit() and _is_namespace(f"/proc/{entry}/ns/net", inside)]


def end_processes(namespaces: Iterable[Namespace], patience: float = 2) -> None:
    """End the processes inside, each by its id, and wait until they have gone."""
    namespaces = list(namespaces)

    def send(number: signal.Signals) -> list[int]:
        pids = [pid for namespace in namespaces for pid in namespace.pids()]
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return pids

    send(signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(namespace.pids() for namespace in namespaces):
        time.sleep(0.02)
    wait_for(lambda: not send(signal.SIGKILL), "the lab's processes end")


def has_ended(pid: int) -> bool:
    """Also when nobody has waited for it yet: its files are closed then."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"


def _is_namespace(path: str, inside: os.stat_result) -> bool:
    try:
        status = os.stat(path)
    except OSError:  # it has ended meanwhile
        return False
    return (status.st_dev, status.st_ino) == (inside.st_dev, inside.st_ino)
