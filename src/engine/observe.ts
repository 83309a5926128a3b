/**
 * Facts derived from a world: what a device is attached to, what the architecture promises it, what the hardware
 * does, and where the two part. Nothing here changes a world; every fact is computed once per world and device.
 */

import { legalView } from "./arch/legal.ts";
import type { Answer, Txn } from "./arch/oracle-types.ts";
import { alarmOf, nameDivergences, vsmmuDivergences } from "./divergence.ts";
import type { Attached, DeviceFacts, HardwareAnswer, LegalAnswer, PhysicalSte, VsmmuFacts } from "./facts.ts";
import { recalledFacts, rememberFacts } from "./facts-inputs.ts";
import { type HwTxn, peekTransaction } from "./hardware/translate.ts";
import { getObj } from "./kernel/state.ts";
import type { Obj } from "./kernel/types.ts";
import { findTable, lookupMapping, memRead64 } from "./memory.ts";
import type { World } from "./world.ts";

/** Address of the probe transaction where nothing says otherwise. */
export const PROBE_IOVA = 0x1000n;

/** vSMMU and guest StreamID of a realized device, null while the guest does not have it. */
export function placementOf(
  world: World,
  dev: number,
): { readonly vsmmu: number; readonly sid: number } | null {
  const q = world.qemu.devices[dev];
  if (q === undefined || q.phase !== "realized" || q.slot < 0) return null;
  const slot = world.qemu.smmus[q.vsmmu]?.slots[q.slot];
  return slot === undefined ? null : { vsmmu: q.vsmmu, sid: slot.bdf };
}

/** What the device's RID is attached to, as the iommufd objects say. */
export function attachedOf(world: World, dev: number): { kind: Attached; hwpt: Obj | null } {
  const bound = world.kernel.masters[dev]?.bound;
  if (bound === null || bound === undefined) return { kind: "none", hwpt: null };
  const idev = getObj(world.kernel, bound.file, bound.id);
  const hwpt =
    idev?.type === "DEVICE" && idev.hwpt !== 0 ? getObj(world.kernel, bound.file, idev.hwpt) : null;
  if (hwpt === null) return { kind: "blocked", hwpt: null };
  if (hwpt.type === "HWPT_PAGING") return { kind: hwpt.stage === 2 ? "s2" : "s1", hwpt };
  if (hwpt.type === "HWPT_NESTED") return { kind: hwpt.kind === "invalid" ? "abort" : hwpt.kind, hwpt };
  return { kind: "blocked", hwpt: null };
}

const PSTE: readonly PhysicalSte[] = ["abort", "abort", "abort", "abort", "bypass", "s1", "s2", "nested"];

/** What the physical STE's V and Config say. */
export function pSteOf(world: World, dev: number): PhysicalSte {
  const w0 = world.hw.devices[dev]?.stes[0]?.[0] ?? 0n;
  return (w0 & 1n) === 0n ? "invalid" : (PSTE[Number((w0 >> 1n) & 7n)] as PhysicalSte);
}

/** Id of the device's vDEVICE in the file it is bound to (or, before 6.17, in any file), null if none. */
export function vdeviceOf(world: World, dev: number): number | null {
  const bound = world.kernel.masters[dev]?.bound;
  if (bound) {
    const idev = getObj(world.kernel, bound.file, bound.id);
    if (idev?.type === "DEVICE" && idev.vdev !== 0) return idev.vdev;
  }
  if (world.setup.kernel.vdevLifetime === "tombstone") return null;
  for (const f of world.kernel.files)
    for (const o of f.objects)
      if (o !== null && o !== "tombstone" && o.type === "VDEVICE" && o.dev === dev) return o.id;
  return null;
}

export const legalAnswerOf = (a: Answer): LegalAnswer => {
  switch (a.cls) {
    case "bypass":
    case "s2":
    case "ats-pass":
      return "pass-bypass";
    case "s1":
    case "s1s2":
    case "ats-served":
      return "pass-s1";
    case "stall":
      return "stall";
    default:
      return "abort";
  }
};

/**
 * The lab's word for what the hardware did. A transaction that only stage 2 translates is told apart by what the device
 * is attached to: a nested HWPT (the bypass one, or a CD table with S1DSS=1) bypasses stage 1 because the guest says so.
 */
