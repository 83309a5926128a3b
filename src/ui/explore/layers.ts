/**
 * Places for the states of a search: a column a depth, in each an order that keeps edges short. Linear in the edges, a
 * few sweeps; the same graph gives the same picture.
 */
import type { JobGraph } from "../../explore/job-data.ts";

export interface Placed {
  readonly state: number;
  readonly depth: number;
  /** Position in its column, from 0. */
  readonly row: number;
  readonly x: number;
  readonly y: number;
}

export interface Layers {
  readonly nodes: ReadonlyMap<number, Placed>;
  /** States of each depth, top to bottom. */
  readonly columns: readonly (readonly number[])[];
  readonly width: number;
  readonly height: number;
}

export const NODE = 18;
const COLUMN = 92;
const ROW = 26;
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
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  const height = MARGIN * 2 + tallest * ROW;
  const placed = new Map<number, Placed>();
  columns.forEach((column, at) => {
    const top = (height - column.length * ROW) / 2;
    column.forEach((state, row) => {
      placed.set(state, {
        state,
        depth: at,
        row,
        x: MARGIN + at * COLUMN + NODE / 2,
        y: top + (row + 0.5) * ROW,
      });
    });
  });
  return {
    nodes: placed,
    columns,
    width: MARGIN * 2 + Math.max(0, columns.length - 1) * COLUMN + NODE,
    height,
  };
}
