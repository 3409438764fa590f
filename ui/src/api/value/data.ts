import { get, local, send } from "@/api/client";
import { retryExpired } from "@/api/signedLink";

/**
 * The path of a signed link to an object of the server's store, made anew for every use: a link on a page that has been open for an
 * hour would have expired.
 */
async function linkTo(uri: string): Promise<string> {
  const made = await get<{ signed_url?: string }>(["api/v1/dataproxy/artifact_urn"], { native_url: uri });
  return local(made.signed_url);
}

/** Reads an object up to `limit` bytes; what is larger is not read to its end, and undefined. */
export async function readObject(uri: string, limit: number, signal?: AbortSignal): Promise<ArrayBuffer | undefined> {
  const answer = await retryExpired(async () => send(await linkTo(uri), { signal }));
  if (lengthOf(answer) > limit) {
    await answer.body?.cancel();
    return undefined;
  }
  return readBody(answer, limit);
}

/** The length that was declared is not relied on: a proxy may leave it out. */
async function readBody(answer: Response, limit: number): Promise<ArrayBuffer | undefined> {
  const reader = answer.body?.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    size += read.value.byteLength;
    if (size > limit) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(read.value);
  }
  return new Blob(chunks).arrayBuffer();
}

/** NaN where it is not declared. */
function lengthOf(answer: Response): number {
  return Number(answer.headers.get("content-length") ?? Number.NaN);
}

/** How large an object is, in bytes; NaN where the store does not say. */
export async function sizeOf(uri: string, signal?: AbortSignal): Promise<number> {
  return lengthOf(await retryExpired(async () => send(await linkTo(uri), { method: "HEAD", signal })));
}

/** A link that has just been good: for what the browser opens by itself, which would show or save a refusal as if it were the object. */
export function goodLink(uri: string, signal?: AbortSignal): Promise<string> {
  return retryExpired(async () => {
    const link = await linkTo(uri);
    await send(link, { method: "HEAD", signal });
    return link;
  });
}

/** Has the browser save an object; `name` is what the file is called. */
export async function download(uri: string, name: string): Promise<void> {
  const link = document.createElement("a");
  link.href = await goodLink(uri);
  link.download = name;
  link.rel = "noopener";
  document.body.append(link);
  link.click();
  link.remove();
}
