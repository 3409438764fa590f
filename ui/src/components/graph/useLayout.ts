import { useEffect, useRef, useState } from "react";
import type { Layout } from "@/graph/layout";
import type { LayoutAnswer, LayoutRequest } from "@/graph/layout.worker";
import type { GraphModel } from "@/graph/model";

export interface Laid {
  model: GraphModel;
  layout: Layout;
}

/** A graph with its positions, found in a worker; while another is being laid out the one before stays. */
export function useLayout(model: GraphModel): Laid | undefined {
  const [laid, setLaid] = useState<Laid>();
  const worker = useRef<Worker>(undefined);
  const asked = useRef({ number: 0, model });
  useEffect(() => {
    const made = new Worker(new URL("../../graph/layout.worker.ts", import.meta.url), { type: "module" });
    made.onmessage = (event: MessageEvent<LayoutAnswer>) => {
      if (event.data.number === asked.current.number) setLaid({ model: asked.current.model, layout: event.data.layout });
    };
    worker.current = made;
    return () => {
      worker.current = undefined;
      made.terminate();
    };
  }, []);
  useEffect(() => {
    asked.current = { number: asked.current.number + 1, model };
    worker.current?.postMessage({ number: asked.current.number, model } satisfies LayoutRequest);
  }, [model]);
  return laid;
}
