"""Signed links that have run out: of images, decks, downloads and uploads, as a browser meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration
from playwright.sync_api import FilePayload, Page, Route, expect
from tests.programs import showing
from tests.server.harness import LiveServer
from tests.ui import kinds
from tests.ui.conftest import Visitor
from tests.ui.execution_page import panel
from tests.ui.test_launch import launch, outputs

from alula.idl import core, service

S = "tests.programs.showing"


@pytest.fixture(scope="module")
def ran(server: LiveServer) -> LiveServer:
    server.register(showing)
    server.register(kinds)
    server.wait(server.launch(f"{S}.all_values", execution="links-values"))
    server.wait(server.launch(f"{S}.training", execution="links-deck", epochs=2, pause_s=0.0))
    return server


class Expired:
    """Hands the browser's requests of the store to the server with a link that ran out: the first ones, or all until `over`."""

    def __init__(self, page: Page, server: LiveServer, most: int) -> None:
        self.left, self.met = most, 0
        self._server = server
        page.route(f"http://{server.http}/data/**", self._on_request)

    def _on_request(self, route: Route) -> None:
        if self.left <= 0:
            route.continue_()
            return
        self.left -= 1
        self.met += 1
        path = urlsplit(route.request.url).path
        # Signed by this server for this object, long ago: what its own link will say one day.
        route.continue_(url=f"http://{self._server.http}{path}?{self._old(path, route.request.method)}")

    def _old(self, path: str, method: str) -> str:
        key = path.removeprefix("/data/")
        if method == "PUT":
            _, _, project, domain, folder, name = ("", *key.split("/"))
            made = self._server.data.CreateUploadLocation(
                service.CreateUploadLocationRequest(
                    project=project, domain=domain, filename_root=folder, filename=name, expires_in=Duration(seconds=1)
                )
            )
        else:
            uri = f"{self._server.home}/store/{key}"
            made = self._server.data.CreateDownloadLocation(
                service.CreateDownloadLocationRequest(native_url=uri, expires_in=Duration(seconds=1))
            )
        query = urlsplit(made.signed_url).query
        # Asked until it has run out, which is what is waited for.
        while httpx.head(f"http://{self._server.http}{path}?{query}").status_code != 403:
            pass
        return query


@pytest.fixture
def expire(visitor: Visitor, ran: LiveServer) -> Callable[[int], Expired]:
    visitor.watched.excused = lambda text: "403" in text
    return lambda most: Expired(visitor.page, ran, most)


def test_an_image_is_read_by_a_new_link_when_the_first_has_run_out(visitor: Visitor, expire: Callable[[int], Expired]) -> None:
    expired = expire(1)
    page = visitor.open_execution("links-values", tab="inputs")
    image = page.locator("[data-value=o14] img")
    expect(image).to_be_visible()
    assert image.evaluate("e => e.naturalWidth") == 64
    assert expired.met == 1


def test_an_image_that_cannot_be_read_says_why_and_is_tried_again(visitor: Visitor, expire: Callable[[int], Expired]) -> None:
    expired = expire(1000)
    page = visitor.open_execution("links-values", tab="inputs")
    value = page.locator("[data-value=o14]")
    expect(value.get_by_role("alert")).to_contain_text("expired")
    assert page.locator("img:not([src='/icon.svg'])").count() == 0
    visitor.check_accessible()
    expired.left = 0
    value.get_by_role("button", name="Try again").click()
    expect(value.locator("img")).to_be_visible()


def test_rows_of_a_frame_are_tried_again(visitor: Visitor, expire: Callable[[int], Expired]) -> None:
    expired = expire(1000)
    page = visitor.open_execution("links-values", tab="inputs")
    value = page.locator("[data-value=o13]")
    value.get_by_role("button", name="Show the first rows").click()
    expect(value.get_by_role("alert")).to_contain_text("expired")
    expired.left = 0
    value.get_by_role("button", name="Try again").click()
    expect(value.get_by_role("cell", name="ada").first).to_be_visible()


def test_a_deck_is_shown_or_said_to_be_unread(visitor: Visitor, expire: Callable[[int], Expired]) -> None:
    expired = expire(1)
    page = visitor.open_execution("links-deck", node="n0", view="deck")
    expect(page.frame_locator("iframe").get_by_text("all well")).to_be_visible()
    assert expired.met == 1
    expired.left = 1000
    page.reload()
    expect(panel(page).get_by_role("alert")).to_contain_text("run out")
    assert page.locator("iframe").count() == 0, "a refusal is no deck"
    expired.left = 0
    panel(page).get_by_role("button", name="Try again").click()
    expect(page.frame_locator("iframe").get_by_text("all well")).to_be_visible()


def test_what_is_downloaded_is_the_file_never_a_refusal(visitor: Visitor, expire: Callable[[int], Expired]) -> None:
    page = visitor.open_execution("links-values", tab="inputs")
    expect(page.locator("[data-value=o14] img")).to_be_visible()
    expired = expire(1)
    button = page.locator("[data-value=o11]").get_by_role("button", name=re.compile("^Download"))
    with page.expect_download() as download:
        button.click()
    assert download.value.path().read_text().startswith("a file's <script>")
    expired.left = 1000
    saved: list[str] = []
    page.on("download", lambda download: saved.append(download.url))
    button.click()
    expect(page.get_by_role("region", name=re.compile("Notifications")).get_by_text("run out")).to_be_visible()
    assert saved == []
    assert page.url.startswith(visitor.base), "the page stays"


def test_an_upload_whose_link_ran_out_is_sent_by_a_new_one(visitor: Visitor, ran: LiveServer, expire: Callable[[int], Expired]) -> None:
    page = visitor.open("/launch", kind="workflow", name="tests.ui.kinds.reading")
    form = page.get_by_role("form", name="Launch")
    form.get_by_role("button", name="Add item to files").click()
    expired = expire(1)
    payload: FilePayload = {"name": "source.txt", "mimeType": "text/plain", "buffer": b"sent late"}
    form.get_by_label("files[0]: file of this machine").set_input_files(payload)
    sent = form.get_by_role("textbox").last
    expect(sent).to_have_value(re.compile(r"/uploads/default/development/"))
    assert expired.met == 1
    expired.left = 1000
    form.get_by_label("files[0]: file of this machine").set_input_files({**payload, "buffer": b"sent later"})
    expect(form.get_by_role("alert")).to_contain_text("expired")
    expired.left = 0
    form.get_by_role("button", name="Try again").click()
    expect(form.get_by_role("alert")).to_have_count(0)
    name = launch(form)
    ran.wait(core.WorkflowExecutionIdentifier(project="default", domain="development", name=name))
    assert outputs(ran, name) == {"o0": ["sent later"]}
