import { Dialog } from "@/components/ui/Dialog";
import { Keys } from "@/components/ui/Keys";
import { SHORTCUTS, shortcutsOf, type Area } from "@/lib/shortcuts";

/** Every key that does something, by where it does. */
export default function KeysDialog({ onOpenChange }: { onOpenChange: (isOpen: boolean) => void }) {
  return (
    <Dialog open onOpenChange={onOpenChange} title="Keys" width="max-w-3xl">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <div tabIndex={0} role="region" aria-label="Keys by where they work" className="gap-6 sm:columns-2">
        {(Object.keys(SHORTCUTS) as Area[]).map((area) => (
          <section key={area} aria-label={SHORTCUTS[area].title} className="mb-4 break-inside-avoid">
            <h3 className="mb-1 text-sm font-semibold">{SHORTCUTS[area].title}</h3>
            <dl className="divide-y divide-line text-sm">
              {shortcutsOf(area).map(([action, { keys, does }]) => (
                <div key={action} className="flex items-baseline justify-between gap-4 py-1">
                  <dt className="text-ink-2">{does}</dt>
                  <dd className="shrink-0">
                    {keys.map((key) => (
                      <Keys key={key} of={key} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
