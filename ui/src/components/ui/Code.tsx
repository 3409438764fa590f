import { Copy } from "./Copy";

/** A command or a piece of code with a button that copies it. */
export function Code({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <div className="flex items-start gap-1 rounded-md border border-line bg-ground-2 py-1 pr-1 pl-3">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <pre tabIndex={0} className="min-w-0 flex-1 overflow-x-auto py-1 font-mono text-xs leading-5">
        {text}
      </pre>
      <Copy text={text} label={label} />
    </div>
  );
}
