/** Every invariant of section 7 can be broken, and says so by its number. */
import { describe, expect, it } from "vitest";
import type { World } from "../world.ts";
import { checkInvariants, checkProspects } from "./invariants.ts";
import { checkStep } from "./invariants-step.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";

type Parts = Pick<World, "kernel" | "hw">;
type Corrupt = (parts: Parts) => void;

/** Sets `path` of the world; `obj.3.users` is a field of object 3 of file 0. A function gets the old value. */
function set(path: string, value: unknown): Corrupt {
  const full = path.replace(/^obj\./, "kernel.files.0.objects.").split(".");
  return (parts) => {
    let at: Record<string, unknown> = parts as never;
    for (const key of full.slice(0, -1)) at = at[key] as Record<string, unknown>;
    const last = full.at(-1) ?? "";
    at[last] = typeof value === "function" ? value(at[last]) : value;
  };
}

const more =
  (item: unknown) =>
  (list: unknown[]): unknown[] => [...list, item];
const flip =
  (bit: bigint) =>
  (word: bigint): bigint =>
    word ^ (1n << bit);
const up = (n: number): number => n + 1;

/** d0 translates with vDEVICE and queue; d1 bound, d2 its group's second device; d3 behind another SMMU, on an auto domain. */
function nested(setup: RawSetup = {}): RawHost {
  const h = new RawHost({
    psmmus: [{}, {}],
    devices: [{ group: 0 }, { group: 1 }, { group: 1 }, { group: 2, psmmu: 1 }],
    ...setup,
  });
  h.ioas();
  h.bind(0);
  h.paging(2, 1);
  h.viommu(2, 3);
  h.nested(2, 4, VSTE.translateAts);
  h.vdevice(4, 2, 0x20n);
  h.veventq(4, 2);
  h.attach(0, 5);
  h.bind(1);
  h.bind(3);
  h.attach(3, 1);
  h.event(0x10);
  return h;
}

function broken(world: World, ...corruptions: Corrupt[]): World {
  const parts: Parts = structuredClone({ kernel: world.kernel, hw: world.hw });
  for (const corrupt of corruptions) corrupt(parts);
  return { ...world, ...parts };
}

const numbers = (found: readonly string[]): number[] =>
  [...new Set(found.map((s) => Number(s.split(":")[0])))].sort((a, b) => a - b);

const LOST = { seq: 0, lost: true, words: [] };

/** What is corrupted, and the number that must be among what is found. */
const STATES: readonly (readonly [number, string, string, unknown])[] = [
  [1, "a count too high", "obj.3.users", up],
  [1, "a count of 0", "obj.6.users", 0],
  [1, "a file that forgets a reference", "kernel.files.0.refs", 0],
  [3, "an IOAS gone under its HWPT", "obj.1", null],
  [3, "a vIOMMU gone under its nested HWPT", "obj.4", null],
  [3, "a HWPT gone under its device", "obj.5", null],
  [4, "a nested HWPT with a foreign parent", "obj.5.parent", 10],
  [4, "a parent that is none", "obj.3.nestParent", false],
  [5, "an object in two slots", "kernel.files.0.objects", (l: unknown[]) => [...l, l[3]]],
  [5, "a free id that is not the lowest", "kernel.files.0.minFree", up],
  [7, "an auto domain that nobody is on", "obj.10.users", 1],
  [8, "a DEVICE that forgets its vDEVICE", "obj.2.vdev", 0],
  [8, "a vDEVICE of another DEVICE", "obj.6.device", 8],
  [9, "a vSID that leads nowhere", "obj.4.vdevs.0.virtId", 0x21n],
  [9, "a vSID given twice", "obj.4.vdevs", more({ virtId: 0x20n, vdevice: 6 })],
  [10, "a vDEVICE behind another SMMU", "obj.6.dev", 3],
  [12, "a blocked device with ATS", "hw.devices.1.ats", true],
  [12, "a group on another domain than its devices", "kernel.groups.1.domain", { kind: "default" }],
  [12, "a vmaster on a blocked device", "kernel.masters.1.vmaster", { file: 0, viommu: 4, vsid: 1n }],
  [13, "another STE", "hw.devices.0.stes.0.1", flip(19n)],
  [13, "a bypass STE on a blocked device", "hw.devices.2.stes.0.0", 9n],
  [13, "a driver that did not follow", "kernel.masters.0.domain", { kind: "default" }],
  [14, "a vIOMMU of another SMMU", "obj.4.psmmu", 1],
  [14, "a HWPT of another SMMU", "obj.10.psmmu", 0],
  [15, "a vmaster of a foreign vIOMMU", "kernel.masters.0.vmaster.viommu", 3],
  [16, "translate without a vmaster", "kernel.masters.0.vmaster", null],
  [18, "a VMID nobody holds", "kernel.smmus.0.vmids", more(7)],
  [18, "a VMID out of range", "kernel.smmus.0.vmids", [1 << 16]],
  [18, "an ASID nobody holds", "kernel.smmus.0.asids", more(7)],
  [19, "an STE with a free VMID", "kernel.smmus.0.vmids", []],
  [19, "an STE with VMID 0", "hw.devices.0.stes.0.2", (w: bigint) => w & ~0xffffn],
  [21, "a vIOMMU with a VMID of its own", "obj.4.vmid", 2],
  [22, "more events than are counted", "obj.7.numEvents", 0],
  [22, "more events than the queue is deep", "obj.7.depth", 0],
  [22, "the marker before the tail", "obj.7.events", (l: unknown[]) => [LOST, ...l]],
  [22, "a sequence that stands", "obj.7.sequence", 0],
  [23, "a stage-2 fault in a queue", "obj.7.events.0.words.1", flip(39n)],
  [23, "a stalled fault in a queue", "obj.7.events.0.words.1", flip(31n)],
  [24, "an owner count too high", "kernel.groups.0.ownerCnt", up],
  [24, "bound devices without an owner", "kernel.groups.0.owner", null],
  [25, "a group in a reset", "kernel.groups.1.recoveryCnt", 1],
  [25, "a device in a reset", "kernel.masters.1.resetDepth", 1],
  [25, "a device held blocked", "kernel.masters.1.blocked", true],
];