export function hardwareAnswerOf(a: { readonly cls: string }, attached: Attached): HardwareAnswer {
  switch (a.cls) {
    case "pass-s2":
      return attached === "bypass" || attached === "translate" ? "pass-bypass" : "pass-s2";
    case "host-bypass":
    case "ats-pass":
      return "pass-bypass";
    case "pass-s1":
    case "host-s1":
    case "ats-served":
      return "pass-s1";
    default:
      return "abort";
  }
}

/** The legal answers of one transaction of a device; the current one first. */
export function legalAnswers(world: World, vsmmu: number, txn: Txn): readonly Answer[] {
  const g = world.guest.smmus[vsmmu];
  if (g === undefined) return [];
  return legalView(
    g.arch,
    (addr) => memRead64(world.memory, addr),
    (ttb, va) => lookupMapping(world.memory, ttb, va),
    world.memory,
  ).answers(txn);
}

/** An ordinary read, as the oracle takes it. */
export const probeRead = (sid: number, addr: bigint, ssid: number | null = null): Txn => ({
  sid,
  ssid,
  addr,
  rnw: true,
  ind: false,
  pnu: false,
  ats: "none",
});

/** The same read as the endpoint sends it. */
const hostRead = (iova: bigint, ssid: number | null = null): HwTxn => ({
  iova,
  write: false,
  ssid,
  ats: "none",
  priv: false,
  inst: false,
});

/** First address of the table that covers the probe address, or the first one it maps, or null. */
function mappedAddress(world: World, ttb: bigint): bigint | null {
  if (lookupMapping(world.memory, ttb, PROBE_IOVA) !== null) return PROBE_IOVA;
  return findTable(world.memory, ttb)?.maps[0]?.iova ?? null;
}

/**
 * The address of the probe transaction: 0x1000 where the stage-1 table in question maps it (or there is none), else
 * the first address that table maps. The oracle's table is asked first, then the hardware's.
 */
export function probeIova(
  world: World,
  dev: number,
  vsmmu: number,
  sid: number,
  ssid: number | null = null,
): bigint {
  const g = world.guest.smmus[vsmmu];
  if (g === undefined || world.memory.tables.length === 0) return PROBE_IOVA;
  const asked: bigint[] = [];
  legalView(
    g.arch,
    (addr) => memRead64(world.memory, addr),
    (ttb, va) => {
      asked.push(ttb);
      return lookupMapping(world.memory, ttb, va);
    },
    world.memory,
  ).answers(probeRead(sid, PROBE_IOVA, ssid));
  for (const ttb of asked) {
    const at = mappedAddress(world, ttb);
    if (at !== null) return at;
  }
  if (pSteOf(world, dev) === "nested") {
    for (const hop of peekTransaction(world, dev, hostRead(PROBE_IOVA, ssid), true).path ?? []) {
      const at = hop.what === "CD" ? mappedAddress(world, (hop.words[1] ?? 0n) & TTB_MASK) : null;
      if (at !== null) return at;
    }
  }
  return PROBE_IOVA;
}

/** CD Q1: TTB0. */
const TTB_MASK = 0x00ff_ffff_ffff_fff0n;

const RULE_TEXT: Readonly<Record<HardwareAnswer, string>> = {
  "pass-s2": "The physical STE has stage 2 only (Config 6): stage 1 is bypassed, the IPA passes.",
  "pass-bypass": "The physical STE has stage 2 only (the bypass HWPT): stage 1 is bypassed, the IPA passes.",
  "pass-s1": "The physical STE is nested (Config 7): the guest's stage 1 translates.",
  stall: "The transaction is held.",
  abort: "The physical SMMU terminates the transaction.",
};

const distinct = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];

