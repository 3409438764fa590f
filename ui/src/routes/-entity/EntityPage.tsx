import { useInfiniteQuery, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Archive, ArchiveRestore, CalendarClock, ClipboardCopy, GitCompareArrows, ListChecks, Play } from "lucide-react";
import { useMemo } from "react";
import { entityKeys } from "@/api/entity/keys";
import { activateLaunchPlan, archiveEntity, deactivateLaunchPlan } from "@/api/entity/mutations";
import { entityQuery, versionsQuery, type EntityKind } from "@/api/entity/queries";
import { VersionPicker } from "@/components/entity/VersionPicker";
import { Button } from "@/components/ui/Button";
import { Copy, toClipboard } from "@/components/ui/Copy";
import { Page } from "@/components/ui/Page";
import { Remark } from "@/components/ui/Phase";
import { Empty, Failure, Skeleton } from "@/components/ui/State";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { complain, say } from "@/components/ui/Toast";
import type { Entity, Identifier, Version } from "@/idl";
import { ENTITY, listOf, pageOf } from "@/lib/entity";
import { shortName } from "@/lib/id";
import { useOffer } from "@/lib/pageActions";
import { printable } from "@/lib/printable";
import { scheduleWords } from "@/lib/schedule";
import { CodeTab } from "./CodeTab";
import { DiffTab } from "./DiffTab";
import { GraphTab } from "./GraphTab";
import { InterfaceTab } from "./InterfaceTab";
import { RunsTab } from "./RunsTab";
import type { EntityPageSearch } from "./search";
import { TaskRuns } from "./TaskRuns";
import { VersionsTab } from "./VersionsTab";

const SIGN = "size-4 shrink-0";
/** Versions that a page of them holds. */
const AT_ONCE = 50;
/** Tabs that show one version. */
const OF_ONE_VERSION: ReadonlySet<string> = new Set(["graph", "interface", "code"]);