describe("an invariant of a state", () => {
  it("holds in the state that is corrupted below", () => {
    const { world } = nested();
    expect([...checkInvariants(world), ...checkProspects(world)]).toEqual([]);
  });

  it.each(STATES)("%i can fail: %s", (no, _, path, value) => {
    expect(numbers(checkInvariants(broken(nested().world, set(path, value))))).toContain(no);
  });

  it("11 can fail: a group in two files, or on two HWPTs", () => {
    const h = nested();
    h.bind(2);
    h.attach(1, 3);
    h.attach(2, 3);
    expect(numbers(checkInvariants(broken(h.world, set("obj.8.hwpt", 5))))).toContain(11);
    h.open();
    const id = h.ioas().id;
    const device = { ...h.obj(8, 0), id };
    const two = broken(
      h.world,
      set(`kernel.files.1.objects.${id}`, device),
      set("kernel.masters.1.bound", { file: 1, id }),
    );
    expect(numbers(checkInvariants(two))).toContain(11);
  });

  it("18 and 19 look at tags and vIOMMUs where those hold VMIDs", () => {
    const { world } = nested({ kernel: "plan-2026" });
    expect(checkInvariants(world)).toEqual([]);
    const wrong = broken(world, set("obj.4.vmid", 9));
    expect(numbers(checkInvariants(wrong))).toEqual(expect.arrayContaining([13, 18]));
  });
});

describe("an invariant of what comes next", () => {
  it.each([
    [5, "an id given out that is not the lowest", "kernel.files.0.minFree", 40],
    [6, "an object that nobody lets go", "obj.1.users", up],
    [6, "a file that never closes", "kernel.files.0.refs", up],
    [6, "a VMID that nobody gives back", "kernel.smmus.0.vmids", more(7)],
    [20, "a vSID that leads to another vIOMMU's device", "obj.4.vdevs.0.vdevice", 12],
  ] as const)("%i can fail: %s", (no, _, path, value) => {
    const h = nested();
    h.viommu(2, 3);
    h.vdevice(11, 8, 0x30n);
    expect(checkProspects(h.world)).toEqual([]);
    expect(numbers(checkProspects(broken(h.world, set(path, value))))).toContain(no);
  });
});

describe("an invariant of a step", () => {
  const step = (corruptions: Corrupt[], errno: "EBUSY" | null = null): number[] => {
    const { world } = nested();
    return numbers(checkStep(world, broken(world, ...corruptions), errno));
  };

  it.each([
    ["a count", "obj.3.users", up],
    ["a VMID", "kernel.smmus.0.vmids", more(2)],
    ["an STE", "hw.devices.0.stes.0.0", 1n],
  ])("17 can fail: a refused call that changes %s", (_, path, value) => {
    expect(step([set(path, value)], "EBUSY")).toEqual([17]);
    expect(step([set(path, value)])).toEqual([]);
  });

  it("5 can fail: a tombstone that lives again; not when its file is released", () => {
    const h = nested();
    h.unbind(0);
    expect(h.world.kernel.files[0]?.objects[6]).toBe("tombstone");
    const again = broken(h.world, set("obj.6", { ...h.obj(1), id: 6 }));
    expect(numbers(checkStep(h.world, again, null))).toEqual([5]);
    for (const d of [1, 3]) h.unbind(d);
    h.closeQueue(7);
    const before = h.world;
    h.closeFd();
    expect(h.world.kernel.files[0]?.released).toBe(true);
    expect(checkStep(before, h.world, null)).toEqual([]);
  });

  it("22 can fail: reports without a trace, records that vanish, a number taken twice, a queue born full", () => {
    const tail = (seq: number, lost: boolean): Corrupt[] => [
      set("obj.7.events", more({ seq, lost, words: lost ? [] : [(0x20n << 32n) | 0x10n, 0n, 0n, 0n] })),
      set("obj.7.sequence", up),
    ];
    expect(step([set("obj.7.sequence", up)])).toEqual([22]);
    expect(step([set("obj.7.sequence", 3)])).toEqual([22]);
    expect(step([set("obj.7.events", [LOST])])).toEqual([22]);
    expect(step(tail(1, false))).toEqual([]);
    expect(step(tail(7, false))).toEqual([22]);
    expect(step(tail(1, true))).toEqual([22]);
    const { world } = nested();
    const made = broken(world, set("obj.11", { ...nested().obj(7), id: 11 }));
    expect(numbers(checkStep(world, made, null))).toEqual([22]);
  });

  it("23 can fail: an event under a StreamID that no vmaster has", () => {
    const h = nested();
    const before = h.world;
    h.event(0x10);
    expect(checkStep(before, h.world, null)).toEqual([]);
    const other = set("kernel.masters.0.vmaster.vsid", 0x99n);
    expect(numbers(checkStep(broken(before, other), broken(h.world, other), null))).toEqual([23]);
  });

  it("a read takes records from the head and leaves the rest", () => {
    const h = nested();
    h.event(0x10);
    h.event(0x10);
    for (const bytes of [40, 48]) {
      const before = h.world;
      h.read(7, bytes);
      expect(checkStep(before, h.world, null)).toEqual([]);
    }
  });
});
