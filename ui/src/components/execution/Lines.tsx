import { Link } from "@tanstack/react-router";
import { PhaseBadge } from "@/components/ui/Phase";
import { Ago, Elapsed } from "@/components/ui/Time";
import type { Execution } from "@/idl";
import { headline } from "@/lib/error";
import { shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { useShownPhase } from "./asking";
import { beganAt, executionFields } from "./fields";

/** A few executions, one a line, each with the first line of its error where it has one. */
export function ExecutionLines({ executions, withPlace }: { executions: readonly Execution[]; withPlace?: boolean }) {
  return (
    <ul className="divide-y divide-line">
      {executions.map((execution) => {
        const fields = executionFields(execution);
        const { project, domain, name, target } = fields;
        return (
          <li key={`${project}/${domain}/${name}`}>
            <Link
              to="/executions/$project/$domain/$name"
              params={{ project, domain, name }}
              className="grid grid-cols-[6.25rem_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 hover:bg-ground-2"
            >
              <ExecutionBadge execution={execution} />
              <span className="truncate">
                <span className="font-medium">{printable(shortName(target), 100)}</span>
                <span className="ml-2 hidden font-mono text-xs text-ink-2 sm:inline">{printable(name, 100)}</span>
              </span>
              <span className="text-xs whitespace-nowrap text-ink-2">
                {fields.user && <span className="mr-3 hidden sm:inline">{printable(fields.user, 40)}</span>}
                <Elapsed from={beganAt(fields)} to={fields.endedAt} className="tabular-nums sm:mr-3" />
                <Ago at={fields.createdAt} className="hidden sm:inline" />
              </span>
              {(fields.error || withPlace) && (
                <span className="col-start-2 col-end-4 truncate text-xs text-ink-2">
                  <span className="font-mono sm:hidden">{printable(name, 60)} · </span>
                  {withPlace && (
                    <span className={fields.error ? "hidden sm:inline" : ""}>
                      {`${project} / ${domain}`}
                      {fields.error && " · "}
                    </span>
                  )}
                  {fields.error && <span className="text-bad">{printable(headline(fields.error), 300)}</span>}
                </span>
              )}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function ExecutionBadge({ execution }: { execution: Execution }) {
  return <PhaseBadge phase={useShownPhase(execution.id, execution.closure?.phase ?? "UNDEFINED")} isShort className="justify-self-start" />;
}
