import { Link } from "@tanstack/react-router";
import type { Overview } from "@/idl";
import { count } from "@/lib/size";

/** Projects and domains with what runs in them and how the last day went. */
export function Places({ places }: { places: NonNullable<Overview["places"]> }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-sm">
        <thead>
          <tr className="text-left text-xs text-ink-2 [&>th]:px-2 [&>th]:py-1.5 [&>th]:font-medium [&>th:first-child]:pl-4 [&>th:last-child]:pr-4">
            <th>Project / domain</th>
            <th className="text-right">Running</th>
            <th className="text-right">Failed, 24 h</th>
            <th className="text-right">Succeeded, 24 h</th>
            <th className="text-right">Workflows</th>
          </tr>
        </thead>
        <tbody>
          {places.map(({ project = "", domain = "", running, failed, succeeded, workflows }) => (
            <tr key={`${project}/${domain}`} className="border-t border-line hover:bg-ground-2 [&>td]:px-2 [&>td]:py-1.5 [&>td:first-child]:pl-4 [&>td:last-child]:pr-4">
              <td className="whitespace-nowrap">
                <Link to="/executions" search={{ project, domain }} className="font-medium hover:underline">
                  {project} <span className="text-ink-3">/</span> {domain}
                </Link>
              </td>
              <Figure value={running} tone="text-busy" />
              <Figure value={failed} tone="text-bad" />
              <Figure value={succeeded} tone="text-good" />
              <Figure value={workflows} tone="text-ink" />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A figure; nothing is grey. */
export function Figure({ value, tone }: { value: string | number | undefined; tone: string }) {
  const number = Number(value ?? 0);
  return <td className={`text-right tabular-nums ${number ? `font-medium ${tone}` : "text-ink-3"}`}>{count(number)}</td>;
}
