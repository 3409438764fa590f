import { Command } from "cmdk";
import { Keys } from "@/components/ui/Keys";
import { useRef, useState, type ReactNode } from "react";

export interface Choice {
  /** Unique among all choices. */
  id: string;
  label: string;
  /** Behind the label, where there is room. */
  about?: string;
  /** At the right end, such as a version or how long ago. */
  note?: ReactNode;
  icon?: ReactNode;
  onSelect: () => void;
}

export interface Group {
  title: string;
  choices: readonly Choice[];
}

export interface PaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  text: string;
  onText: (text: string) => void;
  groups: readonly Group[];
  isSearching: boolean;
}

/** One field that leads everywhere: what is typed is looked for among pages, entities, executions and actions. */
export default function Palette({ open, onOpenChange, text, onText, groups, isSearching }: PaletteProps) {
  const first = groups.find(({ choices }) => choices.length > 0)?.choices[0]?.id ?? "";
  // What is found later may come to stand first: it is the one that Enter opens, unless another was chosen.
  const [moved, setMoved] = useState("");
  const isByHand = useRef(false);
  const isThere = groups.some(({ choices }) => choices.some(({ id }) => id === moved));
  return (
    <Command.Dialog
      open={open}
      onOpenChange={onOpenChange}
      label="Search and commands"
      shouldFilter={false}
      value={isThere ? moved : first}
      onValueChange={(value) => isByHand.current && setMoved(value)}
      onPointerMove={() => (isByHand.current = true)}
      onKeyDown={({ key }) => {
        isByHand.current = key.startsWith("Arrow");
        if (key.length === 1) setMoved("");
      }}
      loop
      overlayClassName="fixed inset-0 z-40 bg-black/40"
      contentClassName="fixed top-[10vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-ground shadow-pop"
    >
      <Command.Input
        value={text}
        onValueChange={onText}
        placeholder="Search workflows, tasks, executions, or type a command"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base -outline-offset-2 placeholder:text-ink-3"
      />
      <Command.List className="max-h-[60vh] overflow-auto p-2">
        <Command.Empty className="px-3 py-8 text-center text-sm text-ink-2">{isSearching ? "Searching …" : "Nothing is called like that."}</Command.Empty>
        {groups
          .filter(({ choices }) => choices.length > 0)
          .map(({ title, choices }) => (
            <Command.Group
              key={title}
              heading={title}
              className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-3"
            >
              {choices.map(({ id, label, about, note, icon, onSelect }) => (
                <Command.Item
                  key={id}
                  value={id}
                  onSelect={() => {
                    onOpenChange(false);
                    onSelect();
                  }}
                  className="flex cursor-pointer items-center gap-2.5 rounded-md px-2 py-1.5 text-sm data-[selected=true]:bg-ground-3"
                >
                  <span className="text-ink-3">{icon}</span>
                  <span className="min-w-0 flex-1 truncate">
                    {label}
                    {about && <span className="ml-2 text-xs text-ink-2">{about}</span>}
                  </span>
                  {note && <span className="shrink-0 text-xs text-ink-2">{note}</span>}
                </Command.Item>
              ))}
            </Command.Group>
          ))}
      </Command.List>
      <p className="hidden border-t border-line px-4 py-2 text-xs text-ink-2 sm:block">
        ↑ ↓ to move, Enter to open · <Keys of="?" /> on a page shows all keys
      </p>
    </Command.Dialog>
  );
}
