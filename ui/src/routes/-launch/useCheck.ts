import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Launch } from "@/api/execution/mutations";
import { checkQuery } from "@/api/execution/queries";
import type { Problem as ServerProblem } from "@/idl";
import type { Problem } from "@/literal";

const PAUSE_MS = 400;
const NONE: readonly ServerProblem[] = [];

/** What the server would say of a launch, asked when typing pauses. */
export function useCheck(launch: Launch | undefined, enabled: boolean): readonly ServerProblem[] {
  const [settled, setSettled] = useState(launch);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(launch), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [launch]);
  const { data } = useQuery({
    ...checkQuery(settled ?? { project: "", domain: "", spec: {}, inputs: {} }),
    enabled: enabled && settled !== undefined && settled === launch,
    placeholderData: keepPreviousData,
  });
  return (enabled && data) || NONE;
}

/** Problems beside what they are about; an input with a problem of its own is not told twice. */
export function serverProblems(found: readonly ServerProblem[], own: ReadonlyMap<string, unknown>) {
  const inputs = new Map<string, readonly Problem[]>();
  const options = new Map<string, string>();
  const other: string[] = [];
  for (const { field = "", message = "" } of found) {
    if (field.startsWith("inputs.")) {
      const name = field.slice("inputs.".length);
      if (!own.has(name)) inputs.set(name, [{ path: "", message, isMissing: false }]);
    } else if (OPTIONS.has(field)) options.set(field, message);
    else other.push(message);
  }
  return { inputs, options, other: other.join("\n") };
}

const OPTIONS = new Set(["name", "labels", "annotations", "envs", "max_parallelism", "raw_output_data_config"]);
