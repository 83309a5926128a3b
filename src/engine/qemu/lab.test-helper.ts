/** A machine for tests: runs QEMU's doors on a frozen world and shows the host calls they made, one short line each. */
import { buildWorld } from "../build-world.ts";
import { type Cx, makeCx, own } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { kernelProfile } from "../kernel/profiles.ts";
import { getObj } from "../kernel/state.ts";
import { handleEvent } from "../kernel/syscalls.ts";
import type { Obj } from "../kernel/types.ts";
import { memRead64, memWrite64 } from "../memory.ts";
import type { KernelKnobs, QemuKnobs, Repair } from "../profile.ts";
import {
  DEFAULT_DEVICE,
  DEFAULT_PSMMU,
  DEFAULT_VSMMU,
  type DeviceSpec,
  type PsmmuSpec,
  type Setup,
  type VsmmuSpec,
} from "../setup.ts";
import { type CallName, type TraceNode, TreeTracer } from "../tracer.ts";
import type { World } from "../world.ts";
import { finalize, plug, realize, renumber, set, systemReset, unplug, unset } from "./machine.ts";
import { qemuProfile } from "./profiles.ts";
import { smmuReadMmio, smmuWriteMmio } from "./smmuv3.ts";
import { smmuv3AccelEventRead } from "./smmuv3-accel-events.ts";
import type { AccelDevice, MmioResult, QemuResult, Smmuv3State } from "./types.ts";

export interface LabSetup {
  readonly kernel?: string;
  readonly kernelKnobs?: Partial<KernelKnobs>;
  readonly qemu?: string;
  readonly knobs?: Partial<QemuKnobs>;
  readonly repairs?: readonly Repair[];
  readonly psmmus?: readonly Partial<PsmmuSpec>[];
  readonly devices?: readonly Partial<DeviceSpec>[];
  readonly vsmmus?: readonly Partial<VsmmuSpec>[];
}

const DEFAULT_SIDS = [0x100, 0x108, 0x200];

export function makeSetup(s: LabSetup = {}): Setup {
  const kernel = kernelProfile(s.kernel ?? "7.3");
  const qemu = qemuProfile(s.qemu ?? "11.1");
  if (kernel === null || qemu === null) throw new Error("unknown profile");
  const devices = (s.devices ?? [{}, {}, {}]).map((d, i): DeviceSpec => {
    const sid = d.sids?.[0] ?? DEFAULT_SIDS[i] ?? 0x300 + 8 * i;
    return { ...DEFAULT_DEVICE, name: `d${i}`, psmmu: 0, sids: [sid], group: i, bdf: sid, ...d };
  });
  const groups = 1 + Math.max(0, ...devices.map((d) => d.group));
  return {
    title: "",
    kernel: { ...kernel, ...s.kernelKnobs },
    qemu: { ...qemu, ...s.knobs },
    repairs: s.repairs ?? [],
    psmmus: (s.psmmus ?? [{}]).map((p, i) => ({ ...DEFAULT_PSMMU, name: `p${i}`, ...p })),
    devices,
    groups: Array.from({ length: groups }, (_, i) => ({ name: `g${i}`, defaultDomain: "identity" as const })),
    vsmmus: (s.vsmmus ?? [{}, {}]).map((v, i) => ({
      ...DEFAULT_VSMMU,
      name: `v${i}`,
      bus: `pcie.${i + 1}`,
      ...v,
    })),
  };
}

function deepFreeze<T>(x: T): T {
  if (typeof x !== "object" || x === null || Object.isFrozen(x)) return x;
  Object.freeze(x);
  for (const v of Object.values(x)) deepFreeze(v);
  return x;
}

function walk(nodes: readonly TraceNode[], visit: (n: TraceNode) => void): void {
  for (const n of nodes) {
    visit(n);
    if ("children" in n) walk(n.children, visit);
  }
}

const hex = (x: unknown): string => `0x${BigInt(x as bigint).toString(16)}`;

/** One host call as a short line: `attach d0 3`, `hwpt-alloc 1 4 ste(0x1,0x0) = 5`, `destroy 4 !EBUSY`. */
function line(setup: Setup, n: Extract<TraceNode, { kind: "host" }>): string {
  const a = n.args as Record<string, bigint | number | string>;
  const dev = (): string => setup.devices[a.device as number]?.name ?? "?";
  const text: Partial<Record<CallName, () => string>> = {
    "hwpt-alloc": () =>
      a.dataType === 0
        ? `${a.dev} ${a.pt} flags=${hex(a.flags)}`
        : `${a.dev} ${a.pt} ste(${hex(a.ste0)},${hex(a.ste1)})`,
    "viommu-alloc": () => `${a.dev} ${a.hwpt}`,
    "vdevice-alloc": () => `${a.dev} ${a.viommu} ${hex(a.virtId)}`,
    "veventq-alloc": () => `${a.viommu} depth=${a.depth}`,
    "hw-info": () => `${a.dev}${a.flags === 0 ? "" : ` type=${a.type}`}`,
    "iova-ranges": () => `${a.ioas}`,
    map: () => `${a.ioas}`,
    unmap: () => `${a.ioas}`,
    destroy: () => `${a.id}`,
    attach: () => `${dev()} ${a.pt}`,
    invalidate: () => `${a.hwpt} ${String(a.cmds)}`,
    "open-iommufd": () => `${a.name}`,
    close: () => ("veventq" in a ? `${a.veventq}` : dev()),
    "read-events": () => `${a.veventq}`,
  };
  const args = text[n.call]?.() ?? ("device" in a ? dev() : "");
  const gives = ["bind", "ioas-alloc", "hwpt-alloc", "viommu-alloc", "vdevice-alloc", "veventq-alloc"];
  const id = n.errno === null && gives.includes(n.call) ? ` = ${String(n.out.id)}` : "";
  return `${n.call}${args === "" ? "" : ` ${args}`}${id}${n.errno === null ? "" : ` !${n.errno}`}`;
}

