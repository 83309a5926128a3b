import { describe, expect, test } from "vitest";
import type { World } from "../engine/world.ts";
import { Session } from "../script/session.ts";
import { fixtureViews, fixtureWorld, grid } from "./fixtures.test-helper.ts";
import { buildScene, sceneOf } from "./scene.ts";
import { type Column, eachItem, type Item, type Scene } from "./scene-types.ts";

/** Plays lines of a script and gives the world after each. */
function play(text: string): World[] {
  const opened = Session.open(text);
  if (!opened.ok) throw new Error(opened.problems.map((p) => p.message).join("\n"));
  const session = opened.value;
  return session
    .path()
    .filter((node) => node.kind !== "note")
    .map((node) => session.world(node.id));
}
const last = (text: string): Scene => sceneOf(play(text).at(-1) as World);

function items(scene: Scene): Map<string, Item> {
  const map = new Map<string, Item>();
  eachItem(scene, (item) => {
    if (map.has(item.key) && !item.ghost) throw new Error(`${item.key} twice`);
    map.set(item.key, item);
  });
  return map;
}
const column = (scene: Scene, name: string): Column => {
  for (const block of scene.blocks) for (const one of block.columns) if (one.name === name) return one;
  throw new Error(`no column ${name}`);
};

const SECOND = "plug d0 v0\nmachine-start\ngbpa v0 abort\nplug d1 v0 hot\n";

describe("what is drawn of the thread's situation", () => {
  const scene = last(SECOND);

  test("each device is a column of its vSMMU, in the order of plugging; the others are on the shelf", () => {
    expect(scene.blocks.map((block) => block.title)).toEqual(["vSMMU v0", "vSMMU v1"]);
    expect(scene.blocks[0]?.columns.map(({ name, slot }) => `${name} ${slot}`)).toEqual(["d0 0", "d1 1"]);
    expect(scene.parked.map(({ item }) => item.label)).toEqual(["d2"]);
  });

  test("GBPA makes every stream abort, and the vSMMU says so", () => {
    expect(scene.blocks[0]?.vsmmu).toMatchObject({ kind: "abort", word: "every stream: abort" });
    expect(scene.blocks[1]?.vsmmu).toMatchObject({ kind: "bypass", word: "every stream: bypass" });
  });

  test("while a handshake is open the vSMMU says both, and no stream's answer alone", () => {
    const gbpa = last("plug d0 v0\nmachine-start\nwrite v0 GBPA 0x80100000 wait=off\n").blocks[0]?.vsmmu;
    expect(gbpa).toMatchObject({ kind: null, text: "SMMUEN=0 ABORT=0/1", word: "old or new" });
    const cr0 = last("plug d0 v0\nmachine-start\nwrite v0 CR0 0x1 wait=off\n").blocks[0]?.vsmmu;
    expect(cr0).toMatchObject({ kind: null, text: "SMMUEN=0/1 ABORT=0", word: "old or new" });
  });

  test("the vIOMMU carries its abort and bypass HWPTs as rails over S2 and IOAS", () => {
    const group = scene.blocks[0]?.viommus[0];
    expect(group?.rails.map((rail) => rail.word)).toEqual(["abort", "bypass"]);
    expect(scene.ioases).toHaveLength(1);
    expect(scene.ioases[0]?.hwpts.map((hwpt) => hwpt.word)).toEqual(["S2"]);
    expect(scene.ioases[0]?.item.text).toBe("guest RAM");
    expect([scene.ioases[0]?.from, scene.ioases[0]?.to]).toEqual([0, 0]);
  });

  test("the first device is attached to abort, the second to the S2, where D1 has it diverge", () => {
    const s2 = scene.ioases[0]?.hwpts[0];
    expect(scene.attachments.map(({ key, kind, to }) => [key, kind, to])).toEqual([
      ["at:d0", "abort", scene.blocks[0]?.viommus[0]?.rails[0]?.key],
      ["at:d1", "s2", s2?.key],
    ]);
    const id = s2?.label.split(" ")[1];
    expect(column(scene, "d1").says).toBe(`d1 attached to S2 HWPT ${id}, expected abort, diverges D1`);
    expect(column(scene, "d0").diverges).toBe("");
    expect(column(scene, "d1").pste).toMatchObject({
      diverges: "D1",
      text: "must abort",
      word: "S2 only",
    });
  });

  test("everything has a sentence, a label and a key of its own", () => {
    for (const item of items(scene).values()) {
      expect(item.says.length).toBeGreaterThan(5);
      expect(item.label).not.toBe("");
    }
  });

  test("what an item rests on is in the picture", () => {
    const all = items(scene);
    for (const item of all.values()) if (item.under !== null) expect(all.has(item.under)).toBe(true);
  });
});

