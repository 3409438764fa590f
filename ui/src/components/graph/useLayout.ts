import { useEffect, useRef, useState } from "react";
import type { Layout } from "@/graph/layout";
import type { LayoutAnswer, LayoutRequest } from "@/graph/layout.worker";
import type { GraphModel } from "@/graph/model";

export interface Laid {
  model: GraphModel;
  layout: Layout;
}

/**
 * A graph with its positions, found in a worker; while another is being laid out the one before stays. The worker has one graph at a time
 * and then the latest: of one that grows faster than it is laid out every few are shown, and none wait.
 */
export function useLayout(model: GraphModel): Laid | undefined {
  const [laid, setLaid] = useState<Laid>();
  const latest = useRef(model);
  const ask = useRef<() => void>(undefined);
  useEffect(() => {
    const worker = new Worker(new URL("../../graph/layout.worker.ts", import.meta.url), { type: "module" });
    let asked: GraphModel | undefined;
    ask.current = () => {
      if (asked) return;
      asked = latest.current;
      worker.postMessage({ model: asked } satisfies LayoutRequest);
    };
    worker.onmessage = (event: MessageEvent<LayoutAnswer>) => {
      const model = asked;
      asked = undefined;
      if (model) setLaid({ model, layout: event.data.layout });
      if (model !== latest.current) ask.current?.();
    };
    return () => {
      ask.current = undefined;
      worker.terminate();
    };
  }, []);
  useEffect(() => {
    latest.current = model;
    ask.current?.();
  }, [model]);
  return laid;
}
