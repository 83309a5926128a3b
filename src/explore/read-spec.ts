/** What somebody asks for, read: the world, the alphabet and the promises that a spec names. */
import type { World } from "../engine/world.ts";
import { parse } from "../script/parse.ts";
import { formatProblem, type Problem } from "../script/problem.ts";
import { runAll } from "../script/runner.ts";
import { EMPTY_SCOPE } from "../script/scope.ts";
import { type Alphabet, AlphabetError, alphabetOf } from "./alphabet.ts";
import { FormulaError } from "./formula.ts";
import type { JobLimits, JobProblem, JobSpec } from "./job-data.ts";
import { type Promised, PromiseError, promisesOf } from "./promises.ts";
import { DEFAULT_LIMITS } from "./search.ts";

export interface ReadSpec {
  readonly world: World;
  readonly alphabet: Alphabet;
  readonly promises: readonly Promised[];
  readonly limits: JobLimits;
}

type Read =
  | { readonly ok: true; readonly value: ReadSpec }
  | { readonly ok: false; readonly problems: readonly JobProblem[] };

const LEAST: JobLimits = { depth: 0, states: 1, bytes: 1 };

/** Everything that a spec names, or everything that is wrong with it. */
export function readSpec(spec: JobSpec): Read {
  const problems: JobProblem[] = [];
  const wrong = (
    where: JobProblem["where"],
    message: string,
    places: readonly Problem[] = [],
    index = 0,
  ): void => {
    problems.push({ where, index, message, places });
  };
  const limits: JobLimits = { ...DEFAULT_LIMITS, ...spec.limits };
  for (const k of ["depth", "states", "bytes"] as const)
    if (!Number.isSafeInteger(limits[k]) || limits[k] < LEAST[k])
      wrong("limits", `${k} needs a whole number from ${LEAST[k]} on`);
  const parsed = parse(spec.script);
  if (!parsed.ok) {
    wrong("script", parsed.problems.map(formatProblem).join("\n"), parsed.problems);
    return { ok: false, problems };
  }
  let scope = EMPTY_SCOPE;
  for (const item of parsed.value.items)
    if (item.kind === "command" && item.declares !== null) scope = scope.with(item.declares);
  const { world } = runAll(parsed.value, { trace: false });
  let alphabet: Alphabet | null = null;
  try {
    alphabet = alphabetOf(world.setup, spec.alphabet, scope);
  } catch (error) {
    if (!(error instanceof AlphabetError)) throw error;
    wrong("alphabet", error.message, error.problems);
  }
  const promises: Promised[] = [];
  for (const [index, text] of (spec.promises.length === 0 ? ["all"] : spec.promises).entries())
    try {
      for (const p of promisesOf(world.setup, [text], scope))
        if (!promises.some((x) => x.id === p.id)) promises.push(p);
    } catch (error) {
      if (!(error instanceof FormulaError || error instanceof PromiseError)) throw error;
      wrong("promise", error.message, error.problems, index);
    }
  if (alphabet === null || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { world, alphabet, promises, limits } };
}
