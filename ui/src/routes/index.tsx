import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createFileRoute, Link } from "@tanstack/react-router";
import { executionsQuery, type ExecutionSearch } from "@/api/execution/queries";
import { overviewQuery, serverQuery } from "@/api/overview/queries";
import { AskingContext } from "@/components/execution/asking";
import { ExecutionLines } from "@/components/execution/Lines";
import { FirstRun } from "@/components/home/FirstRun";
import { People } from "@/components/home/People";
import { Places } from "@/components/home/Places";
import { WaitingList } from "@/components/home/WaitingList";
import { Page, Section } from "@/components/ui/Page";
import { None, Skeleton, QueryFailure } from "@/components/ui/State";
import type { ExecutionPhase } from "@/idl";
import { usePlace } from "@/lib/usePlace";
import { useAsking } from "./-gates/useAsking";

export const Route = createFileRoute("/")({ component: Home });

const SHOWN = 8;
const WAITING_SHOWN = 10;
const LIVE: ExecutionPhase[] = ["QUEUED", "RUNNING", "SUCCEEDING", "FAILING", "ABORTING"];
const BAD: ExecutionPhase[] = ["FAILED", "TIMED_OUT"];

function Home() {
  const place = usePlace();
  const overview = useQuery(overviewQuery());
  const { data: server = "" } = useQuery(serverQuery());
  const { gates, hasMore, asking } = useAsking();
  const latest = useInfiniteQuery(executionsQuery({}, SHOWN));
  if (overview.error && !overview.data) {
    return (
      <Page title="Home">
        <QueryFailure query={overview} />
      </Page>
    );
  }
  const { places = [], people = [], is_capped } = overview.data ?? {};
  const isEmpty = latest.data?.pages[0]?.executions?.length === 0;
  return (
    <Page title="Home">
      {isEmpty && !places.some((place) => Number(place.workflows)) ? (
        <FirstRun server={server} place={place} />
      ) : (
        <AskingContext value={asking}>
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4 p-4 xl:grid-cols-[repeat(2,minmax(0,1fr))]">
            {gates.length > 0 && (
              <div className="min-w-0 xl:col-span-2">
                <Section title={`Waits for an answer (${hasMore ? "more than " : ""}${gates.length})`}>
                  <WaitingList gates={gates.slice(0, WAITING_SHOWN)} />
                </Section>
              </div>
            )}
            <Executions title="Running now" search={{ phases: LIVE }} none="Nothing is running." />
            <Executions title="Failed lately" search={{ phases: BAD }} none="Nothing has failed." />
            <Executions title="Latest" search={{}} none="Nothing has run yet." />
            <div className="flex min-w-0 flex-col gap-4">
              <Section title="Projects and domains" extra={is_capped && <span className="text-xs text-ink-2">of the newest executions</span>}>
                {overview.isPending ? <Skeleton lines={3} /> : <Places places={places} />}
              </Section>
              {people.length > 0 && (
                <Section title="Who ran what, 24 h">
                  <People people={people} />
                </Section>
              )}
            </div>
          </div>
        </AskingContext>
      )}
    </Page>
  );
}

function Executions({ title, search, none }: { title: string; search: ExecutionSearch; none: string }) {
  const query = useInfiniteQuery(executionsQuery(search, SHOWN));
  const { data, isPending } = query;
  const found = data?.pages[0]?.executions ?? [];
  return (
    <Section
      title={title}
      extra={
        <Link to="/executions" search={{ ...(search.phases && { phases: [...search.phases] }) }} className="text-xs text-accent hover:underline">
          All
        </Link>
      }
    >
      <QueryFailure query={query} />
      {isPending && <Skeleton lines={3} />}
      {data && (found.length ? <ExecutionLines executions={found} withPlace /> : <None>{none}</None>)}
    </Section>
  );
}
