/**
 * Where hardware and oracle part, and which known divergence that is. The comparison is exact (class and output
 * address); the name follows from how the device came to be where it is (provenance.ts).
 */
import type { Answer } from "./arch/oracle-types.ts";
import type { ArchRule } from "./arch/rules.ts";
import { type ArchSmmu, CR0 } from "./arch/smmu.ts";
import type { DivergenceId } from "./divergence-table.ts";
import { DIVERGENCES } from "./divergence-table.ts";
import type { Attached, DivergenceFact, HardwareAnswer } from "./facts.ts";
import type { HwAnswer } from "./hardware/translate.ts";
import { getObj } from "./kernel/state.ts";
import { isBacked } from "./memory.ts";
import { type Missed, NO_PROVENANCE, type Provenance } from "./provenance.ts";
import { smmuv3EventqFull } from "./qemu/smmuv3-eventq.ts";
import { GBPA_ABORT, SMMU_BASE_ADDR_MASK, SMMU_FEATURE_2LVL_STE } from "./qemu/smmuv3-regs.ts";
import { eventqEnabled } from "./qemu/smmuv3-state.ts";
import type { Smmuv3Regs } from "./qemu/types.ts";
import type { World } from "./world.ts";

/** One device's probe transaction, answered twice. */
export interface Situation {
  readonly vsmmu: number;
  readonly sid: number;
  readonly iova: bigint;
  /** Legal answers, the current one first. */
  readonly answers: readonly Answer[];
  readonly physical: Pick<HwAnswer, "output" | "tlb" | "filledBy" | "event">;
  readonly hardware: HardwareAnswer;
  readonly attached: Attached;
}

/** True if the hardware's answer is one of the legal ones: same class, same output address. */
export function isLegal(world: World, s: Pick<Situation, "answers" | "physical" | "hardware">): boolean {
  const { physical, hardware } = s;
  return s.answers.some((a) => {
    const passes = a.cls === "bypass" || a.cls === "s1" || a.cls === "s2" || a.cls === "s1s2";
    switch (hardware) {
      case "abort":
        // An output no memory backs ends as an interconnect abort: no SMMU event, no divergence.
        return !passes
          ? a.cls !== "stall" && a.cls !== "ats-served" && a.cls !== "ats-pass"
          : a.output !== null && !isBacked(world.memory, a.output);
      case "stall":
        return a.cls === "stall";
      case "pass-s1":
        return (a.cls === "s1" || a.cls === "s1s2" || a.cls === "ats-served") && a.output === physical.output;
      default:
        return (a.cls === "bypass" || a.cls === "s2" || a.cls === "ats-pass") && a.output === physical.output;
    }
  });
}

/** The physical SMMU of the vIOMMU behind a vSMMU, or -1. */
function viommuPsmmu(world: World, vsmmu: number): number {
  const viommu = world.qemu.smmus[vsmmu]?.accel.viommu;
  if (!viommu) return -1;
  const file = world.qemu.backends[viommu.backend]?.file ?? -1;
  const obj = getObj(world.kernel, file, viommu.viommuId);
  return obj?.type === "VIOMMU" ? obj.psmmu : -1;
}

