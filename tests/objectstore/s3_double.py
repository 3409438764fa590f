"""A small S3 over real HTTP for the tests: PUT, GET with ranges, HEAD, DELETE, ListObjectsV2; path style, no signatures."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"ETag": '"1"', "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).lstrip("/")

    def _refused(self) -> bool:
        if "AWS4-HMAC-SHA256 Credential=test/" in self.headers.get("Authorization", ""):
            return False
        self._send(403, b"<Error><Code>AccessDenied</Code></Error>")
        return True

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._refused():
            self.objects[self._key()] = body
            self._send(200)

    def do_GET(self) -> None:
        if self._refused():
            return
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            bucket = self._key().rstrip("/")
            prefix = f"{bucket}/{query.get('prefix', [''])[0]}"
            rows = "".join(
                f"<Contents><Key>{escape(key.removeprefix(bucket + '/'))}</Key><Size>{len(data)}</Size>"
                '<LastModified>2026-10-21T07:28:00.000Z</LastModified><ETag>"1"</ETag></Contents>'
                for key, data in self.objects.items()
                if key.startswith(prefix)
            )
            self._send(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode())
            return
        data = self.objects.get(self._key())
        if data is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            self._send(200, data, length=len(data))
            return
        start, stop = int(wanted[1]), min(int(wanted[2] or len(data)) + 1, len(data))
        if start >= len(data):
            self._send(416, b"<Error><Code>InvalidRange</Code></Error>")
            return
        self._send(206, data[start:stop], {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"})

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keys = re.findall("<Key>(.*?)</Key>", body)
        for key in keys:
            self.objects.pop(f"{self._key().rstrip('/')}/{unescape(key)}", None)
        rows = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._send(200, f"<DeleteResult>{rows}</DeleteResult>".encode())

    def do_DELETE(self) -> None:
        self.objects.pop(self._key(), None)
        self._send(204)


@contextmanager
def serve() -> Iterator[str]:
    """Address of a running double, `http://127.0.0.1:port`; accepts the access key `test`."""
    handler = type("Bound", (Handler,), {"objects": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
