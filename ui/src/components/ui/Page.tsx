import { useEffect, type ReactNode } from "react";
import { printable } from "@/lib/printable";

/** The head of a page and what lies beneath; `title` is also the browser's. */
export function Page({ title: said, heading, actions, children }: { title: string; heading?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const title = printable(said, 200);
  useEffect(() => {
    document.title = `${title} · Alula`;
  }, [title]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-2.5">
        <div className="min-w-0 flex-1 basis-56">{heading ?? <h1 className="text-base font-semibold">{title}</h1>}</div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A titled part of a page. */
export function Section({ title, extra, children }: { title: ReactNode; extra?: ReactNode; children: ReactNode }) {
  return (
    <section className="rounded-lg border border-line bg-ground">
      <div className="flex items-center justify-between gap-2 border-b border-line px-4 py-2">
        <h2 className="text-sm font-semibold">{title}</h2>
        {extra}
      </div>
      {children}
    </section>
  );
}