/** The cause of a DMA divergence, by the first row that fits; null when no known one does. */
function nameCause(world: World, dev: number, s: Situation): DivergenceId | null {
  const p = world.provenance[dev] ?? NO_PROVENANCE;
  const smmu = world.qemu.smmus[s.vsmmu];
  const arch = world.guest.smmus[s.vsmmu]?.arch;
  if (smmu === undefined || arch === undefined) return null;
  const enabled = (arch.cr0ack & CR0.SMMUEN) !== 0;

  const filler = s.physical.filledBy;
  if (s.physical.tlb === "hit" && filler !== null && filler !== dev) {
    if (world.qemu.devices[filler]?.vsmmu !== s.vsmmu) return "D22";
  }
  const viommu = smmu.accel.viommu;
  if (viommu !== null) {
    if (viommu.backend !== world.qemu.devices[dev]?.backend) return "D23";
    const psmmu = viommuPsmmu(world, s.vsmmu);
    if (psmmu >= 0 && psmmu !== world.setup.devices[dev]?.psmmu) return "D13";
  }
  const sticks = twoLevelSticks(smmu.regs, arch);
  const fromSte = attachedBySte(world, p);
  if (enabled && fromSte && sticks) return "D19";
  const missed = nameMissed(p.missed, enabled);
  if (missed !== null) return missed === "D6" && sticks ? "D19" : missed;
  if (enabled && p.missed === "untaken") return null;
  // Only a repaired QEMU keeps GBPA's HWPT while GBPA changes; that CR0 moves nothing is D3 all the same.
  if (!enabled && !fromSte && gbpaDeferred(world, p, smmu.regs, arch)) return "D3";
  switch (p.cause) {
    case "realize":
      // Before set_iommu_device has put the device on the list, nothing but VFIO has seen it.
      return smmu.slots.some((x, i) => x.hiodi?.dev === dev && smmu.accel.deviceList.includes(i))
        ? "D1"
        : "D18";
    case "set":
      if (!enabled) return null;
      return p.smmuen ? "D2" : afterEnable(world, dev, s);
    // Repairs attach by the STE; where only set is repaired, nothing takes that back when SMMUEN goes.
    case "set-ste":
    case "cr0":
      if (!enabled) return p.smmuen ? "D3" : null;
      return installedUnjudged(s) ? "D20" : null;
    case "gbpa":
      if (!enabled) return null;
      return p.smmuen ? "D5" : afterEnable(world, dev, s);
    case "reset":
      return enabled ? afterEnable(world, dev, s) : null;
    case "cfgi":
      if (!enabled) return p.smmuen ? "D3" : null;
      if (!p.smmuen) return fromSte ? null : afterEnable(world, dev, s);
      if (p.missed === "miss-disabled") return "D4b";
      return installedUnjudged(s) ? "D20" : null;
    case "unset":
      return "D17";
    default:
      return null;
  }
}

/** QEMU still decodes two levels although both sides' FMT says otherwise. */
function twoLevelSticks(regs: Smmuv3Regs, arch: ArchSmmu): boolean {
  return (
    (regs.features & SMMU_FEATURE_2LVL_STE) !== 0 &&
    fmt(regs.strtabBaseCfg) !== 1 &&
    fmt(arch.strtabCfg) !== 1
  );
}

const fmt = (strtabCfg: number): number => (strtabCfg >>> 16) & 3;

/** True if what put the device where it is looked its STE up. */
function attachedBySte(world: World, p: Provenance): boolean {
  if (p.cause === "set-ste") return true;
  if (p.cause === "cr0") return p.smmuen;
  return p.cause === "cfgi" && (p.smmuen || !world.setup.qemu.cfgiSmmuen);
}

/** The guarded GBPA (repair of D5) was written while SMMUEN=1, and CR0 did not make up for it. */
function gbpaDeferred(world: World, p: Provenance, regs: Smmuv3Regs, arch: ArchSmmu): boolean {
  if (!world.setup.repairs.includes("gbpa-guard")) return false;
  const byGbpa = p.cause === "set" || p.cause === "gbpa" || p.cause === "reset" || p.cause === "cfgi";
  return byGbpa && ((arch.gbpaEff ^ regs.gbpa) & GBPA_ABORT) === 0;
}

/** What a refused or empty-handed attempt explains: a CFGI by the STE only SMMUEN=1, one by GBPA only SMMUEN=0. */
function nameMissed(missed: Missed, enabled: boolean): DivergenceId | null {
  switch (missed) {
    case "attach":
      return "D10";
    case "unset":
      return "D11";
    case "config":
      return enabled ? "D8" : null;
    case "install":
      return enabled ? "D9" : null;
    case "install-disabled":
      return enabled ? null : "D9";
    case "miss":
      return enabled ? "D6" : null;
    default:
      return null;
  }
}

/** Rules by which the architecture finds no STE at all. */
const NO_STE: ReadonlySet<string> = new Set<ArchRule>([
  "A-SID-RANGE",
  "A-L1STD-SPAN0",
  "A-L1STD-SPAN",
  "A-L1STD-INDEX",
  "A-STE-FETCH",
]);

/**
 * A translate STE of the guest runs, and the two judge its bits or its CD's differently. A TLB entry from before it is
 * another matter, unless the architecture refuses STE or CD outright.
 */
