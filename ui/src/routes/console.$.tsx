import { createFileRoute, redirect } from "@tanstack/react-router";
import { consolePage } from "@/lib/console";

/** The addresses that Flyte's clients print lead to the pages that stand for them here. */
export const Route = createFileRoute("/console/$")({
  beforeLoad: ({ params }) => {
    const page = consolePage(params._splat ?? "");
    if (!page) throw redirect({ to: "/", replace: true });
    if (page.kind === "executions") throw redirect({ to: "/executions/$project/$domain/$name", params: page, replace: true });
    const to = `/${page.kind}/$project/$domain/$name` as const;
    throw redirect({ to, params: page, search: { version: page.version }, replace: true });
  },
});
