/** From a question to its answers: a worker searches, the store follows. Leaving the place does not end a search. */
import type { JobReport } from "../../explore/job-data.ts";
import { applySide, parseSide } from "../../review/sides.ts";
import { parse } from "../../script/parse.ts";
import { printItems } from "../../script/print.ts";
import { cancelApart, closeApart, searchApart } from "./apart.ts";
import { ExploreClient } from "./client.ts";
import { changeRun, isBusy, type Looked, type Run, useExplore } from "./explore-store.ts";
import type { Told } from "./explorer.ts";
import { keepTable, keptAnswers } from "./kept-answers.ts";
import { type Origin, setupWords } from "./origin.ts";
import { type Question, specOf } from "./question.ts";

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Transitions a second over the last few reports; the first has nothing before it. */
function rateOf(): (done: number, ms: number) => number {
  const seen: { readonly done: number; readonly ms: number }[] = [];
  return (done, ms) => {
    seen.push({ done, ms });
    if (seen.length > 8) seen.shift();
    const first = seen[0] ?? { done, ms };
    return ms - first.ms < 20 ? 0 : ((done - first.done) * 1000) / (ms - first.ms);
  };
}

/** Goals come behind everything that is broken. */
const LAST = 1_000_000;

/** The nearest counterexample: what a reader wants to see first. */
function nearest({ verdicts }: JobReport): Looked | null {
  const all = verdicts.flatMap(({ id, goal, examples }) =>
    examples.map(({ cls, depth }) => ({ promise: id, cls, depth: goal ? depth + LAST : depth })),
  );
  const best = all.reduce<(typeof all)[number] | null>(
    (now, one) => (now === null || one.depth < now.depth ? one : now),
    null,
  );
  return best === null ? null : { kind: "example", promise: best.promise, cls: best.cls };
}

function follow(client: ExploreClient): (told: Told) => void {
  const rate = rateOf();
  return ({ progress, ms, report }) => {
    const { transitions, ending } = progress;
    changeRun(client, {
      progress,
      ms,
      rate: ending === null ? rate(transitions, ms) : (transitions * 1000) / Math.max(1, ms),
      ...(report === null ? {} : { report }),
    });
    const { run, looked } = useExplore.getState();
    if (report !== null && run?.client === client && looked === null)
      useExplore.setState({ looked: nearest(report) });
  };
}

type Beginning = Pick<Origin, "script" | "words" | "setupWords">;

/** The origin's script under the header of a side. */
function underSide(origin: Beginning, text: string): { readonly script: string; readonly setup: string } {
  const [script, side] = [parse(origin.script), parseSide(text)];
  if (!script.ok || !side.ok)
    throw new Error(side.ok ? "the script does not parse" : side.problems.join("; "));
  const applied = applySide(script.value, side.value);
  if (!applied.ok) throw new Error(applied.problems.join("; "));
  const items = applied.value.items;
  return { script: printItems(items), setup: setupWords(applied.value.setup) };
}

type LiveRun = Run & { readonly client: ExploreClient };

function prepared(question: Question, origin: Beginning, side: string | null): LiveRun {
  const run: LiveRun = {
    side,
    spec: specOf(question, origin.script),
    question,
    from: origin.words,
    setup: origin.setupWords,
    phase: "opening",
    head: null,
    progress: null,
    report: null,
    graph: null,
    ms: 0,
    rate: 0,
    cancelling: false,
    failure: null,
    problems: [],
    client: new ExploreClient(),
  };
  if (side === null) return run;
  try {
    const { script, setup } = underSide(origin, side);
    return { ...run, spec: specOf(question, script), setup };
  } catch (error) {
    return { ...run, phase: "failed", failure: reason(error) };
  }
}

async function search({ client, spec, question }: LiveRun): Promise<void> {
  try {
    const opened = await client.open(spec);
    if (!opened.ok) {
      changeRun(client, { phase: "failed", problems: opened.problems });
      return;
    }
    changeRun(client, { phase: "running", head: opened.head });
    await client.run(question.workers, follow(client));
    changeRun(client, { phase: "over", graph: await client.graph() });
    keepTable(useExplore.getState());
  } catch (error) {
    const { run, other } = useExplore.getState();
    const now = [run, other].find((one) => one?.client === client);
    if (now != null && now.phase !== "failed") changeRun(client, { phase: "failed", failure: reason(error) });
  }
}

/** A page that is put away may be thrown away: what was found stays with the tab. */
function keepWhenHidden(): void {
  addEventListener("pagehide", () => keepTable(useExplore.getState()));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepTable(useExplore.getState());
  });
}
keepWhenHidden();

/** Brings back what a page that was thrown away had found. */
export function bringAnswersBack(): void {
  if (useExplore.getState().run !== null) return;
  const table = keptAnswers();
  if (table === null) return;
  const report = table.run?.report ?? null;
  useExplore.setState({ ...table, half: "answers", looked: report === null ? null : nearest(report) });
}

function closeAll(): void {
  const { run, other } = useExplore.getState();
  run?.client?.close();
  other?.client?.close();
  closeApart();
}

export function start(question: Question, origin: Beginning): void {
  closeAll();
  const run = prepared(question, origin, null);
  const other = question.against === null ? null : prepared(question, origin, question.against);
  useExplore.setState({ run, other, lost: [], looked: null, half: "answers" });
  if (other === null && useExplore.getState().tab === "against") useExplore.getState().show("promises");
  if (other !== null) useExplore.getState().show("against");
  for (const one of [run, other]) if (one !== null && one.phase === "opening") void search(one);
  if (other?.phase === "opening") void searchApart(run, other).then(() => keepTable(useExplore.getState()));
}

/** The same question from the same place, whatever the form and the lab show by now. */
export function searchAgain({ question, spec, from, setup }: Run): void {
  start(question, { script: spec.script, words: from, setupWords: setup });
}

/** A search that does not answer within this time is ended from outside; what it told before stands. */
const PATIENCE_MS = 3_000;

function cancelOne(run: Run): void {
  const { client } = run;
  if (client === null) return;
  changeRun(client, { cancelling: true });
  client.cancel();
  setTimeout(() => {
    const now = [useExplore.getState().run, useExplore.getState().other].find(
      (one) => one?.client === client,
    );
    if (now == null || !isBusy(now)) return;
    changeRun(client, { phase: "failed", failure: "It did not answer and was ended." });
    client.close();
  }, PATIENCE_MS);
}

export function cancel(): void {
  const { run, other } = useExplore.getState();
  for (const one of [run, other]) if (one !== null && isBusy(one)) cancelOne(one);
  cancelApart();
}
