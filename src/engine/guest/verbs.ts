/** The guest verbs of a script as guest software would do them: stores, register writes, commands. */
import type { GuestAction } from "../actions.ts";
import { READY } from "../arch/commands.ts";
import type { Cx } from "../cx.ts";
import { type GuestWriteResult, guestAck, guestRead, guestWrite } from "./mmio.ts";
import type { GuestPorts } from "./ports.ts";
import { ensureEventq, put, Report, rejected, submit } from "./queue.ts";
import { CR0_EVENTQEN, REG } from "./regs.ts";
import { readReg, type Software } from "./software.ts";
import { guestStore } from "./store.ts";
import { cdVerb, l1stdVerb, mapVerb, steVerb, strtabVerb, unmapVerb } from "./tables.ts";
import type { GuestResult } from "./types.ts";

/** The guest actions that are single verbs (not sequences, not DMA). */
export type VerbAction = Exclude<GuestAction, { kind: "guest" } | { kind: "dma" }>;

const GBPA_ABORT = 1n << 20n;
const GBPA_UPDATE = 1n << 31n;

const hex = (x: bigint): string => `0x${x.toString(16)}`;

export function runGuestVerb(cx: Cx, ports: GuestPorts, a: VerbAction): GuestResult {
  if (a.kind === "store") return storeVerb(cx, a);
  if (cx.w.guest.smmus[a.vsmmu] === undefined) return rejected("no such vSMMU");
  const g: Software = { cx, ports, v: a.vsmmu };
  switch (a.kind) {
    case "gbpa":
      return gbpaVerb(g, a);
    case "cr0": {
      const value = (readReg(g, REG.CR0) | BigInt(a.set)) & ~BigInt(a.clear);
      return cr0Verb(g, value & 0xffff_ffffn);
    }
    case "cr0-value":
      return cr0Verb(g, BigInt(a.value >>> 0));
    case "write": {
      const w = guestWrite(cx, ports.mmio, a.vsmmu, a.offset, a.size, a.value, {
        wait: a.wait,
        noUpdate: a.noUpdate ?? "ignore",
      });
      return written(w);
    }
    case "read": {
      const r = guestRead(cx, ports.mmio, a.vsmmu, a.offset, a.size);
      return new Report().done({ value: hex(r.value), arch: hex(r.arch) });
    }
    case "ack":
      return new Report().done({ changed: guestAck(cx, a.vsmmu) });
    case "strtab":
      return strtabVerb(g, a);
    case "l1std":
      return l1stdVerb(g, a);
    case "ste":
      return steVerb(g, a.sid, a.value);
    case "cd":
      return cdVerb(g, a.sid, a.ssid, a.fields);
    case "map":
      return mapVerb(g, a);
    case "unmap":
      return unmapVerb(g, a);
    case "cfgi":
      return submit(g, cfgiCommand(a), a);
    case "cmd":
      return submit(g, a.cmd, a);
  }
}

/** `cfgi v0 0x100`, `cfgi v0 all`, `cfgi v0 0x100 range=3`. */
function cfgiCommand(a: Extract<GuestAction, { kind: "cfgi" }>): ReturnType<typeof READY.cfgiSte> {
  if (a.sid === "all") return READY.cfgiAll;
  if (a.range === undefined) return READY.cfgiSte(a.sid, a.leaf);
  const q0 = (BigInt(a.sid) << 32n) | 4n;
  return { name: a.range === 31 ? "CFGI_ALL" : "CFGI_STE_RANGE", q0, q1: BigInt(a.range & 31) };
}

/** Guest software changes ABORT and leaves the other fields as it reads them. */
function gbpaVerb(g: Software, a: Extract<GuestAction, { kind: "gbpa" }>): GuestResult {
  const value = (a.abort ? GBPA_ABORT : 0n) | (a.update ? GBPA_UPDATE : 0n);
  const { offset, size } = REG.GBPA;
  return written(
    guestWrite(g.cx, g.ports.mmio, g.v, offset, size, value, {
      wait: true,
      noUpdate: a.noUpdate ?? "ignore",
    }),
  );
}

function written(w: GuestWriteResult): GuestResult {
  const report = new Report();
  report.add(w);
  report.note(w.notes);
  return report.done();
}

/** Enabling the event queue without ever having programmed one makes no sense in software: it is set up first. */
function cr0Verb(g: Software, value: bigint): GuestResult {
  const report = new Report();
  if ((value & CR0_EVENTQEN) !== 0n && (readReg(g, REG.CR0) & CR0_EVENTQEN) === 0n) ensureEventq(g, report);
  put(g, report, REG.CR0, value);
  return report.done();
}

/** `store`: words at an address, repeated at a stride. */
function storeVerb(cx: Cx, a: Extract<GuestAction, { kind: "store" }>): GuestResult {
  const { count = 1, stride = a.words.length * 8 } = a;
  for (let n = 0; n < count; n++)
    for (let i = 0; i < a.words.length; i++) {
      const addr = a.addr + BigInt(n) * BigInt(stride) + BigInt(i) * 8n;
      if (guestStore(cx, addr, a.words[i] as bigint)) continue;
      const report = new Report();
      report.ok = false;
      report.messages.push(`guest: ${hex(addr)} is not backed by RAM`);
      return report.done();
    }
  return new Report().done();
}
