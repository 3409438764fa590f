import type { ExecutionId } from "@/idl";

/** An execution as one text: "project/domain/name", as commands and addresses write it. */
export function idText(id: ExecutionId | undefined): string {
  return id ? `${id.project ?? ""}/${id.domain ?? ""}/${id.name ?? ""}` : "";
}

/** Project, domain and name as parts of a path; also of a task, workflow or launch plan. */
export function idPath(id: ExecutionId): [string, string, string] {
  return [id.project ?? "", id.domain ?? "", id.name ?? ""];
}

/** The execution that "project/domain/name" names; undefined if it is no such text. */
export function idOf(text: string): Required<Pick<ExecutionId, "project" | "domain" | "name">> | undefined {
  const [project, domain, ...rest] = text.split("/");
  const name = rest.join("/");
  return project && domain && name ? { project, domain, name } : undefined;
}

/** The last part of a dotted name: "digits.workflow.train" is "train". */
export function shortName(name: string | undefined): string {
  const text = name ?? "";
  return text.slice(text.lastIndexOf(".") + 1) || text;
}
