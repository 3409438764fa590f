import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Home, Keyboard, ListChecks, Moon, Play, Rocket, SquareFunction, Sun, TriangleAlert, UserRound, Workflow } from "lucide-react";
import { useEffect, useState, type ComponentType } from "react";
import { entitiesQuery, type EntityKind } from "@/api/entity/queries";
import { executionsQuery } from "@/api/execution/queries";
import type { Choice, Group, PaletteProps } from "@/components/palette/Palette";
import { Keys } from "@/components/ui/Keys";
import { PhaseSign } from "@/components/ui/Phase";
import { Ago } from "@/components/ui/Time";
import { complain } from "@/components/ui/Toast";
import type { Place } from "@/idl";
import { shortName } from "@/lib/id";
import { useMe } from "@/lib/me";
import { useOffered } from "@/lib/pageActions";
import { phaseWords } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { setTheme } from "@/lib/theme";
import { ms } from "@/lib/time";
import { useDebounced } from "@/lib/useDebounced";

const FOUND = 6;
const SIGN = "size-4 shrink-0";

/** The palette with what it finds; nothing is asked of the server before something is typed. */
export function PaletteContainer({ place, open, onOpenChange, onKeys }: { place: Place; open: boolean; onOpenChange: (open: boolean) => void; onKeys: () => void }) {
  const [text, setText] = useState("");
  const Palette = useWhenIdle(open);
  const typed = text.trim();
  const wanted = useDebounced(typed);
  const isAsking = open && wanted.length > 0;
  const navigate = useNavigate();
  const workflows = useFound("WORKFLOW", wanted, place, isAsking);
  const tasks = useFound("TASK", wanted, place, isAsking);
  const plans = useFound("LAUNCH_PLAN", wanted, place, isAsking);
  const runs = useInfiniteQuery({ ...executionsQuery({ ...place, text: wanted, with_children: true }, FOUND), enabled: isAsking });

  // What was found for less than is typed by now is shown as far as it is still meant: Enter must not open what is not.
  const isLike = (name: string) => name.toLowerCase().includes(typed.toLowerCase());
  const entities = (found: typeof workflows, to: "/workflows/$project/$domain/$name" | "/tasks/$project/$domain/$name" | "/launch-plans/$project/$domain/$name", Sign: typeof Workflow): Choice[] =>
    found.names.filter(({ name }) => isLike(name)).map(({ name, version }) => ({
      id: `${to} ${name}`,
      label: printable(name, 120),
      note: printable(version, 20),
      icon: <Sign aria-hidden className={SIGN} />,
      onSelect: () => void navigate({ to, params: { ...place, name } }),
    }));
  const launches: Choice[] = workflows.names.filter(({ name }) => isLike(name)).map(({ name }) => ({
    id: `launch ${name}`,
    label: `Launch ${printable(name, 120)}`,
    icon: <Play aria-hidden className={SIGN} />,
    onSelect: () => void navigate({ to: "/launch", search: { ...place, kind: "workflow", name } }),
  }));
  const executions: Choice[] = (isAsking ? (runs.data?.pages[0]?.executions ?? []) : []).filter(({ id }) => isLike(id?.name ?? "")).map(({ id, spec, closure }) => ({
    id: `run ${id?.project}/${id?.domain}/${id?.name}`,
    label: printable(id?.name, 120),
    about: [shortName(closure?.workflow_id?.name ?? spec?.launch_plan?.name ?? "").replace(/^\.flytegen\./, ""), spec?.metadata?.principal].filter(Boolean).map((each) => printable(each, 60)).join(" · "),
    note: (
      <>
        {phaseWords(closure?.phase)} · <Ago at={ms(closure?.created_at)} />
      </>
    ),
    icon: <PhaseSign phase={closure?.phase} className={SIGN} />,
    onSelect: () => void navigate({ to: "/executions/$project/$domain/$name", params: { project: id?.project ?? "", domain: id?.domain ?? "", name: id?.name ?? "" } }),
  }));
  const fixed = useActions(place, onKeys).filter(({ label }) => isLike(label));
  const ofPage: Choice[] = useOffered(open).filter(({ label }) => isLike(label)).map((action) => ({ ...action, id: `page ${action.id}` }));
  const here: Group = { title: "On this page", choices: ofPage };
  const groups: Group[] = [
    // Behind what was found: who types a name and Enter must not have ended something.
    ...(typed ? [] : [here]),
    { title: "Executions", choices: executions },
    { title: "Workflows", choices: entities(workflows, "/workflows/$project/$domain/$name", Workflow) },
    { title: "Tasks", choices: entities(tasks, "/tasks/$project/$domain/$name", SquareFunction) },
    { title: "Launch plans", choices: entities(plans, "/launch-plans/$project/$domain/$name", Rocket) },
    ...(typed ? [here] : []),
    { title: "Actions", choices: [...fixed, ...launches] },
  ];
  if (!open || !Palette) return null;
  return (
    <Palette
      open={open}
      onOpenChange={(isOpen) => {
        onOpenChange(isOpen);
        if (!isOpen) setText("");
      }}
      text={text}
      onText={setText}
      groups={groups}
      isSearching={typed !== wanted || (isAsking && (runs.isFetching || workflows.isFetching))}
    />
  );
}

