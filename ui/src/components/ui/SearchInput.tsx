import clsx from "clsx";
import { Search } from "lucide-react";
import { useEffect, useRef, useState, type InputHTMLAttributes, type Ref } from "react";
import { useDebounced } from "@/lib/useDebounced";
import { Input } from "./Field";

export interface SearchFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> {
  label: string;
  value: string;
  onChange: (text: string) => void;
  ref?: Ref<HTMLInputElement>;
}

/** A field in which one looks for something: said with every letter. */
export function SearchField({ label, placeholder = label, onChange, className, ...rest }: SearchFieldProps) {
  return (
    <span className="relative inline-flex min-w-0">
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-2 size-3.5 -translate-y-1/2 text-ink-3" />
      <Input type="search" aria-label={label} placeholder={placeholder} className={clsx("pl-7", className)} onChange={(event) => onChange(event.target.value)} {...rest} />
    </span>
  );
}

/** The same, said once the hand rests; the owner holds it in the address, which is written and read with some delay. */
export function SearchInput({ value, onChange, ...rest }: Pick<SearchFieldProps, "label" | "placeholder" | "value" | "onChange" | "className">) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    // The address changed: by what was said, which may be less than what is typed by now, or by itself (back, a link).
    setKnown(value);
    if (typed === known) setTyped(value);
  }
  const say = useRef(onChange);
  useEffect(() => {
    say.current = onChange;
  });
  const rested = useDebounced(typed);
  useEffect(() => {
    if (rested === typed && typed !== known) say.current(typed);
  }, [rested, typed, known]);
  return <SearchField {...rest} value={typed} onChange={setTyped} />;
}
