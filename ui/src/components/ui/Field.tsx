import clsx from "clsx";
import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, type TextareaHTMLAttributes } from "react";

const BOX =
  "w-full rounded-md border border-line-2 bg-ground px-2 text-sm text-ink placeholder:text-ink-3 aria-invalid:border-bad disabled:opacity-60";

export function Input({ className, ...rest }: InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  return <input className={clsx(BOX, "h-8", className)} autoComplete="off" spellCheck={false} {...rest} />;
}

export function TextArea({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return <textarea className={clsx(BOX, "min-h-16 py-1.5", className)} spellCheck={false} {...rest} />;
}

export function Select({ className, children, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <select className={clsx(BOX, "h-8 pr-7", className)} {...rest}>
      {children}
    </select>
  );
}

export function Tick({ label, className, ...rest }: InputHTMLAttributes<HTMLInputElement> & { label: ReactNode }) {
  return (
    <label className={clsx("inline-flex items-center gap-2 text-sm", className)}>
      <input type="checkbox" className="size-4 accent-accent" {...rest} />
      {label}
    </label>
  );
}

/** A label, its field, what it means, and what is wrong with it. `children` gets what ties them together. */
export function Field({ label, hint, error, note, extra, children }: {
  label: ReactNode;
  /** What may be entered, beneath the field. */
  hint?: ReactNode;
  error?: string;
  /** Beside the label, such as the type. */
  note?: ReactNode;
  /** At the right end of the label's line, such as a button. */
  extra?: ReactNode;
  children: (props: { id: string; "aria-invalid": boolean; "aria-describedby": string | undefined }) => ReactNode;
}) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="flex flex-col gap-1">
      <div className="flex min-h-5 items-center gap-3">
        <label htmlFor={id} className="min-w-0 text-sm font-medium break-words">
          {label}
        </label>
        {note && <span className="ml-auto min-w-0 truncate font-mono text-xs text-ink-3">{note}</span>}
        {extra && <span className={clsx("flex shrink-0 items-center gap-1", !note && "ml-auto")}>{extra}</span>}
      </div>
      {children({ id, "aria-invalid": Boolean(error), "aria-describedby": described || undefined })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-ink-2">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-xs break-words whitespace-pre-wrap text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

/** Several fields that are one value: as `Field`, for what is in `children`. */
export function FieldGroup({ label, hint, error, note, extra, isPlain, children }: {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
  note?: ReactNode;
  extra?: ReactNode;
  /** Without the line at its left that says what belongs to it. */
  isPlain?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} aria-describedby={error ? `${id}-error` : undefined} className="flex min-w-0 flex-col gap-1">
      <div className="flex min-h-5 items-center gap-3">
        <span id={id} className="min-w-0 text-sm font-medium break-words">
          {label}
        </span>
        {note && <span className="ml-auto min-w-0 truncate font-mono text-xs text-ink-3">{note}</span>}
        {extra && <span className={clsx("flex shrink-0 items-center gap-1", !note && "ml-auto")}>{extra}</span>}
      </div>
      {hint && <p className="text-xs text-ink-2">{hint}</p>}
      <div className={isPlain ? "flex flex-col gap-3" : "flex flex-col gap-3 border-l-2 border-line py-1 pl-3"}>{children}</div>
      {error && (
        <p id={`${id}-error`} role="alert" className="text-xs break-words whitespace-pre-wrap text-bad">
          {error}
        </p>
      )}
    </div>
  );
}
