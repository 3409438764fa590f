import { X } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { IconButton } from "@/components/ui/Button";
import { actionOf } from "@/lib/shortcuts";
import { isNumber, keep, recall } from "@/lib/storage";

const NARROWEST = 340;

/** What stands beside the page at wide widths, and over it on a phone: its left edge can be moved. */
export function Drawer({ label, title, takesFocus, onClose, children }: {
  label: string;
  title: ReactNode;
  /** Asked once it is there: whether the focus goes into it. */
  takesFocus: () => boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const [width, setWidth] = useState(() => recall("drawer", 520, isNumber));
  const panel = useRef<HTMLElement>(null);

  useEffect(() => {
    if (takesFocus()) panel.current?.focus();
  }, [takesFocus]);

  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent): void {
      if (actionOf("panel", event) !== "close" || event.defaultPrevented) return;
      // A dialog or menu over the page has the key first.
      if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return;
      onClose();
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [onClose]);

  function resize(wanted: number): void {
    const next = Math.round(Math.max(NARROWEST, Math.min(window.innerWidth * 0.75, wanted)));
    setWidth(next);
    keep("drawer", next);
  }

  function onPointerMove(event: PointerEvent<HTMLDivElement>): void {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) resize((panel.current?.getBoundingClientRect().right ?? 0) - event.clientX);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const action = actionOf("panel", event);
    const step = action === "wider" ? 40 : action === "narrower" ? -40 : 0;
    if (step) resize(width + step);
  }

  return (
    <aside
      ref={panel}
      aria-label={label}
      data-drawer=""
      tabIndex={-1}
      className="fixed inset-0 -outline-offset-2 z-30 flex w-full! flex-col bg-ground md:relative md:inset-auto md:z-auto md:w-(--drawer)! md:max-w-[75vw] md:shrink-0 md:border-l md:border-line"
      style={{ "--drawer": `${width}px` } as React.CSSProperties}
    >
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that moves has these keys */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the panel"
        aria-valuenow={width}
        aria-valuemin={NARROWEST}
        aria-valuemax={2000}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- as above
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
        className="absolute top-0 -left-1 z-10 hidden h-full w-2 cursor-col-resize hover:bg-accent/30 md:block"
      />
      <div className="flex items-center gap-2 border-b border-line py-1.5 pr-2 pl-4">
        <div className="min-w-0 flex-1">{title}</div>
        <IconButton label="Close (Esc)" onClick={onClose}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
      {children}
    </aside>
  );
}
