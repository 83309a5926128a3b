/**
 * A host without a VMM: a small driver over the door of the kernel, for its own tests and measurements. Each call
 * is a step of its own on a world that is never changed (`freeze` makes sure).
 */
import { type Cx, makeCx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { KernelKnobs } from "../profile.ts";
import type { DeviceSpec, GroupSpec, PsmmuSpec, Setup } from "../setup.ts";
import { DEFAULT_DEVICE, DEFAULT_PSMMU } from "../setup.ts";
import { NO_TRACE, type TraceNode, TreeTracer } from "../tracer.ts";
import type { World } from "../world.ts";
import type {
  Command,
  EventResult,
  HostResult,
  HwInfoResult,
  InvalidateResult,
  RangesResult,
  ReadResult,
} from "./calls.ts";
import { kernelProfile } from "./profiles.ts";
import { getObj, initialKernel } from "./state.ts";
import * as sys from "./syscalls.ts";
import { initialStreams } from "./topology.ts";
import type { Obj } from "./types.ts";

export interface RawSetup {
  readonly kernel?: string;
  readonly knobs?: Partial<KernelKnobs>;
  readonly psmmus?: readonly Partial<PsmmuSpec>[];
  readonly devices?: readonly Partial<DeviceSpec>[];
  readonly groups?: readonly Partial<GroupSpec>[];
}

/** Device i behind psmmu 0, SID 0x100 + 8·i, alone in group i unless said otherwise. */
export function rawSetup(r: RawSetup = {}): Setup {
  const profile = kernelProfile(r.kernel ?? "7.3");
  if (profile === null) throw new Error(`no kernel ${r.kernel}`);
  const devices = (r.devices ?? [{}]).map((d, i) => ({
    ...DEFAULT_DEVICE,
    name: `d${i}`,
    psmmu: 0,
    sids: [0x100 + 8 * i],
    group: i,
    bdf: 0x100 + 8 * i,
    ...d,
  }));
  const groups = Math.max(...devices.map((d) => d.group)) + 1;
  return {
    title: "raw host",
    kernel: { ...profile, ...r.knobs },
    qemu: {} as Setup["qemu"],
    repairs: [],
    psmmus: (r.psmmus ?? [{}]).map((p, i) => ({ ...DEFAULT_PSMMU, name: `p${i}`, ...p })),
    devices,
    groups: Array.from({ length: groups }, (_, i) => ({
      name: `g${i}`,
      defaultDomain: "identity" as const,
      ...r.groups?.[i],
    })),
    vsmmus: [],
  };
}

/** A world with nothing above the kernel: QEMU, guest and memory are not there. */
export function rawWorld(setup: Setup): World {
  const world: Pick<World, "setup" | "kernel" | "hw" | "injections" | "names"> = {
    setup,
    kernel: initialKernel(setup),
    hw: {
      devices: setup.devices.map((_, i) => ({ ...initialStreams(setup, i), alive: true })),
      tlb: [],
    },
    injections: [],
    names: [],
  };
  return world as World;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const v of Object.values(value)) deepFreeze(v);
  return value;
}

/** vSTE words by kind. */
export const VSTE = {
  invalid: [0n, 0n],
  abort: [1n, 0n],
  bypass: [9n, 0n],
  translate: [0x4882000bn, 0xd4n],
  /** EATS = 1. */
  translateAts: [0x4882000bn, 0x1000_00d4n],
} as const;

export class RawHost {
  world: World;
  trace: readonly TraceNode[] = [];
  private readonly freeze: boolean;
  private readonly traced: boolean;
  /** iommufd file the calls below use. */
  file = 0;

  constructor(
    setup: RawSetup | World = {},
    opts: { freeze?: boolean; trace?: boolean; open?: boolean } = {},
  ) {
    this.freeze = opts.freeze ?? true;
    this.traced = opts.trace ?? true;
    this.world = "hw" in setup ? setup : rawWorld(rawSetup(setup));
    if (this.freeze) deepFreeze(this.world);
    if (opts.open ?? true) this.open();
  }

