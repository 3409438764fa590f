import { Columns3, X } from "lucide-react";
import { Popover } from "radix-ui";
import { useState, type KeyboardEvent } from "react";
import { Button, IconButton } from "@/components/ui/Button";
import { Tick } from "@/components/ui/Field";
import { nextIndex } from "@/components/ui/listNavigation";
import { SearchField } from "@/components/ui/SearchInput";
import { COLUMN_KINDS, columnsOf, MOST_COLUMNS, type ColumnKind, type ValueColumn } from "@/compare/columnKey";
import { messageOf } from "@/lib/messageOf";
import { printable } from "@/lib/printable";
import { actionOf } from "@/lib/shortcuts";

export interface ColumnMenuProps {
  chosen: readonly string[];
  /** What the rows have; none while it is read. */
  known: Readonly<Record<ColumnKind, readonly ValueColumn[]>> | undefined;
  /** Of which rows. */
  note: string;
  error: unknown;
  onOpen: (isOpen: boolean) => void;
  onChange: (chosen: string[]) => void;
}

const TITLES = { inputs: "Inputs", outputs: "Outputs", metrics: "Metrics, last value" } as const;
/** Of a kind; beyond them one looks for a name. */
const MOST_SHOWN = 100;

/** Chooses what stands beside each execution; the choice is in the address, and one button takes it away. */
export function ColumnMenu(props: ColumnMenuProps) {
  const { chosen, onOpen, onChange } = props;
  return (
    <span className="inline-flex items-center">
      <Popover.Root onOpenChange={onOpen}>
        <Popover.Trigger asChild>
          <Button size="small" className="h-8" icon={<Columns3 aria-hidden className="size-3.5" />}>
            Columns{chosen.length > 0 && `: ${chosen.length}`}
          </Button>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content align="end" sideOffset={4} aria-label="Columns" className="z-50 flex max-h-[min(70vh,32rem)] w-80 max-w-[calc(100vw-1rem)] flex-col rounded-lg border border-line bg-ground shadow-pop">
            <Choices {...props} />
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      {chosen.length > 0 && (
        <IconButton size="small" label="Remove all columns" onClick={() => onChange([])}>
          <X aria-hidden className="size-3.5" />
        </IconButton>
      )}
    </span>
  );
}

function Choices({ chosen, known, note, error, onChange }: ColumnMenuProps) {
  const [text, setText] = useState("");
  const all = offered(known, chosen);
  const isLike = ({ name, nodeId = "" }: ValueColumn) => `${name} ${nodeId}`.toLowerCase().includes(text.trim().toLowerCase());
  const isFull = chosen.length >= MOST_COLUMNS;

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const ticks = [...event.currentTarget.querySelectorAll<HTMLInputElement>("input:not(:disabled)")];
    const at = ticks.findIndex((each) => each === document.activeElement);
    const action = actionOf("list", event);
    const next = at === 0 && (action === "first" || action === "last") ? undefined : nextIndex(event, at, ticks.length);
    if (next === undefined) return;
    event.preventDefault();
    ticks[next]?.focus();
  }

  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- arrows move among its fields, which have the focus
    <div onKeyDown={onKeyDown} className="flex min-h-0 flex-col">
      <div className="grid border-b border-line p-2">
        <SearchField label="Find a column" value={text} onChange={setText} />
      </div>
      <div className="min-h-0 flex-1 overflow-auto px-3 py-1">
        {COLUMN_KINDS.map((kind) => {
          const found = all[kind].filter(isLike);
          return found.length > 0 ? (
            <fieldset key={kind} className="py-1">
              <legend className="py-1 text-xs font-medium text-ink-2">{TITLES[kind]}</legend>
              {found.slice(0, MOST_SHOWN).map((column) => {
                const isOn = chosen.includes(column.key);
                return (
                  <Tick
                    key={column.key}
                    className="flex w-full py-1"
                    checked={isOn}
                    disabled={!isOn && isFull}
                    onChange={(event) => onChange(event.target.checked ? [...chosen, column.key] : chosen.filter((each) => each !== column.key))}
                    label={
                      <span className="min-w-0 truncate" title={printable(column.name)}>
                        {printable(column.name, 200)}
                        {column.nodeId && <span className="text-ink-2"> · {printable(column.nodeId, 80)}</span>}
                      </span>
                    }
                  />
                );
              })}
              {found.length > MOST_SHOWN && <p className="text-xs text-ink-2">and {found.length - MOST_SHOWN} more: look for a name</p>}
            </fieldset>
          ) : null;
        })}
        {error ? (
          <p role="alert" className="py-2 text-sm break-words text-bad">
            {messageOf(error)}
          </p>
        ) : !known ? (
          <p role="status" className="py-2 text-sm text-ink-2">
            Looking at what these executions have …
          </p>
        ) : (
          COLUMN_KINDS.every((kind) => !all[kind].some(isLike)) && <p className="py-2 text-sm text-ink-2">{text ? "No column has such a name." : "These executions have no inputs, outputs or metrics."}</p>
        )}
      </div>
      <p className="border-t border-line px-3 py-1.5 text-xs text-ink-2">{isFull ? `No more than ${MOST_COLUMNS} columns` : note}</p>
    </div>
  );
}

/** What is chosen can be taken away again, also where no row has it. */
function offered(known: ColumnMenuProps["known"], chosen: readonly string[]): Record<ColumnKind, ValueColumn[]> {
  const all: Record<ColumnKind, ValueColumn[]> = { inputs: [], outputs: [], metrics: [] };
  for (const kind of COLUMN_KINDS) {
    const there = known?.[kind] ?? [];
    all[kind] = [...columnsOf(chosen).filter((each) => each.kind === kind && !there.some(({ key }) => key === each.key)), ...there];
  }
  return all;
}
