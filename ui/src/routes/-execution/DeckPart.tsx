import { useEffect, useState } from "react";
import { goodLink } from "@/api/value/data";
import { Failure, Skeleton } from "@/components/ui/State";

/** A task's own page, in a frame of an origin of its own: its scripts reach neither this page nor any network. */
export function DeckPart({ uri, name, at }: { uri: string; name: string; at: string }) {
  const [link, setLink] = useState("");
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    setError(undefined);
    // Made for this showing: a link that was kept may have expired.
    goodLink(uri, control.signal).then(
      (made) => control.signal.aborted || setLink(made),
      (failure: unknown) => control.signal.aborted || setError(failure),
    );
    return () => control.abort();
  }, [uri, at, round]);
  if (error) return <Failure error={error} title="The deck could not be shown" onRetry={() => setRound(round + 1)} />;
  if (!link) return <Skeleton lines={4} />;
  return <iframe key={link} title={`Deck of ${name}`} src={link} sandbox="allow-scripts" referrerPolicy="no-referrer" className="size-full border-0 bg-white" />;
}
