import { useQuery } from "@tanstack/react-query";
import { executionDataQuery } from "@/api/execution/queries";
import { LiteralTable } from "@/components/literal/LiteralView";
import { Section } from "@/components/ui/Page";
import { Failure, Skeleton } from "@/components/ui/State";
import { isTerminal } from "@/lib/phase";
import { useRunPage } from "./page";

/** What the execution was given and what it gave. */
export function InputsTab() {
  const { id, run, graphs } = useRunPage();
  const phase = run.execution?.closure?.phase;
  const data = useQuery(executionDataQuery(id, isTerminal(phase)));
  const types = graphs.closure?.primary?.template?.interface;
  if (data.error && !data.data) return <Failure error={data.error} onRetry={() => void data.refetch()} />;
  if (!data.data) return <Skeleton />;
  const none = phase === "SUCCEEDED" ? "It has none." : isTerminal(phase) ? "There are none: the execution did not succeed." : "There are none yet: it is still running.";
  return (
    <div className="grid gap-4 p-4 xl:grid-cols-2 xl:items-start">
      <Section title="Inputs">
        <LiteralTable label="Inputs" values={data.data.full_inputs} variables={types?.inputs?.variables} empty="It takes none." />
      </Section>
      <Section title="Outputs">
        <LiteralTable label="Outputs" values={data.data.full_outputs} variables={types?.outputs?.variables} empty={none} />
      </Section>
    </div>
  );
}
