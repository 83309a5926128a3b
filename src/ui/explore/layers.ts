/**
 * Places for the states of a search: a block a depth, left to right, in each an order that keeps edges short. A block
 * fills column by column, so that a wide depth stays on the screen. Linear in the edges, a few sweeps; the same graph
 * gives the same picture.
 */
import type { JobGraph } from "../../explore/job-data.ts";

export interface Placed {
  readonly state: number;
  readonly depth: number;
  /** Position in the order of its depth, from 0. */
  readonly at: number;
  readonly x: number;
  readonly y: number;
}

export interface Layers {
  readonly nodes: ReadonlyMap<number, Placed>;
  /** States of each depth, in order. */
  readonly depths: readonly (readonly number[])[];
  readonly width: number;
  readonly height: number;
}

export const NODE = 18;
/** States under each other in a block. */
export const ROWS = 16;
const PITCH = 26;
/** Between blocks: room for the edges to turn. */
const GAP = 70;
const MARGIN = 24;
const SWEEPS = 6;

const mean = (of: readonly number[], otherwise: number): number =>
  of.length === 0 ? otherwise : of.reduce((sum, n) => sum + n, 0) / of.length;

/** Where each state stands in its column, as a share of the column: columns of unlike height compare. */
function shares(columns: readonly (readonly number[])[]): Map<number, number> {
  const out = new Map<number, number>();
  for (const column of columns)
    column.forEach((state, row) => {
      out.set(state, (row + 0.5) / column.length);
    });
  return out;
}

export function layersOf({ nodes, edges }: JobGraph): Layers {
  const depth = new Map(nodes.map((node) => [node.state, node.depth]));
  let columns: number[][] = [];
  for (const { state, depth: at } of nodes) {
    columns[at] ??= [];
    columns[at]?.push(state);
  }
  columns = Array.from(columns, (column) => column ?? []);
  const left = new Map<number, number[]>();
  const right = new Map<number, number[]>();
  const add = (to: Map<number, number[]>, key: number, value: number): void => {
    const list = to.get(key);
    if (list === undefined) to.set(key, [value]);
    else list.push(value);
  };
  for (const { from, to } of edges) {
    const [a, b] = [depth.get(from), depth.get(to)];
    if (a === undefined || b === undefined || a === b) continue;
    const [near, far] = a < b ? [from, to] : [to, from];
    add(right, near, far);
    add(left, far, near);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const neighbours = sweep % 2 === 0 ? left : right;
    const order = sweep % 2 === 0 ? columns : columns.toReversed();
    for (const column of order) {
      const at = shares(columns);
      const wish = new Map(
        column.map((state) => {
          const own = at.get(state) ?? 0;
          return [
            state,
            mean(
              (neighbours.get(state) ?? []).map((other) => at.get(other) ?? own),
              own,
            ),
          ];
        }),
      );
      column.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a - b);
    }
  }
  const tallest = Math.min(ROWS, Math.max(1, ...columns.map((column) => column.length)));
  const height = MARGIN * 2 + tallest * PITCH;
  const placed = new Map<number, Placed>();
  let edge = MARGIN;
  columns.forEach((column, depthAt) => {
    const top = (height - Math.min(ROWS, column.length) * PITCH) / 2;
    column.forEach((state, at) => {
      placed.set(state, {
        state,
        depth: depthAt,
        at,
        x: edge + Math.floor(at / ROWS) * PITCH + NODE / 2,
        y: top + ((at % ROWS) + 0.5) * PITCH,
      });
    });
    edge += (Math.max(1, Math.ceil(column.length / ROWS)) - 1) * PITCH + NODE + GAP;
  });
  return { nodes: placed, depths: columns, width: edge - GAP + MARGIN, height };
}

/** The edge by which each state was first reached: together a tree of shortest ways. Key: the state's number. */
export function firstEdges({ nodes, edges }: JobGraph): ReadonlyMap<number, number> {
  const depth = new Map(nodes.map((node) => [node.state, node.depth]));
  const out = new Map<number, number>();
  for (const { from, to } of edges) {
    if ((depth.get(from) ?? 0) + 1 !== depth.get(to)) continue;
    const known = out.get(to);
    if (known === undefined || from < known) out.set(to, from);
  }
  return out;
}
