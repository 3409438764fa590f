import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { FileDiff, X } from "lucide-react";
import { useState } from "react";
import { curveColour } from "@/components/chart/colours";
import { PhaseSign } from "@/components/ui/Phase";
import type { ComparedExecution } from "@/idl";
import { printable } from "@/lib/printable";
import { useIsDark } from "@/lib/theme";
import type { Column } from "./Columns";

/** So many are shown at first: about two lines of them. */
const FEW = 8;
const CHIP = "inline-flex h-7 items-center gap-1.5 text-xs";

export interface CompareHeadProps {
  executions: readonly ComparedExecution[];
  columns: readonly Column[];
  hovered: string | undefined;
  /** None: no more may be taken away. */
  onRemove?: (id: string) => void;
}

/** Which executions are compared, and the way to the difference of their code where their versions differ. */
export function CompareHead({ executions, columns, hovered, onRemove }: CompareHeadProps) {
  const [isOpen, setOpen] = useState(false);
  const isDark = useIsDark();
  const shown = isOpen || columns.length <= FEW + 1 ? columns : columns.slice(0, FEW);
  return (
    <div className="flex max-h-40 flex-wrap items-center gap-2 overflow-y-auto px-4 py-2">
      {shown.map((column, at) => (
        <span key={column.id} title={printable(column.params.name, 200)} className={clsx(CHIP, "rounded-full border px-2.5", hovered === column.id ? "border-accent" : "border-line-2")}>
          <span aria-hidden className="size-2.5 rounded-full" style={{ background: curveColour(at, isDark) }} />
          <PhaseSign phase={column.phase} className="size-3" />
          {printable(column.label, 40)}
          {onRemove && (
            <button type="button" aria-label={`Take ${column.label} away`} className="-mr-1 rounded-full p-0.5 hover:bg-ground-3" onClick={() => onRemove(column.id)}>
              <X aria-hidden className="size-3" />
            </button>
          )}
        </span>
      ))}
      {columns.length > FEW + 1 && (
        <button type="button" aria-expanded={isOpen} className={`${CHIP} rounded-full px-2.5 font-medium text-accent hover:bg-ground-3`} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Show fewer" : `and ${columns.length - FEW} more`}
        </button>
      )}
      {versionPairs(executions).map(({ id, from, to }) => (
        <Link
          key={`${id.name} ${from} ${to}`}
          to="/workflows/$project/$domain/$name"
          params={{ project: id.project ?? "", domain: id.domain ?? "", name: id.name ?? "" }}
          search={{ tab: "versions", version: to, against: from }}
          className={`${CHIP} rounded-md border border-line-2 px-2 font-medium hover:bg-ground-3`}
        >
          <FileDiff aria-hidden className="size-3.5" />
          Code: {printable(from, 16)} → {printable(to, 16)}
        </Link>
      ))}
    </div>
  );
}

/** Each version that the first one's differs from, of one workflow; at most a few. */
function versionPairs(executions: readonly ComparedExecution[]) {
  const first = executions[0]?.workflow_id;
  const others = executions.map(({ workflow_id }) => workflow_id).filter((id) => id?.name === first?.name && id?.project === first?.project && id?.domain === first?.domain && id?.version !== first?.version);
  const versions = [...new Set(others.map((id) => id?.version ?? ""))].slice(0, 4);
  return first ? versions.map((to) => ({ id: first, from: first.version ?? "", to })) : [];
}
