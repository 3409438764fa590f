import { Fragment } from "react";
import { caps } from "@/lib/shortcuts";

const CAP = "rounded border border-line-2 bg-ground-2 px-1.5 font-sans text-xs whitespace-nowrap text-ink-2";

/** A shortcut as it stands on the keyboard. */
export function Keys({ of }: { of: string }) {
  return (
    <>
      {caps(of).map((together, at) => (
        <Fragment key={at}>
          {at > 0 && <span className="text-xs text-ink-2"> then </span>}
          {together.map((cap, part) => (
            <Fragment key={cap}>
              {part > 0 && " "}
              <kbd className={CAP}>{cap}</kbd>
            </Fragment>
          ))}
        </Fragment>
      ))}
    </>
  );
}
