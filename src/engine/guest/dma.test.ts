import { describe, expect, test } from "vitest";
import type { Action } from "../actions.ts";
import { type EventWords, encodeEvent } from "../arch/events.ts";
import { memWrite64 } from "../memory.ts";
import { type DmaPorts, dma, legalWord } from "./dma.ts";
import { eventText, guestEvents, type KernelFate } from "./events.ts";
import { type Given, TestGuest } from "./fakes.test-helper.ts";
import { autoTarget } from "./layout.ts";

type DmaAction = Extract<Action, { kind: "dma" }>;

const PHYSICAL: EventWords = encodeEvent({ code: 0x10, sid: 0x100, rnw: true, cls: 2, addr: 0x1000n });
const TO_GUEST: KernelFate = { to: "veventq", vsid: 0x100n, why: "queued", rule: "K-EVT" };

/** A guest with its event queue on, a hardware of canned answers, and a host that does what `fate` says. */
class DmaGuest extends TestGuest {
  fate: KernelFate = TO_GUEST;
  /** Whether QEMU has a vEVENTQ to read, and whether it can deliver. */
  reads: "delivers" | "fails" | "none" = "delivers";
  hardware: { cls: string; output: bigint | null; event: EventWords | null } = {
    cls: "pass-s2",
    output: 0x1000n,
    event: null,
  };

  constructor(given: Given = {}) {
    super(given);
    this.verb({ kind: "cr0", vsmmu: 0, set: 0x4, clear: 0 });
  }

  readonly dmaPorts: DmaPorts = {
    ...this.smmus.ports,
    transaction: () => ({ ...this.hardware, rule: "H-STE-S2", tlb: null, filledBy: null, path: null }),
    handleEvent: () => this.fate,
    readVeventq: (cx, v) => {
      if (this.reads === "none") return false;
      const s = this.smmus.states[v];
      if (s === undefined) return false;
      if (this.reads === "fails") this.smmus.states[v] = { ...s, gerror: s.gerror ^ 4 };
      else {
        const at = (s.eventqBase & 0xffff_ffff_ffe0n) + BigInt(s.eventqProd & 0xff) * 32n;
        PHYSICAL.forEach((w, i) => {
          memWrite64(cx, at + BigInt(i) * 8n, w);
        });
        this.smmus.states[v] = { ...s, eventqProd: s.eventqProd + 1 };
      }
      return true;
    },
  };

  dma(x: Partial<DmaAction> = {}) {
    const a: DmaAction = { kind: "dma", dev: 0, write: false, ats: "none", priv: false, inst: false, ...x };
    return dma(this.cx, this.dmaPorts, a);
  }
}

describe("dma", () => {
  test("G-DMA-1: the architecture's set and the hardware's answer stand side by side", () => {
    const g = new DmaGuest();
    expect(g.dma().result).toMatchObject({
      legal: ["pass-bypass"],
      hardware: "pass-s2",
      output: "0x1000",
      events: [],
      expected: [],
      lost: null,
    });
  });

  test("G-DMA-1: a translate STE: the legal output names the table", () => {
    const g = new DmaGuest();
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "translate" } });
    g.verb({ kind: "cr0", vsmmu: 0, set: 1, clear: 0 });
    const { report, result } = g.dma({ iova: 0x2000n });
    expect(result).toMatchObject({ legal: ["pass-s1"] });
    expect(report?.legal[0]?.output).toBe(autoTarget(0, 0) + 0x2000n);
  });

  test("G-DMA-1: until CFGI and SYNC old and new answer are both legal", () => {
    const g = new DmaGuest();
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "abort" } });
    g.verb({ kind: "cr0", vsmmu: 0, set: 1, clear: 0 });
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "bypass" } });
    expect(g.dma().result).toMatchObject({ legal: ["pass-bypass", "abort"] });
    g.verb({ kind: "cfgi", vsmmu: 0, sid: 0x100, leaf: true, sync: true, cmdqen: "auto" });
    expect(g.dma().result).toMatchObject({ legal: ["pass-bypass"] });
  });

  test("G-DMA-2: a device behind no vSMMU has a hardware answer alone", () => {
    const g = new DmaGuest();
    g.smmus.places[0] = null;
    const { report, result } = g.dma();
    expect(result).toMatchObject({ legal: [], hardware: "pass-s2" });
    expect(report).toMatchObject({ vsmmu: null, sid: null, expectedPath: null });
    expect(g.dma({ dev: 9 })).toMatchObject({ rejected: true, report: null });
  });

  test("every class of answer has its script word", () => {
    expect(["abort", "bypass", "s1", "s1s2", "ats-served"].map((c) => legalWord(c as "abort"))).toEqual([
      "abort",
      "pass-bypass",
      "pass-s1",
      "pass-s1",
      "ats-served",
    ]);
  });
});

