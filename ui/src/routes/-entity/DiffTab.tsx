import { ArrowLeft, ArrowLeftRight } from "lucide-react";
import type { EntityKind } from "@/api/entity/queries";
import { ChangeList, ChangeSection, StatusMark } from "@/components/diff/Changes";
import { Button, IconButton } from "@/components/ui/Button";
import { Failure, Skeleton } from "@/components/ui/State";
import { graphChanges } from "@/compare/version/graph";
import { taskChanges } from "@/compare/version/settings";
import { interfaceChanges, planChanges } from "@/compare/version/signature";
import type { Identifier } from "@/idl";
import { printable } from "@/lib/printable";
import { CodeDiff } from "./CodeDiff";
import { useVersion, type Loaded } from "./useVersion";

/** What differs between two versions, from what its callers see down to the lines of its code. */
export function DiffTab({ kind, before, after, onBack, onSwap }: { kind: EntityKind; before: Identifier; after: Identifier; onBack: () => void; onSwap: () => void }) {
  const was = useVersion(kind, before);
  const is = useVersion(kind, after);
  const error = was.error ?? is.error;
  return (
    <div className="mx-auto flex w-full max-w-6xl flex-col gap-4 p-4">
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <Button size="small" icon={<ArrowLeft aria-hidden className="size-3.5" />} onClick={onBack}>
          Versions
        </Button>
        <span className="text-ink-2">from</span>
        <span className="min-w-0 truncate font-mono text-xs">{printable(before.version, 100)}</span>
        <IconButton size="small" label="The other way round" onClick={onSwap}>
          <ArrowLeftRight aria-hidden className="size-3.5" />
        </IconButton>
        <span className="text-ink-2">to</span>
        <span className="min-w-0 truncate font-mono text-xs">{printable(after.version, 100)}</span>
      </div>
      {error ? (
        <Failure
          error={error}
          title="These versions could not be compared"
          onRetry={() => {
            was.retry();
            is.retry();
          }}
        />
      ) : was.data && is.data ? (
        <>
          <Signature kind={kind} before={was.data} after={is.data} />
          <CodeDiff before={before} after={after} />
        </>
      ) : (
        <Skeleton />
      )}
    </div>
  );
}

function Signature({ kind, before, after }: { kind: EntityKind; before: Loaded; after: Loaded }) {
  const signature = interfaceChanges(before, after);
  const plan = kind === "LAUNCH_PLAN" ? planChanges(before.plan, after.plan) : [];
  const graph = graphChanges(before.closure?.primary, after.closure?.primary);
  const tasks = taskChanges(before.tasks, after.tasks);
  return (
    <>
      <ChangeSection title="Interface" isEqual={signature.length === 0} count={signature.length}>
        <ChangeList changes={signature} />
      </ChangeSection>
      {kind === "LAUNCH_PLAN" && (
        <ChangeSection title="Launch plan" isEqual={plan.length === 0} count={plan.length}>
          <ChangeList changes={plan} />
        </ChangeSection>
      )}
      {kind !== "TASK" && (
        <ChangeSection title="Graph" isEqual={graph.nodes.length + graph.edges.length === 0} count={graph.nodes.length + graph.edges.length}>
          {graph.nodes.map(({ node, status, changes }) => (
            <Named key={node} name={node} status={status}>
              {changes.length > 0 && <ChangeList changes={changes} />}
            </Named>
          ))}
          {graph.edges.map(({ edge, status }) => (
            <Named key={`${status} ${edge}`} name={edge} status={status} />
          ))}
        </ChangeSection>
      )}
      <ChangeSection title={kind === "TASK" ? "Resources and settings" : "Tasks: resources and settings"} isEqual={tasks.length === 0} count={tasks.length}>
        {tasks.map(({ task, status, changes }) => (
          <Named key={task} name={task} status={status}>
            {changes.length > 0 && <ChangeList changes={changes} />}
          </Named>
        ))}
      </ChangeSection>
    </>
  );
}

function Named({ name, status, children }: { name: string; status: "added" | "removed" | "changed"; children?: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-center gap-2">
        <StatusMark status={status} />
        <span className="min-w-0 font-mono text-sm break-words">{printable(name, 200)}</span>
      </p>
      {children && <div className="border-l-2 border-line pl-3">{children}</div>}
    </div>
  );
}
