/** A learner at a challenge: what was done since the start, what may be done, whether it is solved. */
import type { World } from "../engine/world.ts";
import type { Difference } from "../review/differences.ts";
import { type CommandItem, statementText } from "../script/ast.ts";
import { parseLines } from "../script/parse.ts";
import { formatProblem } from "../script/problem.ts";
import { type NodeId, Session, type TimelineNode } from "../script/session.ts";
import { refusal } from "./allow.ts";
import { type Proof, playedApart, playedOn } from "./prove.ts";
import type { Ready } from "./start.ts";

export interface Opened {
  readonly ready: Ready;
  /** At the start. */
  readonly session: Session;
  readonly start: NodeId;
}

export function openChallenge(ready: Ready): Opened {
  const session = Session.of(ready.script);
  return { ready, session, start: session.current.id };
}

export interface Clause {
  readonly text: string;
  readonly holds: boolean;
}

export interface Attempt {
  /** Commands done since the start; those that made no sense do not count. */
  readonly commands: readonly string[];
  /** Commands among them that the challenge does not allow: then it does not count as solved. */
  readonly foreign: readonly string[];
  /** Every line of the goal; of a goal of two setups, that one line. */
  readonly clauses: readonly Clause[];
  readonly solved: boolean;
  /** Of a goal of two setups: both worlds, and the differences that count. */
  readonly apart: { readonly worlds: readonly World[]; readonly differences: readonly Difference[] } | null;
}

/** Nodes after the challenge's start on a session's path; null if the path does not begin with the start. */
function since(ready: Ready, path: readonly TimelineNode[]): readonly TimelineNode[] | null {
  const own = openChallenge(ready).session.path();
  if (path.length < own.length) return null;
  if (own.some((n, i) => path[i]?.text !== n.text || path[i]?.kind !== n.kind)) return null;
  return path.slice(own.length);
}

/** How the session stands at its current node; null if that does not lie behind the challenge's start. */
export function attemptAt(ready: Ready, session: Session): Attempt | null {
  const path = session.path();
  const nodes = since(ready, path);
  if (nodes === null) return null;
  const { goal } = ready;
  const items: CommandItem[] = [];
  const foreign: string[] = [];
  for (const n of nodes) {
    if (n.item?.kind !== "command" || n.parent === null) continue;
    // What one setup rejects, the other may not.
    if (n.rejected && goal.kind === "state") continue;
    if (refusal(ready.allowed, session.world(n.parent), n.item) !== null) foreign.push(n.text);
    items.push(n.item);
  }
  const commands = items.map(statementText);
  if (goal.kind === "state") {
    const world = session.world();
    const clauses = goal.clauses.map((c) => ({ text: c.text, holds: c.formula.holds(world) }));
    const solved = foreign.length === 0 && clauses.every((c) => c.holds);
    return { commands, foreign, clauses, solved, apart: null };
  }
  const { worlds, differences } = playedApart(ready, goal, items);
  const text = `differ ${goal.a.text} from ${goal.b.text}`;
  const holds = differences.length > 0;
  return {
    commands,
    foreign,
    clauses: [{ text, holds }],
    solved: holds && foreign.length === 0,
    apart: { worlds, differences },
  };
}

/** Why a line may not be done where the session stands; null if it may. Lines with nothing to do are always allowed. */
export function refusedLine(ready: Ready, session: Session, text: string): string | null {
  const { setup, scope } = session.current;
  const parsed = parseLines(text, setup, scope);
  if (!parsed.ok) return parsed.problems.map((p) => formatProblem(p).replace(/^\d+:\d+: /, "")).join("; ");
  for (const item of parsed.value.items) {
    if (item.kind !== "command") continue;
    const no = refusal(ready.allowed, session.world(), item);
    if (no !== null) return no;
  }
  return null;
}

/** The worlds at the end of the proved way: what the goal looks like. Two for a goal of two setups. */
export function goalWorlds(ready: Ready, proof: Proof): readonly World[] {
  const items = proof.way.flatMap((line) => {
    const move = ready.allowed.moves.find((m) => m.text === line);
    return move === undefined ? [] : move.move.actions;
  });
  if (ready.goal.kind === "state") return [playedOn(ready.world, items)];
  return playedApart(
    ready,
    ready.goal,
    items.map((action) => ({ action })),
  ).worlds;
}
