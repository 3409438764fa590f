import { ChevronsDownUp, ChevronsUpDown, Maximize, Minus, Plus } from "lucide-react";
import { IconButton } from "@/components/ui/Button";
import { Finder, type FinderProps } from "./Finder";

export interface ToolbarProps {
  finder: FinderProps;
  canExpand: boolean;
  onFit: () => void;
  onZoom: (factor: number) => void;
  onExpandAll: () => void;
  onCollapseAll: () => void;
}

/** Search for a node, zoom, fit, expand. */
export function Toolbar({ finder, canExpand, onFit, onZoom, onExpandAll, onCollapseAll }: ToolbarProps) {
  return (
    <div className="absolute top-2 left-2 z-10 flex max-w-[calc(100%-1rem)] flex-wrap items-start gap-1">
      <Finder {...finder} />
      <div className="flex rounded-md border border-line bg-ground">
        <IconButton label="Zoom in" onClick={() => onZoom(1.4)}>
          <Plus aria-hidden className="size-4" />
        </IconButton>
        <IconButton label="Zoom out" onClick={() => onZoom(1 / 1.4)}>
          <Minus aria-hidden className="size-4" />
        </IconButton>
        <IconButton label="Fit the whole graph (F)" onClick={onFit}>
          <Maximize aria-hidden className="size-4" />
        </IconButton>
        {canExpand && (
          <>
            <IconButton label="Expand all" onClick={onExpandAll}>
              <ChevronsUpDown aria-hidden className="size-4" />
            </IconButton>
            <IconButton label="Collapse all" onClick={onCollapseAll}>
              <ChevronsDownUp aria-hidden className="size-4" />
            </IconButton>
          </>
        )}
      </div>
    </div>
  );
}
