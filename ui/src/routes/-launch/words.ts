import { mapOf, type Options } from "@/components/launch/options";
import type { Identifier, Place } from "@/idl";
import type { Input, LaunchWords, WrittenInputs } from "@/literal";

/** A launch as it is copied: only what was given, as the form gives it. */
export function wordsOf(server: string, place: Place, id: Identifier, inputs: readonly Input[], written: WrittenInputs, options: Options): LaunchWords {
  const said = inputs.flatMap((input) => {
    const literal = written.literals[input.name];
    return literal ? [{ name: input.name, type: input.type, literal }] : [];
  });
  return {
    server,
    project: place.project,
    domain: place.domain,
    target: id.name ?? "",
    version: id.version ?? "",
    inputs: said,
    name: options.name,
    overwriteCache: options.overwriteCache,
    labels: mapOf(options.labels),
    annotations: mapOf(options.annotations),
    env: mapOf(options.env),
    maxParallelism: Number(options.maxParallelism) || 0,
    interruptible: options.interruptible ? options.interruptible === "true" : undefined,
    outputs: options.outputs,
  };
}
