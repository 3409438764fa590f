import { Play } from "lucide-react";
import { Button } from "@/components/ui/Button";
import type { LaunchWords } from "@/literal";
import { caps, SHORTCUTS } from "@/lib/shortcuts";
import { printable } from "@/lib/printable";
import { CopyAs } from "./CopyAs";

/** The foot of the form: what stands in the way, and what can be done with the launch. */
export function LaunchBar({ wrong, error, words, isWhole, uploads, isReady, action = "Launch" }: {
  /** Fields that need a look. */
  wrong: number;
  /** What the server said of the whole. */
  error: string;
  words: LaunchWords | undefined;
  /** Every input that must be given is. */
  isWhole: boolean;
  /** Files that are still on their way. */
  uploads: number;
  isReady: boolean;
  action?: string;
}) {
  return (
    <div className="flex flex-wrap items-center gap-2 border-t border-line bg-ground-2 px-4 py-2">
      <div className="min-w-0 flex-1 text-sm text-bad">
        {error ? (
          <p role="alert" className="max-h-24 overflow-auto break-words whitespace-pre-wrap">
            {printable(error)}
          </p>
        ) : (
          uploads === 0 && wrong > 0 && <p>{wrong === 1 ? "One field needs a look" : `${wrong} fields need a look`}</p>
        )}
        {uploads > 0 && <p className="text-ink-2">It can be launched once {uploads === 1 ? "the upload has" : `${uploads} uploads have`} ended</p>}
      </div>
      {words && <CopyAs words={words} isWhole={isWhole} />}
      <Button type="submit" look="primary" disabled={!isReady} icon={<Play aria-hidden className="size-4" />}>
        {action}
        <kbd className="ml-1 hidden font-sans text-xs sm:inline">{caps(SHORTCUTS.launch.actions.go.keys[0]).flat().join(" ")}</kbd>
      </Button>
    </div>
  );
}
