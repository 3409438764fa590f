import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Execution, ExecutionPage, ExecutionPhase } from "@/idl";
import { idText } from "@/lib/id";
import { compareKeys } from "./compare/keys";
import { entityKeys } from "./entity/keys";
import { executionKeys } from "./execution/keys";
import { tellMeasured } from "./execution/values";
import { gateKeys } from "./gate/keys";
import { overviewKeys } from "./overview/keys";
import { renewLists } from "./pages";
import { openStream } from "./stream";

type Told = { project: string; domain: string; name: string; phase: ExecutionPhase };

/** What the server says of everything that happens on it, a few times a second at most. */
interface Changes {
  ready?: boolean;
  executions?: Told[];
  /** A version was registered, activated, archived or described. */
  entities?: boolean;
  /** Too many executions to name. */
  many?: boolean;
  /** Tasks of these have measured something. */
  measured?: Omit<Told, "phase">[];
  many_measured?: boolean;
}

/** With what the server gathers, 200 ms, a change is on screen within half a second. */
const PAUSE_MS = 250;

/**
 * Keeps what is on the page true: phases change in place as they are told, and whatever a change concerns is read again, at once and then
 * with pauses while changes go on. Nothing that is not shown is read, and a server at rest is asked nothing. A reading is never cut
 * short by the next: on a busy server a long list would not be renewed at all, and one that is slow is asked as rarely as it answers.
 *
 * @param isQuiet nothing is read on the page that is shown; what changed is read when another shows it.
 */
export function followChanges(client: QueryClient, { isQuiet = false } = {}): () => void {
  const due = new Set<string>();
  let isRenewing = false;
  let isClosed = false;

  function mark(...names: string[]): void {
    for (const name of names) due.add(name);
    if (!isRenewing) void renew();
  }

  function renewed(name: string): Promise<void> {
    return isQuiet ? client.invalidateQueries({ queryKey: [name], refetchType: "none" }) : renewLists(client, [name]);
  }

  async function renew(): Promise<void> {
    isRenewing = true;
    while (due.size > 0 && !isClosed) {
      const names = [...due];
      due.clear();
      const rested = new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await Promise.all([rested, ...names.map(renewed)]);
    }
    isRenewing = false;
  }

  const lists = [executionKeys.lists, overviewKeys.all, entityKeys.all, gateKeys.waiting].map((key) => key[0]);
  const close = openStream<Changes>("/api/alula/v1/changes", {
    onMessage: (changes) => {
      if (changes.executions?.length) patch(client, changes.executions);
      // What happened before the server listened for us, at first or after a loss, is told by no message.
      if (changes.ready || changes.executions?.length || changes.many) mark(...lists);
      if (changes.ready || changes.many || isCompared(client, changes.executions ?? [])) mark(compareKeys.all[0]);
      if (changes.ready || changes.many || changes.many_measured) tellMeasured(undefined);
      else if (changes.measured) tellMeasured(new Set(changes.measured.map(idText)));
      if (changes.entities) mark(entityKeys.all[0], overviewKeys.all[0]);
    },
  });
  return () => {
    isClosed = true;
    close();
  };
}

function isCompared(client: QueryClient, told: readonly Told[]): boolean {
  const changed = new Set(told.map(idText));
  const compared = client.getQueryCache().findAll({ queryKey: compareKeys.all }).flatMap(({ queryKey }) => queryKey[1] as readonly string[]);
  return compared.some((id) => changed.has(id));
}

/** Shows phases as they are told in the lists that are there; what else has changed comes when they are read again. */
function patch(client: QueryClient, told: readonly Told[]): void {
  const phases = new Map(told.map((each) => [idText(each), each.phase]));
  client.setQueriesData<InfiniteData<ExecutionPage>>({ queryKey: executionKeys.lists }, (data) => {
    if (!data || !("pages" in data)) return data;
    const isConcerned = data.pages.some(({ executions = [] }) => executions.some(({ id }) => phases.has(idText(id))));
    return isConcerned ? { ...data, pages: data.pages.map((page) => ({ ...page, executions: page.executions?.map((each) => changed(each, phases)) })) } : data;
  });
}

function changed(execution: Execution, phases: ReadonlyMap<string, ExecutionPhase>): Execution {
  const phase = phases.get(idText(execution.id));
  return phase && phase !== execution.closure?.phase ? { ...execution, closure: { ...execution.closure, phase } } : execution;
}
