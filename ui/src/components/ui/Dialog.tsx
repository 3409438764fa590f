import clsx from "clsx";
import { X } from "lucide-react";
import { AlertDialog, Dialog as Radix } from "radix-ui";
import { useRef, useState, type ReactNode } from "react";
import { messageOf } from "@/lib/messageOf";
import { Button, IconButton } from "./Button";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  children: ReactNode;
  /** Width class of the panel. */
  width?: string;
}

export function Dialog({ open, onOpenChange, title, description, children, width = "max-w-lg" }: DialogProps) {
  const opener = useRef<HTMLElement>(undefined);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          onOpenAutoFocus={(event) => {
            opener.current = openerOf(document.activeElement);
            focusField(event);
          }}
          onCloseAutoFocus={(event) => {
            if (!opener.current?.isConnected) return;
            event.preventDefault();
            opener.current.focus();
          }}
          className={clsx(
            "fixed top-[8vh] left-1/2 z-50 flex max-h-[84vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-xl border border-line bg-ground shadow-pop",
            width,
          )}
        >
          <div className="flex items-center justify-between gap-2 border-b border-line py-2 pr-2 pl-4">
            <Radix.Title className="font-semibold">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X aria-hidden className="size-4" />
              </IconButton>
            </Radix.Close>
          </div>
          {description && <Radix.Description className="px-4 pt-3 text-sm text-ink-2">{description}</Radix.Description>}
          <div className="min-h-0 overflow-auto p-4">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** An item of a menu is gone when the dialog that it opened is closed; its menu's button is not. */
function openerOf(at: Element | null): HTMLElement | undefined {
  const menu = at?.closest("[role=menu]");
  const found = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : at;
  return found instanceof HTMLElement && found !== document.body ? found : undefined;
}

/** A dialog that asks for something begins in its field, not on the button that closes it. */
function focusField(event: Event): void {
  const field = (event.currentTarget as HTMLElement | null)?.querySelector<HTMLElement>("input:not([hidden]):enabled, textarea:enabled, select:enabled");
  if (!field) return;
  event.preventDefault();
  field.focus();
}

export interface ConfirmProps {
  /** What is clicked first; it must take a ref and a click, as `Button` does. */
  trigger: ReactNode;
  title: string;
  children?: ReactNode;
  action: string;
  isDangerous?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot be undone; a refusal of the server is shown in place. */
export function Confirm({ trigger, title, children, action, isDangerous = true, onConfirm }: ConfirmProps) {
  const [open, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState("");
  async function go(): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    setError("");
    try {
      await onConfirm();
      setOpen(false);
    } catch (failure) {
      setError(messageOf(failure));
    } finally {
      setBusy(false);
    }
  }
  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(isOpen) => {
        setOpen(isOpen);
        setError("");
      }}
    >
      <AlertDialog.Trigger asChild>{trigger}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <AlertDialog.Content className="fixed top-[18vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 rounded-xl border border-line bg-ground p-4 shadow-pop">
          <AlertDialog.Title className="font-semibold">{title}</AlertDialog.Title>
          {/* Enter in a field of it is its button. */}
          <form
            onSubmit={(event) => {
              event.preventDefault();
              event.stopPropagation();
              void go();
            }}
          >
            <AlertDialog.Description asChild>
              <div className="mt-2 text-sm text-ink-2">{children}</div>
            </AlertDialog.Description>
            {error && (
              <p role="alert" className="mt-3 text-sm break-words whitespace-pre-wrap text-bad">
                {error}
              </p>
            )}
            <div className="mt-4 flex justify-end gap-2">
              <AlertDialog.Cancel asChild>
                <Button>Cancel</Button>
              </AlertDialog.Cancel>
              <Button type="submit" look={isDangerous ? "danger" : "primary"} disabled={isBusy}>
                {action}
              </Button>
            </div>
          </form>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
