import { Check, ChevronsUpDown } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { Menu, MenuItem, MenuLabel } from "@/components/ui/Menu";
import { printable } from "@/lib/printable";
import type { Overview, Place } from "@/idl";

/** Which project and domain the lists show. */
export function PlacePicker({ place, places, onChange }: { place: Place; places: NonNullable<Overview["places"]>; onChange: (place: Place) => void }) {
  const projects = [...new Set(places.map((each) => each.project ?? ""))];
  return (
    <Menu
      align="start"
      trigger={
        <Button className="min-w-0 !shrink" title="Project and domain">
          <span className="truncate">{printable(place.project, 100)}</span>
          <span className="text-ink-3">/</span>
          <span className="truncate">{printable(place.domain, 100)}</span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        </Button>
      }
    >
      {projects.length === 0 && <MenuLabel>There are no projects to choose from</MenuLabel>}
      {projects.map((project) => (
        <div key={project}>
          <MenuLabel>{project}</MenuLabel>
          {places
            .filter((each) => each.project === project)
            .map(({ domain = "" }) => (
              <MenuItem
                key={domain}
                onSelect={() => onChange({ project, domain })}
                icon={project === place.project && domain === place.domain ? <Check aria-hidden className="size-4" /> : <span className="size-4" />}
              >
                {domain}
              </MenuItem>
            ))}
        </div>
      ))}
    </Menu>
  );
}
