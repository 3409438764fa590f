import clsx from "clsx";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

/** A menu beneath its trigger, which must take a ref, as `Button` does. */
export function Menu({ trigger, children, align = "end" }: { trigger: ReactNode; children: ReactNode; align?: "start" | "end" }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align={align} sideOffset={4} className="z-50 max-h-[70vh] max-w-[calc(100vw-1rem)] min-w-44 overflow-auto rounded-lg border border-line bg-ground p-1 shadow-pop">
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const ITEM = "flex w-full cursor-pointer items-center gap-2 rounded px-2 py-1.5 text-sm -outline-offset-2 select-none data-disabled:opacity-50 data-highlighted:bg-ground-3";

export function MenuItem({ onSelect, icon, label, isSign, isDangerous, disabled, children }: {
  onSelect: () => void;
  icon?: ReactNode;
  /** What is read out, where what is seen is a sign alone. */
  label?: string;
  /** A sign beside another item; the menu stays open. */
  isSign?: boolean;
  isDangerous?: boolean;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Item
      disabled={disabled}
      aria-label={label}
      title={label}
      onSelect={(event) => {
        if (isSign) event.preventDefault();
        onSelect();
      }}
      className={clsx(ITEM, isSign && "!w-auto shrink-0", isDangerous && "text-bad")}
    >
      {icon}
      {children}
    </DropdownMenu.Item>
  );
}

/** A choice that stays open while several are ticked. */
export function MenuTick({ checked, onChange, children }: { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode }) {
  return (
    <DropdownMenu.CheckboxItem checked={checked} onCheckedChange={onChange} onSelect={(event) => event.preventDefault()} className={ITEM}>
      <span aria-hidden className={clsx("grid size-4 place-items-center rounded border text-xs", checked ? "border-accent bg-accent text-on-accent" : "border-line-2")}>
        {checked ? "✓" : ""}
      </span>
      {children}
    </DropdownMenu.CheckboxItem>
  );
}

export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2 py-1 text-xs font-medium text-ink-3">{children}</DropdownMenu.Label>;
}
