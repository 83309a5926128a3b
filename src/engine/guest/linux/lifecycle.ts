/** The Linux guest's mappings, shutdown, kexec, crash and suspend (model/smmuv3.md 6.4 last paragraph, 6.7, 6.8). */
import type { GuestAction } from "../../actions.ts";
import { REG } from "../regs.ts";
import { readReg } from "../software.ts";
import { atcInv, atcSpan, tlbiRange } from "./cmds.ts";
import {
  command,
  type Env,
  linuxOf,
  masterOf,
  ownSmmu,
  read,
  type Sequence,
  SequenceStop,
  write,
  writeSync,
} from "./driver.ts";
import { deviceReset, nextKernel, type ProbeOptions, probe } from "./probe.ts";

/** Where a mapping belongs: the RID's domain, or that of a PASID. */
function tableOf(
  env: Env,
  dev: number,
  ssid: number,
): { ttb: bigint; asid: number; sid: number; ats: boolean } {
  const master = masterOf(env, dev);
  if (master === null) throw new SequenceStop("the driver does not know this device");
  const d = ssid === 0 ? master.domain : master.pasids.find((p) => p.ssid === ssid);
  if (d === null || d === undefined || !("asid" in d))
    throw new SequenceStop("no stage-1 domain is attached (map has nothing to map into)");
  return { ttb: d.ttb, asid: d.asid, sid: master.sid, ats: master.ats };
}

/** iommu_map: tables only, nothing is sent. */
export function* map(env: Env, dev: number, ssid: number, iova: bigint, gpa: bigint, size: bigint): Sequence {
  const t = tableOf(env, dev, ssid);
  const action: GuestAction = {
    kind: "map",
    vsmmu: env.v,
    sid: t.sid,
    ssid,
    ttb: t.ttb,
    iova,
    gpa,
    size,
    read: true,
    write: true,
    af: true,
  };
  yield { text: `M page table: 0x${iova.toString(16)} to 0x${gpa.toString(16)}`, action };
}

/** iommu_unmap: tables, TLBI, SYNC, and the endpoint's ATC (rule G-LX-UNMAP). */
export function* unmap(env: Env, dev: number, ssid: number, iova: bigint, size: bigint): Sequence {
  const t = tableOf(env, dev, ssid);
  yield {
    text: `M page table: 0x${iova.toString(16)} unmapped`,
    action: { kind: "unmap", vsmmu: env.v, sid: t.sid, ssid, ttb: t.ttb, iova, size },
  };
  const ril = ((readReg(env, REG.IDR3) >> 10n) & 1n) === 1n;
  const cmds = tlbiRange(t.asid, iova, size, ril);
  for (let i = 0; i < cmds.length; i++)
    yield* command(env, cmds[i] as (typeof cmds)[number], i === cmds.length - 1);
  if (!t.ats) return;
  const span = atcSpan(iova, size);
  yield* command(env, atcInv(t.sid, ssid, span.base, span.log2), true);
}

/** arm-smmu-v3.c:arm_smmu_device_shutdown (rule G-LX-SHUTDOWN): CR0=0 and nothing else. */
export function* shutdown(env: Env): Sequence {
  yield* writeSync(env, "CR0", 0n);
}

/** Orderly kexec: shutdown, then the next kernel's probe finds SMMUEN=0. */
export function* kexec(env: Env, opts: ProbeOptions): Sequence {
  yield* shutdown(env);
  nextKernel(env);
  yield* probe(env, opts);
}

/** Crash kernel: no shutdown; the probe finds the SMMU enabled, and keeps events off. */
export function* crashKexec(env: Env, opts: ProbeOptions): Sequence {
  nextKernel(env);
  yield* probe(env, { ...opts, kdump: true });
}

/**
 * Suspend to RAM and resume (6.8, rule G-LX-SUSPEND): the driver writes nothing. `lost` = the VMM resets the machine's
 * registers; `lost-reset` = a driver variant that runs arm_smmu_device_reset again on resume.
 */
export function* suspend(env: Env, registers: "kept" | "lost" | "lost-reset"): Sequence {
  if (registers === "kept") return;
  const before = ownSmmu(env);
  const { linux, sw } = before;
  yield { text: "registers lost: system reset on resume", action: { kind: "reset" } };
  // A resumed kernel still believes what it believed: only the registers are gone.
  const after = ownSmmu(env);
  after.linux = linux;
  after.sw = { ...after.sw, gen: sw.gen, cdTables: sw.cdTables };
  if (registers === "lost-reset") yield* deviceReset(env, linuxOf(env), false);
}

const OVFLG = 1n << 31n;

/** IDR1.EVENTQS of QEMU: a larger LOG2SIZE counts as this. */
const EVENTQS = 19n;

/** Records taken one by one. A register test can leave indices half a million apart; the rest goes in one write. */
const SINGLE_RECORDS = 1024;

/**
 * arm-smmu-v3.c:arm_smmu_evtq_thread (6.10, rule G-LX-EVENTS): one write of CONS for each record. Indices further apart
 * than the queue is long name no record.
 */
export function* events(env: Env): Sequence {
  const log2 = readReg(env, REG.EVENTQ_BASE) & 31n;
  const length = 1n << (log2 > EVENTQS ? EVENTQS : log2);
  const mask = 2n * length - 1n;
  let cons = readReg(env, REG.EVENTQ_CONS);
  const prod = yield* read(env, "EVENTQ_PROD");
  if (((prod - cons) & mask) <= length) {
    for (let n = 0; (cons & mask) !== (prod & mask); n++) {
      cons = (cons & OVFLG) | ((n < SINGLE_RECORDS ? cons + 1n : prod) & mask);
      yield* write(env, "EVENTQ_CONS", cons);
    }
  }
  if (((prod ^ cons) & OVFLG) === 0n) return;
  yield* write(env, "EVENTQ_CONS", (cons & mask) | (prod & OVFLG));
}
