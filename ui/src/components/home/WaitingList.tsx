import { Link } from "@tanstack/react-router";
import { PhaseBadge } from "@/components/ui/Phase";
import { Ago } from "@/components/ui/Time";
import type { Gate } from "@/idl";
import { shortName } from "@/lib/id";
import { ASKING } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { ms } from "@/lib/time";

/** Gates that wait for an answer, one a line; each leads to where it is given. */
export function WaitingList({ gates }: { gates: readonly Gate[] }) {
  return (
    <ul className="divide-y divide-line">
      {gates.map(({ execution_id, name = "", node_id, workflow, opened_at }) => {
        const { project = "", domain = "", name: execution = "" } = execution_id ?? {};
        return (
          <li key={`${project}/${domain}/${execution}/${name}`}>
            <Link
              to="/executions/$project/$domain/$name"
              params={{ project, domain, name: execution }}
              search={{ node: node_id }}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 px-4 py-2 hover:bg-ground-2 sm:grid-cols-[10rem_minmax(0,1fr)_auto]"
            >
              <PhaseBadge phase={ASKING} className="col-span-2 justify-self-start sm:col-span-1" />
              <span className="min-w-0 truncate">
                <span className="font-medium">{printable(name, 100)}</span>
                <span className="ml-2 text-sm text-ink-2">{printable(shortName(workflow), 100)}</span>
                <span className="ml-2 hidden font-mono text-xs text-ink-2 sm:inline">{printable(execution, 100)}</span>
              </span>
              <span className="text-xs whitespace-nowrap text-ink-2">
                <span className="mr-3 hidden md:inline">{`${project} / ${domain}`}</span>
                <Ago at={ms(opened_at)} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
