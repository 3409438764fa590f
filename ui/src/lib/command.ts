import type { Place } from "@/idl";
import { FIRST_PLACE } from "./place";

/** Where commands and programs look for a server that nobody named. */
const USUAL = "127.0.0.1:8089";

/**
 * What commands and programs are told so that they reach the server of this page; empty: they find it by themselves.
 * @param listens HOST:PORT where it takes them.
 * @param reached the host by which this page was reached: from elsewhere the server can be reached by no other that we know.
 */
export function addressFor(listens: string, reached: string): string {
  const at = listens.lastIndexOf(":");
  if (at < 0) return "";
  const own = listens.slice(0, at);
  const host = !isLoopback(reached) ? reached : ["0.0.0.0", "[::]", "localhost"].includes(own) ? "127.0.0.1" : own;
  const address = `${host}${listens.slice(at)}`;
  return address === USUAL ? "" : address;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/** A command that goes to a server, and to a project and domain unless these are what it takes by itself. */
export function commandAt(command: string, server: string, place: Place = FIRST_PLACE): string {
  const options = [
    server && option("address", server),
    place.project !== FIRST_PLACE.project && option("project", place.project),
    place.domain !== FIRST_PLACE.domain && option("domain", place.domain),
  ];
  return [command, ...options.filter(Boolean)].join(" ");
}

export function option(name: string, text: string): string {
  return text.startsWith("-") ? quoted(`--${name}=${text}`) : `--${name} ${quoted(text)}`;
}

/** A word for a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