describe("G-EVT-1: the way of a physical event", () => {
  const abort = { cls: "abort", output: null, event: PHYSICAL };

  test("G-EVT-1: through vEVENTQ and QEMU into the guest's EVENTQ", () => {
    const g = new DmaGuest();
    g.hardware = abort;
    const r = g.dma();
    expect(r.report?.event).toMatchObject({ at: "guest", name: "F_TRANSLATION", delivered: [PHYSICAL] });
    expect(r.result).toMatchObject({ events: ["f-translation:0x100"], lost: null });
    expect(guestEvents(g.cx, g.smmus.ports.mmio, 0).map(eventText)).toEqual(["f-translation:0x100"]);
  });

  test.each([
    ["host-log", { ...TO_GUEST, to: "host-log", why: "stage-2 fault" }, "delivers", "stage-2 fault"],
    ["fault", { ...TO_GUEST, to: "fault", why: "stalled" }, "delivers", "stalled"],
    ["veventq", TO_GUEST, "none", "nobody reads the vEVENTQ"],
    ["qemu", TO_GUEST, "fails", "EVENTQ_ABT_ERR"],
  ] as const)("G-EVT-1: lost at %s, with the reason", (at, fate, reads, why) => {
    const g = new DmaGuest();
    g.hardware = abort;
    g.fate = fate as KernelFate;
    g.reads = reads;
    const r = g.dma();
    expect(r.report?.event?.at).toBe(at);
    expect(r.report?.event?.why).toContain(why);
    expect(r.messages[0]).toContain("F_TRANSLATION did not reach the guest");
    expect(r.result).toMatchObject({ events: [], lost: { at } });
  });

  test("what the guest was entitled to see of a stage-2 fault on its CD is F_CD_FETCH", () => {
    const g = new DmaGuest();
    const event = encodeEvent({ code: 0x10, sid: 0x300, s2: true, cls: 0, addr: 0x1000n, ipa: 1n << 41n });
    g.hardware = { ...abort, event };
    g.fate = { ...TO_GUEST, to: "host-log", why: "stage-2 fault" };
    expect(eventText(g.dma().report?.entitled ?? [])).toBe("f-cd-fetch:0x100");
  });
});

