/**
 * The answers on the table for a page that is put to sleep and thrown away: kept by the tab, read back through a schema,
 * and marked as partial where a search was not over. The searches themselves are gone with their workers.
 */
import type { Apart } from "./apart.ts";
import type { Lost, ResultsTab, Run } from "./explore-store.ts";
import { type KeptRun, type KeptTable, keptTable, VERSION } from "./kept-schema.ts";
import { readQuestion } from "./question.ts";

const KEY = "vsmmu-lab.explore.answers";
/** Characters; a tab's storage has about five million for everything. */
export const MOST_KEPT = 2_000_000;

/** What is on the table of the place. */
export interface Table {
  readonly run: Run | null;
  readonly other: Run | null;
  readonly apart: Apart | null;
  readonly tab: ResultsTab;
  readonly lost: readonly Lost[];
}

const PUT_AWAY = "The page was put away while it ran.";

function runData(run: Run): object {
  const { side, spec, question, from, setup, head, progress, report, ms, rate, problems } = run;
  const failure = run.phase === "failed" ? run.failure : null;
  return { side, spec, question, from, setup, head, progress, report, ms, rate, failure, problems };
}

function apartData({ phase, pairs, depth, report, problems, failure }: Apart): object {
  return { phase, pairs, depth, report, problems, failure };
}

/** The nearer the end of a list, the sooner a part is given up for want of room. */
type Part = readonly [name: "other" | "apart" | "graph", lost: Lost, value: object | null];

/** Null before the first count. What there is no room for is named in it instead. */
export function tableText({ run, other, apart, tab, lost: before }: Table, most = MOST_KEPT): string | null {
  if (run === null || run.head === null || run.progress === null) return null;
  const out: Record<string, unknown> = { version: VERSION, tab, run: runData(run), ...NO_PARTS };
  const lost = new Set<Lost>(before);
  // The graph is made when a search is over; without it, whether there would be one is not known.
  if (run.graph === null && run.phase !== "over") lost.add("graph");
  // Room for the names of what is lost.
  let room = most - JSON.stringify({ ...out, lost: [...ALL_LOST] }).length;
  if (room < 0) return STUB;
  const parts: readonly Part[] = [
    ["other", "against", other === null ? null : runData(other)],
    ["apart", "apart", apart === null ? null : apartData(apart)],
    ["graph", "graph", run.graph],
  ];
  for (const [name, loss, value] of parts) {
    if (value === null) continue;
    // Where the two part says nothing without the other one.
    const size = name === "apart" && lost.has("against") ? room + 1 : JSON.stringify(value).length;
    if (size > room) lost.add(loss);
    else {
      out[name] = value;
      room -= size;
    }
  }
  return JSON.stringify({ ...out, lost: [...lost] });
}

const ALL_LOST: readonly Lost[] = ["answers", "graph", "against", "apart"];
const NO_PARTS = { other: null, apart: null, graph: null };
const NOTHING_KEPT: Table = { run: null, other: null, apart: null, tab: "promises", lost: ["answers"] };
const STUB = JSON.stringify({ version: VERSION, graph: null, ...NOTHING_KEPT });

function runOf({ question, ...kept }: KeptRun, graph: Run["graph"]): Run {
  const over =
    kept.failure === null && kept.problems.length === 0 && (kept.progress?.ending ?? null) !== null;
  const stopped = !over && kept.failure === null && kept.problems.length === 0;
  return {
    ...kept,
    question: readQuestion(JSON.stringify(question)),
    phase: over ? "over" : "failed",
    failure: stopped ? PUT_AWAY : kept.failure,
    graph,
    cancelling: false,
    client: null,
  };
}

function apartOf(kept: KeptTable["apart"]): Apart | null {
  if (kept === null) return null;
  if (kept.phase !== "running") return { ...kept, phase: kept.phase, client: null };
  return { ...kept, phase: "failed", failure: PUT_AWAY, client: null };
}

/** Null for anything that this page does not write. */
export function readTable(kept: string): Table | null {
  if (kept.length > MOST_KEPT) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(kept);
  } catch {
    return null;
  }
  const parsed = keptTable.safeParse(raw);
  if (!parsed.success) return null;
  const { run, other, apart, graph, tab, lost } = parsed.data;
  if (run === null) return NOTHING_KEPT;
  // Answers without a count are none.
  if (run.head === null || run.progress === null) return null;
  const against = other !== null || lost.includes("against");
  return {
    run: runOf(run, graph),
    other: other === null ? null : runOf(other, null),
    apart: other === null ? null : apartOf(apart),
    tab: tab === "against" && !against ? "promises" : tab,
    lost,
  };
}

/** Stores what fits; a tab that has less room than was thought keeps less, and one that keeps nothing loses it. */
export function keepTable(table: Table): void {
  // What an earlier page kept stays until there is something newer.
  if (table.run === null) return;
  try {
    for (const most of [MOST_KEPT, MOST_KEPT / 8, 0]) {
      const text = tableText(table, most);
      if (text === null) {
        sessionStorage.removeItem(KEY);
        return;
      }
      try {
        sessionStorage.setItem(KEY, text);
        return;
      } catch {
        sessionStorage.removeItem(KEY);
      }
    }
  } catch {
    // No storage at all: they can be searched again.
  }
}

/** Null where nothing was kept; what cannot be read is named as lost. */
export function keptAnswers(): Table | null {
  try {
    const kept = sessionStorage.getItem(KEY);
    if (kept === null) return null;
    return readTable(kept) ?? NOTHING_KEPT;
  } catch {
    return null;
  }
}
