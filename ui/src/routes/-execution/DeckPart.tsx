import { useEffect, useState } from "react";
import { linkToDeck } from "@/api/value/data";
import { Failure, Skeleton } from "@/components/ui/State";
import { useRunPage } from "./page";

/** A task's own page, in a frame of an origin of its own: its scripts reach neither this page nor any network. */
export function DeckPart({ nodeId, at }: { nodeId: string; at: string }) {
  const { id } = useRunPage();
  const [link, setLink] = useState("");
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isMine = true;
    setError(undefined);
    // Made for this showing: a link that was kept may have expired.
    linkToDeck(id, nodeId).then(
      (made) => isMine && setLink(made),
      (failure: unknown) => isMine && setError(failure),
    );
    return () => {
      isMine = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- by its name the execution is the same
  }, [id.project, id.domain, id.name, nodeId, at, round]);
  if (error) return <Failure error={error} title="The deck could not be shown" onRetry={() => setRound(round + 1)} />;
  if (!link) return <Skeleton lines={4} />;
  return <iframe key={link} title={`Deck of ${nodeId}`} src={link} sandbox="allow-scripts" referrerPolicy="no-referrer" className="size-full border-0 bg-white" />;
}
