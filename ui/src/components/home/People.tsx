import { Link } from "@tanstack/react-router";
import { Ago } from "@/components/ui/Time";
import type { Overview } from "@/idl";
import { printable } from "@/lib/printable";
import { ms } from "@/lib/time";
import { Figure } from "./Places";

/** Who launched what in the last day. */
export function People({ people }: { people: NonNullable<Overview["people"]> }) {
  return (
    <div className="overflow-x-auto">
    <table className="w-full text-sm">
      <thead>
        <tr className="text-left text-xs text-ink-2 [&>th]:px-4 [&>th]:py-1.5 [&>th]:font-medium">
          <th>Who</th>
          <th className="text-right">Running</th>
          <th className="text-right">Failed</th>
          <th className="text-right">Succeeded</th>
          <th className="text-right">Last launch</th>
        </tr>
      </thead>
      <tbody>
        {people.map(({ user = "", running, failed, succeeded, last_at }) => (
          <tr key={user} className="border-t border-line hover:bg-ground-2 [&>td]:px-4 [&>td]:py-1.5">
            <td className="max-w-40 truncate">
              {user ? (
                <Link to="/executions" search={{ users: [user] }} className="font-medium hover:underline">
                  {printable(user, 60)}
                </Link>
              ) : (
                <span className="text-ink-2">not said</span>
              )}
            </td>
            <Figure value={running} tone="text-busy" />
            <Figure value={failed} tone="text-bad" />
            <Figure value={succeeded} tone="text-good" />
            <td className="text-right text-xs whitespace-nowrap text-ink-2">
              <Ago at={ms(last_at)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
    </div>
  );
}
