import { describe, expect, it } from "vitest";
import type { Action } from "./actions.ts";
import { allRules } from "./all-rules.ts";
import { buildWorld } from "./build-world.ts";
import { deviceFacts, vsmmuFacts } from "./observe.ts";
import { explainDma, phasesOf, step, stepPhase } from "./step.ts";
import { setupOf } from "./testing.test-helper.ts";
import type { World } from "./world.ts";

/** Freezes everything reachable, so that a write into a world given to step() throws. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const v of Object.values(value)) freeze(v);
  }
  return value;
}

const plug = (dev: number, vsmmu = 0): Action => ({ kind: "plug", dev, vsmmu });
const gbpa = (abort: boolean): Action => ({ kind: "gbpa", vsmmu: 0, abort, update: true });
const dma = (dev: number): Extract<Action, { kind: "dma" }> => ({
  kind: "dma",
  dev,
  write: false,
  ats: "none",
  priv: false,
  inst: false,
});

function play(world: World, ...actions: Action[]): World {
  return actions.reduce((w, a) => step(freeze(w), a).world, world);
}

describe("step: the one door", () => {
  const start = (): World => freeze(buildWorld(setupOf()));

  it("never touches the world it is given, and shares what the action leaves alone", () => {
    const before = play(start(), plug(0), plug(1));
    const { world } = step(freeze(before), gbpa(true));
    expect(world).not.toBe(before);
    expect(world.setup).toBe(before.setup);
    expect(world.memory).toBe(before.memory);
    expect(world.qemu.smmus[1]).toBe(before.qemu.smmus[1]);
    expect(world.guest.smmus[1]).toBe(before.guest.smmus[1]);
    expect(world.hw.devices[2]).toBe(before.hw.devices[2]);
    expect(world.kernel.masters[2]).toBe(before.kernel.masters[2]);
  });

  it("gives back the very world for a rejected action", () => {
    const before = play(start(), plug(0));
    for (const a of [plug(0), { kind: "unplug", dev: 1 }, { kind: "finalize", dev: 0 }, dma(2)] as Action[]) {
      const { world, outcome } = step(before, a);
      expect(outcome.rejected, a.kind).toBe(true);
      expect(outcome.ok).toBe(false);
      expect(outcome.messages.length).toBe(1);
      expect(world).toBe(before);
    }
  });

  it("gives back the very world when an action changes nothing", () => {
    const before = play(start(), plug(0));
    expect(step(before, { kind: "read", vsmmu: 0, offset: 0x44, size: 4 }).world).toBe(before);
  });

  it("does the same with and without a trace", () => {
    const actions: Action[] = [
      plug(0),
      plug(1),
      { kind: "machine-start" },
      gbpa(true),
      { kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "translate" } },
      { kind: "cr0", vsmmu: 0, set: 1, clear: 0 },
      { kind: "cfgi", vsmmu: 0, sid: 0x100, leaf: true, sync: true, cmdqen: "auto" },
      { kind: "guest", vsmmu: 0, macro: "probe", opts: {} },
      dma(0),
      { kind: "unplug", dev: 0 },
    ];
    let a = start();
    let b = start();
    for (const action of actions) {
      const traced = step(a, action);
      const plain = step(b, action, { trace: false });
      a = traced.world;
      b = plain.world;
      expect(plain.outcome.trace).toEqual([]);
      expect(traced.outcome.ok).toBe(plain.outcome.ok);
      expect(b).toEqual(a);
    }
  });

  it("takes a reset apart into phases that together are the reset", () => {
    let before = play(start(), plug(0), plug(1, 1), { kind: "machine-start" }, gbpa(true));
    before = play(before, { kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "translate" } });
    before = play(before, { kind: "cr0", vsmmu: 0, set: 5, clear: 0 });
    const reset: Action = { kind: "reset" };
    expect(phasesOf(before.setup, gbpa(true))).toBe(1);
    let w = before;
    for (let phase = 0; phase < phasesOf(w.setup, reset); phase++)
      w = stepPhase(freeze(w), reset, phase).world;
    expect(w).toEqual(step(before, reset).world);
    const gone = { ...before, qemu: { ...before.qemu, dead: "assertion" } };
    expect(stepPhase(gone, reset, 0).outcome.rejected).toBe(true);
  });

  it("shows each write of a guest sequence with what it did to the promise", () => {
    const before = play(start(), plug(0), { kind: "machine-start" }, gbpa(true));
    const { outcome } = step(before, { kind: "guest", vsmmu: 0, macro: "probe", opts: { rmr: "on" } });
    expect(outcome.ok).toBe(true);
    const changing = outcome.parts.filter((p) => p.delta.length > 0);
    // GBPA aborts until SMMUEN; while the field is in transition both answers are legal, and once CR0ACK shows it the
    // RMR's bypass STE rules (model/smmuv3.md 1.2, 6.1 step 15).
    expect(changing.map((p) => [p.text, p.delta[0]?.before, p.delta[0]?.after])).toEqual([
      ["W CR0=0xd", "abort", "pass-bypass,abort"],
      ["P CR0ACK==0xd", "pass-bypass,abort", "pass-bypass"],
    ]);
  });
});

describe("facts", () => {
  it("D1: the second device escapes GBPA.ABORT, with both answers and the cause", () => {
    const w = play(buildWorld(setupOf()), plug(0), { kind: "reset" }, gbpa(true), plug(1));
    const d1 = deviceFacts(w, 1);
    expect(d1).toMatchObject({
      attached: "s2",
      hwpt: 3,
      pste: "s2",
      legal: ["abort"],
      hardware: "pass-s2",
      diverges: "D1",
    });
    expect(deviceFacts(w, 0)).toMatchObject({ attached: "abort", hardware: "abort", diverges: null });
    expect(deviceFacts(w, 2)).toMatchObject({ attached: "none", legal: [], hardware: null, diverges: null });
    expect(vsmmuFacts(w, 0)).toMatchObject({
      gbpa: 0x10_0000,
      viommu: 4,
      abort: 5,
      bypass: 6,
      devices: [1, 0],
    });
  });

  it("are computed once per world", () => {
    const w = play(buildWorld(setupOf()), plug(0));
    expect(deviceFacts(w, 0)).toBe(deviceFacts(w, 0));
    expect(vsmmuFacts(w, 0)).toBe(vsmmuFacts(w, 0));
  });

  it("explain a transaction hop by hop without changing the world", () => {
    const w = freeze(play(buildWorld(setupOf()), plug(0), { kind: "reset" }));
    const report = explainDma(w, dma(0));
    expect(report?.hardware.path?.length).toBeGreaterThan(0);
    expect(report?.expectedPath?.length).toBeGreaterThan(0);
    expect(explainDma(w, dma(2))).toBeNull();
  });
});

describe("rules", () => {
  it("have an id of their area, a sentence and a source", () => {
    for (const [id, rule] of Object.entries(allRules())) {
      expect(id).toMatch(/^[KQAGH]-[A-Z0-9-]+[a-z]?$/);
      expect(rule.text.length, id).toBeGreaterThan(10);
      expect(rule.source.length, id).toBeGreaterThan(3);
    }
  });
});
