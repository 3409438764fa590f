import { Filter, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { Menu, MenuLine, MenuTick } from "@/components/ui/Menu";
import { PhaseSign } from "@/components/ui/Phase";
import { SearchInput } from "@/components/ui/SearchInput";
import { filterCount, type ExecutionFilters } from "@/lib/executionSearch";
import { EXECUTION_PHASES, phaseWords } from "@/lib/phase";
import { printable } from "@/lib/printable";
import { MoreFilters } from "./MoreFilters";
import { Pills } from "./Pills";

export interface FilterBarProps {
  filters: ExecutionFilters;
  onChange: (change: Partial<ExecutionFilters>) => void;
  onClear: () => void;
  /** Names to choose from. */
  users: readonly string[];
  /** The name of who looks; empty: not said. */
  mine: string;
  /** At the right end. */
  extra?: ReactNode;
}

/** What a list of executions is restricted to; every part of it stands in the address. */
export function FilterBar({ filters, onChange, onClear, users, mine, extra }: FilterBarProps) {
  const phases = filters.phases ?? [];
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
      <SearchInput label="Name begins with" placeholder="Name begins with …" className="!w-56" value={filters.text ?? ""} onChange={(value) => onChange({ text: value || undefined })} />
      <Menu
        align="start"
        trigger={
          <Button size="small" className="h-8">
            Phase{phases.length > 0 && `: ${phases.length === 1 ? phaseWords(phases[0]) : phases.length}`}
          </Button>
        }
      >
        {EXECUTION_PHASES.map((phase) => (
          <MenuTick
            key={phase}
            checked={phases.includes(phase)}
            onChange={(isOn) => {
              const chosen = isOn ? [...phases, phase] : phases.filter((each) => each !== phase);
              onChange({ phases: chosen.length ? chosen : undefined });
            }}
          >
            <PhaseSign phase={phase} /> {phaseWords(phase)}
          </MenuTick>
        ))}
      </Menu>
      {(users.length > 0 || mine) && (
        <Menu
          align="start"
          trigger={
            <Button size="small" className="h-8">
              Who{filters.users?.length ? `: ${filters.users.length === 1 ? printable(filters.users[0], 60) : filters.users.length}` : ""}
            </Button>
          }
        >
          {mine && (
            <>
              <MenuTick checked={filters.users?.length === 1 && filters.users[0] === mine} onChange={(isOn) => onChange({ users: isOn ? [mine] : undefined })}>
                Mine ({printable(mine, 40)})
              </MenuTick>
              <MenuLine />
            </>
          )}
          {users.map((user) => (
            <MenuTick
              key={user}
              checked={filters.users?.includes(user) ?? false}
              onChange={(isOn) => {
                const chosen = isOn ? [...(filters.users ?? []), user] : (filters.users ?? []).filter((each) => each !== user);
                onChange({ users: chosen.length ? chosen : undefined });
              }}
            >
              {printable(user, 60)}
            </MenuTick>
          ))}
        </Menu>
      )}
      <MoreFilters
        filters={filters}
        onChange={onChange}
        trigger={
          <Button size="small" className="h-8" icon={<Filter aria-hidden className="size-3.5" />}>
            More filters
          </Button>
        }
      />
      <Pills filters={filters} onChange={onChange} />
      {filterCount(filters) > 0 && (
        <Button look="quiet" size="small" icon={<X aria-hidden className="size-3.5" />} onClick={onClear}>
          Clear
        </Button>
      )}
      {extra && <div className="ml-auto">{extra}</div>}
    </div>
  );
}