function installedUnjudged(s: Situation): boolean {
  const rule = s.answers[0]?.rule ?? "";
  if (s.attached !== "translate" || NO_STE.has(rule)) return false;
  return s.physical.tlb !== "hit" || /^A-(STE|CD)-/.test(rule);
}

/** What can be said of a divergence that none of the known ones explains. */
function unnamedText(world: World, dev: number, s: Situation): string {
  const arch = world.guest.smmus[s.vsmmu]?.arch;
  const regs = world.qemu.smmus[s.vsmmu]?.regs;
  const p = world.provenance[dev] ?? NO_PROVENANCE;
  if (arch !== undefined && regs !== undefined) {
    const enabled = (arch.cr0ack & CR0.SMMUEN) !== 0;
    if (!enabled && ((arch.gbpaEff ^ regs.gbpa) & GBPA_ABORT) !== 0)
      return "QEMU's GBPA took a write that the architecture ignores, or has not applied yet.";
    if (enabled && !sameStreamTable(regs, arch))
      return "QEMU took a STRTAB write that the architecture ignores while SMMUEN=1, and reads another stream table.";
    if (enabled && fmt(arch.strtabCfg) === 1 && (regs.features & SMMU_FEATURE_2LVL_STE) === 0)
      return "At reset QEMU forgot that the stream table has two levels; STRTAB_BASE_CFG, which still says so, was not written since.";
    const series = seriesText(world, p, enabled);
    if (series !== null) return series;
  }
  if (s.physical.tlb === "hit")
    return "The TLB answers with a translation that was filled through tables the guest had already given up.";
  if (s.hardware !== "abort" && NO_STE.has(s.answers[0]?.rule ?? ""))
    return "QEMU found and installed an STE where the architecture finds none.";
  if (s.attached === "abort" && attachedBySte(world, p))
    return "No STE was found and the repair blocked the device; the architecture caches no failed lookup and asks for no CFGI once there is one.";
  return "The hardware's answer is not one the architecture allows.";
}

function sameStreamTable(regs: Smmuv3Regs, arch: ArchSmmu): boolean {
  return (
    ((regs.strtabBase ^ arch.strtabBase) & SMMU_BASE_ADDR_MASK) === 0n &&
    ((regs.strtabBaseCfg ^ arch.strtabCfg) & STRTAB_CFG_FIELDS) === 0
  );
}

/** FMT, SPLIT and LOG2SIZE. */
const STRTAB_CFG_FIELDS = 0x307ff;

/** Ways of the unmerged series that section 6 tells of without giving them a row. */
function seriesText(world: World, p: Provenance, enabled: boolean): string | null {
  const k = world.setup.qemu;
  const bySte = p.missed === "untaken" || p.cause === "cfgi" || p.cause === "cr0" || p.cause === "set-ste";
  if (k.cfgiAbortBypass === "only-from-translate" && bySte && (enabled || !p.smmuen)) {
    return enabled
      ? "This series puts a device on bypass at its first CFGI, and takes an abort or bypass STE only from a translate one."
      : "This series lets a CFGI act while SMMUEN=0: by the STE, or by the first CFGI's bypass, and not by GBPA.";
  }
  return !k.gbpaWrite && p.cause === "reset" ? "This series never lets GBPA move a device." : null;
}

/** GBPA's attachment outlived the enable: D4, or D21 when the guest's driver believes it has blocked the device. */
function afterEnable(world: World, dev: number, s: Situation): DivergenceId {
  const masters = world.guest.smmus[s.vsmmu]?.linux?.masters;
  return masters?.some((m) => m.dev === dev && m.domain?.kind === "blocked") === true ? "D21" : "D4";
}

const BAD_STE = /^A-STE-/;

/**
 * The cause of an event lost on the abort HWPT. Of an STE that is missing or not valid the host makes the same silent
 * abort wherever QEMU is told of it; the event of any other was lost because that STE is not in force.
 */
function nameLost(world: World, dev: number, s: Situation, rule: string): DivergenceId | null {
  if (NO_STE.has(rule)) return world.provenance[dev]?.missed === "miss" ? "D6" : null;
  if (rule === ("A-STE-V" satisfies ArchRule)) return "D7";
  // An STE that was stored over V=0 and never announced: what is in force is still the abort of D7.
  return nameCause(world, dev, s) ?? (BAD_STE.test(rule) ? "D7" : null);
}

