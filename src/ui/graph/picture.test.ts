import { describe, expect, test } from "vitest";
import {
  type Fixture,
  fixtureSetup,
  fixtureViews,
  fixtureWorld,
  grid,
} from "../../draw/fixtures.test-helper.ts";
import { buildScene } from "../../draw/scene.ts";
import type { Scene } from "../../draw/scene-types.ts";
import { walk } from "./keyboard.ts";
import { mapFlowOf } from "./map-flow.ts";
import { mapPictureOf, type Picture, pictureOf } from "./picture.ts";
import { findItem, followOf, keyOfSubject, relatedTo } from "./references.ts";

const MIXED: Fixture = {
  vsmmus: [
    [{ attach: "abort" }, { attach: "translate" }, { attach: "s2", diverges: "D1" }],
    [{ attach: "bypass" }],
  ],
  parked: 2,
  abort: true,
};
const sceneOf = (f: Fixture, before: Scene | null = null, setup = fixtureSetup(f)): Scene =>
  buildScene(fixtureWorld(f, setup), fixtureViews(f), { before });

/** The fixture with one device's attachment replaced. */
const move = (f: Fixture, v: number, d: number, attach: Fixture["vsmmus"][0][0]["attach"]): Fixture => ({
  ...f,
  vsmmus: f.vsmmus.map((list, i) =>
    i !== v ? list : list.map((one, j) => (j === d ? { ...one, attach } : one)),
  ),
});

/** Ids of nodes that are new objects. */
const fresh = (before: Picture, after: Picture): string[] =>
  after.flow.nodes.filter((node) => !before.flow.nodes.includes(node)).map((node) => node.id);

describe("nodes keep their identity", () => {
  test("an equal scene in a fresh object gives the very same nodes and wires", () => {
    const scene = sceneOf(MIXED);
    const before = pictureOf(scene, null);
    const after = pictureOf({ ...scene }, before);
    expect(after.flow.nodes).toBe(before.flow.nodes);
    expect(after.flow.wires).toBe(before.flow.wires);
  });

  test("a move makes new nodes of what it changed: the column, its stations, nothing of the neighbours", () => {
    const before = pictureOf(sceneOf(MIXED), null);
    const moved = move(MIXED, 1, 0, "abort");
    const after = pictureOf(
      sceneOf(moved, before.scene, before.scene === null ? undefined : fixtureSetup(MIXED)),
      before,
    );
    const ids = fresh(before, after);
    expect(ids).toContain("col:d3");
    expect(ids).toContain("pste:d3");
    expect(ids.filter((id) => /d[0-2]$/.test(id))).toEqual([]);
    const wires = after.flow.wires.filter((wire) => !before.flow.wires.includes(wire));
    expect(wires.map((wire) => wire.attachment.key)).toEqual(["at:d3"]);
  });

  test("16 × 64: one device's move makes a handful of new nodes out of thousands", () => {
    const f = grid(16, 64);
    const setup = fixtureSetup(f);
    const before = pictureOf(sceneOf(f, null, setup), null);
    const after = pictureOf(sceneOf(move(f, 0, 1, "abort"), before.scene, setup), before);
    expect(before.flow.nodes.length).toBeGreaterThan(6000);
    expect(fresh(before, after).length).toBeLessThanOrEqual(8);
  });

  test("in the far view one tile is new", () => {
    const f = grid(16, 64);
    const setup = fixtureSetup(f);
    const one = mapPictureOf(sceneOf(f, null, setup), null);
    const two = mapPictureOf(sceneOf(move(f, 3, 2, "abort"), one.scene, setup), one);
    const before = mapFlowOf(one.scene, one.layout, null);
    const after = mapFlowOf(two.scene, two.layout, before);
    expect(after.filter((node) => !before.includes(node)).map((node) => node.id)).toEqual(["block:v3"]);
  });
});

