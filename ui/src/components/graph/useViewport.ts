import { getViewportForBounds, useReactFlow, useStore } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Grid } from "@/graph/grid";
import type { Layout } from "@/graph/layout";
import type { Laid } from "./useLayout";

export const FIT = { padding: 0.08, minZoom: 0.001, maxZoom: 1.1 };
/** As elements only so many nodes are drawn at a time; a graph of fewer always is. */
const MOST_ELEMENTS = 150;
const READABLE_ZOOM = 0.45;
const LEGIBLE_ZOOM = 0.75;

/** What of a graph is looked at: which nodes are drawn as elements, and how the view is moved. */
export function useViewport({ model, layout }: Laid, selected: string | undefined) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const [visible, setVisible] = useState<readonly string[]>([]);
  const shown = useRef("");
  const grid = useMemo(() => new Grid(layout.boxes), [layout]);
  const isSmall = model.nodes.length <= MOST_ELEMENTS;

  const look = useCallback(() => {
    const { x, y, zoom } = flow.getViewport();
    let ids: readonly string[] = [];
    if (isSmall) ids = model.nodes.map((node) => node.id);
    else if (zoom >= READABLE_ZOOM) {
      const found = grid.within({ x: -x / zoom - 100, y: -y / zoom - 100, width: width / zoom + 200, height: height / zoom + 200 });
      if (found.length <= MOST_ELEMENTS) ids = found;
    }
    const key = ids.join("|");
    if (key === shown.current) return;
    shown.current = key;
    setVisible(ids);
  }, [flow, grid, height, isSmall, model, width]);

  const fit = useCallback(
    () => void flow.setViewport(getViewportForBounds({ x: 0, y: 0, width: layout.width, height: layout.height }, width, height, FIT.minZoom, FIT.maxZoom, FIT.padding)).then(look),
    [flow, layout, width, height, look],
  );
  const centre = useCallback(
    (id: string, zoom: number) => {
      const box = layout.boxes.get(id);
      if (!box) return;
      const x = offsetOf(box.x + box.width / 2, layout.width, zoom, width);
      const y = offsetOf(box.y + Math.min(box.height, 200) / 2, layout.height, zoom, height);
      void flow.setViewport({ x, y, zoom }).then(look);
    },
    [flow, height, layout, look, width],
  );
  const fittedFor = useRef<{ selected: string | undefined; width: number; layout: Layout }>(undefined);
  /** All was expanded or collapsed: with the next layout it is looked at as at first. */
  const isAnew = useRef(false);
  useEffect(() => {
    if (width === 0) return;
    const before = fittedFor.current;
    fittedFor.current = { selected, width, layout };
    if (!before || (isAnew.current && before.layout !== layout)) {
      isAnew.current = false;
      const whole = getViewportForBounds({ x: 0, y: 0, width: layout.width, height: layout.height }, width, height, FIT.minZoom, FIT.maxZoom, FIT.padding);
      // A graph that would be too small to be read (on a phone, beside a drawer) shows what is selected, else its beginning.
      if (!isSmall || whole.zoom >= LEGIBLE_ZOOM) fit();
      else if (selected && layout.boxes.has(selected)) centre(selected, LEGIBLE_ZOOM);
      else void flow.setViewport({ x: 16, y: height / 2 - (layout.height * LEGIBLE_ZOOM) / 2, zoom: LEGIBLE_ZOOM }).then(look);
    } else if (selected && (before.selected !== selected || before.width !== width) && !isInView(layout.boxes.get(selected), flow.getViewport(), width, height)) {
      centre(selected, flow.getZoom()); // the drawer that opened lies over it
    } else if (!selected && before.width !== width) {
      // The drawer that closed leaves room for all of it.
      const view = flow.getViewport();
      const fits = layout.width * view.zoom <= width && layout.height * view.zoom <= height;
      if (fits && !isInView({ x: 0, y: 0, ...layout }, view, width, height)) fit();
    }
    shown.current = "";
    look();
  }, [centre, fit, flow, height, isSmall, layout, look, selected, width]);

  const go = useCallback((id: string) => centre(id, Math.max(0.8, Math.min(1.2, flow.getZoom()))), [centre, flow]);
  const isSeen = (id: string) => isInView(layout.boxes.get(id), flow.getViewport(), width, height);
  return {
    visible,
    grid,
    isSmall,
    look,
    fit,
    go,
    isSeen,
    /** Brings a node to the middle, as close as the view is. */
    bring: (id: string) => centre(id, flow.getZoom()),
    zoomBy: (factor: number) => void flow.zoomTo(flow.getZoom() * factor).then(look),
    startAnew: () => (isAnew.current = true),
    placeOf: flow.screenToFlowPosition,
  };
}

/** By how much a view is moved so that a place is in its middle, without showing what lies beyond the ends of a whole that is longer than it. */
function offsetOf(place: number, whole: number, zoom: number, view: number): number {
  const begin = view / 2 - place * zoom;
  return whole * zoom + 32 <= view ? begin : Math.min(16, Math.max(view - whole * zoom - 16, begin));
}

function isInView(box: { x: number; y: number; width: number; height: number } | undefined, view: { x: number; y: number; zoom: number }, width: number, height: number): boolean {
  if (!box) return true;
  const [left, top] = [box.x * view.zoom + view.x, box.y * view.zoom + view.y];
  return left >= 0 && top >= 0 && left + box.width * view.zoom <= width && top + Math.min(box.height, 60) * view.zoom <= height;
}
