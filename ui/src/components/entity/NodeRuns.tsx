import { Link } from "@tanstack/react-router";
import type { Alula, Place } from "@/idl";
import { PhaseBadge } from "@/components/ui/Phase";
import { Ago } from "@/components/ui/Time";
import { isTerminal } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { inWords, ms } from "@/lib/time";

/** Runs of a task as nodes of executions, one a line, each a link to the node. */
export function NodeRuns({ runs, place }: { runs: readonly Alula<"RecentRun">[]; place: Place }) {
  return (
    <ul className="divide-y divide-line">
      {runs.map((run) => (
        <li key={`${run.name} ${run.node_id}`}>
          <Link
            to="/executions/$project/$domain/$name"
            params={{ ...place, name: run.name ?? "" }}
            search={{ node: run.node_id }}
            className="grid grid-cols-[6.25rem_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 hover:bg-ground-2"
          >
            <PhaseBadge phase={run.phase} className="justify-self-start" />
            <span className="truncate">
              <span className="font-medium">{printable(run.name, 100)}</span>
              <span className="ml-2 font-mono text-xs text-ink-2">{printable(run.node_id, 100)}</span>
            </span>
            <span className="text-xs whitespace-nowrap text-ink-2">
              {isTerminal(run.phase) && <span className="tabular-nums sm:mr-3">{inWords(Number(run.duration_us ?? 0) / 1e6)}</span>}
              <Ago at={ms(run.created_at)} className="hidden sm:inline" />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
