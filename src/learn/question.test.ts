import { expect, test } from "vitest";
import { ruleOf } from "../engine/all-rules.ts";
import { decidingCalls } from "../script/judge.ts";
import { parse } from "../script/parse.ts";
import { runAll } from "../script/runner.ts";
import { answerLines } from "./answer.ts";
import { type MadeQuestion, makeQuestion } from "./ask-scene.ts";
import { ASKS } from "./prediction.ts";

/** The script of a question with what its choice claims, judged as any script is. */
function holds(q: MadeQuestion, value: string): boolean {
  const claim = answerLines(q.ask, value);
  const parsed = parse(`${q.lead}${q.act.join("\n")}\n${claim ?? ""}\n`);
  if (!parsed.ok) throw new Error(`${q.seed}: ${parsed.problems.map((p) => p.message).join()}`);
  const run = runAll(parsed.value);
  if (q.ask.kind !== "call") return run.held > 0 && run.failed === 0;
  const last = run.events.filter((e) => e.kind === "command").at(-1);
  if (last?.kind !== "command") throw new Error(`${q.seed}: no command`);
  return (decidingCalls(last.outcome)[q.ask.n - 1]?.call ?? "none") === value;
}

/** Seeds 1 … 10,000: a question that fails is made again by its number. */
const SEEDS = 10_000;

test("the right answer is what the engine does, and no other choice is", { timeout: 1_200_000 }, () => {
  const kinds = new Map<string, number>();
  const wrongs: string[] = [];
  let telling = 0;
  let choices = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const q = makeQuestion(seed);
    if (q === null) {
      wrongs.push(`seed ${seed}: no question`);
      continue;
    }
    kinds.set(q.ask.kind, (kinds.get(q.ask.kind) ?? 0) + 1);
    const values = q.choices.map((c) => c.value);
    if (new Set(values).size !== values.length || values.length < 2 || values.length > 4)
      wrongs.push(`seed ${seed}: choices ${values.join()}`);
    telling += q.choices.filter((c) => c.why !== null).length;
    choices += q.choices.length - 1;
    const right = values[q.right] as string;
    if (!holds(q, right)) wrongs.push(`seed ${seed}: "${right}" is not what happens`);
    // One wrong choice a question, another one for every seed: all places are tried.
    const other = values[(q.right + 1 + (seed % (values.length - 1))) % values.length] as string;
    if (other !== right && holds(q, other)) wrongs.push(`seed ${seed}: "${other}" is right, too`);
    if (q.rules.some((r) => ruleOf(r.id) === null)) wrongs.push(`seed ${seed}: a rule nobody knows`);
  }
  expect(wrongs).toEqual([]);
  // No kind is so rare that a learner would not meet it, and most wrong choices are somebody's right ones.
  for (const kind of ASKS) expect([kind, (kinds.get(kind) ?? 0) > SEEDS / 50]).toEqual([kind, true]);
  expect(telling / choices).toBeGreaterThan(0.4);
});
