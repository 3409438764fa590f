import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/components/ui/Page";

export const Route = createFileRoute("/")({ component: Home });

function Home() {
  return (
    <Page title="Home">
      <p className="p-4">…</p>
    </Page>
  );
}
