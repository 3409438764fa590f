import { Bookmark, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field, Input } from "@/components/ui/Field";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/components/ui/Menu";
import { useOffer } from "@/lib/pageActions";
import type { ExecutionFilters } from "@/lib/executionSearch";
import { printable } from "@/lib/printable";
import { isRecord, keep, recall } from "@/lib/storage";

interface View {
  name: string;
  filters: ExecutionFilters;
}

const BUILT_IN: readonly View[] = [
  { name: "Running now", filters: { phases: ["QUEUED", "RUNNING"] } },
  { name: "Failed in the last 24 hours", filters: { phases: ["FAILED", "TIMED_OUT"], within: "24h" } },
  { name: "Longest of the last 7 days", filters: { within: "7d", order: "-duration" } },
];

function areViews(value: unknown): value is View[] {
  return Array.isArray(value) && value.every((each) => isRecord(each) && typeof each["name"] === "string" && isRecord(each["filters"]));
}

/** Sets of filters under a name, kept by this browser. */
export function Views({ filters, onOpen }: { filters: ExecutionFilters; onOpen: (filters: ExecutionFilters) => void }) {
  const [views, setViews] = useState<readonly View[]>(() => recall<readonly View[]>("views", [], areViews));
  const [isSaving, setSaving] = useState(false);
  const [name, setName] = useState("");
  function set(changed: readonly View[]): void {
    setViews(changed);
    keep("views", changed);
  }
  const sign = <Bookmark aria-hidden className="size-4 shrink-0" />;
  useOffer([
    ...[...views, ...BUILT_IN].map((view) => ({ id: `view ${view.name}`, label: `View: ${printable(view.name, 80)}`, icon: sign, onSelect: () => onOpen(view.filters) })),
    { id: "save", label: "Save these filters as a view", icon: sign, onSelect: () => setSaving(true) },
  ]);
  return (
    <>
      <Menu trigger={<Button icon={<Bookmark aria-hidden className="size-4" />}>Views</Button>}>
        {BUILT_IN.map((view) => (
          <MenuItem key={view.name} onSelect={() => onOpen(view.filters)}>
            {view.name}
          </MenuItem>
        ))}
        {views.length > 0 && <MenuLabel>Saved</MenuLabel>}
        {views.map((view) => (
          <div key={view.name} className="flex items-center">
            <MenuItem onSelect={() => onOpen(view.filters)}>{printable(view.name, 80)}</MenuItem>
            <MenuItem label={`Delete view ${view.name}`} isSign onSelect={() => set(views.filter((each) => each !== view))}>
              <Trash2 aria-hidden className="size-3.5" />
            </MenuItem>
          </div>
        ))}
        <MenuLine />
        <MenuItem onSelect={() => setSaving(true)}>Save these filters …</MenuItem>
      </Menu>
      <Dialog open={isSaving} onOpenChange={setSaving} title="Save these filters as a view">
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (!name.trim()) return;
            set([...views.filter((each) => each.name !== name.trim()), { name: name.trim(), filters }]);
            setSaving(false);
            setName("");
          }}
        >
          <Field label="Name" hint="This browser keeps it. To send a view to somebody, send the address of the page.">
            {(props) => <Input {...props} value={name} onChange={(event) => setName(event.target.value)} maxLength={80} />}
          </Field>
          <Button type="submit" look="primary" disabled={!name.trim()} className="self-end">
            Save
          </Button>
        </form>
      </Dialog>
    </>
  );
}
