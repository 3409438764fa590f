"""What surrounds every page: the way around, themes, the palette, a lost server."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.server.harness import LiveServer
from tests.ui import programs
from tests.ui.conftest import Visitor, bare, visit

PAGES = ["/", "/executions", "/workflows", "/tasks", "/launch-plans", "/launch", "/compare"]


@pytest.fixture
def empty(browser: Browser, tmp_path: Path) -> Iterator[Visitor]:
    """A visitor of a server on which nothing is."""
    live = LiveServer(tmp_path / "home").start()
    yield from visit(browser, live)
    live.stop()


def test_an_empty_server_shows_three_commands_that_lead_to_a_first_run(empty: Visitor, tmp_path: Path) -> None:
    page = empty.open("/")
    expect(page.get_by_role("heading", name="Nothing has run here yet")).to_be_visible()
    expect(page.locator("pre", has_text="--address")).to_have_count(2)
    empty.check_accessible()
    commands: list[str] = []
    for title, verb in {"Start a project": "init", "Register it": "register", "Run it": "launch"}.items():
        page.get_by_role("button", name=f"Copy: {title}").click()
        page.wait_for_function("async start => (await navigator.clipboard.readText()).startsWith(start)", arg=f"alula {verb} ")
        commands.append(page.evaluate("navigator.clipboard.readText()"))
    script, environment = "\n".join(commands), bare(tmp_path)
    done = subprocess.run(["bash", "-ec", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expect(page.locator("[data-phase=SUCCEEDED]").first).to_be_visible()


def test_commands_fit_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    live = LiveServer(tmp_path / "home").start()
    try:
        for visitor in visit(browser, live, viewport={"width": 390, "height": 844}, has_touch=True):
            for path in ("/", "/workflows", "/launch"):
                page = visitor.open(path)
                expect(page.locator("pre", has_text="--address")).to_have_count(2)
                for box in [each.bounding_box() for each in page.locator("pre").all()]:
                    assert box is not None
                    assert box["x"] >= 0
                    assert box["x"] + box["width"] <= 390
    finally:
        live.stop()


def test_an_empty_server_becomes_a_full_one_without_reloading(browser: Browser, tmp_path: Path) -> None:
    live = LiveServer(tmp_path / "home").start()
    try:
        for visitor in visit(browser, live):
            page = visitor.open("/")
            expect(page.get_by_role("heading", name="Nothing has run here yet")).to_be_visible()
            live.register(programs)
            live.launch("tests.ui.programs.arithmetic", execution="first-of-all")
            expect(page.get_by_role("link", name="first-of-all")).to_be_visible()
    finally:
        live.stop()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_in_both_themes(visitor: Visitor, path: str) -> None:
    page = visitor.open(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    visitor.check_accessible()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_window(browser: Browser, server: LiveServer, path: str, width: int) -> None:
    for visitor in visit(browser, server, viewport={"width": width, "height": 844}):
        page = visitor.open(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for part in ("document.documentElement", "document.querySelector('main')"):
            assert page.evaluate(f"{part}.scrollWidth - {part}.clientWidth") <= 0, part


def test_an_address_that_is_no_page_says_so(visitor: Visitor) -> None:
    page = visitor.open("/nothing/here")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_the_address_that_flytes_clients_print_leads_to_the_execution(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch("tests.ui.programs.arithmetic", execution="printed"))
    page = visitor.open("/console/projects/default/domains/development/executions/printed")
    page.wait_for_url("**/executions/default/development/printed*")
    expect(page.get_by_role("heading", level=1, name="printed")).to_be_visible()


def test_a_chosen_theme_stays(visitor: Visitor) -> None:
    page = visitor.open("/")
    page.get_by_role("button", name="Theme").first.click()
    page.get_by_role("menuitem", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_keys_lead_to_the_pages(visitor: Visitor) -> None:
    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    for keys, heading in (("ge", "Executions"), ("gw", "Workflows"), ("gt", "Tasks"), ("gl", "Launch plans"), ("gh", "Home")):
        page.keyboard.type(keys)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


def test_the_palette_finds_workflows_executions_and_actions(visitor: Visitor, server: LiveServer) -> None:
    server.wait(server.launch("tests.ui.programs.arithmetic", execution="palette-run"))
    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.keyboard.press("Control+k")
    field = page.get_by_placeholder("Search workflows, tasks, executions, or type a command")
    field.fill("palette")
    expect(page.get_by_role("option", name="palette-run")).to_be_visible()
    field.press("Enter")
    page.wait_for_url("**/executions/default/development/palette-run*")
    page.keyboard.press("Control+k")
    field.fill("arithm")
    expect(page.get_by_role("option", name="Launch tests.ui.programs.arithmetic")).to_be_visible()
    page.get_by_role("option", name="tests.ui.programs.arithmetic").first.click()
    page.wait_for_url("**/workflows/default/development/tests.ui.programs.arithmetic*")
    page.keyboard.press("Control+k")
    field.fill("dark")
    expect(page.get_by_role("option", name="Dark theme")).to_be_visible()
    visitor.check_accessible()
    field.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


# Letter by letter within the page: from here each would take as long as the machine is busy.
TYPED = """async (field, letters) => {
  const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  for (let end = 1; end <= letters.length; end++) {
    set.call(field, letters.slice(0, end));
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((next) => setTimeout(next, 5));
  }
}"""


@pytest.mark.parametrize(
    ("opened", "field", "letters", "kinds"),
    [
        ("palette", "Search workflows, tasks, executions, or type a command", "arithmetic", 4),
        ("chooser", "A part of its name", "arithmetic", 3),
        ("outputs", "Its name begins with…", "", 1),
    ],
)
def test_a_word_is_asked_for_once_not_once_for_each_letter(
    visitor: Visitor, server: LiveServer, opened: str, field: str, letters: str, kinds: int
) -> None:
    letters = f"typed-{opened}" if opened == "outputs" else letters
    if opened == "outputs":
        server.wait(server.launch("tests.ui.programs.arithmetic", execution=letters))
    search = {"kind": "workflow", "name": "tests.ui.programs.arithmetic"} if opened == "outputs" else {}
    page = visitor.open("/" if opened == "palette" else "/launch", **search)
    if opened == "palette":
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        page.keyboard.press("Control+k")
    elif opened == "outputs":
        page.get_by_role("button", name="x: use an output of another run").click()
    expect(page.get_by_placeholder(field)).to_be_visible()
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "text=" in request.url else None)
    with page.expect_response(lambda response: f"text={letters}" in response.url):
        page.get_by_placeholder(field).evaluate(TYPED, letters)
    page.wait_for_load_state("networkidle")
    assert len(asked) == kinds, asked
    assert all(f"text={letters}" in url for url in asked)


def test_what_was_found_for_less_is_not_opened_by_enter(visitor: Visitor, server: LiveServer) -> None:
    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.keyboard.press("Control+k")
    field = page.get_by_placeholder("Search workflows, tasks, executions, or type a command")
    field.fill("ui.programs.a")
    expect(page.get_by_role("option", name="tests.ui.programs.add")).to_be_visible()
    page.route("**/api/alula/v1/entities/**", lambda route: None)
    field.fill("ui.programs.arith")
    expect(page.get_by_role("option", name="tests.ui.programs.add")).to_have_count(0)
    expect(page.get_by_role("option", name="tests.ui.programs.arithmetic").first).to_be_visible()


def test_a_lost_server_is_said_and_what_happened_meanwhile_is_caught_up(browser: Browser, tmp_path: Path) -> None:
    live = LiveServer(tmp_path / "home").start()
    live.register(programs)
    port = live.http.rsplit(":", 1)[1]
    excused = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_RESET", "ERR_SOCKET_NOT_CONNECTED")
    try:
        for visitor in visit(browser, live):
            visitor.watched.excused = lambda text: any(each in text for each in excused)
            page = visitor.open("/executions")
            expect(page.get_by_text("Nothing has run in default / development yet")).to_be_visible()
            live.kill()
            expect(page.locator("[data-connection=lost]")).to_be_visible()
            live.options = ("--http", f"127.0.0.1:{port}")
            live.start()
            live.launch("tests.ui.programs.arithmetic", execution="while-away")
            expect(page.locator("[data-connection=lost]")).to_have_count(0)
            expect(page.get_by_role("link", name="while-away")).to_be_visible()
    finally:
        live.stop()
