// The lab's own layout of 16 vSMMUs × 64 devices, and elkjs's layered layout of the same boxes and lines, in one run.
import elkConstructor, { type ElkNode } from "elkjs/lib/elk.bundled.js";
import { fixtureViews, fixtureWorld, grid } from "../src/draw/fixtures.test-helper.ts";
import { layoutOf } from "../src/draw/layout.ts";
import { mapOf } from "../src/draw/layout-map.ts";
import { buildScene } from "../src/draw/scene.ts";
import { eachItem, type Scene } from "../src/draw/scene-types.ts";
import { type Bench, time } from "./harness.ts";

const Elk = elkConstructor as unknown as new () => { layout(graph: ElkNode): Promise<ElkNode> };

/** Every box with its size, every "rests on" and every attachment as an edge. */
function elkGraph(scene: Scene): ElkNode {
  const layout = layoutOf(scene);
  const children: ElkNode[] = [];
  const edges: { id: string; sources: string[]; targets: string[] }[] = [];
  eachItem(scene, ({ key, under }) => {
    const box = layout.boxes.get(key);
    // A layouter that knows no columns is not asked to make bars as wide as all of theirs.
    children.push({ id: key, width: Math.min(box?.w ?? 0, 180), height: box?.h ?? 0 });
    if (under !== null) edges.push({ id: `${key} on ${under}`, sources: [key], targets: [under] });
  });
  return {
    id: "root",
    layoutOptions: { "elk.algorithm": "layered", "elk.direction": "DOWN" },
    children,
    edges,
  };
}

export const bench: Bench = {
  title: "Layout of 16 vSMMUs × 64 devices",
  async run() {
    const fixture = grid(16, 64);
    const scene = buildScene(fixtureWorld(fixture), fixtureViews(fixture));
    const own = await time(() => layoutOf(scene), { samples: 60, warmup: 30 });
    const before = layoutOf(scene);
    const again = await time(() => layoutOf(scene, before), { samples: 60, warmup: 30 });
    const map = await time(() => mapOf(scene), { samples: 60, warmup: 30 });
    const graph = elkGraph(scene);
    const elk = new Elk();
    const other = await time(() => elk.layout(graph), { samples: 1, warmup: 0 });
    const boxes = `${before.boxes.size} boxes, ${before.lines.size} attachments`;
    return [
      { name: "own layout", value: own.median, unit: "ms", goal: { atMost: 5 }, note: boxes },
      { name: "own layout after a step", value: again.median, unit: "ms", goal: { atMost: 5 } },
      { name: "far view", value: map.median, unit: "ms" },
      { name: "elkjs layered", value: other.median, unit: "ms", note: "the same boxes and lines, one run" },
      {
        name: "own layout against elkjs",
        value: other.median / own.median,
        unit: "×",
        goal: { atLeast: 100 },
        note: "elkjs / own",
      },
    ];
  },
};
