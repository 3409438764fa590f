"""A slow network and a server that fails: what is shown meanwhile, what is said, and that nothing is done twice."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui.conftest import Visitor

S = "tests.programs.showing"
P = "tests.ui.programs"
WORDS = "the database is being repaired"
LAUNCHES = re.compile(r"/api/v1/executions(/relaunch)?$")


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    server.register(showing)
    for launched in (
        server.launch(f"{S}.inner", execution="slow-inner", x=1),
        server.launch(f"{S}.mapped", execution="slow-mapped", n=300),
        server.launch(f"{S}.training", execution="slow-train", epochs=3, pause_s=0.0),
    ):
        server.wait(launched)
    return server


def refuse(route: Route) -> None:
    route.fulfill(status=500, content_type="application/json", body=json.dumps({"code": 13, "message": WORDS}))


def slow(page: Page) -> None:
    """400 ms there and back, 50 KB/s."""
    session = page.context.new_cdp_session(page)
    conditions = {"offline": False, "latency": 400, "downloadThroughput": 50 * 1024, "uploadThroughput": 50 * 1024}
    session.send("Network.emulateNetworkConditions", conditions)


FAILING = [
    ("/", {}, "**/api/alula/v1/executions?*", "slow-inner"),
    ("/executions", {"text": "slow-"}, "**/api/alula/v1/executions?*", "slow-inner"),
    ("/workflows", {"text": "showing.inner"}, "**/api/alula/v1/entities/**", "inner"),
    (f"/workflows/default/development/{S}.inner", {}, "**/api/alula/v1/versions/**", "v1"),
    (f"/workflows/default/development/{S}.inner", {"tab": "graph"}, "**/api/v1/workflows/**", "memo"),
    ("/launch", {}, "**/api/alula/v1/entities/**", f"{S}.inner"),
    ("/launch", {"kind": "workflow", "name": f"{S}.inner"}, "**/api/v1/launch_plans/**", "Inputs"),
    ("/compare", {"ids": "default/development/slow-inner,default/development/slow-train"}, "**/api/alula/v1/compare*", "slow-train"),
    ("/executions/default/development/slow-inner", {}, "**/api/v1/workflows/**", "memo"),
    ("/executions/default/development/slow-inner", {"tab": "timeline"}, "**/api/alula/v1/attempts/**", "memo"),
    ("/executions/default/development/slow-inner", {"tab": "inputs"}, "**/api/v1/data/executions/**", "Outputs"),
    ("/executions/default/development/slow-inner", {"tab": "events"}, "**/api/alula/v1/events/**", "memo"),
    ("/executions/default/development/slow-inner", {"node": "n0"}, "**/api/alula/v1/attempts/**", "Asked for"),
    ("/executions/default/development/slow-inner", {"node": "n0", "view": "values"}, "**/api/v1/data/node_executions/**", "Inputs"),
    ("/executions/default/development/slow-inner", {"node": "n1", "view": "cache"}, "**/api/alula/v1/cache/**", "cache"),
    ("/executions/default/development/slow-train", {"node": "n0", "view": "metrics"}, "**/api/alula/v1/series/**", "accuracy"),
    ("/executions/default/development/slow-mapped", {"node": "n1"}, "**/api/alula/v1/items/**", "300 items"),
]


@pytest.mark.parametrize(("path", "search", "pattern", "then"), FAILING)
def test_a_refusal_is_said_in_the_servers_words_and_tried_again(
    visitor: Visitor, ran: LiveServer, path: str, search: dict[str, str], pattern: str, then: str
) -> None:
    visitor.watched.excused = lambda text: "500" in text
    visitor.page.route(pattern, refuse)
    page = visitor.open(path, **search)
    alert = page.get_by_role("alert").filter(has_text=WORDS).first
    expect(alert).to_be_visible()
    visitor.check_accessible()
    page.unroute(pattern)
    while alert.count() > 0:
        before = page.get_by_role("alert").filter(has_text=WORDS).count()
        alert.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("alert").filter(has_text=WORDS)).not_to_have_count(before)
    expect(page.locator("main").get_by_text(then).first).to_be_visible()


def test_a_list_that_cannot_be_renewed_stays_and_says_so(visitor: Visitor, ran: LiveServer) -> None:
    visitor.watched.excused = lambda text: "500" in text
    page = visitor.open("/executions", text="slow-")
    expect(page.get_by_role("link", name="slow-inner")).to_be_visible()
    page.route("**/api/alula/v1/executions?*", refuse)
    ran.wait(ran.launch(f"{P}.arithmetic", execution="slow-new"))
    said = page.get_by_role("status").filter(has_text=WORDS)
    expect(said).to_be_visible()
    expect(page.get_by_role("link", name="slow-inner")).to_be_visible()
    with page.expect_request(re.compile(r"/api/alula/v1/executions\?")):
        said.get_by_role("button", name="Try again").click()
    page.unroute("**/api/alula/v1/executions?*")
    ran.wait(ran.launch(f"{P}.arithmetic", execution="slow-newer"))
    expect(page.get_by_role("link", name="slow-newer")).to_be_visible()
    expect(said).to_have_count(0)


def test_an_answer_that_is_cut_off_is_asked_for_again_then_said(visitor: Visitor, ran: LiveServer) -> None:
    asked: list[str] = []

    def cut(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="application/json", body='{"entities": [{"latest"')

    visitor.page.route("**/api/alula/v1/entities/**", cut)
    page = visitor.open("/tasks")
    expect(page.get_by_role("status", name="Loading")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="cut off on its way")).to_be_visible()
    assert len(asked) == 3
    page.unroute("**/api/alula/v1/entities/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("table")).to_be_visible()


def test_a_page_whose_program_does_not_arrive_is_loaded_again(visitor: Visitor, ran: LiveServer) -> None:
    visitor.watched.excused = lambda text: True
    page = visitor.open("/workflows")
    expect(page.get_by_role("table")).to_be_visible()
    page.route(re.compile(r"/assets/.*\.js"), lambda route: route.abort("connectionrefused"))
    page.get_by_role("link", name="Executions", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("another version")
    assert page.get_by_role("link", name="Workflows", exact=True).is_visible(), "the way around stays"
    page.unroute(re.compile(r"/assets/.*\.js"))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("grid", name="Executions")).to_be_visible()


@pytest.mark.parametrize("how", ["form", "relaunch"])
def test_two_clicks_launch_once(visitor: Visitor, ran: LiveServer, how: str) -> None:
    page = visitor.page
    held: list[Route] = []
    if how == "form":
        visitor.open("/launch", kind="workflow", name=f"{P}.arithmetic")
        button = page.get_by_role("form", name="Launch").get_by_role("button", name="Launch")
    else:
        visitor.open_execution("slow-inner")
        button = page.get_by_role("button", name="Relaunch", exact=True)
    expect(button).to_be_enabled()
    page.route(LAUNCHES, lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    with page.expect_request(LAUNCHES):
        button.dblclick(delay=5)
    expect(button).to_be_disabled()
    for each in held:
        each.continue_()
    page.wait_for_url(re.compile(r"/executions/default/development/(?!slow-inner)\w+"))
    expect(page.get_by_role("tab", name="Graph")).to_be_visible()
    assert len(held) == 1


def test_a_lost_answer_to_a_launch_asks_to_look_first(visitor: Visitor, ran: LiveServer) -> None:
    page = visitor.open("/launch", kind="workflow", name=f"{P}.arithmetic")
    form = page.get_by_role("form", name="Launch")
    page.route("**/api/v1/executions", lambda route: route.fulfill(status=200, content_type="application/json", body='{"id": {"na'))
    form.get_by_role("button", name="Launch").click()
    expect(form.get_by_role("alert")).to_contain_text("may have been done")
    expect(form.get_by_role("button", name="Launch")).to_be_enabled()


SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifted += entry.value; }))
  .observe({type: 'layout-shift', buffered: true});
"""


@pytest.mark.parametrize(
    ("path", "search"),
    [
        ("/executions", {}),
        ("/executions/default/development/slow-inner", {}),
        ("/executions/default/development/slow-mapped", {"node": "n1"}),
        ("/launch", {"kind": "workflow", "name": f"{S}.inner"}),
    ],
)
def test_nothing_jumps_while_a_slow_page_comes(visitor: Visitor, ran: LiveServer, path: str, search: dict[str, str]) -> None:
    page = visitor.open("/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.add_init_script(SHIFTS)
    slow(page)
    visitor.open(path, **search)
    expect(page.get_by_role("status", name="Loading").first).to_be_visible()
    expect(page.get_by_role("status", name=re.compile("Loading"))).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") < 0.05
