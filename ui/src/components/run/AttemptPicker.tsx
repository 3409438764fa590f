import { PhaseSign } from "@/components/ui/Phase";
import type { AttemptDetail } from "@/idl";
import { phaseWords } from "@/lib/phase";
import { actionOf } from "@/lib/shortcuts";
import clsx from "clsx";
import type { KeyboardEvent } from "react";

/** Which attempt is looked at; the last one unless another was chosen. */
export function AttemptPicker({ attempts, chosen, onChoose }: { attempts: readonly AttemptDetail[]; chosen: number; onChoose: (attempt: number) => void }) {
  if (attempts.length < 2) return null;
  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const at = attempts.findIndex((attempt) => (attempt.retry_attempt ?? 0) === chosen);
    const action = actionOf("list", event);
    const step = action === "right" || action === "down" ? 1 : action === "left" || action === "up" ? -1 : undefined;
    const next = step === undefined ? undefined : attempts[(at + step + attempts.length) % attempts.length];
    if (!next) return;
    event.preventDefault();
    onChoose(next.retry_attempt ?? 0);
    event.currentTarget.querySelector<HTMLElement>(`[data-attempt="${next.retry_attempt ?? 0}"]`)?.focus();
  }
  return (
    // eslint-disable-next-line jsx-a11y/interactive-supports-focus -- the chosen one of its radios has it
    <div role="radiogroup" aria-label="Attempt" onKeyDown={onKeyDown} className="flex flex-wrap items-center gap-1 px-4 pt-2">
      {attempts.map((attempt) => {
        const number = attempt.retry_attempt ?? 0;
        const isChosen = number === chosen;
        return (
          <button
            key={number}
            type="button"
            role="radio"
            aria-checked={isChosen}
            tabIndex={isChosen ? 0 : -1}
            data-attempt={number}
            title={phaseWords(attempt.phase)}
            onClick={() => onChoose(number)}
            className={clsx("inline-flex h-7 items-center gap-1 rounded-md border px-2 text-xs", isChosen ? "border-accent bg-accent-ground font-medium" : "border-line text-ink-2 hover:bg-ground-3")}
          >
            <PhaseSign phase={attempt.phase} />
            Attempt {number}
          </button>
        );
      })}
    </div>
  );
}
