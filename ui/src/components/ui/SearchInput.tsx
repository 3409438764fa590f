import { useEffect, useRef, useState, type ReactNode } from "react";
import { Input } from "./Field";

const PAUSE_MS = 200;

/** A field that says what was typed once the hand rests; the owner holds it in the address, which is written and read with some delay. */
export function SearchInput({ label, placeholder = label, value, onChange, className, icon }: {
  label: string;
  placeholder?: string;
  value: string;
  onChange: (text: string) => void;
  className?: string;
  icon?: ReactNode;
}) {
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
  useEffect(() => {
    if (typed === known) return;
    const timer = setTimeout(() => say.current(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, known]);
  return (
    <span className="relative">
      {icon}
      <Input type="search" aria-label={label} placeholder={placeholder} className={className} value={typed} onChange={(event) => setTyped(event.target.value)} />
    </span>
  );
}
