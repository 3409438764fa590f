type Kind = "executions" | "workflows" | "tasks" | "launch-plans";

interface ConsolePage {
  kind: Kind;
  project: string;
  domain: string;
  name: string;
  version?: string;
}

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["executions", "executions"],
  ["workflow", "workflows"],
  ["workflows", "workflows"],
  ["task", "tasks"],
  ["tasks", "tasks"],
  ["launch_plan", "launch-plans"],
  ["launch_plans", "launch-plans"],
  ["launchPlans", "launch-plans"],
]);
const PATH = /^projects\/([^/]+)\/domains\/([^/]+)\/([^/]+)\/([^/]+)(?:\/version\/([^/]+))?\/?$/;

/** What "projects/P/domains/D/executions/NAME", as Flyte's clients print it behind /console, stands for; undefined if nothing here does. */
export function consolePage(path: string): ConsolePage | undefined {
  const [, project, domain, word = "", name, version] = PATH.exec(path) ?? [];
  const kind = KINDS.get(word);
  return kind && project && domain && name ? { kind, project, domain, name, version } : undefined;
}
