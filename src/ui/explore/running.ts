/** From a question to its answers: a worker searches, the store follows. Leaving the place does not end a search. */
import type { JobReport } from "../../explore/job-data.ts";
import { ExploreClient } from "./client.ts";
import { changeRun, type Looked, type Run, useExplore } from "./explore-store.ts";
import type { Told } from "./explorer.ts";
import type { Origin } from "./origin.ts";
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
    changeRun(client, {
      progress,
      ms,
      rate:
        progress.ending === null
          ? rate(progress.transitions, ms)
          : (progress.transitions * 1000) / Math.max(1, ms),
      ...(report === null ? {} : { report }),
    });
    if (
      report !== null &&
      useExplore.getState().run?.client === client &&
      useExplore.getState().looked === null
    )
      useExplore.setState({ looked: nearest(report) });
  };
}

export async function start(question: Question, origin: Origin): Promise<void> {
  useExplore.getState().run?.client.close();
  const client = new ExploreClient();
  const spec = specOf(question, origin.script);
  const run: Run = {
    spec,
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
    client,
  };
  useExplore.setState({ run, looked: null, half: "answers" });
  try {
    const opened = await client.open(spec);
    if (!opened.ok) {
      changeRun(client, { phase: "failed", problems: opened.problems });
      return;
    }
    changeRun(client, { phase: "running", head: opened.head });
    await client.run(follow(client));
    changeRun(client, { phase: "over", graph: await client.graph() });
  } catch (error) {
    const now = useExplore.getState().run;
    if (now?.client === client && now.phase !== "failed")
      changeRun(client, { phase: "failed", failure: reason(error) });
  }
}

/** A search that does not answer within this time is ended from outside; what it told before stands. */
const PATIENCE_MS = 3_000;

export function cancel(): void {
  const { run } = useExplore.getState();
  if (run === null || (run.phase !== "running" && run.phase !== "opening")) return;
  const { client } = run;
  changeRun(client, { cancelling: true });
  client.cancel();
  setTimeout(() => {
    const now = useExplore.getState().run;
    if (now?.client !== client || (now.phase !== "running" && now.phase !== "opening")) return;
    changeRun(client, { phase: "failed", failure: "It did not answer and was ended." });
    client.close();
  }, PATIENCE_MS);
}

/** Back to the empty place. */
export function putAway(): void {
  useExplore.getState().run?.client.close();
  useExplore.setState({ run: null, looked: null });
}
