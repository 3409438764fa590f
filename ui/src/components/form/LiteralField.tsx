import { useMemo, type ReactNode } from "react";
import type { LiteralType } from "@/idl";
import { shapeOfType, type Problem, type Value } from "@/literal";
import { FormContext, type FormTools } from "./context";
import { ShapeField } from "./ShapeField";

export interface LiteralFieldProps {
  type: LiteralType;
  value: Value;
  onChange: (value: Value) => void;
  label: string;
  description?: string;
  /** Of `writeLiteral`, shown beside what they are about; what is missing only if `isComplete` is expected. */
  problems?: readonly Problem[];
  /** Somebody tried to send it: now what is missing is said, too. */
  isComplete?: boolean;
  /** At the right end of the label's line. */
  extra?: ReactNode;
  isLocked?: boolean;
  tools?: FormTools;
}

const NO_TOOLS: FormTools = {};

/**
 * A field for a value of any type of the wire. The owner holds the value: `initial(shapeOfType(type))` or `fromLiteral` begins it,
 * `writeLiteral(shapeOfType(type), value)` gives the literal or what is wrong.
 */
export function LiteralField({ type, value, onChange, label, description, problems, isComplete, extra, isLocked = false, tools = NO_TOOLS }: LiteralFieldProps) {
  const shape = useMemo(() => shapeOfType(type), [type]);
  const messages = useMemo(
    () => new Map((problems ?? []).filter((each) => isComplete || !each.isMissing).map((each) => [each.path, each.message])),
    [problems, isComplete],
  );
  const state = useMemo(() => ({ ...tools, messages, isLocked }), [tools, messages, isLocked]);
  return (
    <FormContext value={state}>
      <ShapeField shape={shape} value={value} onChange={onChange} label={label} description={description} path="" extra={extra} />
    </FormContext>
  );
}
