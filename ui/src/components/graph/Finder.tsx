import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { SearchField } from "@/components/ui/SearchInput";
import { NodeIndex, type Found } from "@/graph/search";
import { printable } from "@/lib/printable";
import { actionOf } from "@/lib/shortcuts";
import { count } from "@/lib/size";
import { useShortcuts } from "@/lib/useShortcuts";
import { KIND_SIGNS } from "./NodeCard";

const MOST_FOUND = 12;

/** How many items maps have. */
export interface ItemCounts {
  /** Undefined: that is not known. */
  countOf: (id: string) => number | undefined;
  /** Finds it out; a map that was not reached has none. */
  onAsk: (ids: readonly string[]) => void;
}

const NO_INDEX = new NodeIndex({});
const NO_ITEMS = () => undefined;

export interface FinderProps {
  /** Made when something is typed: of a large graph it is a while's work. */
  index: () => NodeIndex;
  /** Undefined: maps have no items, as nothing ran. */
  items: ItemCounts | undefined;
  onFind: (found: Found) => void;
  /** So many tasks have made graphs of themselves that were not read. */
  unread: number;
  onReadMore?: () => void;
}

/** Looks for a node of the whole graph, drawn or not. */
export function Finder({ index, items, onFind, unread, onReadMore }: FinderProps) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const wanted = text.trim();
  const { found, total, beyond, unknown } = useMemo(() => (wanted ? index() : NO_INDEX).search(wanted, MOST_FOUND, items?.countOf ?? NO_ITEMS), [wanted, index, items]);
  const canReadMore = wanted !== "" && unread > 0 && onReadMore !== undefined;
  const last = found.length - (canReadMore ? 0 : 1);

  useEffect(() => {
    if (unknown.length > 0) items?.onAsk(unknown);
  }, [unknown, items]);
  useShortcuts("graph", { find: () => input.current?.focus() });

  /** To the graph, whose keys go on from what was found. */
  function leave(): void {
    setText("");
    input.current?.closest<HTMLElement>("[role=application]")?.focus();
  }

  function choose(position: number): void {
    const one = found[position];
    if (one) {
      // First, so that what opens gives the focus back to the graph.
      leave();
      onFind(one);
    } else if (canReadMore) onReadMore();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const action = actionOf("finder", event);
    if (action === "down") setAt(Math.min(last, at + 1));
    else if (action === "up") setAt(Math.max(0, at - 1));
    else if (action === "choose") choose(at);
    else if (action === "leave") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div className="relative">
      <SearchField
        ref={input}
        role="combobox"
        aria-expanded={wanted !== "" && last >= 0}
        aria-controls="graph-found"
        aria-activedescendant={wanted && at <= last ? `graph-found-${at}` : undefined}
        label="Find a node (/)"
        placeholder="Find a node  /"
        value={text}
        onChange={(typed) => {
          setText(typed);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className="!h-8.5 !w-44"
      />
      {wanted && (
        <div className="absolute top-9 left-0 z-20 max-h-80 w-80 max-w-[calc(100vw-2rem)] overflow-auto rounded-md border border-line bg-ground p-1 shadow-pop">
          {last >= 0 && (
            <ul id="graph-found" role="listbox" aria-label="Nodes found">
              {found.map((each, position) => (
                <FoundNode key={`${each.id} ${each.item}`} found={each} position={position} isAt={position === at} onChoose={() => choose(position)} />
              ))}
              {canReadMore && (
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field above has the keys
                <li id={`graph-found-${found.length}`} role="option" aria-selected={at === found.length} onClick={() => choose(found.length)} className={`cursor-pointer rounded px-2 py-1 text-xs text-accent ${at === found.length ? "bg-ground-3" : ""}`}>
                  {unread === 1 ? "The graph that one task made of itself was not searched" : `The graphs that ${unread} tasks made of themselves were not searched`}: read {unread === 1 ? "it" : "them"}
                </li>
              )}
            </ul>
          )}
          <div role="status" className="text-sm text-ink-2 *:px-2 *:py-1">
            {beyond.map((each) => (
              <p key={each.id} className="break-words">
                {printable(each.name, 80)} has no item {each.item}: {itemsInWords(each.count)}
              </p>
            ))}
            {found.length === 0 && beyond.length === 0 && <p>{items && unknown.length > 0 ? "Reading …" : "No node has that in its name, id or task"}</p>}
            {(total > found.length || index().isCut) && (
              <p className="text-xs">{total > found.length ? `${total - found.length} more; type on to narrow it down` : "The graph is so large that not all of it was searched"}</p>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

function itemsInWords(size: number): string {
  return size === 0 ? "there are none" : size === 1 ? "0 is its only one" : `they are 0 to ${count(size - 1)}`;
}

function FoundNode({ found, position, isAt, onChoose }: { found: Found; position: number; isAt: boolean; onChoose: () => void }) {
  const Sign = KIND_SIGNS[found.kind];
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field above has the keys
    <li id={`graph-found-${position}`} role="option" aria-selected={isAt} onClick={onChoose} title={printable(found.id)} className={`flex cursor-pointer items-center gap-2 rounded px-2 py-1 text-sm ${isAt ? "bg-ground-3" : ""}`}>
      <Sign aria-hidden className="size-3.5 shrink-0 text-ink-3" />
      <span className="shrink-0 max-w-44 truncate">
        {printable(found.name, 80)}
        {found.item !== undefined && `[${found.item}]`}
      </span>
      <span className="ml-auto min-w-0 truncate text-xs text-ink-2">{found.where ? printable(found.where, 200) : <span className="font-mono">{printable(found.id, 80)}</span>}</span>
    </li>
  );
}
