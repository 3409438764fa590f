import clsx from "clsx";
import { Slot } from "radix-ui";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

type Look = "primary" | "plain" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:bg-accent-2",
  plain: "bg-ground text-ink border-line-2 hover:bg-ground-3",
  quiet: "bg-transparent text-ink-2 border-transparent hover:bg-ground-3 hover:text-ink",
  danger: "bg-ground text-bad border-line-2 hover:bg-bad-ground",
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  size?: "small" | "normal";
  icon?: ReactNode;
  /** The child (a link) becomes the button. */
  asChild?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "plain", size = "normal", icon, asChild, className, children, ...rest }: ButtonProps) {
  const all = clsx(
    "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium transition-colors disabled:opacity-50",
    size === "small" ? "h-7 px-2 text-xs" : "h-8 px-3 text-sm",
    LOOKS[look],
    className,
  );
  if (asChild) {
    return (
      <Slot.Root className={all} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button type="button" className={all} {...rest}>
      {icon}
      {children}
    </button>
  );
}

/** A button that is a sign alone; its label is read out and shown on hover. */
export function IconButton({ label, children, className, ...rest }: Omit<ButtonProps, "icon"> & { label: string; children: ReactNode }) {
  return (
    <Button look="quiet" aria-label={label} title={label} className={clsx("!px-0 w-8", rest.size === "small" && "!w-7", className)} {...rest}>
      {children}
    </Button>
  );
}
