import { useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef, type PointerEvent } from "react";
import { useIsDark } from "@/lib/theme";
import { readPalette, type Scene } from "./paint";

const WIDTH = 168;
const HEIGHT = 104;

/** The whole of a large graph in small, with what is seen of it; a click goes there. */
export function MiniMap({ scene }: { scene: Scene }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [x, y, zoom] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const isDark = useIsDark();
  const flow = useReactFlow();
  const scale = Math.min(WIDTH / Math.max(1, scene.layout.width), HEIGHT / Math.max(1, scene.layout.height));
  const left = (WIDTH - scene.layout.width * scale) / 2;
  const top = (HEIGHT - scene.layout.height * scale) / 2;

  useEffect(() => {
    const asked = requestAnimationFrame(() => {
      const context = canvas.current?.getContext("2d");
      if (!context) return;
      const palette = readPalette();
      context.clearRect(0, 0, WIDTH, HEIGHT);
      for (const [id, box] of scene.layout.boxes) {
        if (scene.byId.get(id)?.isExpanded) continue;
        context.fillStyle = scene.isFaint(id) ? palette.line : palette.tones[scene.toneOf(id)];
        context.fillRect(left + box.x * scale, top + box.y * scale, Math.max(1, box.width * scale), Math.max(1, box.height * scale));
      }
    });
    return () => cancelAnimationFrame(asked);
  }, [scene, isDark, scale, left, top]);

  function go(event: PointerEvent<HTMLDivElement>): void {
    const area = event.currentTarget.getBoundingClientRect();
    void flow.setCenter((event.clientX - area.left - left) / scale, (event.clientY - area.top - top) / scale, { zoom });
  }

  return (
    <div
      aria-hidden
      title="The whole graph; a click goes there"
      onPointerDown={go}
      onPointerMove={(event) => event.buttons === 1 && go(event)}
      className="absolute right-3 bottom-3 z-10 overflow-hidden rounded-md border border-line bg-ground"
      style={{ width: WIDTH, height: HEIGHT }}
    >
      <canvas ref={canvas} width={WIDTH} height={HEIGHT} />
      <div
        className="absolute border-2 border-accent"
        style={{ left: left - (x / zoom) * scale, top: top - (y / zoom) * scale, width: (width / zoom) * scale, height: (height / zoom) * scale }}
      />
    </div>
  );
}
