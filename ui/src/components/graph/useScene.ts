import { useMemo } from "react";
import type { Grid } from "@/graph/grid";
import type { GraphModel, GraphNode } from "@/graph/model";
import type { Tone } from "@/lib/phase";
import type { Scene } from "./paint";
import { NO_STATUS, toneFor, type GraphRun } from "./status";
import type { Laid } from "./useLayout";

/** What the canvas paints; tones are found once for each change of the run, not once per frame. */
export function useScene(model: GraphModel, laid: Laid, run: GraphRun | undefined, grid: Grid, byId: ReadonlyMap<string, GraphNode>, selected: string | undefined, isEdgesOnly: boolean): Scene {
  const tones = useMemo(() => {
    const found = new Map<string, Tone>();
    const faint = new Set<string>();
    for (const node of model.nodes) {
      const status = run?.statusOf(node) ?? NO_STATUS;
      found.set(node.id, toneFor(status));
      if (status.phase === undefined || status.phase === "SKIPPED") faint.add(node.id);
    }
    return { found, faint };
  }, [model, run]);
  return useMemo<Scene>(
    () => ({ model, layout: laid.layout, grid, byId, toneOf: (id) => tones.found.get(id) ?? "wait", isFaint: (id) => tones.faint.has(id), selected, isEdgesOnly }),
    [model, laid, grid, byId, tones, selected, isEdgesOnly],
  );
}