  /** One step: the world it was given stays as it is. */
  step<R>(run: (cx: Cx) => R): R {
    const tracer = this.traced ? new TreeTracer() : NO_TRACE;
    const cx = makeCx(this.world, tracer);
    const r = run(cx);
    if (tracer instanceof TreeTracer) {
      if (tracer.depth !== 0) throw new Error("a traced call did not return");
      this.trace = tracer.root;
    }
    this.world = this.freeze ? deepFreeze(cx.w) : cx.w;
    return r;
  }

  /** Ids of the rules in the last step's trace. */
  get rules(): string[] {
    const out: string[] = [];
    const walk = (nodes: readonly TraceNode[]): void => {
      for (const n of nodes) {
        if (n.kind === "rule") out.push(n.id);
        else if (n.kind === "call" || n.kind === "host") walk(n.children);
      }
    };
    walk(this.trace);
    return out;
  }

  /** Commands of the last step that reached a physical queue. */
  get commands(): Command[] {
    const out: Command[] = [];
    const walk = (nodes: readonly TraceNode[]): void => {
      for (const n of nodes) {
        if (n.kind === "hw" && n.what === "cmd") out.push([n.args.q0 as bigint, n.args.q1 as bigint]);
        else if (n.kind === "call" || n.kind === "host") walk(n.children);
      }
    };
    walk(this.trace);
    return out;
  }

  obj(id: number, file = this.file): Obj | null {
    return getObj(this.world.kernel, file, id);
  }

  users(id: number): number {
    return this.obj(id)?.users ?? 0;
  }

  ste(dev = 0): readonly bigint[] {
    return this.world.hw.devices[dev]?.stes[0] ?? [];
  }

  /** `Cfg/VMID/EATS` of a device's STE. */
  steText(dev = 0): string {
    const [w0 = 0n, w1 = 0n, w2 = 0n] = this.ste(dev);
    return `${(w0 >> 1n) & 7n}/${w2 & 0xffffn}/${(w1 >> 28n) & 3n}`;
  }

  vmaster(dev = 0): { viommu: number; vsid: bigint } | null {
    const v = this.world.kernel.masters[dev]?.vmaster ?? null;
    return v === null ? null : { viommu: v.viommu, vsid: v.vsid };
  }

  vmids(psmmu = 0): readonly number[] {
    return this.world.kernel.smmus[psmmu]?.vmids ?? [];
  }

  inject(call: string, errno: Errno, nth = 1, dev: number | null = null): void {
    const injection = { call, left: nth, dev, errno } as World["injections"][number];
    this.world = { ...this.world, injections: [...this.world.injections, injection] };
  }

  /* calls */

