/**
 * The states of a finished search as a graph, while they are few. Every state is shown in the names of the first world,
 * as its shortest way reaches it; with symmetry an edge leads to the state that stands for all its images.
 */
import { actionText } from "../script/action-text.ts";
import type { Move } from "./alphabet.ts";
import { play, wayTo } from "./counterexample.ts";
import { composed, inverse, renamedActions } from "./freedom.ts";
import type { JobEdge, JobGraph, JobNode } from "./job-data.ts";
import { className } from "./promises.ts";
import { renamingOf, type Symmetry } from "./renaming.ts";
import type { Search } from "./search.ts";
import { shortFacts } from "./short-facts.ts";

/** More than this is no picture any more. */
export const MOST_DRAWN = 300;

/** What led from the first world to a state's stored form. */
function turnOf(search: Search, state: number): Symmetry {
  const { store, space, freedom } = search;
  const turns: number[] = [];
  for (let s = state; (store.parents[s] as number) >= 0; s = store.parents[s] as number)
    turns.push((store.vias[s] as number) >> 16);
  let out = freedom.symmetries[space.frame] as Symmetry;
  for (const t of turns.reverse()) out = composed(out, freedom.symmetries[t] as Symmetry);
  return out;
}

/** The lines of a move tried in a state, in the names of the first world. */
function lineOf(search: Search, state: number, move: Move): string {
  const { setup } = search.spec.world;
  const back = renamedActions(move.actions, renamingOf(setup, inverse(turnOf(search, state))));
  return (back ?? move.actions).map((a) => actionText(setup, a)).join("; ");
}

function nodeOf(search: Search, state: number): JobNode {
  const world = play(search.spec.world, wayTo(search, state));
  return {
    state,
    depth: search.depthOf(state),
    facts: shortFacts(world),
    classes: [...new Set(search.classesOf(state).map(className))],
  };
}

/** Null while there are too many. */
export function graphOf(search: Search): JobGraph | null {
  const { store } = search;
  if (store.count > MOST_DRAWN) return null;
  const nodes: JobNode[] = [];
  const edges: JobEdge[] = [];
  for (let state = 0; state < store.count; state++) {
    nodes.push(nodeOf(search, state));
    const byEnd = new Map<number, string[]>();
    for (const { move, to } of search.successors(state)) {
      if (to === state) continue;
      const line = lineOf(search, state, move);
      const known = byEnd.get(to);
      if (known === undefined) byEnd.set(to, [line]);
      else known.push(line);
    }
    for (const [to, moves] of byEnd) edges.push({ from: state, to, moves });
  }
  return { nodes, edges };
}
