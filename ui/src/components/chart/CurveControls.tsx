import type { CurveLook } from "@/compare/curve";
import { Field, Tick } from "@/components/ui/Field";

/** How the curves beneath are looked at: smoothed, on a logarithmic axis, by time. */
export function CurveControls({ look, onChange }: { look: CurveLook; onChange: (look: CurveLook) => void }) {
  const { isLog, isTime, weight } = look;
  return (
    <>
      <Field label={`Smoothing ${weight ? weight.toFixed(2) : "off"}`}>
        {(props) => (
          <input {...props} type="range" min={0} max={0.99} step={0.01} value={weight} onChange={(event) => onChange({ ...look, weight: Number(event.target.value) })} className="h-8 w-36 accent-accent" />
        )}
      </Field>
      <Tick label="Logarithmic" checked={isLog} onChange={(event) => onChange({ ...look, isLog: event.target.checked })} className="h-8" />
      <Tick label="By time" checked={isTime} onChange={(event) => onChange({ ...look, isTime: event.target.checked })} className="h-8" />
    </>
  );
}
