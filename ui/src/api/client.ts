import type { Status } from "@/idl";
import { me } from "@/lib/me";

/** What the server refused or could not do, in its own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /**
   * @param status HTTP status; 0: no answer came.
   * @param reason our stable code of the error, such as PROJECT_NOT_FOUND; empty where there is none.
   */
  constructor(
    message: string,
    readonly status: number,
    readonly reason: string = "",
  ) {
    super(message);
  }

  get isUnreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export type Query = Record<string, string | number | boolean | undefined | readonly string[]>;

/** An address with its query; names that are undefined or empty are left out, lists are repeated. */
export function address(path: readonly string[], query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    if (typeof value === "object") for (const each of value) params.append(name, each);
    else params.append(name, String(value));
  }
  const text = params.toString();
  return `/${path.map((part, at) => (at === 0 ? part : encodeURIComponent(part))).join("/")}${text ? `?${text}` : ""}`;
}

/** Reads JSON. The first part of `path` is a fixed prefix such as `api/v1/executions`, the others are names. */
export function get<T>(path: readonly string[], query?: Query, signal?: AbortSignal): Promise<T> {
  return request<T>("GET", address(path, query), undefined, signal);
}

export function post<T>(path: readonly string[], body: unknown): Promise<T> {
  return request<T>("POST", address(path), body);
}

export function put<T>(path: readonly string[], body: unknown): Promise<T> {
  return request<T>("PUT", address(path), body);
}

export function remove<T>(path: readonly string[], body: unknown): Promise<T> {
  return request<T>("DELETE", address(path), body);
}

async function request<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await send(url, {
    method,
    signal,
    headers: { accept: "application/json", ...(body !== undefined && { "content-type": "application/json" }), ...(method !== "GET" && me() && { "alula-user": encodeURIComponent(me()) }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    const done = method === "GET" ? "" : " What was asked for may have been done: look before you ask again.";
    throw new ApiError(`The server's answer was cut off on its way.${done}`, 0);
  }
}

/** As `fetch`, with the server's refusals as `ApiError`. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("The server does not answer. Is `alula up` running?", 0);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  // A refusal of a question by HEAD has no words.
  if (!text && answer.status === 403) return new ApiError("The link to it has run out.", 403);
  try {
    const status = JSON.parse(text) as Status & { details?: { reason?: string }[] };
    return new ApiError(status.message || answer.statusText, answer.status, status.details?.[0]?.reason ?? "");
  } catch {
    return new ApiError(text.slice(0, 500) || `${answer.status} ${answer.statusText}`, answer.status);
  }
}

/** The path of a signed link: the server names itself as clients reach it, which need not be the name this page came by. */
export function local(link: string | undefined): string {
  if (!link) throw new ApiError("The server gave no link to the object.", 0);
  const url = new URL(link, location.origin);
  return url.pathname + url.search;
}
