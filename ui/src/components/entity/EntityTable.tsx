import { Link } from "@tanstack/react-router";
import { Archive, ArchiveRestore, CalendarClock, MoreVertical, Play } from "lucide-react";
import { Button, IconButton } from "@/components/ui/Button";
import { Menu, MenuItem } from "@/components/ui/Menu";
import { Remark } from "@/components/ui/Phase";
import { CELL, HEAD, ROW, TABLE } from "@/components/ui/table";
import { Ago } from "@/components/ui/Time";
import type { EntityKind } from "@/api/entity/queries";
import type { Entity, Place } from "@/idl";
import { ENTITY } from "@/lib/entity";
import { shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { scheduleWords } from "@/lib/schedule";
import { count } from "@/lib/size";
import { ms } from "@/lib/time";
import { RunBars } from "./RunBars";

/** Names with their last runs, versions and what can be done with them. */
export function EntityTable({ kind, place, entities, onArchive }: { kind: EntityKind; place: Place; entities: readonly Entity[]; onArchive: (entity: Entity) => void }) {
  return (
    <table className={TABLE}>
      <thead>
        <tr>
          <th className={HEAD}>Name</th>
          <th className={`${HEAD} sm:min-w-44`}>Last runs</th>
          <th className={`${HEAD} hidden lg:table-cell`}>Version</th>
          <th className={`${HEAD} hidden text-right md:table-cell`}>Versions</th>
          <th className={`${HEAD} hidden md:table-cell`}>Last run</th>
          <th className={HEAD}>
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entities.map((entity) => (
          <Row key={entity.latest?.name} kind={kind} place={place} entity={entity} onArchive={() => onArchive(entity)} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ kind, place, entity, onArchive }: { kind: EntityKind; place: Place; entity: Entity; onArchive: () => void }) {
  const name = entity.latest?.name ?? "";
  const { page, launch, one } = ENTITY[kind];
  const words = entity.description || entity.short_description;
  const schedule = scheduleWords(entity.schedule);
  return (
    <tr className={ROW}>
      <td className={`${CELL} max-w-0 w-full`}>
        <Link to={page} params={{ ...place, name }} className="block truncate font-medium hover:text-accent" title={printable(name, 300)}>
          {printable(shortName(name), 120)}
        </Link>
        <p className="truncate text-xs text-ink-2">
          {shortName(name) !== name && <span className="font-mono">{printable(name, 200)}</span>}
          {shortName(name) !== name && words && " · "}
          {printable(words, 300)}
        </p>
        {schedule && (
          <p className="mt-0.5 flex items-center gap-1 text-xs text-ink-2">
            <CalendarClock aria-hidden className="size-3.5" />
            {printable(schedule, 80)}
          </p>
        )}
      </td>
      <td className={CELL}>
        <RunBars runs={entity.runs ?? []} place={place} isTask={kind === "TASK"} />
      </td>
      <td className={`${CELL} hidden max-w-44 lg:table-cell`}>
        <p className="truncate font-mono text-xs" title={printable(entity.latest?.version, 200)}>
          {printable(entity.latest?.version, 60)}
        </p>
        {entity.active_version &&
          (entity.active_version === entity.latest?.version ? (
            <Remark tone="good">active</Remark>
          ) : (
            <p className="truncate text-xs text-ink-2" title={`Active: ${printable(entity.active_version, 200)}`}>
              active: <span className="font-mono">{printable(entity.active_version, 60)}</span>
            </p>
          ))}
      </td>
      <td className={`${CELL} hidden text-right tabular-nums md:table-cell`}>{count(entity.versions)}</td>
      <td className={`${CELL} hidden whitespace-nowrap text-ink-2 md:table-cell`}>
        <Ago at={ms(entity.runs?.[0]?.created_at)} />
      </td>
      <td className={CELL}>
        <div className="flex items-center justify-end gap-1">
          <Button asChild size="small">
            <Link to="/launch" search={{ ...place, kind: launch, name }} aria-label={`Launch ${printable(shortName(name), 80)}`}>
              <Play aria-hidden className="size-3.5" />
              <span className="hidden sm:inline">Launch</span>
            </Link>
          </Button>
          <Menu
            trigger={
              <IconButton size="small" label={`More for ${printable(shortName(name), 80)}`}>
                <MoreVertical aria-hidden className="size-4" />
              </IconButton>
            }
          >
            <MenuItem icon={entity.archived ? <ArchiveRestore aria-hidden className="size-4" /> : <Archive aria-hidden className="size-4" />} onSelect={onArchive}>
              {entity.archived ? `Restore this ${one}` : `Archive this ${one}`}
            </MenuItem>
          </Menu>
        </div>
      </td>
    </tr>
  );
}
