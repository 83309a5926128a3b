import { describe, expect, test } from "vitest";
import { archConsume, cmdqAddr } from "./cmdq.ts";
import { encodeCommand, READY } from "./commands.ts";
import { archRecordEvent, eventqAddr, eventqState, pendingEvents } from "./eventq.ts";
import { type EventWords, encodeEvent } from "./events.ts";
import type { Idr } from "./idr.ts";
import { makeSte } from "./ste.ts";
import { CMDQ, EVENTQ, Guest, IDR20, idrWith, SID } from "./testkit.test-helper.ts";

const ILL = { name: "BAD", q0: 0x99n, q1: 0n };
const ready = (idr: Idr = IDR20): Guest => new Guest(idr).tables();
const err = (g: Guest): number => (g.s.cmdqCons >>> 24) & 0x7f;
const rd = (g: Guest): number => g.s.cmdqCons & 0xfffff;
const active = (g: Guest): boolean => ((g.s.gerror ^ g.s.gerrorn) & 1) === 1;

describe("command queue (sections 1.4 and 4)", () => {
  test("commands are consumed in order up to PROD", () => {
    const g = ready();
    const r = g.cmd(READY.cfgiAll, READY.tlbiNsnhAll, READY.syncSev);
    expect(r.done.map((c) => c.name)).toEqual(["CFGI_ALL", "TLBI_NSNH_ALL", "SYNC"]);
    expect(r.error).toBeNull();
    expect([rd(g), err(g), active(g)]).toEqual([3, 0, false]);
    expect(archConsume(g.s, g.read).smmu).toBe(g.s);
  });

  test("A-CMDQ-EN: nothing is consumed while CMDQEN is 0 or mid-Update", () => {
    const g = ready();
    g.write("CR0", 0);
    expect(g.cmd(READY.syncSev).notes).toEqual(["A-CMDQ-EN"]);
    expect(rd(g)).toBe(0);
    g.write("CR0", 8, { wait: false });
    expect(archConsume(g.s, g.read).notes).toEqual(["A-CMDQ-EN"]);
    g.s = { ...g.s, cr0ack: 8 };
    expect(archConsume(g.s, g.read).done).toHaveLength(1);
    g.write("CR0", 0, { wait: false });
    expect(archConsume(g.s, g.read).notes).toEqual(["A-CMDQ-EN"]);
  });

  test("A-CMDQ-ILL: CONS stays on the culprit, CMDQ_ERR toggles, earlier commands are done", () => {
    const g = ready();
    const r = g.cmd(READY.cfgiAll, ILL, READY.syncSev);
    expect(r.done.map((c) => c.name)).toEqual(["CFGI_ALL"]);
    expect(r.error).toMatchObject({ code: 1, rule: "A-CMD-OPCODE", command: { q0: 0x99n } });
    expect([rd(g), err(g), active(g)]).toEqual([1, 1, true]);
  });

  test("A-CMDQ-STOP: stopped until acknowledged, then resumes at CONS with what stands there now", () => {
    const g = ready();
    g.cmd(ILL, READY.syncSev);
    expect(archConsume(g.s, g.read)).toMatchObject({ smmu: g.s, notes: ["A-CMDQ-STOP"] });
    expect(g.cmd(READY.cfgiAll).done).toEqual([]);
    g.write("GERRORN", g.s.gerror);
    const again = archConsume(g.s, g.read);
    expect(again.error?.code).toBe(1);
    g.s = again.smmu;
    // The driver overwrites an illegal entry by a SYNC before it acknowledges.
    g.store(cmdqAddr(g.s, 0), READY.syncSev.q0);
    g.write("GERRORN", g.s.gerror);
    const r = archConsume(g.s, g.read);
    expect(r.done.map((c) => c.name)).toEqual(["SYNC", "SYNC", "CFGI_ALL"]);
    expect(r.smmu.cmdqCons & 0xfffff).toBe(3);
  });

  test("A-CMDQ-ABT: a fetch that aborts", () => {
    const g = ready();
    g.write("CR0", 0);
    g.write("CMDQ_BASE", (1n << 41n) | 8n);
    g.write("CMDQ_PROD", 1);
    g.write("CR0", 8);
    const r = archConsume(g.s, g.read);
    expect(r.error).toMatchObject({ code: 2, command: null, rule: "A-CMDQ-ABT" });
    expect((r.smmu.cmdqCons >>> 24) & 0x7f).toBe(2);
    expect(r.smmu.cmdqCons & 0xfffff).toBe(0);
  });

  test("A-CMDQ-ATC: a SYNC after an ATC_INV that times out is not consumed", () => {
    const g = ready(idrWith({ set0: 1 << 10 }));
    g.write("CR0", 0xd);
    g.cmd(READY.atcInvAll(SID));
    expect(g.s.atcPending).toBe(true);
    g.store(cmdqAddr(g.s, 1), READY.syncSev.q0);
    g.write("CMDQ_PROD", 2);
    const r = archConsume(g.s, g.read, { atcTimeout: true });
    expect(r.error).toMatchObject({ code: 3, rule: "A-CMDQ-ATC" });
    expect(r.smmu.cmdqCons & 0xfffff).toBe(1);
    expect(archConsume(g.s, g.read).smmu.atcPending).toBe(false);
  });

  test("A-CMD-OFF: ATC_INV and PRI_RESP do nothing at SMMUEN=0", () => {
    const g = ready(idrWith({ set0: (1 << 10) | (1 << 16) }));
    const r = g.cmd(READY.atcInvAll(SID), encodeCommand("pri-resp", { sid: 1n }));
    expect(r.notes).toEqual(["A-CMD-OFF", "A-CMD-OFF"]);
    expect(g.s.atcPending).toBe(false);
    expect(rd(g)).toBe(2);
  });

  test("A-CMDQ-INDEX: indices further apart than the queue is long", () => {
    const g = ready();
    g.write("CMDQ_PROD", 0x101);
    expect(archConsume(g.s, g.read)).toMatchObject({ smmu: g.s, notes: ["A-CMDQ-INDEX"] });
  });

  test("the index wraps with its wrap bit, and LOG2SIZE is capped by IDR1", () => {
    const g = ready();
    for (let i = 0; i < 300; i++) g.cmd(READY.syncSev);
    expect(rd(g)).toBe(300);
    expect(cmdqAddr(g.s, rd(g))).toBe(CMDQ + 16n * 44n);
    for (let i = 0; i < 212; i++) g.cmd(READY.syncSev);
    expect([rd(g), g.s.cmdqProd & 0x1ff]).toEqual([0, 0]);
    const big = ready(idrWith({ idr1: (IDR20.idr1 & ~(0x1f << 21)) | (2 << 21) }));
    for (let i = 0; i < 5; i++) big.cmd(READY.syncSev);
    expect(rd(big)).toBe(5);
    expect(cmdqAddr(big.s, 5)).toBe(CMDQ + 16n);
  });

  test("hints and stage-2 commands change nothing here", () => {
    const g = ready(idrWith({ set0: 1 | (1 << 9), clear0: 3 << 24 }));
    const before = g.s.caches;
    for (const n of [
      "prefetch-config",
      "prefetch-addr",
      "tlbi-s12-vmall",
      "tlbi-el2-all",
      "resume",
      "stall-term",
    ]) {
      expect(g.cmd(encodeCommand(n)).done, n).toHaveLength(1);
    }
    expect(g.s.caches).toBe(before);
  });
});

