// What reviewing costs: a compared step of four setups, a link, pictures of a thousand devices.
import { fixtureViews, fixtureWorld, grid } from "../src/draw/fixtures.test-helper.ts";
import { layoutOf } from "../src/draw/layout.ts";
import { mapOf } from "../src/draw/layout-map.ts";
import { buildScene, sceneOf } from "../src/draw/scene.ts";
import type { Scene } from "../src/draw/scene-types.ts";
import { drawSvg } from "../src/draw/svg.ts";
import { drawSvgMap } from "../src/draw/svg-map.ts";
import { Lockstep } from "../src/review/compare.ts";
import { writeLink } from "../src/review/share/link.ts";
import { shareOf } from "../src/review/share/share.ts";
import { applySide, parseSide } from "../src/review/sides.ts";
import type { CommandItem, Script } from "../src/script/ast.ts";
import { parse } from "../src/script/parse.ts";
import { Session } from "../src/script/session.ts";
import { withPage } from "./browser.ts";
import { type Bench, type Measure, summarise, time } from "./harness.ts";

const VSMMUS = 16;
const DEVICES = 64;

const hex = (n: number, width = 2): string => n.toString(16).padStart(width, "0");

/** 16 vSMMUs, 64 devices each, all plugged; then seventy steps of every kind. */
function largeScript(): string {
  const lines: string[] = [];
  for (let v = 0; v < VSMMUS; v++) lines.push(`vsmmu v${v}`);
  for (let d = 0; d < VSMMUS * DEVICES; d++) lines.push(`device d${d} sid=0x${hex(0x100 + d, 4)}`);
  for (let d = 0; d < VSMMUS * DEVICES; d++) {
    const v = Math.floor(d / DEVICES);
    const at = d % DEVICES;
    lines.push(`plug d${d} v${v} bdf=${hex(2 * v + 1 + (at >> 5))}:${hex(at % 32)}.0`);
  }
  lines.push("machine-start");
  for (let i = 0; i < 70; i++) {
    const v = i % VSMMUS;
    const kind = i % 5;
    if (kind === 0) lines.push(`gbpa v${v} abort`);
    else if (kind === 1) lines.push(`gbpa v${v} bypass`);
    else if (kind === 2) lines.push(`cr0 v${v} +eventqen`);
    else if (kind === 3) lines.push(`dma d${v * DEVICES + i} iova=0x1000`);
    else lines.push(`unplug d${v * DEVICES + i}`);
  }
  return `${lines.join("\n")}\n`;
}

function scriptsOf(text: string, sides: readonly string[]): Script[] {
  const script = parse(text);
  if (!script.ok) throw new Error(script.problems[0]?.message);
  return sides.map((how) => {
    const side = parseSide(how);
    const applied = side.ok ? applySide(script.value, side.value) : side;
    if (!applied.ok) throw new Error(applied.problems[0]);
    return applied.value;
  });
}

/** A compared step as the page pays for it: four worlds, what differs, four pictures in the far view. */
function comparedSteps(): { readonly p95: number; readonly median: number; readonly count: number } {
  const scripts = scriptsOf(largeScript(), ["qemu=v5", "qemu=v6", "fix=D1", "kernel=next"]);
  const lockstep = new Lockstep(scripts);
  const bodies = scripts.map((s) => s.items.filter((i): i is CommandItem => i.kind === "command"));
  const scenes: (Scene | null)[] = scripts.map(() => null);
  const layouts = scripts.map(() => null as ReturnType<typeof mapOf> | null);
  const values: number[] = [];
  const total = bodies[0]?.length ?? 0;
  for (let n = 0; n < total; n++) {
    const from = performance.now();
    const step = lockstep.step(
      bodies.map((b) => b[n] as CommandItem),
      n + 1,
    );
    if (n < total - 71) continue;
    step.worlds.forEach((world, i) => {
      const scene = sceneOf(world, { before: scenes[i] ?? null });
      scenes[i] = scene;
      layouts[i] = mapOf(scene, layouts[i] ?? null);
    });
    // The first ones pay for the pictures that are not there yet, and for code that has not run before.
    if (n >= total - 50) values.push(performance.now() - from);
  }
  return summarise(values);
}

function linkOf200(): number {
  let seed = 7;
  const draw = (n: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((seed / 0x8000_0000) * n);
  };
  const ste = ["abort", "bypass", "translate", "invalid"];
  const sid = ["0x100", "0x108", "0x200"];
  const lines = Array.from({ length: 200 }, () => {
    const d = draw(3);
    const v = draw(2);
    return [
      `plug d${d} v${v}`,
      `unplug d${d}`,
      `gbpa v${v} ${draw(2) === 0 ? "abort" : "bypass"}`,
      `ste v${v} ${sid[d]} ${ste[draw(4)]}`,
      `cfgi v${v} ${sid[d]}`,
      `cr0 v${v} ${draw(2) === 0 ? "+" : "-"}smmuen`,
      `dma d${d} iova=0x${(1 + draw(4)).toString(16)}000 write`,
      "reset",
    ][draw(8)];
  });
  const opened = Session.open(`${lines.join("\n")}\n`);
  if (!opened.ok) throw new Error(opened.problems[0]?.message);
  return writeLink(shareOf(opened.value)).length;
}

/** In a browser: from the SVG to PNG bytes, as the share dialog does it. */
async function pngTime(svg: string): Promise<number> {
  return withPage(async (page) =>
    page.evaluate(async (text) => {
      const from = performance.now();
      const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
      const image = new Image();
      await new Promise((done, failed) => {
        image.onload = done;
        image.onerror = failed;
        image.src = url;
      });
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth * 2;
      canvas.height = image.naturalHeight * 2;
      canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
      await new Promise((done) => canvas.toBlob(done, "image/png"));
      return performance.now() - from;
    }, svg),
  );
}

export const bench: Bench = {
  title: "Reviews: compare, links, pictures",
  async run(): Promise<readonly Measure[]> {
    const steps = comparedSteps();
    const fixture = grid(VSMMUS, DEVICES);
    const scene = buildScene(fixtureWorld(fixture), fixtureViews(fixture));
    layoutOf(scene);
    const floors = await time(() => drawSvg(scene), { samples: 15, warmup: 4 });
    const map = await time(() => drawSvgMap(scene), { samples: 15, warmup: 4 });
    const png = await pngTime(drawSvgMap(scene));
    return [
      {
        name: "compared step, 4 setups of 16 × 64 devices, p95",
        value: steps.p95,
        unit: "ms",
        goal: { atMost: 150 },
        note: `median ${steps.median.toFixed(1)} ms of ${steps.count} steps, pictures included`,
      },
      { name: "link of 200 actions, characters", value: linkOf200(), unit: "×", goal: { atMost: 700 } },
      { name: "SVG of 1,024 devices, all floors", value: floors.median, unit: "ms", goal: { atMost: 300 } },
      { name: "SVG of 1,024 devices, far view", value: map.median, unit: "ms", goal: { atMost: 300 } },
      { name: "PNG of 1,024 devices", value: png, unit: "ms", goal: { atMost: 3000 } },
    ];
  },
};
