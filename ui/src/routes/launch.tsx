import { createFileRoute } from "@tanstack/react-router";
import { flag, oneOf, text, texts } from "@/lib/search";
import { LaunchPage } from "./-launch/LaunchPage";

export interface LaunchSearch {
  kind?: "workflow" | "task" | "launch-plan";
  name?: string;
  /** None: the active one, else the latest. */
  version?: string;
  /** A launch plan of the workflow; none: the one of its own name. */
  plan?: string;
  /** "project/domain/name" of an execution whose inputs and options are taken over. */
  from?: string;
  /** Ids or names of nodes of it: what lies before them is kept. */
  from_nodes?: string[];
  /** What succeeded of it is kept, also without such nodes. */
  keep_succeeded?: true;
}

export const Route = createFileRoute("/launch")({
  validateSearch: (search: Record<string, unknown>): LaunchSearch => ({
    kind: oneOf(search.kind, ["workflow", "task", "launch-plan"] as const),
    name: text(search.name),
    version: text(search.version),
    plan: text(search.plan),
    from: text(search.from),
    from_nodes: texts(search.from_nodes),
    keep_succeeded: flag(search.keep_succeeded),
  }),
  component: LaunchPage,
});
