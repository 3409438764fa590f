/** What a key event is called here: "g", "?", "mod+k" (⌘K or Ctrl+K), "shift+Enter", "Space". */
type Key = string;

interface Shortcut {
  /** "g h" is g and then h. */
  keys: readonly Key[];
  does: string;
}

/**
 * Every key that does something, by where it does. Whatever listens asks `actionOf` or `useShortcuts`, which read it here, and the dialog
 * that `?` opens shows the same.
 */
export const SHORTCUTS = {
  anywhere: {
    title: "Anywhere",
    actions: {
      search: { keys: ["mod+k"], does: "Search and commands" },
      keys: { keys: ["?"], does: "These keys" },
      home: { keys: ["g h"], does: "Home" },
      executions: { keys: ["g e"], does: "Executions" },
      workflows: { keys: ["g w"], does: "Workflows" },
      tasks: { keys: ["g t"], does: "Tasks" },
      plans: { keys: ["g l"], does: "Launch plans" },
      launch: { keys: ["n"], does: "Launch something" },
    },
  },
  list: {
    title: "Lists and timeline",
    actions: {
      down: { keys: ["ArrowDown"], does: "Next row" },
      up: { keys: ["ArrowUp"], does: "Row before" },
      pageDown: { keys: ["PageDown"], does: "A page down" },
      pageUp: { keys: ["PageUp"], does: "A page up" },
      first: { keys: ["Home"], does: "First row" },
      last: { keys: ["End"], does: "Last row" },
      right: { keys: ["ArrowRight"], does: "Next of a map's items, of the last runs, of the attempts" },
      left: { keys: ["ArrowLeft"], does: "The one before" },
    },
  },
  executions: {
    title: "List of executions",
    actions: {
      down: { keys: ["j"], does: "Next execution" },
      up: { keys: ["k"], does: "Execution before" },
      open: { keys: ["Enter"], does: "Open it" },
      choose: { keys: ["x"], does: "Choose it, or no longer" },
    },
  },
  graph: {
    title: "Graph",
    actions: {
      left: { keys: ["ArrowLeft"], does: "Against an edge" },
      right: { keys: ["ArrowRight"], does: "Along an edge" },
      up: { keys: ["ArrowUp"], does: "Node above" },
      down: { keys: ["ArrowDown"], does: "Node below" },
      open: { keys: ["Enter"], does: "Open the node" },
      expand: { keys: ["Space"], does: "Expand or collapse it" },
      find: { keys: ["/"], does: "Find a node" },
      fit: { keys: ["f"], does: "Show all of it" },
      closer: { keys: ["+"], does: "Closer" },
      farther: { keys: ["-"], does: "Farther" },
    },
  },
  finder: {
    title: "Search in a graph",
    actions: {
      down: { keys: ["ArrowDown"], does: "Next that was found" },
      up: { keys: ["ArrowUp"], does: "The one before" },
      choose: { keys: ["Enter"], does: "Go to it" },
      leave: { keys: ["Escape"], does: "Back to the graph" },
    },
  },
  panel: {
    title: "Panel of a node",
    actions: {
      close: { keys: ["Escape"], does: "Close it" },
      wider: { keys: ["ArrowLeft"], does: "Wider, on its edge" },
      narrower: { keys: ["ArrowRight"], does: "Narrower, on its edge" },
    },
  },
  log: {
    title: "Search in a log",
    actions: {
      next: { keys: ["Enter"], does: "Next match" },
      previous: { keys: ["shift+Enter"], does: "Match before" },
    },
  },
  launch: {
    title: "Launch form",
    actions: {
      go: { keys: ["mod+Enter"], does: "Launch" },
    },
  },
} as const satisfies Record<string, { title: string; actions: Record<string, Shortcut> }>;

export type Area = keyof typeof SHORTCUTS;
export type Action<A extends Area> = keyof (typeof SHORTCUTS)[A]["actions"] & string;

export type KeyPress = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** What a key that was pressed is called. */
export function keyOf({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyPress): Key {
  const isCharacter = key.length === 1 && key !== " ";
  const name = key === " " ? "Space" : isCharacter ? key.toLowerCase() : key;
  return `${ctrlKey || metaKey ? "mod+" : ""}${altKey ? "alt+" : ""}${shiftKey && !isCharacter ? "shift+" : ""}${name}`;
}

export function shortcutsOf(area: Area): [action: string, shortcut: Shortcut][] {
  return Object.entries(SHORTCUTS[area].actions);
}

/** What a key means in an area. */
export function actionOf<A extends Area>(area: A, event: KeyPress): Action<A> | undefined {
  return actionNamed(area, keyOf(event));
}

/** What a key, or two of them one after the other, mean in an area. */
export function actionNamed<A extends Area>(area: A, key: Key): Action<A> | undefined {
  return shortcutsOf(area).find(([, { keys }]) => keys.includes(key))?.[0] as Action<A> | undefined;
}

const WORDS: Partial<Record<string, string>> = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", shift: "Shift", PageDown: "Page ↓", PageUp: "Page ↑" };

/** The caps of a key's parts, as they are on this machine's keyboard: each of those pressed together, one after the other in a list. */
export function caps(key: Key, isApple = isOnApple()): string[][] {
  return key.split(" ").map((each) => (each.length === 1 ? [each.toUpperCase()] : each.split("+").map((part) => (part === "mod" ? (isApple ? "⌘" : "Ctrl") : (WORDS[part] ?? (part.length === 1 ? part.toUpperCase() : part))))));
}

function isOnApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}
