import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { entityKeys } from "@/api/entity/keys";
import { archiveEntity } from "@/api/entity/mutations";
import { ENTITIES } from "@/api/entity/pages";
import { entitiesQuery, type EntityKind } from "@/api/entity/queries";
import { serverQuery } from "@/api/overview/queries";
import { EntityTable } from "@/components/entity/EntityTable";
import { HowToRegister } from "@/components/entity/HowToRegister";
import { Button } from "@/components/ui/Button";
import { Endless } from "@/components/ui/Endless";
import { Tick } from "@/components/ui/Field";
import { Page } from "@/components/ui/Page";
import { SearchInput } from "@/components/ui/SearchInput";
import { Empty, Skeleton, QueryFailure } from "@/components/ui/State";
import { complain, say } from "@/components/ui/Toast";
import type { Entity, Place } from "@/idl";
import { ENTITY } from "@/lib/entity";
import { shortName } from "@/lib/id";
import { printable } from "@/lib/printable";
import { usePlace } from "@/lib/usePlace";
import type { EntitiesSearch } from "./search";
import { useView } from "./useView";

/** The list of one kind of entity; what is searched is in the address. */
export function EntitiesPage({ kind }: { kind: EntityKind }) {
  const { list, title } = ENTITY[kind];
  const route = getRouteApi(`${list}/`);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const place = usePlace();
  const client = useQueryClient();
  const options = entitiesQuery(kind, { ...search, ...place });
  const query = useInfiniteQuery(options);
  const entities = query.data?.pages.flatMap((page) => page.entities ?? []) ?? [];
  const table = useView(ENTITIES, options.queryKey, entities.length);
  const set = (changes: EntitiesSearch) => void navigate({ search: (old) => ({ ...old, ...changes }), replace: true });

  async function archive(entity: Entity, isArchived: boolean): Promise<void> {
    try {
      await archiveEntity({ ...entity.latest, resource_type: kind }, isArchived, entity.description ?? "");
      await client.invalidateQueries({ queryKey: entityKeys.all });
      const name = printable(shortName(entity.latest?.name), 80);
      say(
        <span className="flex items-center justify-between gap-3">
          {isArchived ? `Archived ${name}` : `Restored ${name}`}
          <Button size="small" onClick={() => void archive(entity, !isArchived)}>
            Undo
          </Button>
        </span>,
      );
    } catch (error) {
      complain(error);
    }
  }

  return (
    <Page
      title={title}
      actions={
        <>
          <SearchInput
            key={list}
            label={`Search ${title.toLowerCase()}`}
            placeholder="Search"
            className="!w-44 sm:!w-64"
            value={search.text ?? ""}
            onChange={(text) => set({ text: text || undefined })}
          />
          <Tick label="Archived" checked={search.archived ?? false} onChange={(event) => set({ archived: event.target.checked || undefined })} />
        </>
      }
    >
      <div ref={table} className="min-h-0 flex-1 overflow-auto">
        <QueryFailure query={query} />
        {!query.data ? (
          query.isPending && <Skeleton />
        ) : entities.length === 0 ? (
          <Nothing kind={kind} search={search} place={place} />
        ) : (
          <>
            <EntityTable kind={kind} place={place} entities={entities} onArchive={(entity) => void archive(entity, !entity.archived)} />
            <Endless hasMore={query.hasNextPage} isReading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()} />
          </>
        )}
      </div>
    </Page>
  );
}

function Nothing({ kind, search, place }: { kind: EntityKind; search: EntitiesSearch; place: Place }) {
  const { many } = ENTITY[kind];
  const { data: server = "" } = useQuery(serverQuery());
  if (search.text) return <Empty title={`No ${search.archived ? "archived " : ""}${many} with “${printable(search.text, 60)}” in the name`} />;
  if (search.archived) return <Empty title={`No archived ${many}`}>What is archived is out of the way here; its runs stay, and nothing is deleted.</Empty>;
  return (
    <Empty title={`No ${many} in ${printable(`${place.project}/${place.domain}`, 100)}`}>
      <HowToRegister server={server} place={place} />
    </Empty>
  );
}
