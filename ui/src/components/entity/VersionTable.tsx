import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { ArrowUpToLine, CircleCheckBig, GitBranch, Play } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { Copy } from "@/components/ui/Copy";
import { Confirm } from "@/components/ui/Dialog";
import { Remark } from "@/components/ui/Phase";
import { CELL, HEAD, ROW, TABLE } from "@/components/ui/table";
import { Ago } from "@/components/ui/Time";
import type { EntityKind } from "@/api/entity/queries";
import type { Place, Version } from "@/idl";
import { ENTITY, listOf } from "@/lib/entity";
import { shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { count } from "@/lib/size";
import { ms } from "@/lib/time";

export interface VersionTableProps {
  kind: EntityKind;
  place: Place;
  name: string;
  versions: readonly Version[];
  /** Up to two, to be compared. */
  chosen: readonly string[];
  onChoose: (version: string, isChosen: boolean) => void;
  /** The one that a link led to. */
  looked?: string;
  onLook: (version: string) => void;
  /** The version that a launch by name runs while none is active; undefined: one is. */
  followed: string | undefined;
  /** Makes a version the one that a launch by name runs; undefined: this kind has none. */
  onActivate?: (version: string) => Promise<unknown>;
  /** Has a launch by name run the newest again, instead of the active one. */
  onFollow?: (active: string) => Promise<unknown>;
}

/** Versions, newest first: where each comes from, how often it ran, which is active. */
export function VersionTable(props: VersionTableProps) {
  const { versions, kind } = props;
  return (
    <table className={TABLE}>
      <thead>
        <tr>
          <th className={HEAD}>
            <span className="sr-only">Compare</span>
          </th>
          <th className={HEAD}>Version</th>
          <th className={HEAD}>Registered</th>
          <th className={`${HEAD} hidden lg:table-cell`}>By</th>
          <th className={`${HEAD} hidden md:table-cell`}>Commit</th>
          <th className={`${HEAD} hidden text-right sm:table-cell`} title="Executions that were launched of this version; its runs within others are not counted">
            Launched
          </th>
          <th className={`${HEAD} hidden sm:table-cell`}>Last launched</th>
          <th className={HEAD}>
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {versions.map((version) => (
          <Row key={version.id?.version} {...props} kind={kind} version={version} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ kind, place, name, versions, version, chosen, looked, followed, onChoose, onLook, onActivate, onFollow }: VersionTableProps & { version: Version }) {
  const text = version.id?.version ?? "";
  const isChosen = chosen.includes(text);
  const newest = versions[0]?.id?.version;
  return (
    <tr data-version={text} aria-current={text === looked || undefined} className={clsx(ROW, text === looked && "bg-ground-3")}>
      <td className={CELL}>
        <input
          type="checkbox"
          className="size-4 accent-accent"
          aria-label={`Compare ${printable(text, 80)}`}
          checked={isChosen}
          disabled={!isChosen && chosen.length >= 2}
          onChange={(event) => onChoose(text, event.target.checked)}
        />
      </td>
      <td className={`${CELL} w-full max-w-0`}>
        <div className="flex flex-wrap items-center gap-x-2">
          <button type="button" className="max-w-full truncate font-mono text-xs hover:underline" title="Look at this version" onClick={() => onLook(text)}>
            {printable(text, 120)}
          </button>
          {version.is_active && (
            <Remark tone="good" why="A launch by name runs this version, also when newer ones are registered">
              active
            </Remark>
          )}
          {text === followed && (
            <Remark tone="wait" why={onActivate ? "No version is active: a launch by name follows the newest" : "A launch by name runs the newest"}>
              launched by name
            </Remark>
          )}
          <Copy text={text} label="Copy the version" />
        </div>
        {version.short_description && <p className="truncate text-xs text-ink-2">{printable(version.short_description, 200)}</p>}
      </td>
      <td className={`${CELL} whitespace-nowrap text-ink-2`}>
        <Ago at={ms(version.created_at)} />
      </td>
      <td className={`${CELL} hidden max-w-32 truncate text-ink-2 lg:table-cell`}>{printable(version.author, 60) || "–"}</td>
      <td className={`${CELL} hidden md:table-cell`}>
        <Commit source={version.source} />
      </td>
      <td className={`${CELL} hidden text-right tabular-nums sm:table-cell`}>
        {/* The list of executions tells versions of workflows and tasks apart; a plan may be of another version than its workflow. */}
        {kind !== "LAUNCH_PLAN" && Number(version.runs ?? 0) > 0 ? (
          <Link to="/executions" search={{ ...place, ...listOf(kind, name, text) }} className="hover:underline" aria-label={`Launched ${count(version.runs)}: executions of ${printable(text, 80)}`}>
            {count(version.runs)}
            {version.is_runs_capped && "+"}
          </Link>
        ) : (
          <>
            {count(version.runs)}
            {version.is_runs_capped && "+"}
          </>
        )}
      </td>
      <td className={`${CELL} hidden whitespace-nowrap text-ink-2 sm:table-cell`}>
        <Ago at={ms(version.last_run_at)} />
      </td>
      <td className={CELL}>
        <div className="flex items-center justify-end gap-1">
          {onFollow && version.is_active && <Follow name={name} text={text} onFollow={() => onFollow(text)} />}
          {onActivate && !version.is_active && (
            <Confirm
              trigger={
                <Button size="small" aria-label={`Make active: ${printable(text, 80)}`} icon={<CircleCheckBig aria-hidden className="size-3.5" />}>
                  <span className="hidden lg:inline">Make active</span>
                </Button>
              }
              title={`Make ${printable(text, 80)} active?`}
              action="Make it active"
              isDangerous={false}
              onConfirm={() => onActivate(text)}
            >
              Whoever launches <span className="font-mono break-words">{printable(name, 200)}</span> by its name, without a version, then runs{" "}
              <span className="font-mono break-words">{printable(text, 100)}</span>, also when newer versions are registered{text === newest && ": it is the newest now, and stays the one that is launched"}. Runs that are under way go on as
              they are.
            </Confirm>
          )}
          <Button asChild size="small">
            <Link to="/launch" search={{ ...place, kind: ENTITY[kind].launch, name, version: text }} aria-label={`Launch ${printable(shortName(name), 80)} at ${printable(text, 80)}`}>
              <Play aria-hidden className="size-3.5" />
              <span className="hidden lg:inline">Launch</span>
            </Link>
          </Button>
        </div>
      </td>
    </tr>
  );
}

function Follow({ name, text, onFollow }: { name: string; text: string; onFollow: () => Promise<unknown> }) {
  return (
    <Confirm
      trigger={
        <Button size="small" aria-label="Follow the newest" icon={<ArrowUpToLine aria-hidden className="size-3.5" />}>
          <span className="hidden lg:inline">Follow the newest</span>
        </Button>
      }
      title="Follow the newest?"
      action="Follow the newest"
      isDangerous={false}
      onConfirm={onFollow}
    >
      Whoever launches <span className="font-mono break-words">{printable(name, 200)}</span> by its name, without a version, then runs the newest version, and each that is registered
      after it, instead of <span className="font-mono break-words">{printable(text, 100)}</span>. Runs that are under way go on as they are.
    </Confirm>
  );
}

function Commit({ source }: { source: Version["source"] }) {
  if (!source?.commit) return <span className="text-xs whitespace-nowrap text-ink-2">not known</span>;
  return (
    <span className="flex items-center gap-1.5 text-xs whitespace-nowrap">
      <span className="font-mono" title={printable(source.commit, 80)}>
        {printable(source.commit.slice(0, 8), 8)}
      </span>
      {source.branch && (
        <span className="flex max-w-32 items-center gap-0.5 text-ink-2">
          <GitBranch aria-hidden className="size-3 shrink-0" />
          <span className="truncate">{printable(source.branch, 60)}</span>
        </span>
      )}
      {source.is_dirty && <Remark tone="warn">changed after it</Remark>}
    </span>
  );
}