test("a translate STE puts an HWPT of its own into the device's column, with its vDEVICE", () => {
  const scene = last("plug d0 v0\nguest v0 probe\nguest v0 add d0\nguest v0 attach d0\n");
  const d0 = column(scene, "d0");
  const chip = scene.blocks[0]?.viommus[0]?.chips[0];
  expect(d0.kind).toBe("translate");
  expect(chip).toMatchObject({ slot: d0.slot, item: { kind: "translate", dev: d0.dev } });
  expect(d0.vdevice?.text).toBe("0x100");
  expect(d0.ste).toMatchObject({ kind: "translate", text: "V=1 Config=101" });
});

describe("raw users of the host", () => {
  const RAW = `psmmu p0
device d0 psmmu=p0 sid=0x100
ioas-alloc as i1
bind d0 as dev0
hwpt-alloc dev=dev0 pt=i1 flags=nest-parent as s2
viommu-alloc dev=dev0 hwpt=s2 as vi1
hwpt-alloc dev=dev0 pt=vi1 vste=abort as n1
hwpt-alloc dev=dev0 pt=vi1 vste=bypass as n2
veventq-alloc viommu=vi1 type=1 depth=16 as q1
attach dev=dev0 pt=n1
`;

  test("have a block without a guest, where nested HWPTs are rails", () => {
    const scene = last(RAW);
    const block = scene.blocks.find((one) => one.vsmmu === null);
    expect(block?.columns.map((one) => one.name)).toEqual(["d0"]);
    expect(block?.viommus[0]?.rails.map((rail) => rail.word)).toEqual(["abort", "bypass"]);
    expect(block?.viommus[0]?.railRows).toBe(0);
    expect(block?.viommus[0]?.veventqs.map((q) => q.label.split(" ")[0])).toEqual(["vEVENTQ"]);
    expect(scene.attachments.map((one) => one.kind)).toEqual(["abort"]);
  });

  test("an IOAS that nobody uses yet stands in its file's block", () => {
    const scene = last("psmmu p0\ndevice d0 psmmu=p0 sid=0x100\nioas-alloc as i1\n");
    expect(scene.ioases).toHaveLength(1);
    expect(scene.blocks.at(-1)?.vsmmu).toBeNull();
    expect(scene.ioases[0]?.from).toBe(scene.blocks.length - 1);
  });

  test("with a second iommufd file every object says which file it is of", () => {
    const scene = last(`${RAW}iommufd as f2\nioas-alloc fd=f2 as i2\n`);
    expect(scene.ioases.map(({ item }) => item.aside)).toEqual([expect.any(String), "f2"]);
    expect(scene.ioases[0]?.item.aside).not.toBe("");
  });
});

