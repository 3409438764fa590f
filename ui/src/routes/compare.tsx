import { useQuery } from "@tanstack/react-query";
import { createFileRoute, Link, useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import { compareQuery } from "@/api/compare/queries";
import { columnsOf } from "@/components/compare/Columns";
import { CompareHead } from "@/components/compare/Head";
import { Differences } from "@/components/compare/Differences";
import { Parallel } from "@/components/compare/Parallel";
import { RunTable } from "@/components/compare/RunTable";
import { Button } from "@/components/ui/Button";
import { Tick } from "@/components/ui/Field";
import { Page } from "@/components/ui/Page";
import { Empty, Skeleton, QueryFailure } from "@/components/ui/State";
import { TabPanel, Tabs } from "@/components/ui/Tabs";
import { toCsv } from "@/compare/csv";
import { compareExecutions } from "@/compare/table";
import { save } from "@/lib/download";
import { idOf } from "@/lib/id";
import { flag, oneOf, text } from "@/lib/search";
import { CurvesTab } from "./-compare/CurvesTab";

const TABS = ["differences", "table", "curves", "parallel"] as const;
const MOST = 100;

export interface CompareSearch {
  /** The executions, as "project/domain/name" separated by commas. */
  ids?: string;
  tab?: (typeof TABS)[number];
  metric?: string;
  /** Also what is the same in all. */
  all?: true;
}

export const Route = createFileRoute("/compare")({
  validateSearch: (search: Record<string, unknown>): CompareSearch => ({ ids: text(search.ids), tab: oneOf(search.tab, TABS), metric: text(search.metric), all: flag(search.all) }),
  component: Compare,
});

function Compare() {
  const { ids: said = "", tab = "differences", metric, all = false } = Route.useSearch();
  const navigate = useNavigate({ from: "/compare" });
  const ids = useMemo(() => [...new Set(said.split(","))].map(idOf).filter((id) => id !== undefined), [said]);
  const query = useQuery(compareQuery(ids.slice(0, MOST)));
  const { data, isPending } = query;
  const groups = useMemo(() => (data ? compareExecutions(data) : []), [data]);
  const columns = useMemo(() => columnsOf(data ?? [], groups), [data, groups]);
  const [hovered, setHovered] = useState<string>();
  const change = (to: CompareSearch) => void navigate({ search: (old) => ({ ...old, ...to }), replace: true });
  if (ids.length < 2) {
    return (
      <Page title="Compare">
        <Empty title="Choose from 2 to 100 executions to compare">
          Tick them in the <Link to="/executions" className="text-accent underline">list of executions</Link>, then press Compare.
        </Empty>
      </Page>
    );
  }
  const without = (id: string) => ids.map(({ project, domain, name }) => `${project}/${domain}/${name}`).filter((each) => each !== id).join(",");
  return (
    <Page
      title={`Compare ${ids.length} executions`}
      actions={
        <Button disabled={!data} icon={<Download aria-hidden className="size-4" />} onClick={() => save(toCsv(groups, columns.map(({ id }) => id)), "comparison.csv", "text/csv")}>
          CSV
        </Button>
      }
    >
      {ids.length > MOST && <p className="px-4 py-2 text-sm text-warn">The first {MOST} of {ids.length} are compared; more do not fit side by side.</p>}
      <QueryFailure query={query} />
      {isPending && <Skeleton lines={12} />}
      {data && (
        <>
          <CompareHead executions={data} columns={columns} hovered={hovered} onRemove={columns.length > 2 ? (id) => change({ ids: without(id) }) : undefined} />
          <Tabs
            label="Views of the comparison"
            value={tab}
            onChange={(chosen) => change({ tab: oneOf(chosen, TABS) })}
            items={[
              { value: "differences", label: "Differences" },
              { value: "table", label: "Table" },
              { value: "curves", label: "Curves" },
              { value: "parallel", label: "Parallel coordinates" },
            ]}
            extra={tab === "differences" && <Tick label="Also what is the same" checked={all} onChange={(event) => change({ all: event.target.checked || undefined })} className="whitespace-nowrap" />}
          >
            <TabPanel value="differences" className="min-h-0 flex-1">
              <Differences groups={groups} columns={columns} areAllShown={all} />
            </TabPanel>
            <TabPanel value="table" className="min-h-0 flex-1">
              <RunTable groups={groups} columns={columns} onHover={setHovered} />
            </TabPanel>
            <TabPanel value="curves">
              <CurvesTab executions={data} columns={columns} metric={metric} onMetric={(chosen) => change({ metric: chosen })} />
            </TabPanel>
            <TabPanel value="parallel">
              <Parallel groups={groups} columns={columns} />
            </TabPanel>
          </Tabs>
        </>
      )}
    </Page>
  );
}
