import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { useState, type KeyboardEvent } from "react";
import type { Alula, Place } from "@/idl";
import { isTerminal, phaseWords, toneOf, type Tone } from "@/lib/phase";
import { actionOf } from "@/lib/shortcuts";
import { printable } from "@/lib/printable";
import { inWords, ms, relative } from "@/lib/time";
import { useNow } from "@/lib/useNow";

type RecentRun = Alula<"RecentRun">;

const COLOURS: Record<Tone, string> = { good: "bg-good", bad: "bg-bad", busy: "border-busy", warn: "bg-warn", wait: "border-wait", hold: "border-hold", cached: "bg-cached" };
const PLACES = 20;

/** The last runs, the newest at the right: height by duration, colour and shape by phase; what a bar stands for is said beneath. */
export function RunBars({ runs, place, isTask }: { runs: readonly RecentRun[]; place: Place; isTask: boolean }) {
  const [told, setTold] = useState<RecentRun>();
  const now = useNow(10_000);
  const shown = [...runs].slice(0, PLACES).reverse();
  const longest = Math.max(1, ...shown.map((run) => Number(run.duration_us ?? 0)));
  if (shown.length === 0) return <span className="text-xs whitespace-nowrap text-ink-3">{isTask ? "not run lately" : "never run"}</span>;
  return (
    <div className="relative w-fit">
      <div role="toolbar" tabIndex={-1} aria-label="Last runs" className="flex h-7 items-end gap-0.5" onKeyDown={walk} onMouseLeave={() => setTold(undefined)}>
        {shown.map((run, at) => (
            <Link
              key={`${run.name} ${run.node_id}`}
              to="/executions/$project/$domain/$name"
              params={{ ...place, name: run.name ?? "" }}
              search={run.node_id ? { node: run.node_id } : {}}
              tabIndex={at === shown.length - 1 ? 0 : -1}
              aria-label={words(run, now)}
              className="flex h-full w-1.5 items-end hover:bg-ground-3"
              onMouseEnter={() => setTold(run)}
              onFocus={() => setTold(run)}
              onBlur={() => setTold(undefined)}
            >
              <Bar run={run} share={Number(run.duration_us ?? 0) / longest} />
            </Link>
        ))}
      </div>
      {told && (
        <div aria-hidden className="absolute top-full right-0 z-20 mt-1 rounded-md border border-line bg-ground px-2 py-1 text-xs whitespace-nowrap shadow-pop">
          {words(told, now)}
        </div>
      )}
    </div>
  );
}

/** Full: succeeded. With a gap at its foot: failed. Half as wide: aborted. Hollow: not ended. */
function Bar({ run, share }: { run: RecentRun; share: number }) {
  const tone = toneOf(run.phase);
  const height = `${Math.round(25 + 75 * Math.sqrt(share))}%`;
  if (!isTerminal(run.phase)) return <span className={clsx("w-full rounded-sm border-[1.5px]", COLOURS[tone])} style={{ height: "60%" }} />;
  return (
    <span className={clsx("flex flex-col gap-0.5", tone === "warn" ? "w-1/2" : "w-full")} style={{ height }}>
      <span className={clsx("min-h-0.5 w-full flex-1 rounded-t-sm", COLOURS[tone])} />
      {tone === "bad" && <span className={clsx("h-1 w-full shrink-0", COLOURS[tone])} />}
    </span>
  );
}

function words(run: RecentRun, now: number): string {
  const at = ms(run.created_at);
  const duration = isTerminal(run.phase) ? `, ${inWords(Number(run.duration_us ?? 0) / 1e6)}` : "";
  const node = run.node_id ? ` ${printable(run.node_id, 80)}` : "";
  return `${printable(run.name, 80)}${node}: ${phaseWords(run.phase)}${duration}, ${relative(at, Math.max(now, at))}`;
}

/** The arrow keys go from bar to bar; the whole is one stop of the tab key. */
function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const action = actionOf("list", event);
  const step = action === "left" ? -1 : action === "right" ? 1 : 0;
  if (step === 0) return;
  const links = [...event.currentTarget.querySelectorAll("a")];
  links[links.findIndex((link) => link === document.activeElement) + step]?.focus();
  event.preventDefault();
}