/** Register offsets tests use. */
export const REG = {
  IDR0: 0x0,
  IDR1: 0x4,
  IDR3: 0xc,
  IDR5: 0x14,
  CR0: 0x20,
  CR0ACK: 0x24,
  CR1: 0x28,
  CR2: 0x2c,
  GBPA: 0x44,
  IRQ_CTRL: 0x50,
  GERROR: 0x60,
  GERRORN: 0x64,
  STRTAB_BASE: 0x80,
  STRTAB_CFG: 0x88,
  CMDQ_BASE: 0x90,
  CMDQ_PROD: 0x98,
  CMDQ_CONS: 0x9c,
  EVENTQ_BASE: 0xa0,
  EVENTQ_PROD: 0xa8,
  EVENTQ_CONS: 0xac,
} as const;

export const GBPA_ABORT = 0x80100000;
export const GBPA_BYPASS = 0x80000000;
export const SMMUEN = 1;
export const EVENTQEN = 4;
export const CMDQEN = 8;

/** Guest addresses of the structures tests use, per vSMMU. */
export const STRTAB = 0x4800_0000n;
export const CMDQ = 0x4880_0000n;
export const EVENTQ = 0x4881_0000n;
/** A translate STE as the recordings use it: Config 5, S1ContextPtr 0x48820000, cacheable walks. */
export const TRANSLATE = [0x4882000bn, 0xd4n] as const;
export const SYNC: readonly [bigint, bigint] = [0x46n, 0n];

export const cmd = {
  cfgiSte: (sid: number): [bigint, bigint] => [(BigInt(sid) << 32n) | 0x3n, 1n],
  cfgiAll: (): [bigint, bigint] => [0x4n, 0x1fn],
  cfgiRange: (sid: number, range: number): [bigint, bigint] => [(BigInt(sid) << 32n) | 0x4n, BigInt(range)],
  cfgiCd: (sid: number): [bigint, bigint] => [(BigInt(sid) << 32n) | 0x5n, 1n],
  op: (opcode: number, q0 = 0n, q1 = 0n): [bigint, bigint] => [q0 | BigInt(opcode), q1],
} as const;

export class Lab {
  world: World;
  nodes: readonly TraceNode[] = [];

  constructor(s: LabSetup = {}) {
    this.world = buildWorld(makeSetup(s));
  }

  /** One step on a frozen world. */
  act<R>(run: (cx: Cx) => R): R {
    deepFreeze(this.world);
    const t = new TreeTracer();
    const cx = makeCx(this.world, t);
    const r = run(cx);
    if (t.depth !== 0) throw new Error("unbalanced trace");
    this.world = { ...cx.w } as World;
    this.nodes = t.root;
    return r;
  }

  plug(dev: number, vsmmu = 0, opts: { bdf?: number; hot?: boolean; iommufd?: string } = {}): QemuResult {
    return this.act((cx) => plug(cx, { kind: "plug", dev, vsmmu, ...opts }));
  }
  realize(dev: number, vsmmu = 0): QemuResult {
    return this.act((cx) => realize(cx, { dev, vsmmu }));
  }
  set(dev: number): QemuResult {
    return this.act((cx) => set(cx, dev));
  }
  unplug(dev: number): QemuResult {
    return this.act((cx) => unplug(cx, dev));
  }
  unset(dev: number): QemuResult {
    return this.act((cx) => unset(cx, dev));
  }
  finalize(dev: number): QemuResult {
    return this.act((cx) => finalize(cx, dev));
  }
  renumber(dev: number, bdf: number): QemuResult {
    return this.act((cx) => renumber(cx, dev, bdf));
  }
  reset(): QemuResult {
    return this.act((cx) => systemReset(cx, false));
  }
  start(): QemuResult {
    return this.act((cx) => systemReset(cx, true));
  }
  write(offset: number, value: number | bigint, size: 4 | 8 = 4, v = 0): MmioResult {
    return this.act((cx) => smmuWriteMmio(cx, v, offset, size, BigInt(value)));
  }
  read(offset: number, size: 4 | 8 = 4, v = 0): bigint {
    return this.act((cx) => smmuReadMmio(cx, v, offset, size));
  }
  inject(call: CallName, errno: Errno, nth = 1, dev: number | null = null): void {
    this.world = { ...this.world, injections: [...this.world.injections, { call, errno, left: nth, dev }] };
  }
  /** The physical SMMU records an event and QEMU's event loop runs. */
  event(words: [bigint, bigint, bigint, bigint], read = true, v = 0): QemuResult | null {
    return this.act((cx) => {
      handleEvent(cx, 0, { words });
      return read ? smmuv3AccelEventRead(cx, v) : null;
    });
  }
  drain(v = 0): QemuResult {
    return this.act((cx) => smmuv3AccelEventRead(cx, v));
  }
  store(addr: bigint, ...words: bigint[]): void {
    this.act((cx) => {
      words.forEach((w, i) => {
        memWrite64(cx, addr + 8n * BigInt(i), w);
      });
    });
  }
  load(addr: bigint): bigint | null {
    return memRead64(this.world.memory, addr);
  }
  /** Replaces guest RAM, to make addresses unreadable. */
  ram(...ranges: { base: bigint; size: bigint }[]): void {
    this.act((cx) => {
      own(cx, cx.w, "memory").ram = ranges;
    });
  }