/** One workflow, task or launch plan: its versions and what differs between them, its graph, interface, code and runs. */
export function EntityPage({ kind }: { kind: EntityKind }) {
  const { one, page } = ENTITY[kind];
  const route = getRouteApi(page);
  const params = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const { project, domain, name } = params;
  const place = { project, domain };
  const named = useMemo<Identifier>(() => ({ resource_type: kind, project, domain, name }), [kind, project, domain, name]);
  const entity = useQuery(entityQuery(kind, named));
  const versionsOptions = versionsQuery(named, AT_ONCE);
  const versions = useInfiniteQuery(versionsOptions);
  const list = versions.data?.pages.flatMap((each) => each.versions ?? []) ?? [];
  const newest = list[0]?.id?.version;
  const active = activeOf(list, entity);
  // What differs is told from the newest on, whichever is active; until it is known which is, none is shown in its place.
  const version = search.version ?? (search.against === undefined ? (active ?? (versions.hasNextPage && entity.isPending ? undefined : newest)) : newest);
  const id = useMemo(() => (version === undefined ? undefined : { ...named, version }), [named, version]);
  const tab = search.tab ?? "versions";
  const set = (changes: EntityPageSearch) => void navigate({ search: (old) => ({ ...old, ...changes }) });

  async function activate(chosen: string): Promise<void> {
    await activateLaunchPlan({ ...named, resource_type: "LAUNCH_PLAN", version: chosen });
    await client.invalidateQueries({ queryKey: entityKeys.all });
    say(`${printable(shortName(name), 80)} launches ${printable(chosen, 80)} now${chosen === newest ? ", also when newer ones are registered" : ""}`);
  }

  async function follow(chosen: string): Promise<void> {
    await deactivateLaunchPlan({ ...named, resource_type: "LAUNCH_PLAN", version: chosen });
    await client.invalidateQueries({ queryKey: entityKeys.all });
    say(`${printable(shortName(name), 80)} launches the newest now, ${printable(newest, 80)}, and each that is registered after it`);
  }

  async function archive(isArchived: boolean): Promise<void> {
    try {
      await archiveEntity(named, isArchived, entity.data?.description ?? "");
      await client.invalidateQueries({ queryKey: entityKeys.all });
      say(isArchived ? `Archived: the lists leave this ${one} out now` : `Restored this ${one}`);
    } catch (error) {
      complain(error);
    }
  }

  const before = list[1]?.id?.version;
  useOffer(
    list.length === 0
      ? []
      : [
          {
            id: "launch",
            label: search.version ? `Launch version ${printable(search.version, 40)} of this ${one}` : `Launch this ${one}`,
            icon: <Play aria-hidden className={SIGN} />,
            onSelect: () => void navigate({ to: "/launch", search: { ...place, kind: ENTITY[kind].launch, name, version: search.version } }),
          },
          ...(before === undefined
            ? []
            : [
                {
                  id: "compare",
                  label: "Compare its two newest versions",
                  icon: <GitCompareArrows aria-hidden className={SIGN} />,
                  onSelect: () => set({ tab: "versions", version: newest, against: before }),
                },
              ]),
          { id: "runs", label: "Its runs in the list of executions", icon: <ListChecks aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/executions", search: { ...place, ...listOf(kind, name) } }) },
          { id: "name", label: `Copy the ${one}'s name`, icon: <ClipboardCopy aria-hidden className={SIGN} />, onSelect: () => void toClipboard(name).then(() => say("Copied"), complain) },
        ],
  );

  const title = printable(shortName(name), 120);
  const against = search.against !== undefined && version !== undefined && search.against !== version ? search.against : undefined;
  const tabs = [
    { value: "versions", label: "Versions" },
    ...(kind === "TASK" ? [] : [{ value: "graph", label: "Graph" }]),
    { value: "interface", label: kind === "WORKFLOW" ? "Interface" : "Interface and settings" },
    { value: "code", label: "Code" },
    { value: "runs", label: "Runs" },
  ];
  return (
    <Page
      title={title}
      heading={<Heading title={title} name={name} one={one} entity={entity.data} />}
      actions={
        <>
          {entity.data && (
            <Button
              icon={entity.data.archived ? <ArchiveRestore aria-hidden className="size-4" /> : <Archive aria-hidden className="size-4" />}
              onClick={() => void archive(!entity.data?.archived)}
            >
              {entity.data.archived ? "Restore" : "Archive"}
            </Button>
          )}
          <Button asChild look="primary">
            <Link to="/launch" search={{ ...place, kind: ENTITY[kind].launch, name, version: search.version }}>
              <Play aria-hidden className="size-4" />
              Launch {search.version ? "this version" : ""}
            </Link>
          </Button>
        </>
      }
    >
      {versions.isError && !versions.data ? (
        <Failure error={versions.error} onRetry={() => void versions.refetch()} title={`This ${one} could not be read`} />
      ) : versions.isPending ? (
        <Skeleton />
      ) : list.length === 0 ? (
        <Empty title={`There is no ${one} of this name`}>
          Nothing called <span className="font-mono">{printable(name, 200)}</span> is registered in {printable(project, 60)}/{printable(domain, 60)}.
        </Empty>
      ) : (
        <Tabs
          value={tab}
          onChange={(next) => set({ tab: next as EntityPageSearch["tab"], against: undefined, file: undefined })}
          items={tabs}
          label={`What of the ${one}`}
          extra={OF_ONE_VERSION.has(tab) && version !== undefined && <VersionPicker versions={list} version={version} onChange={(next) => set({ version: next })} />}
        >
          <TabPanel value="versions">
            {against !== undefined && id ? (
              <DiffTab kind={kind} before={{ ...named, version: against }} after={id} onBack={() => set({ against: undefined })} onSwap={() => set({ version: against, against: version })} />
            ) : (
              <VersionsTab
                key={`${project}/${domain}/${name}`}
                kind={kind}
                place={place}
                name={name}
                query={versions}
                queryKey={versionsOptions.queryKey}
                looked={search.version}
                onLook={(chosen) => set({ version: chosen, tab: kind === "TASK" ? "interface" : "graph" })}
                onCompare={(older, newer) => set({ version: newer, against: older })}
                followed={entity.data && !entity.data.active_version && active === undefined ? newest : undefined}
                onActivate={kind === "TASK" ? undefined : activate}
                onFollow={kind === "TASK" ? undefined : follow}
              />
            )}
          </TabPanel>
          <TabPanel value="graph">{id && <GraphTab kind={kind} id={id} />}</TabPanel>
          <TabPanel value="interface">{id && <InterfaceTab kind={kind} id={id} />}</TabPanel>
          <TabPanel value="code">{id && <CodeTab kind={kind} id={id} file={search.file} />}</TabPanel>
          <TabPanel value="runs" className={kind === "TASK" ? undefined : "flex min-h-0 flex-1 flex-col"}>
            {kind === "TASK" ? (
              <TaskRuns place={place} name={name} entity={entity} />
            ) : (
              <RunsTab kind={kind} place={place} name={name} order={search.order} onOrder={(order) => set({ order })} />
            )}
          </TabPanel>
        </Tabs>
      )}
    </Page>
  );
}

/** The version that is active; one that lies behind those that are read is known by the entity. */
function activeOf(list: readonly Version[], entity: UseQueryResult<Entity>): string | undefined {
  const listed = list.find((each) => each.is_active)?.id?.version;
  return listed ?? (list.length >= AT_ONCE ? entity.data?.active_version || undefined : undefined);
}

function Heading({ title, name, one, entity }: { title: string; name: string; one: string; entity: Entity | undefined }) {
  const schedule = scheduleWords(entity?.schedule);
  const words = entity?.description || entity?.short_description;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="min-w-0 truncate text-base font-semibold">{title}</h1>
        <span className="text-xs text-ink-2">{one}</span>
        {entity?.archived && <Remark tone="warn">archived</Remark>}
        {entity?.active_version && (
          <span className="text-xs text-ink-2">
            active: <span className="font-mono">{printable(entity.active_version, 60)}</span>
          </span>
        )}
        {entity?.workflow_id?.name && (
          <span className="min-w-0 truncate text-xs text-ink-2">
            runs{" "}
            <Link {...pageOf(entity.workflow_id)} search={{ version: entity.workflow_id.version }} className="font-mono text-accent hover:underline" title={printable(entity.workflow_id.name)}>
              {printable(shortName(entity.workflow_id.name), 80)}
            </Link>
          </span>
        )}
        {schedule && (
          <span className="flex items-center gap-1 text-xs text-ink-2">
            <CalendarClock aria-hidden className="size-3.5" />
            {printable(schedule, 80)}
          </span>
        )}
      </div>
      <p className="flex items-center gap-1 text-xs text-ink-2">
        <span className="min-w-0 truncate font-mono">{printable(name, 300)}</span>
        <Copy text={name} label="Copy the name" />
        {words && <span className="min-w-0 truncate">{printable(words, 400)}</span>}
      </p>
    </>
  );
}
