import { useState, type ReactNode } from "react";
import { Confirm } from "@/components/ui/Dialog";
import { Field, Input } from "@/components/ui/Field";

/** Asks before an execution is ended, and why. */
export function AbortDialog({ trigger, name, onAbort }: { trigger: ReactNode; name: string; onAbort: (cause: string) => Promise<unknown> }) {
  const [cause, setCause] = useState("");
  return (
    <Confirm trigger={trigger} title={`Abort ${name}?`} action="Abort the execution" onConfirm={() => onAbort(cause)}>
      <p className="mb-3">What runs is stopped, and what has not begun will not. It can be recovered afterwards.</p>
      <Field label="Why" hint="Kept with the execution; may be left empty">
        {(props) => <Input {...props} value={cause} onChange={(event) => setCause(event.target.value)} placeholder="wrong data" />}
      </Field>
    </Confirm>
  );
}
