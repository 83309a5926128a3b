/** Every script that comes with the lab, by group. Loaded when somebody opens the picker. */
const FILES = import.meta.glob<string>("../../../content/scenarios/**/*.lab", {
  query: "?raw",
  import: "default",
  eager: true,
});

export interface Scenario {
  /** Path below content/scenarios, without the ending. */
  readonly id: string;
  readonly title: string;
  /** The script's first comment, if there is one. */
  readonly about: string;
  readonly text: string;
}

export interface ScenarioGroup {
  readonly id: string;
  readonly title: string;
  readonly scenarios: readonly Scenario[];
}

function read(path: string, text: string): Scenario {
  const id = path.replace(/^.*content\/scenarios\//, "").replace(/\.lab$/, "");
  const title = /^title "(.*)"/m.exec(text)?.[1];
  const opening = /(?:^#.*\n)+/m.exec(text)?.[0] ?? "";
  const about = opening.replace(/^# ?/gm, "").replace(/\s+/g, " ").trim();
  return { id, title: title ?? id, about, text };
}

/** Groups in the order they are shown; a file belongs to the first that knows its name. */
const GROUPS: readonly { readonly title: string; readonly has: RegExp }[] = [
  { title: "What the mail thread claims", has: /^claim-/ },
  { title: "Divergences, each with a script that reaches it", has: /^D\d|^divergence/i },
  { title: "QEMU's sequences, T1 to T18", has: /^T\d/ },
  { title: "Recordings of real runs", has: /^(recording|accel|boot|hotplug|two-smmu|rebind)/ },
  { title: "More", has: /./ },
];

export const SCENARIO_GROUPS: readonly ScenarioGroup[] = (() => {
  const all = Object.entries(FILES)
    .map(([path, text]) => read(path, text))
    .sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
  return GROUPS.map(({ title, has }, at) => ({
    id: title,
    title,
    scenarios: all.filter(({ id }) => GROUPS.findIndex((group) => group.has.test(id)) === at && has.test(id)),
  })).filter(({ scenarios }) => scenarios.length > 0);
})();
