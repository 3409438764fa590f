"""Everything by the keyboard alone: no test here touches a pointer, and whatever has the focus on the way is seen to have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui import kinds, programs
from tests.ui.conftest import Visitor, visit
from tests.ui.execution_page import execution, panel, shown
from tests.ui.test_launch import outputs

S = "tests.programs.showing"
P = "tests.ui.programs"
MOST_STOPS = 150

# Counts what only a pointer sends; a click that a key makes is none of them.
POINTERS = """
window.pointers = 0;
for (const kind of ['pointerdown', 'mousedown', 'pointermove', 'wheel']) addEventListener(kind, () => window.pointers++, true);
"""

# What has the focus, in words, and what is wrong with how it is seen.
FOCUSED = """() => {
  const it = document.activeElement;
  const named = e => `${e.tagName.toLowerCase()} ${e.getAttribute('aria-label') ?? e.textContent?.trim().slice(0, 40) ?? ''}`;
  if (!it || it === document.body) return ['body', ''];
  const ringed = e => {
    const style = getComputedStyle(e);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    return outlined || /(^|[^\\d.])(?:[1-9]\\d*)px(?: inset)?$|0px 0px 0px [1-9]/.test(style.boxShadow) && style.boxShadow !== 'none';
  };
  const active = document.getElementById(it.getAttribute('aria-activedescendant') ?? '');
  const box = (active ?? it).getBoundingClientRect();
  const isSeen = box.width > 1 && box.height > 1 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return [named(it), !ringed(it) && !(active && ringed(active)) ? 'no ring' : isSeen ? '' : 'out of sight'];
}"""


class Keys:
    """A person without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: set[str] = set()

    def reach(self, wanted: Locator, key: str = "Tab") -> Locator:
        """Goes on with Tab until `wanted` has the focus; whatever is come by must show that it has it."""
        expect(wanted).to_have_count(1)
        stops = []
        for _ in range(MOST_STOPS):
            if wanted.evaluate("e => e === document.activeElement"):
                return wanted
            self.page.keyboard.press(key)
            words, fault = self.page.evaluate(FOCUSED)
            stops.append(words)
            if fault:
                self.unseen.add(f"{fault}: {words}")
        raise AssertionError(f"never came to {wanted}; the focus went over {stops}")

    def press(self, wanted: Locator, key: str = "Enter", by: str = "Tab") -> None:
        self.reach(wanted, by)
        self.page.keyboard.press(key)

    def write(self, wanted: Locator, text: str) -> None:
        self.reach(wanted)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def focused(self) -> Locator:
        return self.page.locator("*:focus")

    def check(self) -> None:
        assert not self.unseen, "\n".join(sorted(self.unseen))
        assert self.page.evaluate("window.pointers") == 0, "a pointer was used"


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    server.register(showing)
    server.register(kinds)
    for launched in (
        server.launch(f"{S}.broken", execution="keys-broken", lines=5),
        server.launch(f"{S}.logging", execution="keys-long", megabytes=1),
        server.launch(f"{S}.inner", execution="keys-inner", x=7),
        server.launch(f"{S}.mapped", execution="keys-mapped", n=200),
        server.launch(f"{S}.every_kind", execution="keys-kinds"),
        *(server.launch(f"{P}.training", execution=f"keys-train-{at}", rate=rate) for at, rate in enumerate((0.1, 0.3))),
    ):
        server.wait(launched)
    return server


@pytest.fixture
def visitor(browser: Browser, ran: LiveServer) -> Iterator[Visitor]:
    for made in visit(browser, ran):
        made.context.add_init_script(POINTERS)
        yield made


@pytest.fixture
def keys(visitor: Visitor) -> Iterator[Keys]:
    made = Keys(visitor.page)
    yield made
    made.check()


def test_the_palette_leads_to_an_entity(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open("/")
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()
    keys.press(page.get_by_role("link", name="Skip to the page"))
    keys.press(page.get_by_role("button", name="Search and commands"))
    with ExitStack() as answers:  # of all of which options are made: later ones would move the choice
        for kind in ("entities/WORKFLOW", "entities/TASK", "entities/LAUNCH_PLAN", "executions"):
            answers.enter_context(page.expect_response(re.compile(rf"/api/alula/v1/{kind}\b.*text={P}.arith(&|$)")))
        page.keyboard.type(f"{P}.arith")
    option = page.get_by_role("option", name=f"{P}.arithmetic").first
    expect(option).to_be_visible()
    while option.get_attribute("data-selected") != "true":
        page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED)[1] == ""
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/workflows/default/development/{P}.arithmetic*")
    keys.press(page.get_by_role("tab", name="Versions"), "ArrowRight")
    expect(page.get_by_role("tab", name="Graph")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", selected=True)).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tab", selected=True)).to_be_focused()


