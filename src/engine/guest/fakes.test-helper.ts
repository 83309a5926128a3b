/**
 * A small world for the guest's and the hardware's own tests: two vSMMUs, three devices, no kernel and no QEMU. The
 * register port is an SMMU that follows the architecture, so that a guest sees what it should.
 */
import type { Action } from "../actions.ts";
import { archConsume } from "../arch/cmdq.ts";
import { accelIdr, type Idr } from "../arch/idr.ts";
import { type ArchSmmu, archInit } from "../arch/smmu.ts";
import { archRead, archWrite } from "../arch/write.ts";
import { type Cx, makeCx } from "../cx.ts";
import { EMPTY_MEMORY, memRead64 } from "../memory.ts";
import {
  DEFAULT_DEVICE,
  DEFAULT_PSMMU,
  DEFAULT_VSMMU,
  type DeviceSpec,
  type PsmmuSpec,
  type Setup,
  type VsmmuSpec,
} from "../setup.ts";
import { NO_TRACE } from "../tracer.ts";
import type { World } from "../world.ts";
import { runGuestMacro } from "./linux/macro.ts";
import type { GuestPorts, MacroPart, Placement } from "./ports.ts";
import { guestReset, initialGuest } from "./state.ts";
import type { GuestResult } from "./types.ts";
import { runGuestVerb, type VerbAction } from "./verbs.ts";

export interface Given {
  readonly psmmu?: Partial<PsmmuSpec>;
  readonly device?: Partial<DeviceSpec>;
  readonly vsmmu?: Partial<VsmmuSpec>;
  readonly ram?: readonly { readonly base: bigint; readonly size: bigint }[];
}

export const SIDS = [0x100, 0x108, 0x200] as const;

export function testSetup(given: Given = {}): Setup {
  return {
    title: "test",
    kernel: { name: "7.3" },
    qemu: { name: "11.1" },
    repairs: [],
    psmmus: [{ name: "p0", ...DEFAULT_PSMMU, ...given.psmmu }],
    devices: SIDS.map((sid, i) => ({
      name: `d${i}`,
      psmmu: 0,
      sids: [sid],
      group: i,
      bdf: sid,
      ...DEFAULT_DEVICE,
      ...given.device,
    })),
    groups: SIDS.map((_, i) => ({ name: `g${i}`, defaultDomain: "identity" })),
    vsmmus: ["v0", "v1"].map((name, i) => ({
      name,
      bus: `pcie.${i + 1}`,
      ...DEFAULT_VSMMU,
      ...given.vsmmu,
    })),
  } as unknown as Setup;
}

export function testCx(given: Given = {}): Cx {
  const setup = testSetup(given);
  const world = {
    setup,
    hw: {
      devices: setup.devices.map(() => ({
        stes: [[1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]],
        ats: false,
        alive: true,
      })),
      tlb: [],
    },
    guest: initialGuest(setup),
    memory: given.ram === undefined ? EMPTY_MEMORY : { ...EMPTY_MEMORY, ram: given.ram },
    injections: [],
    names: [],
  } as unknown as World;
  return makeCx(world, NO_TRACE);
}

export interface Access {
  readonly kind: "write" | "read";
  readonly v: number;
  readonly offset: number;
  readonly value: bigint;
}

/** An SMMU of its own that follows the architecture, and the accesses it saw. */
export class FakeSmmus {
  readonly log: Access[] = [];
  readonly states: ArchSmmu[];
  /** Commands to refuse with CERROR_ILL, by opcode, although the architecture would take them. */
  readonly refuse = new Set<number>();
  /** Device index to placement; d0 and d1 are behind v0, d2 behind v1. */
  readonly places: (Placement | null)[] = [
    { vsmmu: 0, sid: SIDS[0] },
    { vsmmu: 0, sid: SIDS[1] },
    { vsmmu: 1, sid: SIDS[2] },
  ];
  private readonly idr: Idr;

  constructor(cx: Cx) {
    const v = cx.setup.vsmmus[0];
    this.idr = accelIdr({
      oas: v?.oas ?? 44,
      ats: v?.ats === "on",
      ril: v?.ril !== "off",
      ssidsize: v?.ssidsize === "auto" ? 0 : (v?.ssidsize ?? 0),
    });
    this.states = cx.setup.vsmmus.map(() => archInit(this.idr, SIDS));
  }

  readonly ports: GuestPorts = {
    mmio: {
      write: (cx, v, offset, size, value) => {
        this.log.push({ kind: "write", v, offset, value });
        const before = this.states[v] as ArchSmmu;
        // Guards are the architecture's: this port takes everything, as QEMU does.
        const open = { ...before, cr0: before.cr0 & ~0xd, cr0ack: before.cr0ack & ~0xd };
        const raw = offset === 0x20 ? before : open;
        const after = archWrite(raw, offset, size, value).smmu;
        const kept = offset === 0x20 ? after : { ...after, cr0: before.cr0, cr0ack: before.cr0ack };
        this.states[v] = this.consume(cx, kept);
        return { ok: true, errno: null, messages: [] };
      },
      read: (cx, v, offset, size) => {
        const value = this.ports.mmio.peek(cx, v, offset, size);
        this.log.push({ kind: "read", v, offset, value });
        return value;
      },
      peek: (_cx, v, offset, size) => archRead(this.states[v] as ArchSmmu, offset, size),
    },
    placement: (_cx, dev) => this.places[dev] ?? null,
  };

  private consume(cx: Cx, s: ArchSmmu): ArchSmmu {
    return archConsume(s, (a) => {
      const word = memRead64(cx.w.memory, a);
      const isEntry = word !== null && a % 16n === 0n;
      return isEntry && this.refuse.has(Number(word & 0xffn)) ? 0xffn : word;
    }).smmu;
  }
}

/** A guest at work: verbs and sequences, with the parts a sequence went through. */
export class TestGuest {
  readonly cx: Cx;
  readonly smmus: FakeSmmus;
  parts: MacroPart[] = [];

  constructor(given: Given = {}) {
    this.cx = testCx(given);
    this.smmus = new FakeSmmus(this.cx);
  }

  verb(a: VerbAction): GuestResult {
    return runGuestVerb(this.cx, this.smmus.ports, a);
  }

  /** Runs a Linux sequence on v0 (or `v`) and gives back its parts' texts. */
  linux(
    macro: Extract<Action, { kind: "guest" }>["macro"],
    dev?: number,
    opts: Readonly<Record<string, string>> = {},
    x: { readonly v?: number; readonly ssid?: number } = {},
  ): { readonly texts: string[]; readonly result: GuestResult } {
    this.parts = [];
    const a = {
      kind: "guest",
      vsmmu: x.v ?? 0,
      macro,
      opts,
      ...(dev === undefined ? {} : { dev }),
      ...(x.ssid === undefined ? {} : { ssid: x.ssid }),
    } as const;
    const result = runGuestMacro(this.cx, this.smmus.ports, a, (part) => {
      this.parts.push(part);
      return this.exec(part.action);
    });
    return { texts: this.parts.map((p) => p.text), result };
  }

  private exec(a: Action): GuestResult {
    if (a.kind === "reset") {
      guestReset(this.cx);
      return { ok: true, rejected: false, errno: null, messages: [], result: null };
    }
    if (a.kind === "flr") return { ok: true, rejected: false, errno: null, messages: [], result: null };
    return this.verb(a as VerbAction);
  }

  word(addr: bigint): bigint {
    return memRead64(this.cx.w.memory, addr) ?? -1n;
  }
}
