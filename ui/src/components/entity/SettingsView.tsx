import { printable } from "@/lib/printable";

/** Names and values, as they are said. */
export function SettingsView({ settings }: { settings: ReadonlyMap<string, string> }) {
  return (
    <dl className="divide-y divide-line">
      {[...settings].map(([name, value]) => (
        <div key={name} className="grid gap-x-4 px-4 py-1.5 sm:grid-cols-[minmax(8rem,14rem)_minmax(0,1fr)]">
          <dt className="text-sm text-ink-2">{printable(name, 200)}</dt>
          <dd className="min-w-0 font-mono text-xs leading-5 break-words whitespace-pre-wrap">{printable(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
