import { Monitor, Moon, Sun } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { Menu, MenuItem } from "@/components/ui/Menu";
import { setTheme, useIsDark } from "@/lib/theme";

export function ThemeMenu({ isSmall }: { isSmall?: boolean }) {
  const Sign = useIsDark() ? Moon : Sun;
  return (
    <Menu
      align="start"
      trigger={
        <Button look="quiet" aria-label="Theme" title="Theme" className="!px-2 lg:w-full lg:!justify-start" icon={<Sign aria-hidden className="size-4" />}>
          {!isSmall && <span className="hidden lg:inline">Theme</span>}
        </Button>
      }
    >
      <MenuItem icon={<Sun aria-hidden className="size-4" />} onSelect={() => setTheme("light")}>
        Light
      </MenuItem>
      <MenuItem icon={<Moon aria-hidden className="size-4" />} onSelect={() => setTheme("dark")}>
        Dark
      </MenuItem>
      <MenuItem icon={<Monitor aria-hidden className="size-4" />} onSelect={() => setTheme("system")}>
        As the system
      </MenuItem>
    </Menu>
  );
}
