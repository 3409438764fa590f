"""`make screenshots`: every page of the web interface on the demo's data: light, dark and as wide as a phone, in `build/screenshots`.

The three that the README shows are written to `docs/images`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError
from scripts.browser import Stillness, chromium

from alula.client import connect
from alula.client.sync import Client
from alula.errors import AlulaError
from scripts import demo

ROOT = Path(__file__).resolve().parent.parent
TARGET, IMAGES = ROOT / "build" / "screenshots", ROOT / "docs" / "images"
IN_README = {"execution-graph": "execution", "compare-differences": "compare", "workflow-difference": "versions"}
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 720}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 720}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
}
PLACE = "project=flytesnacks&domain=development"
RUN = "/executions/flytesnacks/development"
ENTITY = "flytesnacks/development"


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One page.

    Attributes:
        name: of the file.
        path: within the server.
        until: text that is there when it is drawn.
        act: what is done before it is taken.
    """

    name: str
    path: str
    until: str
    act: Callable[[Page], None] = lambda page: None


def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search workflows").fill("digits")
    page.get_by_role("option", name="digits-first").wait_for()


def shots(ids: str, versions: tuple[str, str], gate: str, failed: str) -> list[Shot]:
    workflow = f"/workflows/{ENTITY}/{demo.WORKFLOW}"
    return [
        Shot(name="home", path="/", until="Projects and domains"),
        Shot(name="palette", path="/", until="Projects and domains", act=palette),
        Shot(name="executions", path=f"/executions?{PLACE}", until="digits-first"),
        Shot(name="workflows", path=f"/workflows?{PLACE}", until="digits"),
        Shot(name="tasks", path=f"/tasks?{PLACE}", until="evaluate"),
        Shot(name="launch-plans", path=f"/launch-plans?{PLACE}", until="digits"),
        Shot(name="workflow-versions", path=f"{workflow}?tab=versions", until=versions[0]),
        Shot(name="workflow-difference", path=f"{workflow}?tab=versions&version={versions[1]}&against={versions[0]}", until="hidden=64"),
        Shot(name="workflow-graph", path=f"{workflow}?tab=graph", until="evaluate"),
        Shot(name="workflow-interface", path=f"{workflow}?tab=interface", until="components"),
        Shot(name="workflow-code", path=f"{workflow}?tab=code", until="def digits"),
        Shot(name="workflow-runs", path=f"{workflow}?tab=runs", until="digits-first"),
        Shot(name="task", path=f"/tasks/{ENTITY}/digits.workflow.train", until="train"),
        Shot(name="task-runs", path=f"/tasks/{ENTITY}/digits.workflow.train?tab=runs", until="digits-first"),
        Shot(name="launch-plan", path=f"/launch-plans/{ENTITY}/{demo.WORKFLOW}", until="digits"),
        Shot(name="launch", path=f"/launch?{PLACE}&kind=workflow&name={demo.WORKFLOW}", until="components"),
        Shot(name="execution-graph", path=f"{RUN}/digits-changed", until="evaluate"),
        Shot(name="execution-timeline", path=f"{RUN}/digits-changed?tab=timeline", until="evaluate"),
        Shot(name="execution-nodes", path=f"{RUN}/digits-changed?tab=nodes", until="evaluate"),
        Shot(name="execution-inputs", path=f"{RUN}/digits-changed?tab=inputs", until="components"),
        Shot(name="execution-events", path=f"{RUN}/digits-changed?tab=events", until="launched"),
        Shot(name="node-overview", path=f"{RUN}/digits-changed?node=n4", until="Rerun from here"),
        Shot(name="node-values", path=f"{RUN}/digits-changed?node=n4&view=values", until="Rerun from here"),
        Shot(name="node-log", path=f"{RUN}/digits-changed?node=n3&view=log", until="Rerun from here"),
        Shot(name="node-metrics", path=f"{RUN}/digits-changed?node=n2&item=3&view=metrics", until="Rerun from here"),
        Shot(name="node-deck", path=f"{RUN}/digits-changed?node=n4&view=deck", until="Rerun from here"),
        Shot(name="node-cache", path=f"{RUN}/digits-changed?node=n0&view=cache", until="Rerun from here"),
        Shot(name="node-map", path=f"{RUN}/digits-changed?node=n2", until="Rerun from here"),
        Shot(name="node-map-metrics", path=f"{RUN}/digits-changed?node=n2&view=metrics", until="Rerun from here"),
        Shot(name="execution-failed", path=f"{RUN}/{failed}", until="failed"),
        Shot(name="execution-gate", path=f"{RUN}/{gate}", until="go-live"),
        Shot(name="compare-differences", path=f"/compare?{PLACE}&ids={ids}", until="report.accuracy"),
        Shot(name="compare-table", path=f"/compare?{PLACE}&ids={ids}&tab=table", until="digits-first"),
        Shot(name="compare-curves", path=f"/compare?{PLACE}&ids={ids}&tab=curves&metric=map-train[3].loss", until="Smoothing"),
        Shot(name="compare-parallel", path=f"/compare?{PLACE}&ids={ids}&tab=parallel", until="digits-first"),
        Shot(name="no-page", path="/nowhere", until="There is no such page"),
        Shot(name="no-execution", path=f"{RUN}/never-was", until="never-was"),
    ]


def fill(made: demo.Demo, client: Client) -> tuple[str, str]:
    """Beside the demo's runs one that waits for a person and one that fails; their names."""
    for example in ("approval", "batch_map"):
        made.command("register", str(ROOT / "examples" / f"{example}.py"))
    gate = client.launch.with_options(name="release-candidate")("approval.release")
    failed = client.launch.with_options(name="bad-readings")("batch_map.batch", lines=["1", "x", "y", "z"])
    with suppress(AlulaError):
        failed.wait(60)
    return gate.name, failed.name


def take(browser: Browser, base: str, wanted: list[Shot]) -> None:
    for look, options in LOOKS.items():
        context = browser.new_context(**options)  # type: ignore[arg-type]
        page = context.new_page()
        stillness = Stillness(page)
        for shot in wanted:
            page.goto(base + shot.path)
            try:
                page.get_by_text(shot.until).first.wait_for(state="attached")
                stillness.wait()
                shot.act(page)
                stillness.wait()
            except TimeoutError as error:
                page.screenshot(path=TARGET / f"{shot.name}-{look}.png")
                message = f"{shot.path}: is not drawn with {shot.until!r} ({error.message}); see {shot.name}-{look}.png"
                raise demo.DemoFailed(message) from error
            page.screenshot(path=TARGET / f"{shot.name}-{look}.png")
        context.close()


def main() -> int:
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="alula-screenshots-", ignore_cleanup_errors=True) as folder:
        made = demo.Demo(Path(folder))
        try:
            demo.show(made)
            with connect(made.grpc) as client:
                gate, failed = fill(made, client)
                executions = [client.execution(f"digits-{name}") for name in ("first", "changed")]
                versions = tuple(each.get().closure.workflow_id.version for each in executions)
                ids = ",".join(f"{ENTITY}/digits-{name}" for name in ("first", "again", "changed", "back", "onward"))
                with chromium() as browser:
                    take(browser, made.http, shots(ids, (versions[0], versions[1]), gate, failed))
        finally:
            made.stop()
    for name, image in IN_README.items():
        shutil.copy(TARGET / f"{name}-light.png", IMAGES / f"{image}.png")
    demo.say("make screenshots", f"{len(list(TARGET.iterdir()))} in {demo.shown(TARGET)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
