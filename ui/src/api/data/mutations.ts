import { ApiError, local, post } from "@/api/client";
import { retryExpired } from "@/api/signedLink";
import type { Place, Schemas } from "@/idl";

type Location = Schemas["flyteidl.service.CreateUploadLocationResponse"];

/** What lies in the store now; `hash` is what the output cache knows it by, empty if it is not known. */
export interface Stored {
  uri: string;
  hash: string;
}

/** A file with its path within the folder that is sent. */
export interface Part {
  file: File;
  path: string;
}

/** Share that has been sent, from 0 to 1. */
export type Progress = (share: number) => void;

const MOST_HASHED_BYTES = 256 * 1024 * 1024; // the browser hashes only what is whole in memory

/** Sends a file straight to the store. */
export async function uploadFile(place: Place, file: File, onProgress: Progress, signal: AbortSignal): Promise<Stored> {
  const hash = await digest(file);
  const uri = await send(place, { file, path: plainName(file.name) }, hash || crypto.getRandomValues(new Uint32Array(4)).join(""), onProgress, signal);
  return { uri, hash };
}

/** Sends a folder, file by file; the store names it as the SDK does, by the content of all its files. */
export async function uploadFolder(place: Place, parts: readonly Part[], onProgress: Progress, signal: AbortSignal): Promise<Stored> {
  const sorted = [...parts].sort((a, b) => (a.path < b.path ? -1 : 1));
  const first = sorted[0];
  if (!first) throw new ApiError("The folder has no files; put one into it.", 400);
  const lines: string[] = [];
  // One by one: each is whole in memory while it is hashed.
  for (const { file, path } of sorted) {
    signal.throwIfAborted();
    lines.push(`${path}\0${await digest(file)}\n`);
  }
  const isKnown = lines.every((line) => !line.endsWith("\0\n"));
  const hash = isKnown ? await sha256(new TextEncoder().encode(lines.join(""))) : "";
  const root = hash || crypto.getRandomValues(new Uint32Array(4)).join("");
  const total = Math.max(1, parts.reduce((sum, { file }) => sum + file.size, 0));
  let before = 0;
  let uri = "";
  for (const part of sorted) {
    const sent = before;
    uri = await send(place, part, root, (share) => onProgress((sent + share * part.file.size) / total), signal);
    before += part.file.size;
    uri = uri.slice(0, uri.length - part.path.length - 1);
  }
  return { uri, hash };
}

async function send(place: Place, { file, path }: Part, root: string, onProgress: Progress, signal: AbortSignal): Promise<string> {
  return retryExpired(async () => {
    signal.throwIfAborted();
    const location = await post<Location>(["api/v1/dataproxy/artifact_urn"], { project: place.project, domain: place.domain, filename: path, filename_root: root });
    signal.throwIfAborted();
    await put(local(location.signed_url), file, location.headers ?? {}, onProgress, signal);
    return location.native_url ?? "";
  });
}

/** `fetch` does not say how far an upload is. */
function put(url: string, file: File, headers: Record<string, string>, onProgress: Progress, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries({ "content-type": "application/octet-stream", ...headers })) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / Math.max(1, event.total));
    request.onload = () => (request.status < 300 ? resolve() : reject(new ApiError(refusal(request), request.status)));
    request.onerror = () => reject(new ApiError("The upload was cut off; the server does not answer.", 0));
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function refusal(request: XMLHttpRequest): string {
  try {
    return (JSON.parse(request.responseText) as { message?: string }).message ?? request.statusText;
  } catch {
    return request.responseText.slice(0, 300) || `${request.status} ${request.statusText}`;
  }
}

/** Empty where it cannot be had: a page by plain http has no hashes, and a very large file is not read twice. */
async function digest(file: File): Promise<string> {
  return window.isSecureContext && file.size <= MOST_HASHED_BYTES ? sha256(await file.arrayBuffer()) : "";
}

async function sha256(bytes: BufferSource): Promise<string> {
  const made = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...made].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The store takes plain names only. */
function plainName(name: string): string {
  return name.replaceAll(/[^\w.=@+(), -]/g, "_").replace(/^[ .]+/, "_") || "file";
}