describe("event queue (section 5.1)", () => {
  const E: EventWords = encodeEvent({ code: 0x10, sid: SID, rnw: true, cls: 2, addr: 0x9000n });
  const STALL: EventWords = encodeEvent({ code: 0x10, sid: SID, stall: true, addr: 0x9000n });
  const BAD_STE: EventWords = encodeEvent({ code: 4, sid: SID });
  const push = (g: Guest, words: EventWords, opts = {}): ReturnType<typeof archRecordEvent> => {
    const r = archRecordEvent(g.s, words, g.read, opts);
    g.s = r.smmu;
    if (r.written !== null) g.storeAll(r.written.addr, r.written.words);
    return r;
  };

  test("A-EVQ-WRITTEN: written at PROD, which moves on", () => {
    const g = ready();
    expect(push(g, E)).toMatchObject({ reason: "written", rule: "A-EVQ-WRITTEN", written: { addr: EVENTQ } });
    expect(push(g, BAD_STE).written?.addr).toBe(EVENTQ + 32n);
    expect(g.s.eventqProd).toBe(2);
    expect(pendingEvents(g.s, g.read)).toEqual([E, BAD_STE]);
    g.write("EVENTQ_CONS", 1);
    expect(pendingEvents(g.s, g.read)).toEqual([BAD_STE]);
  });

  test("an interrupt is due when an empty queue gets its first record", () => {
    const g = ready();
    g.write("IRQ_CTRL", 4);
    expect(push(g, E).irq).toBe(true);
    expect(push(g, E).irq).toBe(false);
    const quiet = ready();
    expect(push(quiet, E).irq).toBe(false);
  });

  test("A-EVQ-EN: EVENTQEN=0 drops silently", () => {
    const g = ready();
    g.write("CR0", 8);
    const before = g.s;
    expect(push(g, E)).toMatchObject({ reason: "eventqen", written: null });
    expect(g.s).toBe(before);
  });

  test("A-EVQ-FULL: dropped, OVFLG toggles once until OVACKFLG matches", () => {
    const g = ready();
    for (let i = 0; i < 16; i++) expect(push(g, E).reason).toBe("written");
    expect(eventqState(g.s)).toBe("full");
    expect(push(g, BAD_STE)).toMatchObject({ reason: "full", rule: "A-EVQ-FULL" });
    expect(g.s.eventqProd).toBe(0x8000_0010);
    push(g, BAD_STE);
    expect(g.s.eventqProd).toBe(0x8000_0010);
    expect(pendingEvents(g.s, g.read)).toHaveLength(16);
    // The guest drains and acknowledges; the next overflow toggles back.
    g.write("EVENTQ_CONS", 0x8000_0010);
    for (let i = 0; i < 16; i++) expect(push(g, E).reason).toBe("written");
    expect(g.s.eventqProd).toBe(0x8000_0000);
    push(g, BAD_STE);
    expect(g.s.eventqProd).toBe(0);
    expect(eventqAddr(g.s, 17)).toBe(EVENTQ + 32n);
  });

  test("A-EVQ-ABT, A-EVQ-ABT-ACTIVE: a write that aborts raises EVENTQ_ABT_ERR, then records are dropped", () => {
    const g = ready();
    g.write("IRQ_CTRL", 1);
    g.limit = EVENTQ;
    expect(push(g, E)).toMatchObject({ reason: "write-abort", rule: "A-EVQ-ABT", written: null, irq: true });
    expect(g.s.gerror).toBe(4);
    expect(push(g, E)).toMatchObject({ reason: "abt-err", rule: "A-EVQ-ABT-ACTIVE" });
    g.limit = 1n << 40n;
    g.write("GERRORN", 4);
    expect(push(g, E).reason).toBe("written");
  });

  test("A-EVQ-STALL: a stall record is kept, not dropped, and toggles nothing", () => {
    const g = ready();
    g.s = { ...g.s, eventqProd: 16 };
    expect(push(g, STALL)).toMatchObject({ reason: "kept", rule: "A-EVQ-STALL" });
    expect(g.s.eventqProd).toBe(16);
    g.write("EVENTQ_CONS", 16);
    expect(push(g, STALL).reason).toBe("written");
  });

  test("A-EVQ-MERGE: only if asked for, with MEV or types 0x01 to 0x04, and never stalls", () => {
    const g = ready();
    push(g, E);
    expect(push(g, E).reason).toBe("written");
    expect(push(g, E, { merge: true }).reason).toBe("written");
    expect(push(g, E, { merge: true, mev: true }).reason).toBe("merged");
    push(g, BAD_STE);
    expect(push(g, BAD_STE, { merge: true })).toMatchObject({ reason: "merged", rule: "A-EVQ-MERGE" });
    expect(push(g, E, { merge: true, mev: true }).reason).toBe("written");
    push(g, STALL);
    expect(push(g, STALL, { merge: true, mev: true }).reason).toBe("written");
    const empty = ready();
    expect(push(empty, BAD_STE, { merge: true }).reason).toBe("written");
  });

  test("the oracle says what becomes of the event it offers", () => {
    const g = ready();
    g.storeAll(g.ste(), makeSte("invalid"));
    g.enable();
    expect(g.answers()[0]?.recorded).toBe("written");
    g.s = { ...g.s, eventqProd: 16 };
    expect(g.answers()[0]?.recorded).toBe("full");
    g.s = { ...g.s, gerror: 4 };
    expect(g.answers()[0]?.recorded).toBe("abt-err");
    g.write("CR0", 9);
    expect(g.answers()[0]?.recorded).toBe("eventqen");
    g.storeAll(g.ste(), makeSte("abort"));
    g.cmd(READY.cfgiSte(SID), READY.syncSev);
    expect(g.answers()[0]?.recorded).toBe("none");
  });
});
