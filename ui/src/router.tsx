import { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { Failure, Skeleton } from "@/components/ui/State";
import { messageOf } from "@/lib/messageOf";
import { complain } from "@/components/ui/Toast";
import { ApiError, send } from "@/api/client";
import { routeTree } from "./routeTree.gen";

export const queryClient = new QueryClient({
  defaultOptions: {
    // A machine without a network still reaches its own server; and a launch that fails is said, not made later unseen.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      // Streams say what has changed; looking at a window again is no reason to ask.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (times, error) => error instanceof ApiError && error.isUnreachable && times < 2,
    },
  },
});

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: false,
  scrollRestoration: true,
  defaultPendingComponent: () => <Skeleton />,
  defaultErrorComponent: ({ error, reset }) => <Broken error={error} onRetry={reset} />,
});

const UNREAD = "The server does not answer, or another version of it has been started since this window was opened.";

// The router would load the whole page anew by itself, which with a server that is away leaves nothing to look at.
window.addEventListener("vite:preloadError", (event) => {
  event.payload.message = UNREAD;
});

/** A page that threw, or whose program did not arrive: that of another version of the server is gone, and is had by loading anew. */
function Broken({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (messageOf(error) !== UNREAD) return <Failure error={error} onRetry={onRetry} title="This page could not be shown" />;
  const loadAnew = () => void send(location.pathname, { method: "HEAD" }).then(() => location.reload(), complain);
  return <Failure error={error} onRetry={loadAnew} title="This page could not be loaded" />;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
