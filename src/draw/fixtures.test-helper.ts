/**
 * Worlds by hand, for tests of the picture alone: the tables hold what a picture reads of them and nothing is
 * played. Ids are given out as the kernel would: IOAS, then per device its DEVICE, the shared S2, the vIOMMU…
 */
import { DEFAULT_IDR } from "../engine/arch/idr.ts";
import { archInit } from "../engine/arch/smmu.ts";
import type { HwDevice, StreamTableEntry } from "../engine/hardware/types.ts";
import type { HwptNestedObj, KernelState, Master, Obj } from "../engine/kernel/types.ts";
import { EMPTY_MEMORY } from "../engine/memory.ts";
import { NO_PROVENANCE } from "../engine/provenance.ts";
import { ABSENT_DEVICE, initialQemu } from "../engine/qemu/state.ts";
import type { QemuState } from "../engine/qemu/types.ts";
import { DEFAULT_DEVICE, DEFAULT_PSMMU, DEFAULT_VSMMU, type Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import type { Views } from "./scene-ground.ts";
import type { Kind } from "./scene-types.ts";

type Attach = "abort" | "bypass" | "translate" | "s2" | "none";

export interface FixtureDevice {
  readonly attach: Attach;
  readonly diverges?: string;
  readonly psmmu?: number;
  readonly vdevice?: boolean;
}

export interface Fixture {
  /** Devices behind each vSMMU, in the order of plugging. */
  readonly vsmmus: readonly (readonly FixtureDevice[])[];
  /** Declared but not plugged. */
  readonly parked?: number;
  readonly psmmus?: number;
  readonly abort?: boolean;
  readonly enabled?: boolean;
}

const STE: Readonly<Record<Attach | "host", StreamTableEntry>> = {
  abort: [1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
  bypass: [0xdn, 0n, 1n, 0n, 0n, 0n, 0n, 0n],
  s2: [0xdn, 0n, 1n, 0n, 0n, 0n, 0n, 0n],
  translate: [0xfn, 0n, 1n, 0n, 0n, 0n, 0n, 0n],
  none: [0xbn, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
  host: [0xbn, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
};

const KIND_OF: Readonly<Record<Attach, Kind>> = {
  abort: "abort",
  bypass: "bypass",
  translate: "translate",
  s2: "s2",
  none: "off",
};

export function fixtureSetup(f: Fixture): Setup {
  const flat = f.vsmmus.flat();
  const count = flat.length + (f.parked ?? 0);
  const sid = (i: number) => 0x100 + 8 * i;
  return {
    title: "",
    kernel: { name: "7.3" },
    qemu: { name: "11.1" },
    repairs: [],
    psmmus: Array.from({ length: f.psmmus ?? 1 }, (_, p) => ({ ...DEFAULT_PSMMU, name: `p${p}` })),
    devices: Array.from({ length: count }, (_, i) => ({
      ...DEFAULT_DEVICE,
      name: `d${i}`,
      psmmu: flat[i]?.psmmu ?? 0,
      sids: [sid(i)],
      group: i,
      bdf: sid(i),
    })),
    groups: Array.from({ length: count }, (_, i) => ({ name: `g${i}`, defaultDomain: "dma" })),
    vsmmus: f.vsmmus.map((_, v) => ({ ...DEFAULT_VSMMU, name: `v${v}`, bus: `pcie.${v + 1}` })),
  } as unknown as Setup;
}

export function fixtureWorld(f: Fixture, setup: Setup = fixtureSetup(f)): World {
  const objects: (Obj | null)[] = [null];
  const put = <T extends Obj>(make: (id: number) => T): T => {
    const obj = make(objects.length);
    objects.push(obj);
    return obj;
  };
  const masters: Master[] = setup.devices.map(() => ({
    bound: null,
    vmaster: null,
    atsEnabled: false,
    domain: { kind: "default" },
    cdevOpen: false,
  })) as Master[];
  const hw: HwDevice[] = setup.devices.map(() => ({ stes: [STE.host], ats: false, alive: true }));
  const qemu0 = initialQemu(setup);
  const devices = setup.devices.map(() => ABSENT_DEVICE);
  const smmus = qemu0.smmus.map((smmu) => ({ ...smmu, accel: { ...smmu.accel }, slots: [...smmu.slots] }));
  const plugged: number[] = [];
  const s2OfPsmmu = new Map<number, number>();
  let ioas = 0;
  let dev = 0;
  f.vsmmus.forEach((list, v) => {
    let viommu = 0;
    let abort = 0;
    let bypass = 0;
    for (const d of list) {
      const psmmu = d.psmmu ?? 0;
      if (ioas === 0) ioas = put((id) => ({ type: "IOAS", id, users: 1, name: null, hwpts: [] })).id;
      const me = dev++;
      const device = put((id) => ({ type: "DEVICE", id, users: 2, name: null, dev: me, hwpt: 0, vdev: 0 }));
      let s2 = s2OfPsmmu.get(psmmu) ?? 0;
      if (s2 === 0) {
        s2 = put(
          (id) =>
            ({
              type: "HWPT_PAGING",
              id,
              users: 1,
              name: null,
              ioas,
              nestParent: true,
              autoDomain: false,
              stage: 2,
              psmmu,
              vmid: s2OfPsmmu.size + 1,
              asid: 0,
              tags: [],
            }) as unknown as Extract<Obj, { type: "HWPT_PAGING" }>,
        ).id;
        s2OfPsmmu.set(psmmu, s2);
      }
      const nested = (kind: HwptNestedObj["kind"]) =>
        put((id) => ({
          type: "HWPT_NESTED",
          id,
          users: 1,
          name: null,
          viommu,
          parent: s2,
          ste0: 0n,
          ste1: 0n,
          enableAts: false,
          kind,
        })).id;
      if (viommu === 0) {
        viommu = put((id) => ({
          type: "VIOMMU",
          id,
          users: 3,
          name: null,
          psmmu,
          hwpt: s2,
          vmid: 1,
          vdevs: [],
          veventqs: [],
        })).id;
        bypass = nested("bypass");
        abort = nested("abort");
      }
      const sid = setup.devices[me]?.bdf ?? 0;
      let vdev = 0;
      if (d.vdevice ?? d.attach === "translate") {
        vdev = put((id) => ({
          type: "VDEVICE",
          id,
          users: 1,
          name: null,
          viommu,
          device: device.id,
          dev: me,
          virtId: BigInt(sid),
        })).id;
      }
      const s1 = d.attach === "translate" ? nested("translate") : 0;
      const hwpt = { abort, bypass, translate: s1, s2, none: 0 }[d.attach];
      objects[device.id] = { ...device, hwpt, vdev } as Obj;
      masters[me] = {
        ...(masters[me] as Master),
        bound: { file: 0, id: device.id },
        domain: hwpt === 0 ? { kind: "blocked" } : { kind: "hwpt", file: 0, hwpt },
      };
      hw[me] = { stes: [STE[d.attach]], ats: false, alive: true };
      const smmu = smmus[v];
      if (smmu === undefined) throw new Error(`no vSMMU ${v}`);
      smmu.slots.push({
        bdf: sid,
        hiodi: { dev: me, backend: 0, devid: device.id, hwptId: s2 },
        s1Hwpt: s1,
        vdev: vdev === 0 ? null : { id: vdev, virtId: sid },
        viommuPtr: "live",
      });
      devices[me] = {
        ...ABSENT_DEVICE,
        phase: "realized",
        vsmmu: v,
        slot: smmu.slots.length - 1,
        devid: device.id,
        hwptId: s2,
      };
      plugged.unshift(me);
    }
    const smmu = smmus[v];
    if (smmu !== undefined && viommu !== 0)
      smmu.accel = {
        ...smmu.accel,
        viommu: { backend: 0, s2HwptId: 0, viommuId: viommu },
        abortHwptId: abort,
        bypassHwptId: bypass,
        ids: { file: 0, viommu, abort, bypass, veventq: 0 },
      };
  });
  if (ioas !== 0) objects[ioas] = { ...(objects[ioas] as Obj), hwpts: [...s2OfPsmmu.values()] } as Obj;
  const kernel = {
    files:
      ioas === 0
        ? []
        : [{ name: "vm", fdOpen: true, refs: 1, released: false, objects, minFree: objects.length }],
    masters,
    groups: [],
    smmus: setup.psmmus.map((_, p) => ({ vmids: s2OfPsmmu.has(p) ? [1] : [], asids: [] })),
    nextTtb: 1,
  } as unknown as KernelState;
  const qemu: QemuState = {
    ...qemu0,
    backends: [{ name: "vm", file: ioas === 0 ? -1 : 0, fd: 9, owned: true, users: plugged.length }],
    devices,
    plugged,
    smmus,
    ioas: ioas === 0 ? null : { file: 0, id: ioas },
  };
  const arch = archInit(DEFAULT_IDR, []);
  return {
    setup,
    kernel,
    qemu,
    hw: { devices: hw, tlb: [] },
    guest: {
      smmus: setup.vsmmus.map(() => ({
        arch: { ...arch, cr0ack: f.enabled ? 1 : 0, gbpaEff: f.abort ? 0x101000 : 0x1000 },
      })),
    } as unknown as World["guest"],
    memory: EMPTY_MEMORY,
    provenance: setup.devices.map(() => NO_PROVENANCE),
    injections: [],
    names: [],
  };
}

/** What the observers would say of the fixture's devices. */
export function fixtureViews(f: Fixture): Views {
  const flat = f.vsmmus.flat();
  return (_world, dev) => {
    const d = flat[dev];
    const must = f.abort ? "abort" : "bypass";
    if (d === undefined) return { ste: null, must: "–", is: "–", diverges: "" };
    const is = d.attach === "s2" ? "bypass" : d.attach === "none" ? "blocked" : d.attach;
    return {
      ste:
        d.attach === "none"
          ? null
          : { kind: KIND_OF[d.attach === "s2" ? "bypass" : d.attach], word: is, text: "V=1 Config=100" },
      must,
      is,
      diverges: d.diverges ?? "",
    };
  };
}

/** `vsmmus` × `devices` with attachments in a fixed pattern. */
export function grid(vsmmus: number, devices: number, parked = 0): Fixture {
  const pattern: Attach[] = ["translate", "bypass", "translate", "abort", "translate", "s2"];
  return {
    vsmmus: Array.from({ length: vsmmus }, (_, v) =>
      Array.from({ length: devices }, (_, d) => ({
        attach: pattern[(v * 7 + d) % pattern.length] as Attach,
        ...((v * 13 + d) % 29 === 5 ? { diverges: "D1" } : {}),
      })),
    ),
    parked,
  };
}
