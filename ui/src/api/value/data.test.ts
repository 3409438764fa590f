import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import { readObject, sizeOf } from "./data";

const MEBIBYTE = 1 << 20;
const asked: string[] = [];
let server: Server;
let base = "";

/** Objects by name: `sized` says its length, `unsized` does not, `endless` never ends, `empty` is empty. */
beforeAll(async () => {
  server = createServer((request, answer) => {
    const url = new URL(request.url ?? "", "http://store");
    asked.push(`${request.method} ${url.pathname}`);
    if (url.pathname.startsWith("/api/")) {
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify({ signed_url: `http://elsewhere/data/${url.searchParams.get("native_url")}` }));
    } else if (url.pathname === "/data/sized") {
      answer.setHeader("content-length", 3);
      answer.end(request.method === "HEAD" ? undefined : "abc");
    } else if (url.pathname === "/data/unsized") {
      answer.write("abc");
      answer.end("def");
    } else if (url.pathname === "/data/endless") {
      const more = () => {
        while (!answer.destroyed && answer.write(Buffer.alloc(65_536)));
      };
      answer.on("drain", more);
      more();
    } else if (url.pathname === "/data/empty") answer.end();
    else answer.writeHead(404).end(request.method === "HEAD" ? undefined : JSON.stringify({ message: "there is no such object" }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  const real = globalThis.fetch;
  vi.stubGlobal("location", { origin: base });
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => real(base + url, init)); // outside a page there is nothing to be relative to
  asked.length = 0;
});

afterEach(() => vi.unstubAllGlobals());

async function textOf(uri: string, limit: number): Promise<string | undefined> {
  const bytes = await readObject(uri, limit);
  return bytes && new TextDecoder().decode(bytes);
}

it("asks for a size without the object", async () => {
  expect(await sizeOf("sized")).toBe(3);
  expect(asked).toEqual(["GET /api/v1/dataproxy/artifact_urn", "HEAD /data/sized"]);
  expect(await sizeOf("unsized")).toBeNaN();
  await expect(sizeOf("gone")).rejects.toMatchObject({ status: 404 });
});

it("reads what is within the limit, whether its length is declared or not", async () => {
  expect(await textOf("sized", 3)).toBe("abc");
  expect(await textOf("unsized", 6)).toBe("abcdef");
  expect(await textOf("empty", 0)).toBe("");
  await expect(readObject("gone", 3)).rejects.toThrow(new ApiError("there is no such object", 404));
});

it("stops at the limit, also of what never ends", async () => {
  expect(await textOf("sized", 2)).toBeUndefined();
  expect(await textOf("unsized", 5)).toBeUndefined();
  expect(await textOf("endless", MEBIBYTE)).toBeUndefined();
});
