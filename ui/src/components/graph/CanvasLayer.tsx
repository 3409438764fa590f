import { useStore } from "@xyflow/react";
import { useEffect, useLayoutEffect, useRef } from "react";
import { useIsDark } from "@/lib/theme";
import { paint, readPalette, type Palette, type Scene } from "./paint";

/** Painted beyond each side of what is seen, as a share of it: so far one may pan before it is painted anew. */
const MARGIN = 0.3;
/** What took longer to paint is not painted anew in every frame of a movement; it is moved and stretched instead. */
const CHEAP_MS = 9;
const REST_MS = 90;
const FRAME_MS = 1000 / 60;
const LONGEST_STALE_MS = 320;

interface Painted {
  x: number;
  y: number;
  zoom: number;
  at: number;
  cost: number;
}

/**
 * Everything that is not an element of the page: edges, and all nodes once there are many of them or they are small. While the view
 * moves, the last picture is moved with it by the compositor, and painted anew when that is cheap or the view rests.
 */
export function CanvasLayer({ scene }: { scene: Scene }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painted = useRef<Painted>({ x: 0, y: 0, zoom: 1, at: 0, cost: 0 });
  const palette = useRef<Palette>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const frame = useRef(0);
  const [x, y, zoom] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const isDark = useIsDark();
  const latest = useRef({ scene, x, y, zoom, width, height });
  useLayoutEffect(() => {
    latest.current = { scene, x, y, zoom, width, height };
  });

  useEffect(() => {
    palette.current = undefined;
  }, [isDark]);

  const draw = useRef(() => {
    const now = latest.current;
    const element = canvas.current;
    if (!element || now.width === 0) return;
    palette.current ??= readPalette();
    const begin = performance.now();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [left, top] = [now.width * MARGIN, now.height * MARGIN];
    const [wide, high] = [Math.round((now.width + 2 * left) * ratio), Math.round((now.height + 2 * top) * ratio)];
    if (element.width !== wide || element.height !== high) {
      element.width = wide;
      element.height = high;
      element.style.width = `${wide / ratio}px`;
      element.style.height = `${high / ratio}px`;
    }
    const context = element.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, wide, high);
    const view = { x: (-now.x - left) / now.zoom, y: (-now.y - top) / now.zoom, width: (now.width + 2 * left) / now.zoom, height: (now.height + 2 * top) / now.zoom };
    paint(context, now.scene, palette.current, view, now.zoom);
    element.style.transform = `translate(${-left}px, ${-top}px)`;
    const mine = { x: now.x, y: now.y, zoom: now.zoom, at: begin, cost: performance.now() - begin };
    painted.current = mine;
    // A browser draws later than it is told to: how long that took shows in when the next two frames come.
    requestAnimationFrame(() => {
      const first = performance.now();
      requestAnimationFrame(() => {
        mine.cost = Math.max(mine.cost, first - begin - FRAME_MS, performance.now() - first - FRAME_MS);
      });
    });
  });

  useLayoutEffect(() => {
    const last = painted.current;
    const element = canvas.current;
    if (!element) return;
    const scale = zoom / last.zoom;
    element.style.transformOrigin = "0 0";
    element.style.transform = `translate(${x - last.x * scale - width * MARGIN * scale}px, ${y - last.y * scale - height * MARGIN * scale}px) scale(${scale})`;
    cancelAnimationFrame(frame.current);
    clearTimeout(timer.current);
    if (last.cost < CHEAP_MS || performance.now() - last.at > Math.max(LONGEST_STALE_MS, last.cost * 6)) frame.current = requestAnimationFrame(draw.current);
    else timer.current = setTimeout(draw.current, REST_MS);
  }, [x, y, zoom, width, height]);

  useEffect(() => {
    const asked = requestAnimationFrame(draw.current);
    return () => cancelAnimationFrame(asked);
  }, [scene, isDark]);

  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      clearTimeout(timer.current);
    },
    [],
  );

  return <canvas ref={canvas} aria-hidden data-graph-canvas="" className="pointer-events-none absolute top-0 left-0 z-0" />;
}