  /** Registers as a small driver sets them: linear table of 2^12, command queue of 2^8, event queue of 2^7. */
  setup(cr0: number, v = 0): void {
    const at = BigInt(v) * 0x100_0000n;
    this.write(REG.STRTAB_BASE, STRTAB + at, 8, v);
    this.write(REG.STRTAB_CFG, 12, 4, v);
    this.write(REG.CMDQ_BASE, CMDQ + at + 8n, 8, v);
    this.write(REG.EVENTQ_BASE, EVENTQ + at + 7n, 8, v);
    this.write(REG.CR0, cr0, 4, v);
  }
  ste(sid: number, w0: bigint, w1 = 0n, v = 0): void {
    this.store(STRTAB + BigInt(v) * 0x100_0000n + 64n * BigInt(sid), w0, w1);
  }
  /** Stores commands at PROD and rings the bell. */
  cmds(list: readonly (readonly [bigint, bigint])[], v = 0): MmioResult {
    const s = this.smmu(v).regs;
    const size = 2 ** s.cmdqLog2size;
    const base = s.cmdqBase & 0xf_ffff_ffff_ffc0n;
    list.forEach(([q0, q1], i) => {
      this.store(base + 16n * BigInt((s.cmdqProd + i) & (size - 1)), q0, q1);
    });
    return this.write(REG.CMDQ_PROD, (s.cmdqProd + list.length) & (2 * size - 1), 4, v);
  }

  /** Host calls of the last action. */
  get calls(): string[] {
    const out: string[] = [];
    walk(this.nodes, (n) => {
      if (n.kind === "host") out.push(line(this.world.setup, n));
    });
    return out;
  }
  /** QEMU's trace events of the last action, as names. */
  get events(): string[] {
    const out: string[] = [];
    walk(this.nodes, (n) => {
      if (n.kind === "event") out.push(n.name);
    });
    return out;
  }
  eventArgs(name: string): Record<string, unknown>[] {
    const out: Record<string, unknown>[] = [];
    walk(this.nodes, (n) => {
      if (n.kind === "event" && n.name === name) out.push(n.args as Record<string, unknown>);
    });
    return out;
  }
  get rules(): string[] {
    const out: string[] = [];
    walk(this.nodes, (n) => {
      if (n.kind === "rule" && n.id.startsWith("Q-")) out.push(n.id);
    });
    return out;
  }
  smmu(v = 0): Smmuv3State {
    return this.world.qemu.smmus[v] as Smmuv3State;
  }
  slot(dev: number): AccelDevice {
    const d = this.world.qemu.devices[dev];
    return this.smmu(d?.vsmmu).slots[d?.slot ?? -1] as AccelDevice;
  }
  /** What the host has the device attached to: HWPT id, 0 for none. */
  attached(dev: number): number {
    const b = this.world.kernel.masters[dev]?.bound;
    const o = b ? getObj(this.world.kernel, b.file, b.id) : null;
    return o?.type === "DEVICE" ? o.hwpt : 0;
  }
  /** Objects of a file, `id:TYPE`. */
  objects(file = 0): string[] {
    return (this.world.kernel.files[file]?.objects ?? []).flatMap((o) =>
      o !== null && o !== "tombstone" ? [`${(o as Obj).id}:${(o as Obj).type}`] : [],
    );
  }
}

/** The calls of one cold plug of the first device of a VM (T1 with X3). */
export const FIRST_PLUG_VFIO: readonly string[] = [
  "open-cdev d0",
  "open-iommufd vm",
  "kvm-add d0",
  "bind d0 = 1",
  "ioas-alloc = 2",
  "hw-info 1",
  "hwpt-alloc 1 2 flags=0x1 = 3",
  "attach d0 3",
  "iova-ranges 2",
  "iova-ranges 2",
  "map 2",
  "get-info d0",
  "hw-info 1",
];
