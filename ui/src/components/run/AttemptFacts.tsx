import type { ReactNode } from "react";
import { PartsBar } from "@/components/timeline/PartsBar";
import { ErrorWords, Trace } from "@/components/run/CausePanel";
import { parseError } from "@/lib/error";
import type { AttemptDetail } from "@/idl";
import { printable } from "@/lib/printable";
import { resourcesInWords } from "@/lib/resources";
import { sizeInWords } from "@/lib/size";
import { exact, inWords, ms } from "@/lib/time";
import { partsOf } from "@/timeline/parts";

/** One attempt: what went wrong, where its time went, what it asked for and used. */
export function AttemptFacts({ attempt, now }: { attempt: AttemptDetail; now: number }) {
  const error = attempt.error ? parseError(attempt.error) : undefined;
  const parts = partsOf(attempt, now);
  return (
    <div className="flex flex-col gap-3 px-4 py-3">
      {error && (
        <div role="alert" className="rounded-md border border-line-2 bg-bad-ground p-3">
          <p className="text-sm font-medium break-words text-bad">{printable(error.headline, 1000) || "It failed without a message"}</p>
          <ErrorWords error={error} />
          <Trace error={error} isOpenAtFirst />
          {attempt.is_recoverable === false && attempt.phase === "FAILED" && <p className="mt-1 text-xs text-ink-2">An error of this kind is not tried again.</p>}
        </div>
      )}
      <PartsBar parts={parts} />
      <dl className="grid grid-cols-[8rem_1fr] gap-x-3 gap-y-1 text-sm">
        <Fact name="Created">{exact(ms(attempt.created_at))}</Fact>
        {attempt.started_at && <Fact name="Started">{exact(ms(attempt.started_at))}</Fact>}
        {attempt.ended_at && <Fact name="Ended">{`${exact(ms(attempt.ended_at))}, after ${inWords((ms(attempt.ended_at) - ms(attempt.created_at)) / 1000)}`}</Fact>}
        <Fact name="Asked for">{printable(resourcesInWords(attempt.resources), 300) || "nothing in particular"}</Fact>
        {Number(attempt.peak_rss_bytes ?? 0) > 0 && <Fact name="Peak memory">{sizeInWords(Number(attempt.peak_rss_bytes))}</Fact>}
        {attempt.worker && <Fact name="Worker">{printable(attempt.worker, 100)}</Fact>}
        {attempt.cause && <Fact name="Charged to">{attempt.cause === "SYSTEM" ? "the system's budget of retries" : "the task's own retries"}</Fact>}
      </dl>
    </div>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-2">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
