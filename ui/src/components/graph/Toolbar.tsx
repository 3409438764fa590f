import { ChevronsDownUp, ChevronsUpDown, Maximize, Minus, Plus, Search } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { GraphNode } from "@/graph/model";
import { IconButton } from "@/components/ui/Button";
import { printable } from "@/lib/printable";
import { KIND_SIGNS } from "./NodeCard";

export interface ToolbarProps {
  nodes: readonly GraphNode[];
  canExpand: boolean;
  onFind: (id: string) => void;
  onFit: () => void;
  onZoom: (factor: number) => void;
  onExpandAll: () => void;
  onCollapseAll: () => void;
}

const MOST_FOUND = 12;

/** Search for a node, zoom, fit, expand. */
export function Toolbar({ nodes, canExpand, onFind, onFit, onZoom, onExpandAll, onCollapseAll }: ToolbarProps) {
  return (
    <div className="absolute top-2 left-2 z-10 flex max-w-[calc(100%-1rem)] flex-wrap items-start gap-1">
      <Finder nodes={nodes} onFind={onFind} />
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

function Finder({ nodes, onFind }: Pick<ToolbarProps, "nodes" | "onFind">) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const wanted = text.trim().toLowerCase();
  const found = wanted ? firstMatches(nodes, wanted) : [];

  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent): void {
      const target = event.target as HTMLElement | null;
      if (event.key !== "/" || event.ctrlKey || event.metaKey || target?.closest("input, textarea, select, [contenteditable]")) return;
      event.preventDefault();
      input.current?.focus();
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  /** To the graph, whose keys go on from what was found. */
  function leave(): void {
    setText("");
    input.current?.closest<HTMLElement>("[role=application]")?.focus();
  }

  function choose(node: GraphNode | undefined): void {
    if (!node) return;
    onFind(node.id);
    leave();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter") choose(found[at]);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="relative">
      <Search aria-hidden className="pointer-events-none absolute top-2.5 left-2 size-3.5 text-ink-3" />
      <input
        ref={input}
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls="graph-found"
        aria-label="Find a node (/)"
        placeholder="Find a node  /"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        autoComplete="off"
        spellCheck={false}
        className="h-8.5 w-44 rounded-md border border-line bg-ground pr-2 pl-7 text-sm placeholder:text-ink-3"
      />
      {wanted && (
        <ul id="graph-found" role="listbox" aria-label="Nodes found" className="absolute top-9 left-0 z-20 max-h-72 w-72 overflow-auto rounded-md border border-line bg-ground p-1 shadow-pop">
          {found.length === 0 && <li className="px-2 py-1 text-sm text-ink-2">No node on the graph has that name</li>}
          {found.map((node, each) => {
            const Sign = KIND_SIGNS[node.kind];
            return (
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field above has the keys
              <li
                key={node.id}
                role="option"
                aria-selected={each === at}
                onClick={() => choose(node)}
                className={`flex cursor-pointer items-center gap-2 rounded px-2 py-1 text-sm ${each === at ? "bg-ground-3" : ""}`}
              >
                <Sign aria-hidden className="size-3.5 shrink-0 text-ink-3" />
                <span className="truncate">{printable(node.name, 80)}</span>
                <span className="ml-auto truncate font-mono text-xs text-ink-3">{node.id}</span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

function firstMatches(nodes: readonly GraphNode[], wanted: string): GraphNode[] {
  const found: GraphNode[] = [];
  for (const node of nodes) {
    if (!node.name.toLowerCase().includes(wanted) && !node.id.toLowerCase().includes(wanted)) continue;
    found.push(node);
    if (found.length >= MOST_FOUND) break;
  }
  return found;
}