describe("walking with the keys", () => {
  const picture = pictureOf(sceneOf(MIXED), null);
  const go = (from: string | null, way: Parameters<typeof walk>[3]) =>
    walk(picture.scene, picture.layout, from, way);
  const role = (key: string | null) => (key === null ? null : findItem(picture.scene, key)?.role);

  test("without a selection one starts at the first item", () => {
    expect(go(null, "right")).toBe("vsmmu:v0");
  });

  test("left and right walk a floor through all columns and blocks", () => {
    const seen = ["ste:d0"];
    for (let i = 0; i < 5; i++) seen.push(go(seen.at(-1) as string, "right") as string);
    expect(seen).toEqual(["ste:d0", "ste:d1", "ste:d2", "vsmmu:v1", "ste:d3", "ste:d3"]);
    expect(go("ste:d1", "left")).toBe("ste:d0");
    expect(go("ste:d0", "left")).toBe("vsmmu:v0");
  });

  test("up and down walk a device's column from guest to hardware and back", () => {
    const seen: string[] = ["ste:d1"];
    for (let i = 0; i < 4; i++) seen.push(go(seen.at(-1) as string, "down") as string);
    expect(seen.map(role)).toEqual(["ste", "accel-device", "device", "nested", "pste"]);
    expect(go("pste:d0", "up")).toBe(findItem(picture.scene, "acc:d0")?.under);
  });

  test("Home and End go to the ends of a floor", () => {
    expect(go("pste:d2", "home")).toBe("pste:d0");
    expect(go("pste:d0", "end")).toBe("pste:d3");
  });

  test("every item can be reached from every other by keys alone", () => {
    const keys = picture.flow.nodes.filter((node) => "item" in node.data).map((node) => node.id);
    const reach = new Set<string>(["vsmmu:v0"]);
    const queue = ["vsmmu:v0"];
    for (let at = queue.shift(); at !== undefined; at = queue.shift())
      for (const way of ["left", "right", "up", "down", "home", "end"] as const) {
        const to = go(at, way);
        if (to === null || reach.has(to)) continue;
        reach.add(to);
        queue.push(to);
      }
    expect(keys.filter((key) => !reach.has(key))).toEqual([]);
  });
});

describe("references", () => {
  const scene = sceneOf(MIXED);
  const of = (attachment: string) => scene.attachments.find((one) => one.key === attachment);

  test("a double-click leads from the device over its HWPT, vIOMMU and S2 to the IOAS", () => {
    const seen = ["col:d1"];
    for (let next = followOf(scene, "col:d1"); next !== null; next = followOf(scene, next)) seen.push(next);
    expect(seen.map((key) => findItem(scene, key)?.role ?? "column")).toEqual([
      "column",
      "nested",
      "viommu",
      "paging",
      "ioas",
    ]);
  });

  test("an HWPT is related to its vIOMMU, the attachments on it and their devices", () => {
    const abort = of("at:d0")?.to as string;
    const related = relatedTo(scene, abort);
    expect(related).toContain("at:d0");
    expect(related).toContain(of("at:d0")?.from);
    expect(related).toContain(findItem(scene, abort)?.under);
    expect(related).not.toContain("at:d1");
  });

  test("a device's station is related to all its stations and to what it is attached to", () => {
    const related = relatedTo(scene, "ste:d2");
    for (const key of ["acc:d2", "pste:d2", "at:d2", of("at:d2")?.to]) expect(related).toContain(key);
    expect(related).not.toContain("ste:d1");
  });

  test("subjects and keys belong together", () => {
    expect(keyOfSubject(scene, { kind: "device", dev: 2 })).toBe("col:d2");
    expect(keyOfSubject(scene, { kind: "pste", dev: 2 })).toBe("pste:d2");
    expect(keyOfSubject(scene, { kind: "device", dev: 4 })).toBe("park:d4");
    expect(keyOfSubject(scene, { kind: "object", file: 0, id: 999 })).toBeNull();
    expect(keyOfSubject(scene, null)).toBeNull();
  });
});