def test_a_question_mark_shows_every_key(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open("/workflows")
    field = page.get_by_role("searchbox", name="Search workflows")
    keys.write(field, "what?")
    expect(field).to_have_value("what?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_have_count(0)
    shown = page.get_by_role("button", name="Keys")
    keys.reach(shown, "Shift+Tab")
    page.keyboard.press("?")
    graph = dialog.get_by_role("region", name="Graph")
    expect(graph.get_by_text("Find a node")).to_be_visible()
    expect(dialog.get_by_role("region", name="Anywhere")).to_contain_text(re.compile("Executions.*G then E"))
    visitor.check_accessible()
    page.keyboard.press("Escape")
    expect(shown).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(shown).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("shortcuts")
    expect(page.get_by_role("option", name="Keyboard shortcuts")).to_have_attribute("data-selected", "true")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(shown).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1, name="Executions")).to_be_visible()


def test_a_form_of_every_kind_is_filled_in_and_sent(visitor: Visitor, keys: Keys, ran: LiveServer, tmp_path: Path) -> None:
    page = visitor.open("/launch", kind="workflow", name="tests.ui.kinds.every_kind")
    form = page.get_by_role("form", name="Launch")
    expect(form.get_by_role("heading", name="Inputs")).to_be_visible()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("one")
    (tmp_path / "source.txt").write_text("what is in it")
    (tmp_path / "frame.csv").write_text("x,y\n1,a\n")

    def field(name: str) -> Locator:
        return form.get_by_label(name, exact=True)

    keys.write(field("whole"), "7")
    keys.write(field("part"), "0.5")
    keys.press(form.get_by_role("group", name="is_on").get_by_label("True"), "Space")
    keys.write(field("words"), "some words")
    keys.press(form.get_by_role("button", name="Now"))
    expect(field("at")).to_have_value(re.compile(r"^\d{4}-.*Z$"))
    keys.write(field("span"), "1h")
    keys.reach(field("colour").first)
    page.keyboard.type("blue")
    keys.reach(form.get_by_label("either: type"))
    page.keyboard.type("str")
    keys.write(field("either"), "five")
    numbers = form.get_by_role("group", name="numbers")
    for number in ("1", "2", "3"):
        keys.press(numbers.get_by_role("button", name="Add item to numbers"))
        expect(numbers.get_by_role("textbox").last).to_be_focused()
        page.keyboard.type(number)
    keys.press(numbers.get_by_role("button", name="Remove item 1"))
    expect(numbers.get_by_role("textbox")).to_have_count(2)
    expect(numbers.locator("*:focus")).to_have_count(1)
    rates = form.get_by_role("group", name="rates")
    keys.press(rates.get_by_role("button", name="Add entry to rates"))
    expect(rates.get_by_label("Key 1 of rates")).to_be_focused()
    page.keyboard.type("fast")
    keys.write(rates.get_by_role("textbox").last, "2")
    config = form.get_by_role("group", name="config", exact=True)
    keys.write(config.get_by_label("name", exact=True), "first")
    keys.write(config.get_by_label("steps", exact=True), "10")
    keys.press(config.get_by_role("button", name="Give layers"))
    expect(config.get_by_role("button", name="Add item to layers")).to_be_focused()
    keys.reach(config.get_by_role("button", name="Leave out layers"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(config.get_by_role("button", name="Give layers")).to_be_focused()
    for name, path in (("source", "source.txt"), ("folder", "folder"), ("frame", "frame.csv")):
        upload = keys.reach(form.get_by_role("button", name=re.compile(f"Upload a .* for {name}")))
        with page.expect_file_chooser() as chooser:
            upload.press("Enter")
        chooser.value.set_files(tmp_path / path)
        expect(field(name)).to_have_value(re.compile(r"/uploads/default/development/"))
    keys.press(form.get_by_role("button", name="Launch"))
    page.wait_for_url(re.compile(r"/executions/default/development/\w+"))
    told = outputs(ran, shown(page))["o0"]
    for line in ("whole=7", "is_on=True", "either='five'", "numbers=[1, 3]", "rates={'fast': 2.0}", "source='what is in it'"):
        assert line in told, told


def test_what_is_wrong_gets_the_focus(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open("/launch", kind="task", name=f"{P}.double")
    form = page.get_by_role("form", name="Launch")
    keys.press(form.get_by_role("button", name="Launch"))
    expect(form.get_by_label("x", exact=True)).to_be_focused()


def test_relaunch_with_and_without_changes(visitor: Visitor, keys: Keys, ran: LiveServer) -> None:
    page = visitor.open_execution("keys-inner")
    keys.press(page.get_by_role("button", name="Relaunch", exact=True))
    expect(page.locator("header").get_by_text("relaunch of")).to_be_visible()
    ran.wait(execution(shown(page)))
    keys.press(page.get_by_role("button", name="More actions"))
    for _ in range(3):
        words, fault = page.evaluate(FOCUSED)
        assert fault == "", words
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More actions")).to_be_focused()
    visitor.open_execution("keys-inner")
    keys.press(page.get_by_role("link", name="Relaunch with changes"))
    form = page.get_by_role("form", name="Launch")
    keys.write(form.get_by_label("x", exact=True), "8")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/executions/default/development/\w+"))
    assert outputs(ran, shown(page)) == {"o0": 9 + 16}


def test_abort_then_recover(visitor: Visitor, keys: Keys, ran: LiveServer, tmp_path: Path) -> None:
    ran.launch(f"{S}.waiting", execution="keys-abort", path=str(tmp_path / "never"))
    page = visitor.open_execution("keys-abort")
    keys.press(page.get_by_role("button", name="Abort"))
    dialog = page.get_by_role("alertdialog")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Abort")).to_be_focused()
    page.keyboard.press("Enter")
    keys.write(dialog.get_by_label("Why"), "by hand")
    keys.press(dialog.get_by_role("button", name="Abort the execution"))
    expect(page.locator("header [data-phase=ABORTED]")).to_be_visible()
    keys.press(page.get_by_role("button", name="Recover"))
    keys.press(page.get_by_role("alertdialog").get_by_role("button", name="Recover"))
    expect(page.locator("header").get_by_text("goes on from")).to_be_visible()
    (tmp_path / "never").write_text("end")
    ran.wait(execution(shown(page)))


def test_rerun_from_a_node(visitor: Visitor, keys: Keys, ran: LiveServer) -> None:
    page = visitor.open_execution("keys-inner", node="n2")
    keys.press(panel(page).get_by_role("button", name="Rerun from here"))
    keys.press(page.get_by_role("alertdialog").get_by_role("button", name="Run again from here"))
    expect(page.locator("header").get_by_text("goes on from")).to_be_visible()
    ran.wait(execution(shown(page)))


@pytest.mark.parametrize("answer", ["Approve", "Reject"])
def test_gates_are_answered(visitor: Visitor, keys: Keys, ran: LiveServer, answer: str) -> None:
    name = f"keys-gated-{answer.lower()}"
    ran.launch(f"{S}.gated", execution=name, x=1)
    page = visitor.open_execution(name)
    waits = page.get_by_role("region", name="Waits for a person").locator("> div")
    keys.press(waits.filter(has_text="go-live").get_by_role("button", name="Answer"))
    keys.press(panel(page).get_by_role("button", name=answer))
    if answer == "Reject":
        expect(page.locator("header [data-phase=FAILED]")).to_be_visible()
        return
    expect(panel(page).get_by_text("approved")).to_be_visible()
    keys.press(waits.filter(has_text="how-many").get_by_role("button", name="Answer"))
    keys.write(panel(page).get_by_label("Value"), "12")
    keys.press(panel(page).get_by_role("button", name="Send"))
    expect(page.locator("header [data-phase=SUCCEEDED]")).to_be_visible()


def test_rows_are_chosen_aborted_relaunched_and_archived(visitor: Visitor, keys: Keys, ran: LiveServer) -> None:
    for number in range(3):
        ran.launch(f"{P}.asking", execution=f"keyed-{number}")
    page = visitor.open("/executions")
    keys.write(page.get_by_label("Name begins with"), "keyed-")
    expect(page.locator("[data-execution]")).to_have_count(3)
    grid = page.get_by_role("grid", name="Executions")
    keys.reach(grid)
    for key in ("x", "End", "x", "Home"):
        page.keyboard.press(key)
    expect(page.get_by_text("2 chosen")).to_be_visible()
    bar = page.get_by_role("toolbar", name="With the chosen executions")
    keys.press(bar.get_by_role("button", name="Abort"))
    keys.press(page.get_by_role("alertdialog").get_by_role("button", name="Abort"))
    expect(page.locator("[data-execution] [data-phase=ABORTED]")).to_have_count(2)
    expect(grid).to_be_focused()
    keys.press(page.get_by_label("Choose all that are loaded"), "Space")
    expect(page.get_by_text("3 chosen")).to_be_visible()
    keys.press(bar.get_by_role("button", name="Choose none"))
    expect(grid).to_be_focused()
    page.keyboard.press("x")
    keys.press(bar.get_by_role("button", name="Relaunch"))
    keys.press(page.get_by_role("alertdialog").get_by_role("button", name="Relaunch"))
    expect(page.get_by_text("1 execution relaunched.").first).to_be_visible()
    keys.reach(grid)
    page.keyboard.press("x")
    keys.press(bar.get_by_role("button", name="Archive"))
    expect(page.locator("[data-execution]")).to_have_count(2)
    keys.press(page.get_by_role("columnheader", name="Duration").get_by_role("button"))
    expect(page.get_by_role("columnheader", name="Duration")).to_have_attribute("aria-sort", "descending")
    keys.press(grid)
    page.wait_for_url("**/executions/default/development/keyed-*")


def test_a_version_is_made_active_and_an_entity_archived(visitor: Visitor, keys: Keys, ran: LiveServer) -> None:
    ran.register(programs, "v2")
    page = visitor.open(f"/workflows/default/development/{P}.training")
    keys.press(page.get_by_role("tab", name="Versions"))
    if page.get_by_role("tab", name="Versions").get_attribute("aria-selected") != "true":
        page.keyboard.press("Enter")
    keys.press(page.get_by_role("button", name="Make active: v1"))
    keys.press(page.get_by_role("alertdialog").get_by_role("button", name="Make it active"))
    expect(page.locator("[data-version=v1]").get_by_text("active", exact=True)).to_be_visible()
    for version in ("v1", "v2"):
        keys.press(page.get_by_label(f"Compare {version}"), "Space")
    keys.press(page.get_by_role("button", name="Compare the two"))
    expect(page).to_have_url(re.compile("version=v2&against=v1"))
    page = visitor.open("/workflows", text="tests.ui.programs.many")  # what others registered does not lengthen the way
    keys.press(page.get_by_role("button", name=re.compile("^More for .*many$")))
    keys.press(page.get_by_role("menuitem", name="Archive this workflow"), by="ArrowDown")
    expect(page.get_by_role("button", name=re.compile("^More for .*many$"))).to_have_count(0)
    keys.press(page.get_by_label("Archived", exact=True), "Space")
    keys.press(page.get_by_role("button", name=re.compile("^More for .*many$")))
    keys.press(page.get_by_role("menuitem", name="Restore this workflow"), by="ArrowDown")
    expect(page.get_by_role("button", name=re.compile("^More for .*many$"))).to_have_count(0)


def test_a_comparison_is_chosen_and_sorted(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open("/executions", text="keys-train")
    expect(page.locator("[data-execution]")).to_have_count(2)
    keys.reach(page.get_by_role("grid", name="Executions"))
    for key in ("x", "j", "x"):
        page.keyboard.press(key)
    keys.press(page.get_by_role("link", name="Compare"))
    expect(page.get_by_role("heading", name="Compare 2 executions")).to_be_visible()
    keys.reach(page.get_by_role("tab", selected=True))
    for _ in range(4):
        if page.get_by_role("tab", name="Table").get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowRight")
    header = page.get_by_role("columnheader", name="loss")
    keys.press(header.get_by_role("button"))
    expect(header).to_have_attribute("aria-sort", "ascending")


def test_the_graph_is_walked_a_drawer_opened_and_left(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open_execution("keys-kinds")
    graph = page.get_by_role("application", name=re.compile("^Graph of"))
    keys.reach(graph)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_focused()
    assert page.evaluate(FOCUSED)[1] == ""
    keys.reach(panel(page).get_by_role("tab", name="Overview"))
    page.keyboard.press("ArrowRight")
    expect(panel(page).get_by_role("tab", name="Inputs and outputs")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    expect(graph).to_be_focused()


def test_nodes_of_the_graph_are_expanded_and_found(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open_execution("keys-kinds")
    keys.press(page.get_by_role("button", name="Collapse inner").first)
    expect(page.get_by_role("button", name="Expand inner").first).to_be_visible()
    keys.press(page.get_by_role("button", name="Collapse all"))
    keys.press(page.get_by_role("button", name="Expand all"))
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Find a node (/)")).to_be_focused()
    page.keyboard.type("total")
    page.keyboard.press("Enter")
    expect(page.get_by_role("application", name=re.compile("^Graph of"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_focused()


def test_an_item_of_a_map_is_chosen(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open_execution("keys-mapped", node="n1")
    items = panel(page).get_by_role("region", name="Items")
    keys.press(items.get_by_role("button", name="Item 0,"))
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    chosen = keys.focused().get_attribute("aria-label") or ""
    page.keyboard.press("Enter")
    expect(keys.focused()).to_have_attribute("aria-pressed", "true")
    assert chosen.split(",")[0].split()[1] in page.url.partition("item=")[2]
    page.keyboard.press("End")
    expect(keys.focused()).to_have_attribute("aria-label", re.compile("^Item 199"))
    page.keyboard.press("Home")
    expect(keys.focused()).to_have_attribute("aria-label", re.compile("^Item 0"))


def test_rows_of_timeline_and_nodes_open_the_drawer(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open_execution("keys-kinds")
    keys.reach(page.get_by_role("tab", name="Graph"))
    page.keyboard.press("ArrowRight")
    row = page.get_by_role("list", name="Timeline").locator("button[data-node-id=n0]")
    keys.press(row)
    expect(panel(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row).not_to_be_focused()
    keys.reach(page.get_by_role("tab", name="Timeline"), "Shift+Tab")
    page.keyboard.press("ArrowRight")
    keys.press(page.get_by_role("table", name="Nodes").get_by_role("button", name=re.compile("^Collapse inner")).first)
    cell = page.get_by_role("table", name="Nodes").locator("button[data-node-id=n0]")
    keys.reach(cell, "Shift+Tab" if not cell.evaluate("e => e === document.activeElement") else "Tab")
    page.keyboard.press("End")
    expect(keys.focused()).to_have_attribute("data-node-id", re.compile(".+"))
    expect(cell).not_to_be_focused()
    page.keyboard.press("Home")
    expect(keys.focused()).to_have_attribute("data-node-id", re.compile(".+"))
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_focused()
    keys.press(panel(page).get_by_role("button", name="Close (Esc)"))
    expect(keys.focused()).to_have_attribute("data-node-id", re.compile(".+"))


def test_a_log_is_searched(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open_execution("keys-long", node="n0")
    expect(panel(page).get_by_role("tab", name="Log")).to_be_visible()
    keys.reach(panel(page).get_by_role("tab", name="Overview"))
    for tab in ("Inputs and outputs", "Log"):
        page.keyboard.press("ArrowRight")
        expect(panel(page).get_by_role("tab", name=tab)).to_be_focused()  # the focus moves a moment later
    log = panel(page).get_by_role("log")
    keys.write(panel(page).get_by_label("Search the log"), "part 0")
    page.keyboard.press("Enter")
    expect(log.get_by_text("part 0", exact=True)).to_be_visible()
    keys.press(panel(page).get_by_role("button", name="Jump to the first error"))
    expect(log.get_by_text("Traceback").first).to_be_visible()
    keys.press(panel(page).get_by_label("Follow"), "Space")
    keys.reach(log)


def test_the_pinned_cause_is_opened(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open_execution("keys-broken")
    opener = page.get_by_role("button", name="Open with its log")
    keys.press(opener)
    expect(panel(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_themes_and_saved_views(visitor: Visitor, keys: Keys) -> None:
    page = visitor.open("/executions", text="keys-")
    keys.press(page.get_by_role("button", name="Theme"))
    keys.press(page.get_by_role("menuitem", name="Dark"), by="ArrowDown")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    keys.press(page.get_by_role("button", name="Phase"))
    expect(page.get_by_role("menuitemcheckbox").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Phase"))).to_be_focused()
    views = page.get_by_role("button", name="Views")
    keys.press(views)
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Save these filters")).to_be_focused()
    page.keyboard.press("Enter")
    keys.write(page.get_by_label("Name", exact=True), "Mine")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(views).to_be_focused()
    keys.press(views)
    keys.reach(page.get_by_role("menuitem", name="Mine", exact=True), "ArrowDown")
    keys.reach(page.get_by_role("menuitem", name="Delete view Mine"), "ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Mine", exact=True)).to_have_count(0)
