import type { AttemptMetrics } from "@/idl";
import { printable } from "@/lib/printable";
import { count } from "@/lib/size";

/** Progress, parameters, and each metric's last value and range. */
export function TelemetrySummary({ said }: { said: AttemptMetrics }) {
  return (
    <>
      {said.progress && <Progress done={Number(said.progress.done ?? 0)} total={Number(said.progress.total ?? 0)} message={said.progress.message ?? ""} />}
      {(said.parameters ?? []).length > 0 && (
        <dl aria-label="Parameters" className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
          {said.parameters?.map((each) => (
            <div key={each.name} className="flex min-w-0 gap-1.5">
              <dt className="text-ink-2">{printable(each.name, 80)}</dt>
              <dd className="truncate font-mono">{printable(each.value, 200)}</dd>
            </div>
          ))}
        </dl>
      )}
      {(said.metrics ?? []).length > 0 && (
        <table aria-label="Metrics" className="w-full text-left text-sm">
          <thead className="text-xs text-ink-2">
            <tr>
              <th scope="col" className="py-1 font-medium">Metric</th>
              <th scope="col" className="py-1 text-right font-medium">Last</th>
              <th scope="col" className="py-1 text-right font-medium">Min</th>
              <th scope="col" className="py-1 text-right font-medium">Max</th>
              <th scope="col" className="py-1 text-right font-medium">Points</th>
            </tr>
          </thead>
          <tbody>
            {said.metrics?.map((metric) => (
              <tr key={metric.name} className="border-t border-line">
                <th scope="row" className="py-1 font-normal">{printable(metric.name, 80)}</th>
                <td className="py-1 text-right font-mono tabular-nums">{figure(metric.last)}</td>
                <td className="py-1 text-right font-mono tabular-nums">{figure(metric.min)}</td>
                <td className="py-1 text-right font-mono tabular-nums">{figure(metric.max)}</td>
                <td className="py-1 text-right tabular-nums">{count(metric.points)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** To six digits. */
export function figure(value: number | string | undefined): string {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? String(Number(number.toPrecision(6))) : String(value);
}

function Progress({ done, total, message }: { done: number; total: number; message: string }) {
  const share = total > 0 ? Math.min(1, done / total) : undefined;
  return (
    <div>
      <div className="flex justify-between text-sm">
        <span>{printable(message, 200) || "progress"}</span>
        <span className="tabular-nums">
          {done}
          {total > 0 && ` of ${total}`}
        </span>
      </div>
      <div role="progressbar" aria-label={printable(message, 200) || "progress"} aria-valuenow={share === undefined ? undefined : Math.round(share * 100)} className="mt-1 h-1.5 overflow-hidden rounded bg-ground-3">
        <div className={share === undefined ? "h-full w-1/3 animate-pulse bg-busy" : "h-full bg-busy"} style={share === undefined ? undefined : { width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
