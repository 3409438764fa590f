import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState, type ReactNode } from "react";
import { executionKeys } from "@/api/execution/keys";
import { abortExecution, archiveExecution, relaunchExecution } from "@/api/execution/mutations";
import { BulkBar, plural, type BulkOutcome } from "@/components/execution/BulkBar";
import { complain, say } from "@/components/ui/Toast";
import type { Execution } from "@/idl";
import { idText } from "@/lib/id";

const ACTIONS = {
  abort: (id: Parameters<typeof abortExecution>[0]) => abortExecution(id, "aborted with others from a list of executions"),
  relaunch: (id: Parameters<typeof relaunchExecution>[0]) => relaunchExecution(id),
  archive: (id: Parameters<typeof archiveExecution>[0]) => archiveExecution(id, true),
};

export interface Chosen {
  chosen: ReadonlySet<string>;
  choose: (ids: readonly string[], isChosen: boolean) => void;
  /** What can be done with them, while there are any. */
  bar: ReactNode;
}

/** Those of a list that somebody chose, and what can be done with them at once. */
export function useChosen(executions: readonly Execution[]): Chosen {
  const client = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = useCallback((ids: readonly string[], isChosen: boolean) => {
    setChosen((old) => {
      const changed = new Set(old);
      for (const id of ids) if (isChosen) changed.add(id);
      else changed.delete(id);
      return changed;
    });
  }, []);

  function onDone({ verb, done, refused }: BulkOutcome): void {
    if (done) say(`${plural(done)} ${verb}.`);
    const reasons = refused.slice(0, 5).map(({ id, reason }) => `${id}: ${reason}`);
    if (refused.length) complain(`${plural(refused.length)} could not be ${verb}:\n${reasons.join("\n")}`);
    setChosen(new Set());
    void client.invalidateQueries({ queryKey: executionKeys.lists });
  }

  const picked = executions.filter(({ id }) => chosen.has(idText(id)));
  const bar = picked.length > 0 && <BulkBar chosen={picked} actions={ACTIONS} onDone={onDone} onClear={() => setChosen(new Set())} />;
  return { chosen, choose, bar };
}
