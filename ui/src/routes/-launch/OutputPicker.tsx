import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ChevronLeft } from "lucide-react";
import { useState } from "react";
import { workflowQuery } from "@/api/entity/queries";
import { executionDataQuery, executionsQuery } from "@/api/execution/queries";
import type { Picked } from "@/components/form/context";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field, Input } from "@/components/ui/Field";
import { Failure, None, Skeleton, QueryFailure } from "@/components/ui/State";
import { Ago } from "@/components/ui/Time";
import type { Execution, Literal, LiteralType, Place } from "@/idl";
import { idText, shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { ms } from "@/lib/time";
import { useDebounced } from "@/lib/useDebounced";
import { asType, commandText, fits, typeWords } from "@/literal";

/** Choosing an output of another run: the run first, then what of it fits. */
export function OutputPicker({ place, type, onDone }: { place: Place; type: LiteralType; onDone: (picked: Picked | undefined) => void }) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<Execution>();
  const text = useDebounced(typed.trim());
  const runs = useInfiniteQuery(executionsQuery({ project: place.project, domain: place.domain, phases: ["SUCCEEDED"], text, with_children: true }, 30));
  const executions = runs.data?.pages.flatMap((page) => page.executions ?? []) ?? [];
  return (
    <Dialog open onOpenChange={(open) => !open && onDone(undefined)} title="An output of another run" description={`Of type ${printable(typeWords(type), 200)}`}>
      {chosen ? (
        <Outputs execution={chosen} type={type} onBack={() => setChosen(undefined)} onDone={onDone} />
      ) : (
        <div className="flex flex-col gap-3">
          <Field label="Run">{(tied) => <Input {...tied} type="search" placeholder="Its name begins with…" value={typed} onChange={(event) => setTyped(event.target.value)} />}</Field>
          <QueryFailure query={runs} />
          {runs.isPending && <Skeleton lines={4} />}
          {runs.isSuccess && executions.length === 0 && <None>No run that has succeeded is called so.</None>}
          <ul className="divide-y divide-line">
            {executions.map((execution) => (
              <li key={idText(execution.id)}>
                <button type="button" className="flex w-full items-center gap-3 rounded px-2 py-1.5 text-left hover:bg-ground-3" onClick={() => setChosen(execution)}>
                  <span className="min-w-0 truncate font-mono text-sm">{printable(execution.id?.name, 80)}</span>
                  <span className="min-w-0 truncate text-xs text-ink-2">{printable(shortName(execution.closure?.workflow_id?.name), 80)}</span>
                  <Ago at={ms(execution.closure?.created_at)} className="ml-auto shrink-0 text-xs text-ink-2" />
                </button>
              </li>
            ))}
          </ul>
          {runs.hasNextPage && (
            <Button size="small" className="self-center" onClick={() => void runs.fetchNextPage()}>
              Older runs
            </Button>
          )}
        </div>
      )}
    </Dialog>
  );
}

function Outputs({ execution, type, onBack, onDone }: { execution: Execution; type: LiteralType; onBack: () => void; onDone: (picked: Picked) => void }) {
  const id = execution.id ?? {};
  const data = useQuery(executionDataQuery(id));
  const workflow = useQuery(workflowQuery(execution.closure?.workflow_id ?? {}));
  const failed = [data, workflow].find((query) => query.isError);
  const types = workflow.data?.closure?.compiled_workflow?.primary?.template?.interface?.outputs?.variables ?? {};
  const outputs = Object.entries(data.data?.full_outputs?.literals ?? {});
  return (
    <div className="flex flex-col gap-3">
      <Button size="small" look="quiet" className="self-start" icon={<ChevronLeft aria-hidden className="size-3.5" />} onClick={onBack}>
        Other runs
      </Button>
      <p className="font-mono text-sm">{printable(id.name, 100)}</p>
      {failed && <Failure error={failed.error} onRetry={() => void failed.refetch()} />}
      {!failed && (data.isPending || workflow.isPending) && <Skeleton lines={3} />}
      {data.isSuccess && workflow.isSuccess && outputs.length === 0 && <None>It has no outputs.</None>}
      {workflow.isSuccess &&
        outputs.map(([name, literal]) => {
          const have = types[name]?.type;
          const isFitting = have !== undefined && fits(have, type);
          return (
            <button
              key={name}
              type="button"
              disabled={!isFitting}
              className="rounded-md border border-line px-3 py-2 text-left enabled:hover:bg-ground-3 disabled:opacity-60"
              onClick={() => have && onDone({ literal: asType(literal, have, type), from: `Output ${name} of ${idText(id)}` })}
            >
              <span className="flex items-baseline gap-2 text-sm">
                <span className="font-medium">{printable(name, 80)}</span>
                <span className="min-w-0 truncate font-mono text-xs text-ink-2">{printable(typeWords(have), 100)}</span>
                {!isFitting && <span className="ml-auto shrink-0 text-xs text-ink-2">does not fit</span>}
              </span>
              <span className="block truncate font-mono text-xs text-ink-2">{preview(literal)}</span>
            </button>
          );
        })}
    </div>
  );
}

function preview(literal: Literal): string {
  try {
    return printable(commandText(literal), 200);
  } catch {
    return "A value in the object store";
  }
}
