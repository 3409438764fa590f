import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { Home, Keyboard, ListChecks, Play, Rocket, Search, SquareFunction, Workflow } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { Keys } from "@/components/ui/Keys";
import type { Place } from "@/idl";
import { SHORTCUTS } from "@/lib/shortcuts";
import { ConnectionBar } from "./ConnectionBar";
import { Me } from "./Me";
import { ThemeMenu } from "./ThemeMenu";

const PAGES = [
  { to: "/", label: "Home", Sign: Home },
  { to: "/executions", label: "Executions", Sign: ListChecks },
  { to: "/workflows", label: "Workflows", Sign: Workflow },
  { to: "/tasks", label: "Tasks", Sign: SquareFunction },
  { to: "/launch-plans", label: "Launch plans", Sign: Rocket },
] as const;

/** What surrounds every page: where one can go, which place one is in, and whether the server is heard. */
export function Shell({ place, picker, onSearch, onKeys, children }: { place: Place; picker: ReactNode; onSearch: () => void; onKeys: () => void; children: ReactNode }) {
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a href="#main" className="sr-only z-50 rounded bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        Skip to the page
      </a>
      <aside className="hidden w-14 shrink-0 flex-col border-r border-line bg-ground-2 md:flex lg:w-52">
        <Link to="/" search={place} className="flex h-12 items-center gap-2 px-4 font-semibold">
          <img src="/icon.svg" alt="" className="size-6" />
          <span className="hidden lg:inline">Alula</span>
        </Link>
        <Navigation place={place} className="flex flex-col gap-0.5 px-2" label="Main" />
        <div className="mt-auto flex flex-col gap-0.5 p-2">
          <Button look="quiet" className="!justify-start !px-2" onClick={onKeys} icon={<Keyboard aria-hidden className="size-4" />} title="Keyboard shortcuts">
            <span className="max-lg:sr-only">Keys</span>
            <span className="ml-auto hidden lg:inline">
              <Keys of={SHORTCUTS.anywhere.actions.keys.keys[0]} />
            </span>
          </Button>
          <Me />
          <ThemeMenu />
        </div>
      </aside>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-ground-2 px-3">
          <Link to="/" search={place} className="md:hidden" aria-label="Home">
            <img src="/icon.svg" alt="" className="size-6" />
          </Link>
          {picker}
          <Button look="plain" className="ml-auto !justify-start text-ink-2 sm:w-64" onClick={onSearch} icon={<Search aria-hidden className="size-4" />} title="Search and commands">
            <span className="max-sm:sr-only">Search and commands</span>
            <span className="ml-auto hidden sm:inline">
              <Keys of={SHORTCUTS.anywhere.actions.search.keys[0]} />
            </span>
          </Button>
          <Button look="primary" asChild>
            <Link to="/launch" search={place}>
              <Play aria-hidden className="size-4" />
              <span className="max-sm:sr-only">Launch</span>
            </Link>
          </Button>
          <div className="flex md:hidden">
            <Me isSmall />
            <ThemeMenu isSmall />
          </div>
        </div>
        <ConnectionBar />
        <main id="main" tabIndex={-1} className="relative min-h-0 flex-1 overflow-auto -outline-offset-2">
          {children}
        </main>
        <Navigation place={place} className="flex shrink-0 justify-around border-t border-line bg-ground-2 md:hidden" label="Main, at the foot" isFoot />
      </div>
    </div>
  );
}

function Navigation({ place, className, label, isFoot }: { place: Place; className: string; label: string; isFoot?: boolean }) {
  return (
    <nav aria-label={label} className={className}>
      {PAGES.map(({ to, label: name, Sign }) => (
        <Link
          key={to}
          to={to}
          search={place}
          activeOptions={{ exact: to === "/", includeSearch: false }}
          aria-label={name}
          title={name}
          className={clsx(
            "flex items-center gap-2.5 rounded-md text-sm text-ink-2 hover:bg-ground-3 hover:text-ink",
            isFoot ? "flex-1 flex-col gap-0.5 py-1.5 text-[11px]" : "h-8 justify-center px-2 lg:justify-start",
          )}
          activeProps={{ className: "!text-accent bg-ground-3 font-medium" }}
        >
          <Sign aria-hidden className="size-4 shrink-0" />
          <span className={isFoot ? "truncate" : "hidden lg:inline"}>{name}</span>
        </Link>
      ))}
    </nav>
  );
}
