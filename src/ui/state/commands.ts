/**
 * The one registry of everything a reader can order. Palette, shortcuts and the help page read it and nothing else,
 * so that a command has one name, one key and one meaning.
 */
import { useConsole } from "../console/console-store.ts";
import { useOverlays } from "./overlays-store.ts";
import { PAGE_IDS, PAGES, usePage } from "./pages.ts";
import { usePlay } from "./play-store.ts";
import { type Place, THEMES, type TimelineTab, usePrefs } from "./prefs-store.ts";
import { useReview } from "./review-store.ts";
import { type Subject, useSelection } from "./selection-store.ts";
import { useSession } from "./session-store.ts";

export type CommandGroup = "Steps" | "View" | "Go to" | "Session";

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: CommandGroup;
  readonly keywords?: string;
  /** As tinykeys writes keys; `$mod` is ⌘ or Ctrl. */
  readonly keys?: string;
  /** Works while a text field has the focus, too. */
  readonly inFields?: boolean;
  run(): void;
}

const steps = (id: string, title: string, keys: string | undefined, run: () => void): Command => ({
  id,
  title,
  group: "Steps",
  ...(keys === undefined ? {} : { keys }),
  run,
});

const openTab = (tab: TimelineTab): void => usePrefs.getState().change({ tab, place: "timeline" });
const openPlace = (place: Place): void => usePrefs.getState().change({ place });

const tab = (id: TimelineTab, title: string, keys: string): Command => ({
  id: `tab-${id}`,
  title: `Show ${title}`,
  group: "View",
  keywords: "timeline tab",
  keys,
  run: () => openTab(id),
});

function nextTheme(): void {
  const { theme, change } = usePrefs.getState();
  change({ theme: THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system" });
}

/** Parts of Learn that are worth a way of their own. */
const LEARN_PARTS: readonly (readonly [at: string, title: string, keywords: string])[] = [
  ["practice", "Practise: questions made from the model", "quiz exercise due repetition"],
  ["challenges", "Challenges: solve it in as few commands as can be", "par puzzle goal"],
  ["rules", "Map of the rules you know", "mastered progress"],
  ["glossary", "Glossary", "term word definition what is"],
  ["own", "Your own lessons and challenges", "record build author write"],
];

export const COMMANDS: readonly Command[] = [
  steps("back", "Step back", "[", () => useSession.getState().back()),
  steps("forward", "Step forward", "]", () => useSession.getState().forward()),
  steps("first", "First step", "Shift+{", () => useSession.getState().toStart()),
  steps("last", "Last step", "Shift+}", () => useSession.getState().toEnd()),
  steps("play", "Play or pause", "p", () => usePlay.getState().toggle()),
  {
    id: "palette",
    title: "Commands",
    group: "View",
    keys: "$mod+k",
    inFields: true,
    run: () => useOverlays.getState().show("palette"),
  },
  {
    id: "help",
    title: "Keys and help",
    group: "View",
    keywords: "shortcuts",
    keys: "Shift+?",
    run: () => useOverlays.getState().show("help"),
  },
  {
    id: "console",
    title: "Type a command in the console",
    group: "View",
    keys: "/",
    run() {
      openPlace("controls");
      useConsole.getState().focus();
    },
  },
  tab("calls", "Calls: who called whom", "c"),
  tab("ioctls", "Ioctls: every host call", "i"),
  tab("diff", "Diff: what the step changed", "x"),
  tab("script", "Script: the session as text", "s"),
  tab("log", "Log: the replayed lines beside the steps", "l"),
  { id: "place-graph", title: "Show the graph", group: "View", run: () => openPlace("graph") },
  { id: "place-controls", title: "Show the controls", group: "View", run: () => openPlace("controls") },
  { id: "place-inspector", title: "Show the inspector", group: "View", run: () => openPlace("inspector") },
  { id: "place-timeline", title: "Show the timeline", group: "View", run: () => openPlace("timeline") },
  {
    id: "theme",
    title: "Next theme: system, light, dark",
    group: "View",
    keywords: "colour dark light",
    keys: "t",
    run: nextTheme,
  },
  {
    id: "density",
    title: "Denser or roomier",
    group: "View",
    run() {
      const { density, change } = usePrefs.getState();
      change({ density: density === "compact" ? "comfortable" : "compact" });
    },
  },
  {
    id: "select-back",
    title: "Back to what was selected before",
    group: "Go to",
    keys: "Backspace",
    run: () => useSelection.getState().back(),
  },
  {
    id: "select-none",
    title: "Select nothing",
    group: "Go to",
    run: () => useSelection.getState().select(null),
  },
  ...PAGE_IDS.map(
    (id): Command => ({
      id,
      title: PAGES[id].about,
      group: "Go to",
      keywords: PAGES[id].keywords,
      run: () => usePage.getState().open(id),
    }),
  ),
  {
    id: "explore-here",
    title: "Explore from this step",
    group: "Go to",
    keywords: "search states promises reachable",
    run: () => void import("../explore/from-lab.ts").then((module) => module.exploreFromHere()),
  },
  {
    id: "way-here",
    title: "Shortest way here: the fewest moves to the present state",
    group: "Go to",
    keywords: "explore search reach minimal script",
    run: () => void import("../explore/from-lab.ts").then((module) => module.shortestWayHere()),
  },
  ...LEARN_PARTS.map(
    ([at, title, keywords]): Command => ({
      id: `learn-${at}`,
      title,
      group: "Go to",
      keywords: `learn ${keywords}`,
      run: () => usePage.getState().open("learn", at),
    }),
  ),
  {
    id: "record",
    title: "Record a review",
    group: "Session",
    run: () => useReview.getState().record(true),
  },
  {
    id: "share",
    title: "Share: link, mail, Markdown, picture, file",
    group: "Session",
    keywords: "export svg png url download mermaid ascii",
    run: () => useReview.getState().share(true),
  },
  {
    id: "copy-script",
    title: "Copy the script up to here",
    group: "Session",
    keywords: "clipboard share text",
    run: () => void navigator.clipboard.writeText(useSession.getState().session.script()),
  },
];

/** One for each thing of the present setup; made when the palette opens. */
export function goToCommands(): readonly Command[] {
  const { setup } = useSession.getState().node;
  const to = (title: string, subject: Subject): Command => ({
    id: `go-${title}`,
    title: `Select ${title}`,
    group: "Go to",
    run() {
      useSelection.getState().select(subject);
      openPlace("inspector");
    },
  });
  return [
    ...setup.vsmmus.map(({ name }, v) => to(name, { kind: "vsmmu", v })),
    ...setup.devices.slice(0, 200).map(({ name }, dev) => to(name, { kind: "device", dev })),
    ...setup.psmmus.map(({ name }, p) => to(name, { kind: "psmmu", p })),
  ];
}

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** A key as people read it: `⌘K`, `Ctrl K`, `?`. */
export function printKeys(keys: string): string {
  const text = keys.replace(/^Shift\+(?=[{}?])/, "");
  return text
    .split("+")
    .map((key) => (key === "$mod" ? (isMac ? "⌘" : "Ctrl") : key.length === 1 ? key : key))
    .join(isMac ? "" : " ");
}
