import { Lock, Undo2 } from "lucide-react";
import type { FormTools } from "@/components/form/context";
import { LiteralField } from "@/components/form/LiteralField";
import { IconButton } from "@/components/ui/Button";
import { isTyped, valueOf, type Input, type Problem, type Value } from "@/literal";
import { printable } from "@/lib/printable";

/** A field per input; what has a default shows it until somebody types, and goes back to it on a click. */
export function InputFields({ inputs, typed, onChange, problems, isComplete, tools }: {
  inputs: readonly Input[];
  typed: ReadonlyMap<string, Value>;
  onChange: (name: string, value: Value | undefined) => void;
  problems: ReadonlyMap<string, readonly Problem[]>;
  isComplete: boolean;
  tools: FormTools;
}) {
  return (
    <div className="flex flex-col gap-5 p-4">
      {inputs.map((input) => (
        <LiteralField
          key={input.name}
          type={input.type}
          value={valueOf(input, typed.get(input.name))}
          onChange={(value) => onChange(input.name, value)}
          label={input.name}
          description={input.description}
          problems={problems.get(input.name)}
          isComplete={isComplete}
          isLocked={input.fixed !== undefined}
          tools={tools}
          extra={<Remark input={input} isGiven={isTyped(input, typed)} onReset={() => onChange(input.name, undefined)} />}
        />
      ))}
    </div>
  );
}

function Remark({ input, isGiven, onReset }: { input: Input; isGiven: boolean; onReset: () => void }) {
  if (input.fixed) {
    return (
      <span className="inline-flex items-center gap-1 text-xs text-ink-2">
        <Lock aria-hidden className="size-3" />
        fixed by the launch plan
      </span>
    );
  }
  if (input.isRequired) return <span className="text-xs text-ink-2">required</span>;
  if (!isGiven) return <span className="text-xs text-ink-2">{input.default ? "default" : "optional"}</span>;
  return (
    <IconButton size="small" label={input.default ? `Back to the default of ${printable(input.name, 60)}` : `Leave ${printable(input.name, 60)} out`} onClick={onReset}>
      <Undo2 aria-hidden className="size-3.5" />
    </IconButton>
  );
}