describe("G-EVT-2: the architecture's own event queue", () => {
  function enabled(): DmaGuest {
    const g = new DmaGuest();
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "invalid" } });
    g.verb({ kind: "cr0", vsmmu: 0, set: 1, clear: 0 });
    g.hardware = { cls: "abort", output: null, event: null };
    return g;
  }
  const arch = (g: DmaGuest) => g.cx.w.guest.smmus[0];

  test("G-EVT-2: what must be recorded is, though the guest sees nothing; guest memory is left alone", () => {
    const g = enabled();
    const before = g.cx.w.memory;
    expect(g.dma().result).toMatchObject({ legal: ["abort"], expected: ["c-bad-ste:0x100"], events: [] });
    expect(arch(g)?.expected.map(eventText)).toEqual(["c-bad-ste:0x100"]);
    expect(arch(g)?.arch.eventqProd).toBe(1);
    expect(g.cx.w.memory).toBe(before);
  });

  test("G-EVT-2: with EVENTQEN=0 nothing is recorded, a full queue toggles OVFLG (vectors 38, 39)", () => {
    const g = enabled();
    g.verb({ kind: "cr0", vsmmu: 0, set: 0, clear: 4 });
    expect(g.dma().result).toMatchObject({
      legal: ["abort"],
      expected: [],
      dropped: { event: "c-bad-ste:0x100", why: "EVENTQEN=0" },
    });
    expect(arch(g)?.expected).toEqual([]);
    g.verb({ kind: "cr0", vsmmu: 0, set: 4, clear: 0 });
    for (let i = 0; i < 257; i++) g.dma();
    expect(arch(g)?.expected).toHaveLength(256);
    expect((arch(g)?.arch.eventqProd ?? 0) >>> 31).toBe(1);
  });

  test("G-DMA-3: while old and new are legal, only what happened owes an event", () => {
    const g = new DmaGuest();
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "bypass" } });
    g.verb({ kind: "cr0", vsmmu: 0, set: 1, clear: 0 });
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "invalid" } });
    const old = g.dma({ iova: 0x1000n });
    expect(old.result).toMatchObject({ legal: ["abort", "pass-bypass"], expected: [], dropped: null });
    expect(arch(g)?.expected).toEqual([]);
    g.hardware = { cls: "abort", output: null, event: null };
    expect(g.dma().result).toMatchObject({ expected: ["c-bad-ste:0x100"] });
    // Neither of them: what memory says now is due.
    g.hardware = { cls: "pass-s1", output: 0x5000n, event: null };
    expect(g.dma().result).toMatchObject({ expected: ["c-bad-ste:0x100"] });
  });

  test("G-DMA-3: an endpoint whose ATS is off sends nothing, so nothing is due", () => {
    const g = new DmaGuest();
    g.hardware = { cls: "ats-off", output: null, event: null };
    expect(g.dma({ ats: "request" }).result).toMatchObject({
      legal: ["ats-ur"],
      expected: [],
      dropped: null,
    });
    expect(arch(g)?.expected).toEqual([]);
  });

  test("G-DMA-3: two aborts, one of them silent: the hardware's own event tells which", () => {
    const g = new DmaGuest();
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "abort" } });
    g.verb({ kind: "cr0", vsmmu: 0, set: 1, clear: 0 });
    g.verb({ kind: "ste", vsmmu: 0, sid: 0x100, value: { as: "invalid" } });
    g.hardware = { cls: "abort", output: null, event: null };
    expect(g.dma().result).toMatchObject({ legal: ["abort"], expected: [] });
    g.hardware = { ...g.hardware, event: encodeEvent({ code: 4, sid: 0x100 }) };
    expect(g.dma().result).toMatchObject({ expected: ["c-bad-ste:0x100"] });
  });

  test("G-MMIO-2: a guest that has drained the queue it sees has drained the architecture's too", () => {
    const g = enabled();
    g.dma();
    g.hardware = { cls: "abort", output: null, event: PHYSICAL };
    g.dma();
    expect(arch(g)?.expected).toHaveLength(2);
    expect(g.linux("events").texts).toEqual(["R EVENTQ_PROD", "W EVENTQ_CONS=0x1"]);
    expect(arch(g)?.expected).toEqual([]);
    expect(arch(g)?.arch.eventqCons).toBe(2);
    expect(guestEvents(g.cx, g.smmus.ports.mmio, 0)).toEqual([]);
  });

  test("G-LX-EVENTS: one write of CONS a record; after an overflow OVACKFLG follows OVFLG", () => {
    const g = enabled();
    g.hardware = { cls: "abort", output: null, event: PHYSICAL };
    g.dma();
    g.dma();
    const s = g.smmus.states[0];
    if (s !== undefined) g.smmus.states[0] = { ...s, eventqProd: (s.eventqProd | 0x8000_0000) >>> 0 };
    expect(g.linux("events").texts).toEqual([
      "R EVENTQ_PROD",
      "W EVENTQ_CONS=0x1",
      "W EVENTQ_CONS=0x2",
      "W EVENTQ_CONS=0x80000002",
    ]);
    expect(g.linux("events").texts).toEqual(["R EVENTQ_PROD"]);
  });
});
