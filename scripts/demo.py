"""`make demo`: a server, a real training workflow: run, run again, changed, its report, rolled back, and gone on from a node.

With KEEP=1 in the environment the server stays up on `demo-home/`; otherwise it stays up until Enter is pressed where there is a
terminal to press it, and nothing is left behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from alula.cli.support.progress import follow
from alula.client import connect
from alula.client.execution import Reuse
from alula.client.sync import Client, Execution
from alula.errors import AlulaError

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "demo-home"
WORKFLOW = "digits.workflow.digits"
BEFORE, AFTER = "Candidate(hidden=48, alpha=1e-4)", "Candidate(hidden=64, alpha=1e-4)"
PORTS = {"http": 8090, "grpc": 8089}
READY = re.compile(r"Alula is up: (http://\S+) \(gRPC ([^,]+),")
START_S, RUN_S, STOP_S = 60.0, 180.0, 15.0

console = Console(highlight=False)


class DemoFailed(Exception):
    """Something is not as it should be; the message says what and where to look."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run of the workflow, `wall_s` from launch to end."""

    title: str
    version: str
    execution: str
    accuracy: float
    wall_s: float
    reuse: tuple[Reuse, ...]

    @property
    def computed(self) -> int:
        return sum(each.computed for each in self.reuse)

    @property
    def cached(self) -> int:
        return sum(each.cached for each in self.reuse)


class Demo:
    """A folder with a server's home and a program, the server, and a client of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.program = folder, folder / "home", folder / "program"
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.http = self.grpc = ""
        # Only what this demo sets may decide where its commands go.
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ALULA_", "FLYTE_"))}
        self.environment = {**kept, "ALULA_SETTINGS": str(folder / "settings.toml")}

    def start(self) -> None:
        """Starts `alula up` and waits until it answers."""
        addresses = {door: f"127.0.0.1:{port if is_free(port) else 0}" for door, port in PORTS.items()}
        command = ["up", "--home", str(self.home), "--http", addresses["http"], "--grpc", addresses["grpc"]]
        began = time.monotonic()
        with self.log.open("wb") as log:
            # In a session of its own: Ctrl-C reaches the demo alone, which then stops the server.
            self.process = subprocess.Popen(alula(*command), stdout=log, stderr=log, env=self.environment, start_new_session=True)
        while (found := READY.search(self.log.read_text(errors="replace"))) is None:
            if self.process.poll() is not None:
                raise DemoFailed(f"the server ended with exit code {self.process.returncode}:\n{self.log.read_text(errors='replace')}")
            if time.monotonic() - began > START_S:
                raise DemoFailed(f"the server was not up after {START_S:g} s:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.01)
        self.http, self.grpc = found.groups()
        say(f"alula up --home {shown(self.home)}", f"up after {time.monotonic() - began:.1f} s at {self.http}, gRPC {self.grpc}")

    def stop(self) -> None:
        """Stops the server with all its workers; safe twice."""
        process, self.process = self.process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_S)

    def copy_program(self) -> Path:
        """A copy of the example that may be edited; its own project, so that only it decides its version."""
        shutil.copytree(ROOT / "examples" / "digits", self.program / "digits", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "examples" / "pyproject.toml", self.program)
        return self.program / "digits" / "workflow.py"

    def command(self, *args: str) -> str:
        """Runs a command against the server; what it prints."""
        done = subprocess.run(alula(*args, "--address", self.grpc), env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise DemoFailed(f"alula {args[0]} ended with exit code {done.returncode}:\n{done.stderr}")
        return done.stdout

    def register(self) -> tuple[str, bool]:
        """Registers the program as a user would; its version, and whether that is new."""
        answer = json.loads(self.command("register", str(self.program), "--json"))
        is_new = any(each["is_new"] for each in answer["entities"])
        kinds = [each["kind"] for each in answer["entities"]]
        what = f"{kinds.count('task')} tasks and a workflow, {'new' if is_new else 'unchanged'}: version {answer['version']}"
        say(f"alula register {shown(self.program)}", what)
        return answer["version"], is_new

    def run(self, client: Client, title: str, version: str) -> Ran:
        """Launches the workflow and follows it to its end."""
        name = f"digits-{title}"
        target = f"{WORKFLOW}:{version}" if version else WORKFLOW
        say(f"alula launch {target} --name {name} --wait", "")
        began = time.monotonic()
        return self._follow(client.launch.with_options(name=name)(target), title, began)

    def rerun(self, client: Client, title: str, of: str, node: str) -> Ran:
        """Goes on from a node of an execution."""
        command = ["rerun", of, "--from", node, "--name", f"digits-{title}"]
        say(f"alula {' '.join(command)} --wait", "")
        began = time.monotonic()
        self.command(*command)
        return self._follow(client.execution(f"digits-{title}"), title, began)

    def _follow(self, execution: Execution, title: str, began: float) -> Ran:
        follow(execution, timeout_s=RUN_S)
        wall_s = time.monotonic() - began
        version = execution.get().closure.workflow_id.version
        result = execution.wait(RUN_S).outputs  # raises with the cause if it has failed
        reuse = tuple(execution.reuse)
        made = Ran(title=title, version=version, execution=execution.name, accuracy=result.report["accuracy"], wall_s=wall_s, reuse=reuse)
        console.print(f"  accuracy {made.accuracy:.4f} in {wall_s:.2f} s: {_tasks(made.computed)} ran, {made.cached} came from the cache\n")
        return made


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


def alula(*args: str) -> list[str]:
    """The command line of this environment."""
    return [sys.executable, "-m", "alula.cli", *args]


def say(command: str, outcome: str) -> None:
    console.print(f"  [dim]$[/] [bold]{command}[/]", soft_wrap=True)
    if outcome:
        console.print(f"    {outcome}", soft_wrap=True)


def shown(path: Path) -> str:
    """A path as short as it can be said."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@contextmanager
