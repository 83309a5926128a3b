import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Fixture, fixtureSetup, fixtureViews, fixtureWorld, grid } from "./fixtures.test-helper.ts";
import { type Box, type Layout, layoutOf, linePath, M } from "./layout.ts";
import { cellAt, MAP, mapOf } from "./layout-map.ts";
import { buildScene } from "./scene.ts";
import { eachItem, type Item, type Scene } from "./scene-types.ts";

const attach = fc.constantFrom("abort", "bypass", "translate", "s2", "none") as fc.Arbitrary<
  "abort" | "bypass" | "translate" | "s2" | "none"
>;
const device = fc.record({ attach, psmmu: fc.nat({ max: 1 }), vdevice: fc.boolean() });
const fixture: fc.Arbitrary<Fixture> = fc.record({
  vsmmus: fc.array(fc.array(device, { maxLength: 7 }), { minLength: 1, maxLength: 5 }),
  parked: fc.nat({ max: 9 }),
  psmmus: fc.constant(2),
  abort: fc.boolean(),
  enabled: fc.boolean(),
});
const sceneOfFixture = (f: Fixture): Scene => buildScene(fixtureWorld(f), fixtureViews(f));

/** That many vSMMUs, and no device. */
const fixtureSceneOf = (count: number): Scene =>
  sceneOfFixture({
    vsmmus: Array.from({ length: count }, () => []),
    parked: 0,
    psmmus: 1,
    abort: false,
    enabled: false,
  });

const inside = (a: Box, b: Box): boolean =>
  a.x >= b.x && a.y >= b.y && a.x + a.w <= b.x + b.w && a.y + a.h <= b.y + b.h;
const apart = (a: Box, b: Box): boolean =>
  a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;

/** Who may hold whom: an item and what it stands in. */
const HOLDS: Readonly<Record<string, readonly string[]>> = {
  vsmmu: ["ste"],
  accel: ["accel-device"],
  viommu: ["nested", "veventq"],
  ioas: ["paging"],
};

function placed(scene: Scene, layout: Layout): { item: Item; box: Box }[] {
  const list: { item: Item; box: Box }[] = [];
  eachItem(scene, (item) => {
    const box = layout.boxes.get(item.key);
    if (box === undefined) throw new Error(`${item.key} has no place`);
    list.push({ item, box });
  });
  return list;
}

function checkPlaces(scene: Scene, layout: Layout): void {
  const all = placed(scene, layout);
  for (const { box } of all)
    expect(inside(box, { x: 0, y: 0, w: layout.width, h: layout.height })).toBe(true);
  for (const [i, a] of all.entries())
    for (const b of all.slice(i + 1)) {
      if (apart(a.box, b.box)) continue;
      const [holder, held] = inside(b.box, a.box) ? [a, b] : [b, a];
      const text = `${a.item.key} ${b.item.key}`;
      expect(inside(held.box, holder.box), text).toBe(true);
      expect(HOLDS[holder.item.role], text).toContain(held.item.role);
    }
}