const fact = (id: DivergenceId, text: string): DivergenceFact => ({ id, kind: DIVERGENCES[id].kind, text });

/** Everything in which this device's situation differs from the architecture, DMA first. */
export function nameDivergences(world: World, dev: number, s: Situation): readonly DivergenceFact[] {
  const out: DivergenceFact[] = [];
  if (!isLegal(world, s)) {
    const id = nameCause(world, dev, s);
    out.push(
      id === null
        ? { id: null, kind: "dma", text: unnamedText(world, dev, s) }
        : fact(id, DIVERGENCES[id].text),
    );
  }
  const newest = s.answers[0];
  if (
    s.answers.length === 1 &&
    newest?.recorded === "written" &&
    s.hardware === "abort" &&
    s.physical.event === null
  ) {
    const name = newest.event?.name ?? "";
    const id = nameLost(world, dev, s, newest.rule);
    const text = `The guest is promised ${name}; the physical abort STE records nothing.`;
    out.push({ id, kind: "event", text: id === null ? text : `${text} ${DIVERGENCES[id].text}` });
  }
  const arch = world.guest.smmus[s.vsmmu]?.arch;
  const slot = world.qemu.smmus[s.vsmmu]?.slots[world.qemu.devices[dev]?.slot ?? -1];
  if (slot?.vdev && slot.vdev.virtId !== slot.bdf) {
    const hex = (v: number): string => `0x${v.toString(16)}`;
    out.push({
      id: "D14",
      kind: "event",
      text: `The vDEVICE says ${hex(slot.vdev.virtId)}, the guest says ${hex(slot.bdf)}: events, CFGI_CD and ATC_INV miss.`,
    });
  }
  if (arch !== undefined && (arch.cr0ack & CR0.SMMUEN) === 0 && (arch.gbpaEff & 0x10_0000) === 0) {
    // 0x1000 is "incoming" for every attribute; 0 is a write that named none.
    const attributes = arch.gbpaEff & 0x000f_ffff;
    if (attributes !== 0x1000 && attributes !== 0) out.push(fact("D12", DIVERGENCES.D12.text));
  }
  out.push(...vsmmuDivergences(world, s.vsmmu));
  return out;
}

const EVENTQ_ABT_ERR = 4;

/** Differences of a vSMMU itself: what its registers read, and what it left behind on the host. */
export function vsmmuDivergences(world: World, v: number): readonly DivergenceFact[] {
  const smmu = world.qemu.smmus[v];
  const arch = world.guest.smmus[v]?.arch;
  if (smmu === undefined || arch === undefined) return [];
  const out: DivergenceFact[] = [];
  const actual = (smmu.regs.gerror ^ smmu.regs.gerrorn) & EVENTQ_ABT_ERR;
  const promised = (arch.gerror ^ arch.gerrorn) & EVENTQ_ABT_ERR;
  if (actual !== 0 && promised === 0) {
    // A record that only the host saw (the `event` verb) fills QEMU's queue and not the architecture's.
    const overflowed =
      ((arch.eventqProd ^ arch.eventqCons) & 0x8000_0000) !== 0 ||
      (eventqEnabled(smmu.regs) && smmuv3EventqFull(smmu.regs));
    const id = overflowed ? "D16" : "D15";
    out.push(fact(id, DIVERGENCES[id].text));
  }
  const ids = smmu.accel.ids;
  if (smmu.accel.veventq === null && ids.veventq !== 0) {
    const left = getObj(world.kernel, ids.file, ids.veventq);
    if (left?.type === "VEVENTQ" && left.pinned) out.push(fact("D24", DIVERGENCES.D24.text));
  }
  return out;
}

/**
 * The divergence a device raises the alarm for: the first about DMA, else a known one that loses an event. Attributes,
 * register values and leaks are listed beside it, not raised.
 */
export function alarmOf(found: readonly DivergenceFact[]): DivergenceFact | null {
  return (
    found.find((d) => d.kind === "dma") ?? found.find((d) => d.kind === "event" && d.id !== null) ?? null
  );
}
