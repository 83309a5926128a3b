/** When a challenge is solved: read under the setup of its start. */
import type { Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import { type Formula, FormulaError, parseFormula } from "../explore/formula.ts";
import type { Promised } from "../explore/promises.ts";
import type { Difference } from "../review/differences.ts";
import { parseSide, type Side } from "../review/sides.ts";
import type { LineProblem } from "../script/marked.ts";
import { formatProblem } from "../script/problem.ts";
import type { Scope } from "../script/scope.ts";
import type { Goal } from "./challenge.ts";
import type { Read } from "./reading.ts";

export interface StateGoal {
  readonly kind: "state";
  readonly clauses: readonly { readonly text: string; readonly formula: Formula }[];
  reached(w: World): boolean;
}

export interface ApartGoal {
  readonly kind: "apart";
  readonly a: Side;
  readonly b: Side;
  /** What counts of the differences after one command. */
  counts(found: readonly Difference[]): readonly Difference[];
}

export type ReadGoal = StateGoal | ApartGoal;

const SOMETIMES = "sometimes ";

export function readGoal(goal: Goal, setup: Setup, scope: Scope): Read<ReadGoal> {
  return goal.kind === "state" ? readState(goal, setup, scope) : readApart(goal);
}

function readState(goal: Extract<Goal, { kind: "state" }>, setup: Setup, scope: Scope): Read<StateGoal> {
  const problems: LineProblem[] = [];
  const clauses: { text: string; formula: Formula }[] = [];
  for (const { text, line } of goal.lines) {
    try {
      clauses.push({ text, formula: parseFormula(setup, `${SOMETIMES}${text}`, scope) });
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      for (const p of error.problems) {
        const column = Math.max(1, p.column - SOMETIMES.length);
        problems.push({
          line,
          message: `goal "${text}": ${formatProblem({ ...p, column }).replace(/^\d+:/, "column ")}`,
        });
      }
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const reached = (w: World): boolean => clauses.every((c) => c.formula.holds(w));
  return { ok: true, value: { kind: "state", clauses, reached } };
}

function readApart(goal: Extract<Goal, { kind: "apart" }>): Read<ApartGoal> {
  const { line, aspects } = goal;
  const [a, b] = [parseSide(goal.a), parseSide(goal.b)];
  const problems = [a, b].flatMap((s) => (s.ok ? [] : s.problems.map((message) => ({ line, message }))));
  if (!a.ok || !b.ok) return { ok: false, problems };
  if (a.value.text === b.value.text)
    return { ok: false, problems: [{ line, message: "both setups are the same" }] };
  return {
    ok: true,
    value: {
      kind: "apart",
      a: a.value,
      b: b.value,
      counts: (found) => (aspects.length === 0 ? found : found.filter((d) => aspects.includes(d.aspect))),
    },
  };
}

const union = (sets: readonly ReadonlySet<number>[]): ReadonlySet<number> =>
  new Set(sets.flatMap((one) => [...one]));

/** The goal as the search takes it. */
export function promiseOf(goal: StateGoal): Promised {
  const text = goal.clauses.map((c) => c.text).join(" and ");
  return {
    id: "goal",
    sentence: text,
    source: "the challenge",
    goal: true,
    asks: {
      devices: union(goal.clauses.map((c) => c.formula.asks.devices)),
      vsmmus: union(goal.clauses.map((c) => c.formula.asks.vsmmus)),
      numbers: goal.clauses.some((c) => c.formula.asks.numbers),
      registers: goal.clauses.some((c) => c.formula.asks.registers),
    },
    questions: [{ id: "goal", host: false, ask: (w) => (goal.reached(w) ? ["reached"] : []) }],
    accepts: () => true,
  };
}