  open(): number {
    const r = this.step((cx) => sys.openIommufd(cx, "raw", `f${this.world.kernel.files.length}`));
    if (r.errno === null) this.file = r.file;
    return r.file;
  }
  closeFd(file = this.file): HostResult {
    return this.step((cx) => sys.closeIommufdFd(cx, "raw", file));
  }
  ioas(flags = 0): HostResult {
    return this.step((cx) => sys.ioasAlloc(cx, "raw", this.file, { flags, name: null }));
  }
  bind(dev = 0, flags = 0): HostResult {
    return this.step((cx) => sys.bind(cx, "raw", this.file, dev, flags));
  }
  unbind(dev = 0): HostResult {
    return this.step((cx) => sys.unbind(cx, "raw", dev));
  }
  hwpt(a: Partial<Parameters<typeof sys.hwptAlloc>[3]>): HostResult {
    const args = {
      devId: 0,
      ptId: 0,
      flags: 0,
      dataType: 0,
      dataLen: 0,
      reserved: 0,
      faultId: 0,
      ste0: 0n,
      ste1: 0n,
      name: null,
      ...a,
    };
    return this.step((cx) => sys.hwptAlloc(cx, "raw", this.file, args));
  }
  paging(devId: number, ptId: number, flags = 1): HostResult {
    return this.hwpt({ devId, ptId, flags });
  }
  nested(devId: number, ptId: number, vste: readonly [bigint, bigint], flags = 0): HostResult {
    return this.hwpt({ devId, ptId, flags, dataType: 2, dataLen: 16, ste0: vste[0], ste1: vste[1] });
  }
  viommu(devId: number, hwptId: number, type = 1, flags = 0): HostResult {
    return this.step((cx) =>
      sys.viommuAlloc(cx, "raw", this.file, { devId, hwptId, type, flags, name: null }),
    );
  }
  vdevice(viommuId: number, devId: number, virtId: bigint): HostResult {
    return this.step((cx) => sys.vdeviceAlloc(cx, "raw", this.file, { viommuId, devId, virtId, name: null }));
  }
  veventq(viommuId: number, depth: number, type = 1, flags = 0, reserved = 0): HostResult {
    const args = { viommuId, depth, type, flags, reserved, name: null };
    return this.step((cx) => sys.veventqAlloc(cx, "raw", this.file, args));
  }
  read(id: number, bytes: number): ReadResult {
    return this.step((cx) => sys.readEvents(cx, "raw", this.file, id, bytes));
  }
  closeQueue(id: number, pinned = false): HostResult {
    return this.step((cx) => sys.closeVeventqFd(cx, "raw", this.file, id, pinned));
  }
  attach(dev: number, pt: number, flags = 0): HostResult {
    return this.step((cx) => sys.attach(cx, "raw", dev, pt, flags));
  }
  detach(dev = 0, flags = 0): HostResult {
    return this.step((cx) => sys.detach(cx, "raw", dev, flags));
  }
  destroy(id: number): HostResult {
    return this.step((cx) => sys.destroy(cx, "raw", this.file, id));
  }
  openCdev(dev = 0): HostResult {
    return this.step((cx) => sys.openCdev(cx, "raw", dev));
  }
  closeCdev(dev = 0): HostResult {
    return this.step((cx) => sys.closeCdev(cx, "raw", dev));
  }
  kvmAdd(dev = 0): HostResult {
    return this.step((cx) => sys.kvmAdd(cx, "raw", dev));
  }
  kvmDel(dev = 0): HostResult {
    return this.step((cx) => sys.kvmDel(cx, "raw", dev));
  }
  getInfo(dev = 0): HostResult {
    return this.step((cx) => sys.deviceGetInfo(cx, "raw", dev));
  }
  iovaRanges(id: number): RangesResult {
    return this.step((cx) => sys.iovaRanges(cx, "raw", this.file, id));
  }
  map(id: number): HostResult {
    return this.step((cx) => sys.ioasMap(cx, "raw", this.file, id));
  }
  unmap(id: number, iova = 0n, length = 0n): HostResult {
    return this.step((cx) => sys.ioasUnmap(cx, "raw", this.file, id, iova, length));
  }
  flr(dev = 0): void {
    this.step((cx) => sys.flr(cx, dev));
  }
  unpin(file: number): void {
    this.step((cx) => sys.dropPins(cx, file));
  }
  reset(dev = 0): HostResult {
    return this.step((cx) => sys.deviceReset(cx, "raw", dev));
  }
  invalidate(
    id: number,
    cmds: readonly Command[],
    over: Partial<Parameters<typeof sys.invalidate>[3]> = {},
  ): InvalidateResult {
    const args = { id, dataType: 1, entryLen: 16, entryNum: cmds.length, reserved: 0, cmds, ...over };
    return this.step((cx) => sys.invalidate(cx, "raw", this.file, args));
  }
  hwInfo(devId: number, over: Partial<Parameters<typeof sys.getHwInfo>[3]> = {}): HwInfoResult {
    const args = { devId, flags: 0, type: 0, dataLen: 40, reserved: 0, ...over };
    return this.step((cx) => sys.getHwInfo(cx, "raw", this.file, args));
  }
  /** A physical event record: code, SID, S2 and STALL bits. */
  event(code: number, sid = 0x100, bits: { s2?: boolean; stall?: boolean } = {}, psmmu = 0): EventResult {
    const w1 = (bits.s2 === true ? 1n << 39n : 0n) | (bits.stall === true ? 1n << 31n : 0n);
    const words = [BigInt(code) | (BigInt(sid) << 32n), w1, 0x8b00_0000n, 0n] as const;
    return this.step((cx) => sys.handleEvent(cx, psmmu, { words }));
  }
}
