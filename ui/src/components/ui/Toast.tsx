import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore, type ReactNode } from "react";
import { messageOf } from "@/lib/messageOf";

interface Message {
  id: number;
  text: ReactNode;
  isBad: boolean;
}

let messages: readonly Message[] = [];
let next = 0;
const readers = new Set<() => void>();

function set(changed: readonly Message[]): void {
  messages = changed;
  for (const reader of readers) reader();
}

/** Says for a few seconds what has been done. */
export function say(text: ReactNode): void {
  set([...messages, { id: next++, text, isBad: false }]);
}

/** Says what was refused, in the server's words. */
export function complain(error: unknown): void {
  set([...messages, { id: next++, text: messageOf(error), isBad: true }]);
}

/** Once, around the pages. */
export function Toasts({ children }: { children: ReactNode }) {
  const shown = useSyncExternalStore(
    (reader) => {
      readers.add(reader);
      return () => readers.delete(reader);
    },
    () => messages,
  );
  return (
    <Radix.Provider duration={6000}>
      {children}
      {shown.map((message) => (
        <Radix.Root
          key={message.id}
          duration={message.isBad ? 15_000 : 6000}
          onOpenChange={(open) => open || set(messages.filter((each) => each.id !== message.id))}
          className={`rounded-lg border border-line-2 p-3 text-sm shadow-pop ${message.isBad ? "bg-bad-ground text-bad" : "bg-ground text-ink"}`}
        >
          <Radix.Description className="break-words whitespace-pre-wrap">{message.text}</Radix.Description>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed bottom-4 left-1/2 -translate-x-1/2 z-50 m-0 flex w-96 max-w-[calc(100vw-2rem)] list-none flex-col gap-2 p-0" />
    </Radix.Provider>
  );
}
