/** How a table of rows looks: its element, the cells of its head, which stays in sight, and the cells beneath. */
export const TABLE = "w-full border-separate border-spacing-0 text-sm";
export const HEAD = "sticky top-0 z-10 border-b border-line bg-ground-2 px-3 py-1.5 text-left text-xs font-medium whitespace-nowrap text-ink-2";
export const ROW = "[&>td]:border-b [&>td]:border-line hover:bg-ground-2";
export const CELL = "px-3 py-1.5 align-middle";
