import { get, local, send } from "@/api/client";

/**
 * The path of a signed link to an object of the server's store, made anew for every use: a link on a page that has been open for an
 * hour would have expired.
 */
export async function linkTo(uri: string): Promise<string> {
  const made = await get<{ signed_url?: string }>(["api/v1/dataproxy/artifact_urn"], { native_url: uri });
  return local(made.signed_url);
}

/** Reads an object up to `limit` bytes; what is larger is not read, and undefined. */
export async function readObject(uri: string, limit: number, signal?: AbortSignal): Promise<ArrayBuffer | undefined> {
  const link = await linkTo(uri);
  const answer = await send(link, { signal });
  if (Number(answer.headers.get("content-length") ?? 0) > limit) {
    await answer.body?.cancel();
    return undefined;
  }
  return answer.arrayBuffer();
}

/** How large an object is, in bytes; NaN where the store does not say. */
export async function sizeOf(uri: string, signal?: AbortSignal): Promise<number> {
  const answer = await send(await linkTo(uri), { signal });
  const size = Number(answer.headers.get("content-length") ?? Number.NaN);
  await answer.body?.cancel();
  return size;
}

/** Has the browser save an object; `name` is what the file is called. */
export async function download(uri: string, name: string): Promise<void> {
  const link = document.createElement("a");
  link.href = await linkTo(uri);
  link.download = name;
  link.rel = "noopener";
  document.body.append(link);
  link.click();
  link.remove();
}
