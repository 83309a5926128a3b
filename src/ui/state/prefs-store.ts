/** How the reader likes the page: theme, density, pane sizes, open tabs. Survives reload, apart from the session. */
import { create } from "zustand";
import { readStored, writeStored } from "./storage.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const TIMELINE_TABS = ["calls", "ioctls", "diff", "script", "log"] as const;
export type TimelineTab = (typeof TIMELINE_TABS)[number];
/** The places a narrow screen shows one at a time. */
export const PLACES = ["graph", "controls", "inspector", "timeline"] as const;
export type Place = (typeof PLACES)[number];

export interface Prefs {
  readonly theme: Theme;
  readonly density: "comfortable" | "compact";
  readonly tab: TimelineTab;
  readonly place: Place;
  /** Sizes of panes in pixels, by their id. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Ids of folded sections. */
  readonly folded: readonly string[];
  /** The first-visit sentence was put away. */
  readonly welcomed: boolean;
  /** Shortcuts of a single key are on. */
  readonly singleKeys: boolean;
}

export const DEFAULT_PREFS: Prefs = {
  theme: "system",
  density: "comfortable",
  tab: "calls",
  place: "graph",
  sizes: {},
  folded: [],
  welcomed: false,
  singleKeys: true,
};

const KEY = "vsmmu-lab.prefs";
const VERSION = 1;

const oneOf = <T extends string>(known: readonly T[], value: unknown, otherwise: T): T =>
  known.includes(value as T) ? (value as T) : otherwise;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function sizesOf(value: unknown): Prefs["sizes"] {
  if (!isRecord(value)) return {};
  const good = Object.entries(value).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] >= 0 && entry[1] <= 10_000,
  );
  return Object.fromEntries(good);
}

/** Tastes are not worth an alarm: what cannot be read falls back to its default, part by part. */
export function parsePrefs(text: string | null): Prefs {
  if (text === null) return DEFAULT_PREFS;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return DEFAULT_PREFS;
  }
  if (!isRecord(value) || value.version !== VERSION) return DEFAULT_PREFS;
  return {
    theme: oneOf(THEMES, value.theme, DEFAULT_PREFS.theme),
    density: oneOf(["comfortable", "compact"], value.density, DEFAULT_PREFS.density),
    tab: oneOf(TIMELINE_TABS, value.tab, DEFAULT_PREFS.tab),
    place: oneOf(PLACES, value.place, DEFAULT_PREFS.place),
    sizes: sizesOf(value.sizes),
    folded: Array.isArray(value.folded) ? value.folded.filter((id) => typeof id === "string") : [],
    welcomed: value.welcomed === true,
    singleKeys: value.singleKeys !== false,
  };
}

export const printPrefs = (prefs: Prefs): string =>
  JSON.stringify({
    version: VERSION,
    theme: prefs.theme,
    density: prefs.density,
    tab: prefs.tab,
    place: prefs.place,
    sizes: prefs.sizes,
    folded: prefs.folded,
    welcomed: prefs.welcomed,
    singleKeys: prefs.singleKeys,
  });

interface PrefsState extends Prefs {
  change(part: Partial<Prefs>): void;
  setSize(id: string, size: number): void;
  toggleFold(id: string): void;
}

export const usePrefs = create<PrefsState>()((set, get) => ({
  ...parsePrefs(readStored(KEY)),
  change: (part) => set(part),
  setSize: (id, size) => set({ sizes: { ...get().sizes, [id]: size } }),
  toggleFold(id) {
    const { folded } = get();
    set({ folded: folded.includes(id) ? folded.filter((one) => one !== id) : [...folded, id] });
  },
}));

usePrefs.subscribe((prefs) => writeStored(KEY, printPrefs(prefs)));

/** Writes the theme on <html data-theme>, resolving "system", and follows both the preference and the system. */
export function followTheme(): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    const { theme, density } = usePrefs.getState();
    const root = document.documentElement;
    root.dataset.theme = theme === "system" ? (system.matches ? "dark" : "light") : theme;
    root.dataset.density = density;
  };
  apply();
  system.addEventListener("change", apply);
  const stop = usePrefs.subscribe(apply);
  return () => {
    system.removeEventListener("change", apply);
    stop();
  };
}
