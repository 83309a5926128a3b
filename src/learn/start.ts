/** A challenge made ready: its start played, its goal and what it allows read under that setup. */
import type { World } from "../engine/world.ts";
import type { CommandItem, Script } from "../script/ast.ts";
import type { LineProblem } from "../script/marked.ts";
import { parse, parseLines } from "../script/parse.ts";
import { formatProblem } from "../script/problem.ts";
import { runAll } from "../script/runner.ts";
import { EMPTY_SCOPE, type Scope } from "../script/scope.ts";
import { type Allowed, readAllowed } from "./allow.ts";
import type { Challenge, Lines } from "./challenge.ts";
import { type ReadGoal, readGoal } from "./goal.ts";
import { byLine, type Read } from "./reading.ts";

export interface Ready {
  readonly challenge: Challenge;
  readonly script: Script;
  readonly world: World;
  readonly scope: Scope;
  readonly goal: ReadGoal;
  readonly allowed: Allowed;
}

/** Problems of a block's text as problems of the file. */
export function blockProblems(
  problems: readonly { readonly line: number; readonly column: number; readonly message: string }[],
  first: number,
): LineProblem[] {
  return problems.map((p) => {
    const full = formatProblem({ length: 1, expected: null, suggestion: null, ...p });
    return {
      line: first === 0 ? 0 : first + p.line - 1,
      message: full.replace(/^\d+:\d+: /, `column ${p.column}: `),
    };
  });
}

export const scopeOf = (script: Script): Scope =>
  script.items.reduce(
    (scope, item) => (item.kind === "command" && item.declares !== null ? scope.with(item.declares) : scope),
    EMPTY_SCOPE,
  );

export function makeReady(challenge: Challenge): Read<Ready> {
  const { start } = challenge;
  const parsed = parse(start.text === "" ? "" : `${start.text}\n`);
  if (!parsed.ok) return { ok: false, problems: blockProblems(parsed.problems, start.line) };
  const script = parsed.value;
  const run = runAll(script);
  const problems: LineProblem[] = [];
  for (const e of run.events) {
    const line = start.line + e.line - 1;
    if (e.kind === "command" && e.outcome.rejected)
      problems.push({ line, message: `the start cannot be played: ${e.outcome.messages.join("; ")}` });
    if (e.kind === "expect" && !e.held)
      problems.push({ line, message: `the start is not what it expects: ${JSON.stringify(e.record().got)}` });
  }
  const scope = scopeOf(script);
  const { setup } = script;
  const goal = readGoal(challenge.goal, setup, scope);
  const allowed = readAllowed(challenge.allow, setup, scope);
  if (!goal.ok) problems.push(...goal.problems);
  if (!allowed.ok) problems.push(...allowed.problems);
  if (problems.length > 0 || !goal.ok || !allowed.ok) return { ok: false, problems: byLine(problems) };
  const value = { challenge, script, world: run.world, scope, goal: goal.value, allowed: allowed.value };
  return { ok: true, value };
}

/** Lines that go on from the start, as commands. */
export function commandsAfter(
  ready: Ready,
  lines: Lines,
): Read<readonly { item: CommandItem; line: number }[]> {
  const parsed = parseLines(lines.text, ready.script.setup, ready.scope);
  if (!parsed.ok) return { ok: false, problems: blockProblems(parsed.problems, lines.line) };
  const commands = parsed.value.items.filter((i): i is CommandItem => i.kind === "command");
  if (parsed.value.items.some((i) => i.kind === "expect"))
    return {
      ok: false,
      problems: [{ line: lines.line, message: "a solution has commands, no expectations" }],
    };
  return { ok: true, value: commands.map((item) => ({ item, line: lines.line })) };
}
