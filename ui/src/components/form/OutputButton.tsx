import { GitBranch } from "lucide-react";
import { IconButton } from "@/components/ui/Button";
import type { LiteralType } from "@/idl";
import { useForm, type Picked } from "./context";

/** Takes another run's output in place of a value. */
export function OutputButton({ type, label, onPick }: { type: LiteralType; label: string; onPick: (picked: Picked) => void }) {
  const { pickOutput, isLocked } = useForm();
  if (!pickOutput || isLocked) return null;
  return (
    <IconButton size="small" label={`${label}: use an output of another run`} onClick={() => void pickOutput(type).then((picked) => picked && onPick(picked))}>
      <GitBranch aria-hidden className="size-3.5" />
    </IconButton>
  );
}