const IDLE_MS = 200;

/** Read after the page, before it is wanted: what is typed right behind the keys that open it would otherwise be lost. */
function useWhenIdle(isWanted: boolean): ComponentType<PaletteProps> | undefined {
  const [found, setFound] = useState<ComponentType<PaletteProps>>();
  useEffect(() => {
    if (found) return;
    // Where it did not come it is tried again when it is wanted.
    const timer = setTimeout(() => {
      import("@/components/palette/Palette").then(
        (module) => setFound(() => module.default),
        (error: unknown) => isWanted && complain(error),
      );
    }, isWanted ? 0 : IDLE_MS);
    return () => clearTimeout(timer);
  }, [isWanted, found]);
  return found;
}

function useFound(kind: EntityKind, text: string, place: Place, enabled: boolean) {
  const { data, isFetching } = useInfiniteQuery({ ...entitiesQuery(kind, { ...place, text, without_runs: true }, FOUND), enabled });
  const names = enabled ? (data?.pages[0]?.entities ?? []).map(({ latest }) => ({ name: latest?.name ?? "", version: latest?.version ?? "" })) : [];
  return { names, isFetching };
}

function useActions(place: Place, onKeys: () => void): Choice[] {
  const mine = useMe();
  const navigate = useNavigate();
  return [
    { id: "go home", label: "Go to Home", icon: <Home aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/" }) },
    { id: "go executions", label: "Go to Executions", icon: <ListChecks aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/executions", search: place }) },
    { id: "go workflows", label: "Go to Workflows", icon: <Workflow aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/workflows", search: place }) },
    { id: "go tasks", label: "Go to Tasks", icon: <SquareFunction aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/tasks", search: place }) },
    { id: "go plans", label: "Go to Launch plans", icon: <Rocket aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/launch-plans", search: place }) },
    {
      id: "failed",
      label: "What failed in the last 24 hours",
      icon: <TriangleAlert aria-hidden className={SIGN} />,
      onSelect: () => void navigate({ to: "/executions", search: { ...place, phases: ["FAILED", "TIMED_OUT"], within: "24h" } }),
    },
    ...(mine
      ? [{ id: "mine", label: "What I launched", note: printable(mine, 40), icon: <UserRound aria-hidden className={SIGN} />, onSelect: () => void navigate({ to: "/executions", search: { ...place, users: [mine] } }) }]
      : []),
    { id: "keys", label: "Keyboard shortcuts", note: <Keys of="?" />, icon: <Keyboard aria-hidden className={SIGN} />, onSelect: onKeys },
    { id: "light", label: "Light theme", icon: <Sun aria-hidden className={SIGN} />, onSelect: () => setTheme("light") },
    { id: "dark", label: "Dark theme", icon: <Moon aria-hidden className={SIGN} />, onSelect: () => setTheme("dark") },
  ];
}