function computeFacts(world: World, dev: number): DeviceFacts {
  const words = world.hw.devices[dev]?.stes[0];
  const { kind: attached, hwpt } = attachedOf(world, dev);
  const placement = placementOf(world, dev);
  const bound = world.kernel.masters[dev]?.bound ?? null;
  const base = {
    attached,
    hwpt: hwpt?.id ?? null,
    pste: pSteOf(world, dev),
    vmid: Number((words?.[2] ?? 0n) & 0xffffn),
    vdevice: vdeviceOf(world, dev),
    vmaster: world.kernel.masters[dev]?.vmaster?.vsid ?? null,
    ats: world.hw.devices[dev]?.ats ?? false,
    placement,
  };
  if (bound === null)
    return {
      ...base,
      iova: PROBE_IOVA,
      legal: [],
      legalRules: [],
      legalWhy: "The guest does not have this device.",
      hardware: null,
      hardwareWhy: "The device belongs to the host.",
      diverges: null,
      divergences: [],
    };
  const gone = placement === null;
  const iova = gone ? PROBE_IOVA : probeIova(world, dev, placement.vsmmu, placement.sid);
  const physical = peekTransaction(world, dev, hostRead(iova));
  const hardware = hardwareAnswerOf(physical, attached);
  const inVm = world.qemu.devices[dev]?.phase !== "absent";
  if (gone) {
    // Half unplugged: the guest was told that the function is gone, so nothing may pass any more.
    const halfway = inVm && hardware !== "abort";
    // The way back to the S2 was refused (D11), or went as it should and DETACH is still to come (D17).
    const refused = world.provenance[dev]?.missed === "unset";
    const id = refused ? "D11" : "D17";
    const text = refused
      ? "Unset could not attach the S2: the function is still on its nested HWPT."
      : "The function is unset and not yet detached: it is on the S2.";
    return {
      ...base,
      iova,
      legal: inVm ? ["abort"] : [],
      legalRules: [],
      legalWhy: inVm
        ? "The function has left the guest: none of its transactions may pass."
        : "No guest has this device.",
      hardware,
      hardwareWhy: RULE_TEXT[hardware],
      diverges: halfway ? id : null,
      divergences: halfway ? [{ id, kind: "dma", text }] : [],
    };
  }
  const answers = legalAnswers(world, placement.vsmmu, probeRead(placement.sid, iova));
  const divergences = nameDivergences(world, dev, {
    ...placement,
    iova,
    answers,
    physical,
    hardware,
    attached,
  });
  const alarm = alarmOf(divergences);
  return {
    ...base,
    iova,
    legal: distinct(answers.map(legalAnswerOf)),
    legalRules: distinct(answers.map((a) => a.rule)),
    legalWhy: "",
    hardware,
    hardwareWhy: RULE_TEXT[hardware],
    diverges: alarm === null ? null : (alarm.id ?? "?"),
    divergences,
  };
}

const memo = new WeakMap<World, (DeviceFacts | undefined)[]>();

/** The facts of one device; computed once per world. */
export function deviceFacts(world: World, dev: number): DeviceFacts {
  let list = memo.get(world);
  if (list === undefined) {
    list = [];
    memo.set(world, list);
  }
  const known = list[dev];
  if (known !== undefined) return known;
  const recalled = recalledFacts(world, dev);
  const facts = recalled ?? computeFacts(world, dev);
  if (recalled === null) rememberFacts(world, dev, facts);
  list[dev] = facts;
  return facts;
}

const CERRORS = [null, "ill", "abt", "atc-inv-sync"] as const;

const vsmmuMemo = new WeakMap<World, (VsmmuFacts | undefined)[]>();

function computeVsmmuFacts(world: World, v: number): VsmmuFacts {
  const s = world.qemu.smmus[v];
  if (s === undefined) throw new Error(`no vSMMU ${v}`);
  const { regs, accel } = s;
  const stopped = ((regs.gerror ^ regs.gerrorn) & 1) !== 0;
  const live = accel.viommu !== null;
  return {
    cr0: regs.cr0,
    cr0ack: regs.cr0ack,
    gbpa: regs.gbpa,
    gerror: regs.gerror,
    gerrorn: regs.gerrorn,
    viommu: accel.viommu?.viommuId ?? null,
    abort: live ? accel.abortHwptId : null,
    bypass: live ? accel.bypassHwptId : null,
    veventq: accel.veventq?.id ?? null,
    cmdqError: stopped ? (CERRORS[(regs.cmdqCons >>> 24) & 0x7f] ?? null) : null,
    devices: accel.deviceList.flatMap((i) => s.slots[i]?.hiodi?.dev ?? []),
    divergences: vsmmuDivergences(world, v),
  };
}

/** The facts of one vSMMU; computed once per world. */
export function vsmmuFacts(world: World, v: number): VsmmuFacts {
  let list = vsmmuMemo.get(world);
  if (list === undefined) {
    list = [];
    vsmmuMemo.set(world, list);
  }
  const known = list[v];
  if (known !== undefined) return known;
  const facts = computeVsmmuFacts(world, v);
  list[v] = facts;
  return facts;
}
