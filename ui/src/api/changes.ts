import type { QueryClient } from "@tanstack/react-query";
import type { ExecutionPhase } from "@/idl";
import { entityKeys } from "./entity/keys";
import { executionKeys } from "./execution/keys";
import { overviewKeys } from "./overview/keys";
import { openStream } from "./stream";

/** What the server says of everything that happens on it, a few times a second at most. */
export interface Changes {
  ready?: boolean;
  executions?: { project: string; domain: string; name: string; phase: ExecutionPhase }[];
  /** A version was registered, activated, archived or described. */
  entities?: boolean;
  /** Too many executions to name. */
  many?: boolean;
}

const PAUSE_MS = 1000;

/**
 * Keeps what is on the page true: whatever a change concerns is read again, at once and then once in a second.
 * Nothing that is not shown is read, and a server at rest is asked nothing.
 */
export function followChanges(client: QueryClient): () => void {
  const due = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function mark(...names: string[]): void {
    for (const name of names) due.add(name);
    if (timer === undefined) renew();
  }

  function renew(): void {
    timer = undefined;
    if (due.size === 0) return;
    for (const name of due) void client.invalidateQueries({ queryKey: [name] });
    due.clear();
    timer = setTimeout(renew, PAUSE_MS);
  }

  const lists = [executionKeys.lists, overviewKeys.all, entityKeys.all].map((key) => key[0]);
  const close = openStream<Changes>("/api/alula/v1/changes", {
    onMessage: (changes) => {
      if (changes.executions?.length || changes.many) mark(...lists);
      if (changes.entities) mark(entityKeys.all[0], overviewKeys.all[0]);
    },
    onOpen: (again) => {
      if (again) mark(...lists);
    },
  });
  return () => {
    clearTimeout(timer);
    close();
  };
}