describe("from one picture to the next", () => {
  test("the same world gives the same picture", () => {
    const [world] = play(SECOND).slice(-1) as [World];
    const scene = sceneOf(world);
    expect(sceneOf(world, { before: scene })).toBe(scene);
    expect(sceneOf({ ...world }, { before: scene })).toBe(scene);
  });

  test("a GBPA write of one vSMMU leaves the other's block, the IOAS and the shelf the very objects they were", () => {
    const worlds = play("plug d0 v0\nplug d1 v1\nmachine-start\ngbpa v0 abort\n");
    const before = sceneOf(worlds.at(-2) as World);
    const after = sceneOf(worlds.at(-1) as World, { before });
    expect(after.blocks[0]).not.toBe(before.blocks[0]);
    expect(after.blocks[1]).toBe(before.blocks[1]);
    expect(after.ioases).toBe(before.ioases);
    expect(after.parked).toBe(before.parked);
    expect(after.psmmus).toBe(before.psmmus);
    expect(after.attachments[1]).toBe(before.attachments[1]);
    expect(after.attachments[0]).toMatchObject({ key: before.attachments[0]?.key, kind: "abort" });
  });

  test("every part that is equal is identical, over a session that plugs, moves, unplugs and resets", () => {
    const worlds = play(
      `${SECOND}guest v0 probe\nguest v0 add d0\nguest v0 attach d0\nunplug d1\nplug d1 v1 hot\nreset\nunplug d0\n`,
    );
    let before: Scene | null = null;
    for (const world of worlds) {
      const scene: Scene = sceneOf(world, { before });
      if (before !== null) {
        const old = items(before);
        for (const [key, item] of items(scene)) {
          const was = old.get(key);
          if (was !== undefined && JSON.stringify(was) === JSON.stringify(item)) expect(item).toBe(was);
        }
      }
      // What came step by step is what one makes from nothing, but for the places things have kept.
      expect([...items(scene).keys()].sort()).toEqual([...items(sceneOf(world)).keys()].sort());
      before = scene;
    }
  });

  test("a device keeps its slot when its neighbour leaves, and the next newcomer fills the gap", () => {
    const worlds = play("plug d0 v0\nplug d1 v0\nunplug d0\nplug d2 v0 hot\n");
    let scene: Scene | null = null;
    const slots = worlds.slice(1).map((world) => {
      scene = sceneOf(world, { before: scene });
      return scene.blocks[0]?.columns.map((one) => `${one.name} ${one.slot}`).join();
    });
    expect(slots).toEqual(["d0 0", "d0 0,d1 1", "d1 1", "d2 0,d1 1"]);
  });

  test("a block does not shrink when a device leaves: nothing would move but for what is gone", () => {
    const worlds = play("plug d0 v0\nplug d1 v0\nunplug d1\nreset\n");
    let scene: Scene | null = null;
    const room = worlds.slice(1).map((world) => {
      scene = sceneOf(world, { before: scene, ghosts: true });
      return scene.blocks[0]?.capacity;
    });
    expect(room).toEqual([1, 2, 2, 2]);
  });

  test("what is gone stays as a ghost for one step", () => {
    const worlds = play("plug d0 v0\nunplug d0\nreset\n");
    const [plugged, unplugged, reset] = worlds.slice(1) as [World, World, World];
    const before = sceneOf(plugged);
    const scene = sceneOf(unplugged, { before, ghosts: true });
    const gone = [...items(scene).values()].filter((item) => item.ghost).map((item) => item.role);
    expect(new Set(gone)).toEqual(
      new Set(["ste", "accel-device", "device", "viommu", "nested", "paging", "ioas"]),
    );
    expect(column(scene, "d0").ghost).toBe(true);
    expect(scene.attachments).toMatchObject([{ key: "at:d0", ghost: true }]);
    const next = sceneOf(reset, { before: scene, ghosts: true });
    expect([...items(next).values()].some((item) => item.ghost)).toBe(false);
    expect(next.attachments).toEqual([]);
  });
});

test("16 × 64: one device's move makes one new column", () => {
  const f = grid(16, 64);
  const world = fixtureWorld(f);
  const views = fixtureViews(f);
  const before = buildScene(world, views);
  const hw = world.hw.devices.map((d, i) => (i === 70 ? { ...d, ats: true } : d));
  const after = buildScene({ ...world, hw: { ...world.hw, devices: hw } }, views, { before });
  // ATS of the endpoint is not in the picture: not even that column is new.
  expect(after).toBe(before);
  const other = buildScene(
    { ...world },
    (w, dev) => ({ ...views(w, dev), ...(dev === 70 ? { diverges: "D9" } : {}) }),
    { before },
  );
  const fresh = other.blocks.flatMap((block, i) =>
    block.columns.filter((c) => !before.blocks[i]?.columns.includes(c)),
  );
  expect(fresh.map((one) => one.dev)).toEqual([70]);
  expect(other.blocks.filter((block, i) => block !== before.blocks[i])).toHaveLength(1);
});
