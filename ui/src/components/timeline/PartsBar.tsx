import type { PartName, Part } from "@/timeline/parts";
import { PART_WORDS } from "@/timeline/parts";
import { inWords } from "@/lib/time";

export const PART_COLORS: Record<PartName, string> = {
  queued: "bg-line-2",
  provisioning: "bg-hold",
  importing: "bg-warn",
  reading: "bg-cached",
  running: "bg-busy",
  writing: "bg-accent",
  reporting: "bg-ink-3",
};

/** Where an attempt's time went, as a bar and in words. */
export function PartsBar({ parts }: { parts: readonly Part[] }) {
  const whole = (parts.at(-1)?.to ?? 0) - (parts[0]?.from ?? 0);
  if (!(whole > 0)) return null;
  return (
    <div>
      <div aria-hidden className="flex h-2.5 w-full overflow-hidden rounded bg-ground-3">
        {parts.map((part) => (
          <div key={part.name} className={PART_COLORS[part.name]} style={{ width: `${(100 * (part.to - part.from)) / whole}%` }} title={PART_WORDS[part.name]} />
        ))}
      </div>
      <ul aria-label="Where the time went" className="mt-1.5 flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-ink-2">
        {parts.map((part) => (
          <li key={part.name} className="inline-flex items-center gap-1">
            <span aria-hidden className={`size-2 rounded-xs ${PART_COLORS[part.name]}`} />
            {PART_WORDS[part.name]} <span className="text-ink tabular-nums">{inWords((part.to - part.from) / 1000)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
