import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SearchX, TriangleAlert } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { followChanges } from "@/api/changes";
import { provenanceQuery } from "@/api/run/queries";
import { RunStore, useRun } from "@/api/run/store";
import { download, readObject, sizeOf } from "@/api/value/data";
import { FilesContext, type Files } from "@/components/literal/files";
import { CausePanel } from "@/components/run/CausePanel";
import { RunHeader } from "@/components/run/RunHeader";
import { WaitingPanel } from "@/components/run/WaitingPanel";
import { Page } from "@/components/ui/Page";
import { Empty, Failure, Skeleton } from "@/components/ui/State";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { firstCause } from "@/graph/cause";
import { waitingFor } from "@/graph/waiting";
import { useOffer } from "@/lib/pageActions";
import { isTerminal } from "@/lib/phase";
import { Actions } from "./Actions";
import { EventsTab } from "./EventsTab";
import { GraphTab } from "./GraphTab";
import { InputsTab } from "./InputsTab";
import { NodeDrawer, type DrawerSearch } from "./NodeDrawer";
import { NodesTab } from "./NodesTab";
import { RunPageContext, type RunPage } from "./page";
import { TimelineTab } from "./TimelineTab";
import { useOpener } from "./useOpener";
import { useGraphs } from "./useGraphs";
import { printable } from "@/lib/printable";
import type { ExecutionPageSearch } from "../executions.$project.$domain.$name";

const FILES: Files = { read: readObject, sizeOf, download };

const TABS = [
  { value: "graph", label: "Graph" },
  { value: "timeline", label: "Timeline" },
  { value: "nodes", label: "Nodes" },
  { value: "inputs", label: "Inputs and outputs" },
  { value: "events", label: "Events" },
] as const;

export interface ExecutionPageProps {
  id: RunPage["id"];
  search: ExecutionPageSearch;
  onSearch: (change: Partial<ExecutionPageSearch>, isReplaced?: boolean) => void;
}

const NO_DRAWER = { node: undefined, attempt: undefined, item: undefined, view: undefined, at: undefined };

/** One execution, live. */
export function ExecutionPage({ id, search, onSearch }: ExecutionPageProps) {
  const [store] = useState(() => new RunStore(id));
  const run = useRun(store);
  const graphs = useGraphs(id, run);
  const client = useQueryClient();
  // Its own stream is over, so that another one says whether the server is there. Of what has ended nothing is read again.
  const isOver = run.status === "ended" || run.status === "gone";
  useEffect(() => (isOver ? followChanges(client, { isQuiet: true }) : undefined), [client, isOver]);
  const workflowId = run.execution?.closure?.workflow_id;
  const provenance = useQuery({ ...provenanceQuery({ ...workflowId, resource_type: "WORKFLOW" }), enabled: workflowId !== undefined });
  const phase = run.execution?.closure?.phase;
  const cause = useMemo(() => (phase === "FAILED" || phase === "FAILING" || phase === "TIMED_OUT" ? firstCause(run.nodes.values()) : undefined), [phase, run]);
  const opener = useOpener();
  const open = useCallback<RunPage["open"]>(
    (node, where = {}) => {
      opener.remember();
      onSearch({ ...NO_DRAWER, node, ...where } as Partial<ExecutionPageSearch>);
    },
    [onSearch, opener],
  );
  const close = useCallback(() => {
    opener.giveBack();
    onSearch(NO_DRAWER);
  }, [onSearch, opener]);
  const page = useMemo<RunPage>(() => ({ id, store, run, graphs, open }), [id, store, run, graphs, open]);
  const waiting = useMemo(() => (isTerminal(phase) ? [] : waitingFor(run.nodes, graphs.describer)), [phase, run, graphs.describer]);
  const tab = search.tab ?? "graph";
  const isAtLog = search.node !== undefined && search.view === "log";
  const openCause = () => cause && open(cause.nodeId, { item: cause.item, view: "log", at: "error" });
  useOffer(cause ? [{ id: "cause", label: "Open the first failure with its log", icon: <TriangleAlert aria-hidden className="size-4 shrink-0" />, onSelect: openCause }] : []);

  if (run.status === "gone") return <Gone id={id} wasThere={run.execution !== undefined} />;
  return (
    <RunPageContext value={page}>
      <FilesContext value={FILES}>
        <Page title={id.name} heading={<RunHeader name={id.name} isAsking={waiting.length > 0} execution={run.execution} provenance={provenance.data} />} actions={<Actions />}>
          {cause && (
            <CausePanel
              cause={cause}
              isFolded={isAtLog}
              nodeName={graphs.describer.describe(cause.nodeId).name}
              onOpen={openCause}
            />
          )}
          {waiting.length > 0 && <WaitingPanel waiting={waiting} onOpen={open} />}
          {!cause && run.execution?.closure?.error && <Failure error={new Error(run.execution.closure.error.message)} title="The execution failed" />}
          {run.status === "reading" ? (
            <Skeleton />
          ) : (
            <div className="flex min-h-0 flex-1">
              <div className="flex min-w-0 flex-1 flex-col">
                <Tabs label="Views of the execution" value={tab} onChange={(next) => onSearch({ tab: TABS.find((each) => each.value === next)?.value })} items={TABS}>
                  <TabPanel value="graph" className="min-h-0 flex-1">
                    <GraphTab selected={search.node} />
                  </TabPanel>
                  <TabPanel value="timeline" className="min-h-0 flex-1">
                    <TimelineTab selected={search.node} />
                  </TabPanel>
                  <TabPanel value="nodes" className="min-h-0 flex-1">
                    <NodesTab selected={search.node} />
                  </TabPanel>
                  <TabPanel value="inputs">
                    <InputsTab />
                  </TabPanel>
                  <TabPanel value="events" className="min-h-0 flex-1">
                    <EventsTab />
                  </TabPanel>
                </Tabs>
              </div>
              {search.node !== undefined && (
                <NodeDrawer key={search.node} search={search as DrawerSearch} onChange={(change) => onSearch(change, true)} opener={opener} onClose={close} />
              )}
            </div>
          )}
        </Page>
      </FilesContext>
    </RunPageContext>
  );
}

function Gone({ id, wasThere }: { id: RunPage["id"]; wasThere: boolean }) {
  return (
    <Page title={id.name}>
      <Empty icon={<SearchX aria-hidden className="size-7" strokeWidth={1.5} />} title={wasThere ? "This execution is no longer there" : "There is no such execution"}>
        <p>
          {wasThere ? "It was deleted while this page was open." : `The server knows no execution ${printable(id.name, 200)} in ${printable(id.project, 100)}, ${printable(id.domain, 100)}. The name may be mistyped, or it was deleted.`}
        </p>
        <p className="mt-2">
          <Link to="/executions" search={{ project: id.project, domain: id.domain }} className="text-accent hover:underline">
            All executions
          </Link>
        </p>
      </Empty>
    </Page>
  );
}
