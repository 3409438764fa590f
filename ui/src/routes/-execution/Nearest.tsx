import { useQuery } from "@tanstack/react-query";
import { nodeDataQuery } from "@/api/run/queries";
import { Value } from "@/components/compare/Differences";
import { QueryFailure, Skeleton } from "@/components/ui/State";
import { compareValues } from "@/compare/table";
import type { CacheExplanation, ExecutionId } from "@/idl";
import { printable } from "@/lib/printable";
import { SourceLink } from "./SourceLink";

type NearestEntry = NonNullable<CacheExplanation["nearest"]>;

/** What was computed before and differs least from what a node computed, with both values of each input in which it does. */
export function Nearest({ nearest, id, nodeId }: { nearest: NearestEntry; id: ExecutionId; nodeId: string }) {
  const { source = {}, source_item: item = 0, inputs = [], cache_version: version, is_other_interface: isOtherInterface } = nearest;
  return (
    <section aria-label="Nearest entry" className="flex flex-col gap-2">
      <p>
        Nearest to it was <SourceLink source={source} item={item} />, which differs in{" "}
        {[...inputs, ...(version ? [`the cache version (“${version}”)`] : []), ...(isOtherInterface ? ["the interface"] : [])].map((each) => printable(each, 60)).join(", ")}.
      </p>
      {inputs.length > 0 && item === 0 && <BothValues names={inputs} ours={{ id, nodeId }} source={source} />}
    </section>
  );
}

interface BothValuesProps {
  names: readonly string[];
  ours: { id: ExecutionId; nodeId: string };
  source: NonNullable<NearestEntry["source"]>;
}

function BothValues({ names, ours, source }: BothValuesProps) {
  const { execution_id: execution = {}, node_id: node = "" } = source.node_execution_id ?? {};
  // Of what is in the cache the inputs change no more.
  const here = useQuery(nodeDataQuery(ours.id, ours.nodeId, "cached"));
  const there = useQuery(nodeDataQuery(execution, node, "cached"));
  if (here.isPending || there.isPending) return <Skeleton lines={2} />;
  if (here.isError || there.isError) {
    return (
      <>
        <QueryFailure query={here} />
        <QueryFailure query={there} />
      </>
    );
  }
  const rows = compareValues([there.data?.full_inputs, here.data?.full_inputs]).filter(({ name, isSame }) => !isSame && names.some((each) => name === each || name.startsWith(`${each}.`) || name.startsWith(`${each}[`)));
  return (
    <table className="w-full table-fixed text-left text-xs">
      <thead className="text-ink-2">
        <tr>
          <th scope="col" className="py-1 font-medium">Input</th>
          <th scope="col" className="py-1 font-medium">There</th>
          <th scope="col" className="py-1 font-medium">Here</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, cells: [one, other] }) => (
          <tr key={key} className="border-t border-line">
            <th scope="row" className="truncate py-1 pr-2 font-mono font-normal">{printable(name, 120)}</th>
            {[one, other].map((cell, at) => (
              <td key={at} title={cell && printable(cell.text, 1000)} className="truncate py-1 pr-2 font-mono">
                <Value cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