def folder_of(*, is_kept: bool) -> Iterator[Path]:
    """A fresh folder: a temporary one that goes at the end, or `demo-home` that stays."""
    if not is_kept:
        with tempfile.TemporaryDirectory(prefix="alula-demo-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    lock = KEPT / "home" / "server.lock"
    if lock.exists():
        with lock.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise DemoFailed(f"{shown(KEPT)} is in use by {file.read().strip()}; stop it, then run the demo again") from error
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir()
    yield KEPT


def change(file: Path) -> None:
    """Edits one hyperparameter in the program's source."""
    source = file.read_text()
    if source.count(BEFORE) != 1:
        raise DemoFailed(f"{file}: expected {BEFORE} once, found it {source.count(BEFORE)} times; the demo and its example differ")
    file.write_text(source.replace(BEFORE, AFTER))
    console.print(f"    [red]- {BEFORE}[/]\n    [green]+ {AFTER}[/]")


def check(runs: Sequence[Ran]) -> None:
    """Holds the runs against what they are to show."""
    first, again, changed, back, onward = runs
    trained = {each.name: each for each in changed.reuse}["map-train"]
    facts = {
        "the first run computes everything": first.cached == 0 and first.computed > 0,
        "the second has the same version": again.version == first.version,
        "the second computes nothing": again.computed == 0 and again.cached == first.computed,
        "the second says the same": again.accuracy == first.accuracy,
        "the third has another version": changed.version != first.version,
        "the third trains the new candidate alone": (trained.computed, trained.cached) == (1, 3),
        "the third reuses what comes before": all(each.computed == 0 for each in changed.reuse if each.name in ("load", "features")),
        "rolled back, the first version runs": (back.version, back.accuracy) == (first.version, first.accuracy),
        "and computes nothing": back.computed == 0,
        "going on from evaluate computes it alone": [each.name for each in onward.reuse if each.computed] == ["evaluate"],
        "and says what it said before": onward.accuracy == changed.accuracy,
    }
    wrong = [fact for fact, holds in facts.items() if not holds]
    if wrong:
        raise DemoFailed(f"not as it should be: {'; '.join(wrong)}\n" + "\n".join(map(repr, runs)))


def tables(runs: Sequence[Ran]) -> None:
    # Narrow enough for 80 columns: what a run is called must be readable whole.
    table = Table(title="Five runs", title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("run", "version", "execution"):
        table.add_column(heading, no_wrap=True)
    for heading in ("accuracy", "wall time", "tasks run", "cache hits"):
        table.add_column(heading, justify="right", no_wrap=True)
    for number, each in enumerate(runs, 1):
        figures = (f"{each.accuracy:.4f}", f"{each.wall_s:.2f} s", str(each.computed), str(each.cached))
        table.add_row(str(number), each.version, each.execution, *figures)
    console.print(table)
    table = Table(
        "task",
        *(f"{number} {each.title}" for number, each in enumerate(runs, 1)),
        title="What each run computed and what it reused",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for at, task in enumerate(runs[0].reuse):
        table.add_row(task.name, *(_in_words(each.reuse[at]) for each in runs))
    console.print(table)


def _in_words(reuse: Reuse) -> str:
    parts = [f"[yellow]{reuse.computed} computed[/]"] if reuse.computed else []
    parts += [f"[green]{reuse.cached} reused[/]"] if reuse.cached else []
    return ", ".join([*parts, *(["[green]kept[/]"] if reuse.recovered else [])])


def show(demo: Demo) -> None:
    """The story from start to end."""
    console.print("\n[bold]1. A server[/]: API, engine and warm workers, on SQLite and a folder")
    demo.start()
    file = demo.copy_program()
    with connect(demo.grpc) as client:
        console.print("\n[bold]2. Train[/]: load, features, four candidates side by side, choose, evaluate")
        runs = [demo.run(client, "first", demo.register()[0])]
        console.print("[bold]3. Once more[/]: the same code and inputs")
        runs.append(demo.run(client, "again", demo.register()[0]))
        console.print("[bold]4. Change one hyperparameter[/] in the source")
        change(file)
        runs.append(demo.run(client, "changed", demo.register()[0]))
        console.print("[bold]5. Look at its report[/]: the deck that the evaluation wrote, with a plot")
        deck(demo)
        console.print("[bold]6. Roll back[/] to the first version; what is launched by name is that again")
        say(f"alula rollback {WORKFLOW} {runs[0].version}", demo.command("rollback", WORKFLOW, runs[0].version).strip())
        runs.append(demo.run(client, "back", ""))
        console.print("[bold]7. Go on from a node[/] of the third run: what lies before it is taken over")
        runs.append(demo.rerun(client, "onward", "digits-changed", "evaluate"))
    check(runs)
    tables(runs)
    links(demo, runs)


def deck(demo: Demo) -> None:
    """Saves the report of the changed run."""
    page = demo.folder / "report.html"
    demo.command("get", "deck", "digits-changed", "evaluate", "-o", str(page))
    if "<svg" not in page.read_text() and "data:image" not in page.read_text():
        raise DemoFailed(f"{page}: the report has no plot")
    say("alula get deck digits-changed evaluate -o report.html", f"{page.stat().st_size / 1024:.0f} KiB: {shown(page)}\n")


def links(demo: Demo, runs: Sequence[Ran]) -> None:
    """Where the runs are seen in a browser, after a look whether they are."""
    place = "flytesnacks/development"
    changed = f"{demo.http}/executions/{place}/{runs[2].execution}"
    with urllib.request.urlopen(changed, timeout=10) as answer:
        if "<title>Alula</title>" not in answer.read().decode():
            raise DemoFailed(f"{changed}: not the page of an execution; the web interface is built by: make ui")
    console.print("\nIn a browser:")
    console.print(f"  the changed run              [bold]{changed}[/]", soft_wrap=True)
    ids = ",".join(f"{place}/{each.execution}" for each in runs)
    console.print(f"  all five side by side        {demo.http}/compare?ids={ids}", soft_wrap=True)
    console.print(f"  both versions of the code    {demo.http}/workflows/{place}/{WORKFLOW}", soft_wrap=True)


def farewell(demo: Demo) -> None:
    """How to look at what was kept and how to end it."""
    assert demo.process is not None
    option = "" if demo.grpc == f"127.0.0.1:{PORTS['grpc']}" else f" --address {demo.grpc}"
    console.print(f"\nThe server stays up at [bold]{demo.http}[/] (gRPC {demo.grpc}). Look around:")
    console.print(f"  .venv/bin/alula list{option}", soft_wrap=True)
    console.print(f"  .venv/bin/alula get execution digits-changed{option}", soft_wrap=True)
    console.print(f"  .venv/bin/alula get execution digits-changed --metrics{option}", soft_wrap=True)
    console.print(f"  .venv/bin/alula diff {WORKFLOW}{option}", soft_wrap=True)
    console.print(f"  .venv/bin/alula logs digits-changed n3{option}", soft_wrap=True)
    console.print(f"  curl '{demo.http}/api/v1/executions/flytesnacks/development?limit=3'", soft_wrap=True)
    console.print(f"Stop it with [bold]kill {demo.process.pid}[/]; everything is in {shown(demo.folder)}/")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Runs the demo; 0 if it showed what it is to show, 1 if not, 130 if interrupted."""
    is_kept = os.environ.get("KEEP", "") not in ("", "0")
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    try:
        with folder_of(is_kept=is_kept) as folder:
            demo = Demo(folder)
            is_done = False
            try:
                show(demo)
                if not is_kept and sys.stdin.isatty():
                    with suppress(EOFError):  # Ctrl-D is as good
                        console.input("\nThe server is up until you press Enter. ")
                is_done = True
            finally:
                if not (is_done and is_kept):
                    demo.stop()
            if is_kept:
                farewell(demo)
            else:
                console.print(f"\nServed by {demo.http}, now stopped; KEEP=1 leaves it up. {time.monotonic() - began:.0f} s in all.")
    except KeyboardInterrupt:
        console.print("\n[bold]demo: interrupted[/]; the server is stopped")
        return 130
    except (DemoFailed, AlulaError, OSError) as error:
        console.print("\n[bold red]demo failed:[/]", end=" ")
        console.print(str(error), markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