describe("where things stand", () => {
  test("every item has a place, nothing overlaps but what stands in something", () => {
    fc.assert(
      fc.property(fixture, (f) => {
        const scene = sceneOfFixture(f);
        checkPlaces(scene, layoutOf(scene));
      }),
      { numRuns: 60 },
    );
  });

  test("bars span the columns they serve, stations stand in their column, floors follow each other", () => {
    fc.assert(
      fc.property(fixture, (f) => {
        const scene = sceneOfFixture(f);
        const layout = layoutOf(scene);
        const box = (item: Item | null): Box => {
          const found = item === null ? undefined : layout.boxes.get(item.key);
          if (found === undefined) throw new Error("no box");
          return found;
        };
        for (const [i, block] of scene.blocks.entries()) {
          for (const column of block.columns) {
            const ground = layout.columns.get(column.key) as Box;
            for (const one of [column.ste, column.accel, column.device, column.vdevice, column.pste])
              if (one !== null) expect(inside(box(one), ground)).toBe(true);
            const under = [box(block.vsmmu), box(block.accel)];
            for (const group of block.viommus) under.push(box(group.item));
            for (const group of scene.ioases)
              if (group.from <= i && i <= group.to) under.push(box(group.item), ...group.hwpts.map(box));
            for (const bar of under) {
              expect(bar.x).toBeLessThanOrEqual(ground.x);
              expect(bar.x + bar.w).toBeGreaterThanOrEqual(ground.x + ground.w - 2 * 8);
            }
          }
        }
        let y = 0;
        for (const band of layout.floors) {
          expect(band.y).toBe(y);
          y += band.h;
        }
        expect(y).toBe(layout.height);
        for (const { item, box: at } of placed(scene, layout)) {
          const band = layout.floors.find(({ floor }) => floor === item.floor);
          expect(band !== undefined && at.y >= band.y && at.y + at.h <= band.y + band.h).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("an attachment starts at the foot of its DEVICE and lands on the top of its HWPT", () => {
    fc.assert(
      fc.property(fixture, (f) => {
        const scene = sceneOfFixture(f);
        const layout = layoutOf(scene);
        for (const one of scene.attachments) {
          const line = layout.lines.get(one.key);
          const from = layout.boxes.get(one.from) as Box;
          const to = layout.boxes.get(one.to) as Box;
          expect(line?.y0).toBe(from.y + from.h);
          expect(line?.y1).toBe(to.y);
          expect(line !== undefined && line.x1 >= to.x && line.x1 <= to.x + to.w).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("equal scenes give equal layouts, and a layout of the same scene is made of the same boxes", () => {
    const scene = sceneOfFixture(grid(3, 5, 2));
    const one = layoutOf(scene);
    const two = layoutOf(scene, one);
    expect(layoutOf(sceneOfFixture(grid(3, 5, 2)))).toEqual(one);
    for (const [key, box] of one.boxes) expect(two.boxes.get(key)).toBe(box);
    for (const [key, line] of one.lines) expect(two.lines.get(key)).toBe(line);
    expect(two.floors).toBe(one.floors);
  });
});

describe("nothing moves but what changed", () => {
  const add = (f: Fixture, v: number): Fixture => ({
    ...f,
    vsmmus: f.vsmmus.map((list, i) => (i === v ? [...list, { attach: "s2" }] : list)),
    parked: (f.parked ?? 0) - 1,
  });

  test("a device plugged where there is room moves nothing at all", () => {
    // Three devices in a block leave room for a fourth. Names go by number: plug behind the last vSMMU.
    const f: Fixture = {
      vsmmus: [
        [{ attach: "abort" }, { attach: "abort" }],
        [{ attach: "bypass" }, { attach: "bypass" }, { attach: "translate" }],
      ],
      parked: 3,
    };
    const setup = fixtureSetup(f);
    const before = buildScene(fixtureWorld(f, setup), fixtureViews(f));
    const g = add(f, 1);
    const after = buildScene(fixtureWorld(g, setup), fixtureViews(g), { before });
    const a = layoutOf(before);
    const b = layoutOf(after, a);
    let same = 0;
    for (const [key, box] of a.boxes) {
      const now = b.boxes.get(key);
      if (now === undefined) continue;
      expect(now, key).toBe(box);
      same++;
    }
    expect(same).toBeGreaterThan(20);
    for (const [key, line] of a.lines) expect(b.lines.get(key), key).toBe(line);
  });

  test("a block that must grow pushes its right-hand neighbours and nothing else", () => {
    fc.assert(
      fc.property(fixture, fc.nat(), (f, pick) => {
        const v = pick % f.vsmmus.length;
        const setup = fixtureSetup({ ...f, parked: (f.parked ?? 0) + 1 });
        // Devices are numbered in the order of the fixture: a newcomer anywhere but at the end would rename others.
        const list = f.vsmmus.map((one, i) => (i > v ? [] : one));
        const one: Fixture = { ...f, vsmmus: list };
        const two: Fixture = { ...one, vsmmus: list.map((l, i) => (i === v ? [...l, { attach: "s2" }] : l)) };
        const before = buildScene(fixtureWorld(one, setup), fixtureViews(one));
        const after = buildScene(fixtureWorld(two, setup), fixtureViews(two), { before });
        const a = layoutOf(before);
        const b = layoutOf(after, a);
        for (const block of before.blocks.slice(0, v + 1))
          for (const column of block.columns)
            for (const item of [column.ste, column.accel, column.device, column.vdevice])
              if (item !== null && b.boxes.has(item.key))
                expect(b.boxes.get(item.key)).toBe(a.boxes.get(item.key));
      }),
      { numRuns: 40 },
    );
  });
});

test("the work grows with the picture and no faster: twice the devices, twice the reads", () => {
  /** Counts every property read of a scene, however deep. */
  function reads(scene: Scene): number {
    let count = 0;
    const proxies = new WeakMap<object, object>();
    const watch = <T extends object>(target: T): T => {
      const known = proxies.get(target);
      if (known !== undefined) return known as T;
      const proxy = new Proxy(target, {
        get(object, key, self) {
          count++;
          const value: unknown = Reflect.get(object, key, Array.isArray(object) ? object : self);
          return typeof value === "object" && value !== null ? watch(value) : value;
        },
      });
      proxies.set(target, proxy);
      return proxy;
    };
    layoutOf(watch(scene));
    mapOf(watch(scene));
    return count;
  }
  const counts = [8, 16, 32, 64].map((n) => reads(sceneOfFixture(grid(4, n))));
  for (const [i, count] of counts.slice(1).entries()) expect(count / (counts[i] as number)).toBeLessThan(2.1);
});

test("attachments keep the form of their path, so that one can swing into the other", () => {
  const form = (path: string) => path.replaceAll(/-?[\d.]+/g, "n");
  const a = linePath({ x0: 0, y0: 0, x1: 0, knee: 24, y1: 60 });
  const b = linePath({ x0: 0, y0: 0, x1: 80.5, knee: 24, y1: 200 });
  expect(form(a)).toBe(form(b));
});

describe("the far view", () => {
  test("cells stand in their tile, tiles and bars stand apart", () => {
    const scene = sceneOfFixture(grid(16, 64, 12));
    const map = mapOf(scene);
    const boxes = [...map.tiles.values(), ...map.bars.values()];
    for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) expect(apart(a, b)).toBe(true);
    for (const block of scene.blocks) {
      const tile = map.tiles.get(block.key) as Box;
      for (const column of block.columns) {
        const { x, y } = cellAt(column.slot, map.perRow);
        expect(x + MAP.cell <= tile.w && y + MAP.cell <= tile.h && x >= 0 && y >= MAP.head).toBe(true);
      }
    }
    // A thousand devices fill a screen, not a strip.
    expect(map.width / map.height).toBeGreaterThan(1);
    expect(map.width / map.height).toBeLessThan(3);
  });

  test("the same scene gives the same tiles", () => {
    const scene = sceneOfFixture(grid(5, 9));
    const one = mapOf(scene);
    const two = mapOf(scene, one);
    for (const [key, box] of one.tiles) expect(two.tiles.get(key)).toBe(box);
  });
});

test("a bar over narrow blocks says its name once, and again only after a while", () => {
  const none = fixtureSceneOf(2);
  const one = layoutOf(none);
  for (const bar of none.psmmus) expect(one.heads.get(bar.item.key)).toEqual([0]);
  const many = fixtureSceneOf(40);
  const heads = layoutOf(many).heads.get(many.psmmus[0]?.item.key ?? "") ?? [];
  expect(heads.length).toBeGreaterThan(3);
  for (const [i, x] of heads.entries())
    if (i > 0) expect(x - (heads[i - 1] as number)).toBeGreaterThanOrEqual(3 * M.head);
});
