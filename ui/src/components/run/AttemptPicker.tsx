import { PhaseSign } from "@/components/ui/Phase";
import type { AttemptDetail } from "@/idl";
import { phaseWords } from "@/lib/phase";
import clsx from "clsx";

/** Which attempt is looked at; the last one unless another was chosen. */
export function AttemptPicker({ attempts, chosen, onChoose }: { attempts: readonly AttemptDetail[]; chosen: number; onChoose: (attempt: number) => void }) {
  if (attempts.length < 2) return null;
  return (
    <div role="radiogroup" aria-label="Attempt" className="flex flex-wrap items-center gap-1 px-4 pt-2">
      {attempts.map((attempt) => {
        const number = attempt.retry_attempt ?? 0;
        const isChosen = number === chosen;
        return (
          <button
            key={number}
            type="button"
            role="radio"
            aria-checked={isChosen}
            title={phaseWords(attempt.phase)}
            onClick={() => onChoose(number)}
            className={clsx("inline-flex h-7 items-center gap-1 rounded-md border px-2 text-xs", isChosen ? "border-accent bg-accent-ground font-medium" : "border-line text-ink-2 hover:bg-ground-3")}
          >
            <PhaseSign phase={attempt.phase} />
            Attempt {number + 1}
          </button>
        );
      })}
    </div>
  );
}
