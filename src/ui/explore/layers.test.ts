import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JobGraph } from "../../explore/job-data.ts";
import { firstEdges, layersOf, NODE } from "./layers.ts";

/** A breadth-first search's graph: every state has an edge from one a move nearer. */
const graphs: fc.Arbitrary<JobGraph> = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }), fc.infiniteStream(fc.nat(1_000_000)))
  .map(([widths, numbers]) => {
    const depths = [0, ...widths.flatMap((n, at) => new Array<number>(n).fill(at + 1))];
    const nodes = depths.map((depth, state) => ({ state, depth, facts: [], classes: [] }));
    const next = (): number => numbers.next().value as number;
    const edges = nodes.slice(1).flatMap(({ state, depth }) => {
      const before = nodes.filter((node) => node.depth === depth - 1);
      const from = before[next() % before.length]?.state ?? 0;
      const any = nodes[next() % nodes.length]?.state ?? 0;
      return [
        { from, to: state, moves: ["reset"] },
        { from: state, to: any, moves: ["reset"] },
      ];
    });
    return { nodes, edges };
  });

describe("the places of states", () => {
  it("no two states lie over each other, and all lie inside", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { nodes, width, height } = layersOf(graph);
        const all = [...nodes.values()];
        expect(all).toHaveLength(graph.nodes.length);
        expect(new Set(all.map(({ x, y }) => `${x} ${y}`)).size).toBe(all.length);
        for (const { x, y } of all) {
          expect(x).toBeGreaterThanOrEqual(NODE / 2);
          expect(x).toBeLessThanOrEqual(width - NODE / 2);
          expect(y).toBeGreaterThanOrEqual(NODE / 2);
          expect(y).toBeLessThanOrEqual(height - NODE / 2);
        }
      }),
    );
  });

  it("a state more moves away lies further to the right", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const all = [...layersOf(graph).nodes.values()];
        for (const a of all) for (const b of all) if (a.depth < b.depth) expect(a.x).toBeLessThan(b.x);
      }),
    );
  });

  it("the same graph gives the same picture", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        expect(layersOf(structuredClone(graph))).toEqual(layersOf(graph));
      }),
    );
  });

  it("every state but the first has one first edge, from a state a move nearer", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const first = firstEdges(graph);
        expect(first.size).toBe(graph.nodes.length - 1);
        for (const [to, from] of first)
          expect(graph.nodes[from]?.depth).toBe((graph.nodes[to]?.depth ?? 0) - 1);
      }),
    );
  });

  it("edges that need not cross do not", () => {
    const node = (state: number, depth: number) => ({ state, depth, facts: [], classes: [] });
    const { nodes } = layersOf({
      nodes: [node(0, 0), node(1, 1), node(2, 1), node(3, 2), node(4, 2)],
      edges: [
        { from: 0, to: 1, moves: [] },
        { from: 0, to: 2, moves: [] },
        { from: 2, to: 3, moves: [] },
        { from: 1, to: 4, moves: [] },
      ],
    });
    const y = (state: number): number => nodes.get(state)?.y ?? 0;
    expect(Math.sign(y(1) - y(2))).toBe(Math.sign(y(4) - y(3)));
  });
});
