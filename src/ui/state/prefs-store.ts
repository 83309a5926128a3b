/** How the reader likes the page: theme, density, panel sizes, open tabs. Survives reload, apart from the session. */
import { create } from "zustand";
import { readStored, writeStored } from "./storage.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const TIMELINE_TABS = ["calls", "ioctls", "diff", "script"] as const;
export type TimelineTab = (typeof TIMELINE_TABS)[number];
/** The places a narrow screen shows one at a time. */
export const PLACES = ["graph", "controls", "inspector", "timeline"] as const;
export type Place = (typeof PLACES)[number];

/** Panel sizes in per cent by panel id, as react-resizable-panels reports them. */
export type PanelLayout = Readonly<Record<string, number>>;

export interface Prefs {
  readonly theme: Theme;
  readonly density: "comfortable" | "compact";
  readonly tab: TimelineTab;
  readonly place: Place;
  readonly panels: Readonly<Record<string, PanelLayout>>;
  /** Ids of folded sections. */
  readonly folded: readonly string[];
  /** The first-visit sentence was put away. */
  readonly welcomed: boolean;
}

export const DEFAULT_PREFS: Prefs = {
  theme: "system",
  density: "comfortable",
  tab: "calls",
  place: "graph",
  panels: {},
  folded: [],
  welcomed: false,
};

const KEY = "vsmmu-lab.prefs";
const VERSION = 1;

const oneOf = <T extends string>(known: readonly T[], value: unknown, otherwise: T): T =>
  known.includes(value as T) ? (value as T) : otherwise;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function panelsOf(value: unknown): Prefs["panels"] {
  if (!isRecord(value)) return {};
  const good = Object.entries(value).filter(
    (entry): entry is [string, PanelLayout] =>
      isRecord(entry[1]) &&
      Object.values(entry[1]).every((size) => typeof size === "number" && size >= 0 && size <= 100),
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
    panels: panelsOf(value.panels),
    folded: Array.isArray(value.folded) ? value.folded.filter((id) => typeof id === "string") : [],
    welcomed: value.welcomed === true,
  };
}

export const printPrefs = (prefs: Prefs): string =>
  JSON.stringify({
    version: VERSION,
    theme: prefs.theme,
    density: prefs.density,
    tab: prefs.tab,
    place: prefs.place,
    panels: prefs.panels,
    folded: prefs.folded,
    welcomed: prefs.welcomed,
  });

interface PrefsState extends Prefs {
  change(part: Partial<Prefs>): void;
  setPanels(group: string, layout: PanelLayout): void;
  toggleFold(id: string): void;
}

export const usePrefs = create<PrefsState>()((set, get) => ({
  ...parsePrefs(readStored(KEY)),
  change: (part) => set(part),
  setPanels: (group, layout) => set({ panels: { ...get().panels, [group]: layout } }),
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
