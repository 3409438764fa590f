import type { TaskTemplate } from "@/idl";
import { resourcesOf } from "@/lib/resources";
import { changesOf, line, type Change } from "./change";

/** Everything a task says of how it runs, by name: what two versions are compared by, and what its page shows. */
export function settingsOf(template: TaskTemplate | undefined): Map<string, string> {
  const made = new Map<string, string>();
  const say = (name: string, text: string) => text && made.set(name, text);
  const { metadata, container, k8s_pod: pod, sql } = template ?? {};
  say("type", template?.type ?? "");
  say("image", container?.image ?? "");
  for (const [name, value] of resourcesOf(container?.resources)) say(name, value);
  say("accelerator", line(template?.extended_resources?.gpu_accelerator));
  say("shared memory", line(template?.extended_resources?.shared_memory));
  say("retries", metadata?.retries?.retries ? String(metadata.retries.retries) : "");
  say("timeout", metadata?.timeout && metadata.timeout !== "0s" ? metadata.timeout : "");
  say("cache", metadata?.discoverable ? `version ${metadata.discovery_version ?? ""}${metadata.cache_serializable ? ", one at a time" : ""}` : "");
  say("cache ignores", (metadata?.cache_ignore_input_vars ?? []).join(", "));
  say("interruptible", metadata?.interruptible === undefined ? "" : metadata.interruptible ? "yes" : "no");
  say("deprecated", metadata?.deprecated_error_message ?? "");
  say("pod template", metadata?.pod_template_name ?? "");
  for (const { key = "", value = "" } of container?.env ?? []) say(`environment ${key}`, value);
  for (const { key = "", group = "", env_var: env = "" } of template?.security_context?.secrets ?? []) say(`secret ${[group, key].filter(Boolean).join("/")}`, env ? `as ${env}` : "mounted");
  // What a Python task is started with names its code, which is compared by itself.
  if (template?.type && !template.type.startsWith("python")) say("command", [...(container?.command ?? []), ...(container?.args ?? [])].join(" "));
  say("pod", line(pod));
  say("statement", sql?.statement ?? "");
  for (const [name, value] of Object.entries(template?.config ?? {})) say(`config ${name}`, value);
  for (const [name, value] of Object.entries(template?.custom ?? {})) say(`custom ${name}`, line(value));
  return made;
}

export interface TaskChange {
  /** The task's full name. */
  task: string;
  status: "added" | "removed" | "changed";
  changes: Change[];
}

/** What the tasks of two versions differ in, by name. */
export function taskChanges(before: readonly TaskTemplate[], after: readonly TaskTemplate[]): TaskChange[] {
  const named = (tasks: readonly TaskTemplate[]) => new Map(tasks.map((task) => [task.id?.name ?? "", task]));
  const [was, is] = [named(before), named(after)];
  const made: TaskChange[] = [];
  for (const task of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    const [old, now] = [was.get(task), is.get(task)];
    const changes = old && now ? changesOf(settingsOf(old), settingsOf(now)) : [];
    const status = !old ? "added" : !now ? "removed" : "changed";
    if (status !== "changed" || changes.length > 0) made.push({ task, status, changes });
  }
  return made;
}
