/**
 * What the Linux driver does when a device is added, attached to a domain, blocked or released
 * (model/smmuv3.md 6.2, 6.4, 6.5, 6.6), for functions without a PASID in use; PASIDs are in pasid.ts.
 */
import { REG } from "../regs.ts";
import { readReg } from "../software.ts";
import type { LinuxDomain, LinuxMaster } from "../types.ts";
import { atcInvAll, tlbiNhAsid } from "./cmds.ts";
import {
  command,
  type Env,
  linuxOf,
  masterOf,
  type Sequence,
  SequenceStop,
  setLinux,
  setMaster,
} from "./driver.ts";
import {
  allocAsid,
  allocCdTable,
  freePageTable,
  makeAbortSte,
  makeBypassSte,
  makeCdtableSte,
  makeS1Cd,
  NO_CD,
  newPageTable,
  S1DSS_BYPASS,
  S1DSS_SSID0,
  S1DSS_TERMINATE,
  writeCd,
  writeSte,
} from "./entries.ts";
import { initL2Strtab } from "./probe.ts";

/** Linear CD tables end at 2^10 descriptors. */
const CTXDESC_LINEAR_CDMAX = 10;

/** The endpoint and its SMMU both do ATS. */
export function canAts(env: Env, dev: number): boolean {
  return linuxOf(env).ats && (env.cx.setup.devices[dev]?.ats ?? false);
}

/** arm-smmu-v3.c:arm_smmu_probe_device (6.2, rule G-LX-ADD). Does nothing for a device that is known already. */
export function* add(env: Env, dev: number): Sequence<LinuxMaster> {
  const known = masterOf(env, dev);
  if (known !== null) return known;
  const place = env.ports.placement(env.cx, dev);
  if (place === null || place.vsmmu !== env.v)
    throw new SequenceStop(`${env.cx.setup.devices[dev]?.name} is not behind this vSMMU`);
  const linux = linuxOf(env);
  if (place.sid >= 1 << linux.log2size) throw new SequenceStop("StreamID out of range (ERANGE)");
  if (linux.fmt === "2lvl") yield* initL2Strtab(env, linux, place.sid, 0x1n);
  const ssidSize = Number((readReg(env, REG.IDR1) >> 6n) & 0x1fn);
  const master: LinuxMaster = {
    dev,
    sid: place.sid,
    domain: null,
    cdTable: null,
    cdMax: Math.min(ssidSize, CTXDESC_LINEAR_CDMAX),
    pasids: [],
    ats: false,
  };
  setLinux(env, { masters: [...linuxOf(env).masters, master] });
  return master;
}

/** Endpoint ATS is a config-space write of the function, not one of the SMMU's: it only changes the bookkeeping. */
function endpointAts(env: Env, master: LinuxMaster, on: boolean): LinuxMaster {
  return master.ats === on ? master : setMaster(env, master.dev, { ats: on });
}

/** arm-smmu-v3.c:arm_smmu_attach_commit: ATC contents of before must go, then the endpoint may ask again. */
export function* commitAts(env: Env, master: LinuxMaster, want: boolean): Sequence<LinuxMaster> {
  if (want || master.ats) yield* command(env, atcInvAll(master.sid, 0), true);
  return endpointAts(env, master, want);
}

/** The last user of a stage-1 domain is gone: its translations are flushed and ASID and table are free. */
export function* freeDomain(env: Env, old: LinuxDomain | null): Sequence {
  if (old?.kind !== "dma") return;
  yield* command(env, tlbiNhAsid(old.asid), true);
  freePageTable(env, old.ttb);
}

/** arm-smmu-v3.c:arm_smmu_attach_dev with a new stage-1 domain (6.4, rule G-LX-ATTACH). */
export function* attachDma(env: Env, dev: number): Sequence {
  let master = yield* add(env, dev);
  const old = master.domain;
  const asid = allocAsid(env);
  const ttb = yield* newPageTable(env);
  master = yield* allocCdTable(env, master);
  const ats = canAts(env, dev);
  yield* writeCd(env, master, 0, makeS1Cd(env, asid, ttb));
  yield* writeSte(env, master, makeCdtableSte(env, master, S1DSS_SSID0, ats));
  master = setMaster(env, dev, { domain: { kind: "dma", asid, ttb } });
  if (ats) yield* commitAts(env, master, true);
  yield* freeDomain(env, old);
}

/** arm-smmu-v3.c:arm_smmu_attach_dev_ste: identity or blocked (6.5, rules G-LX-STE, G-LX-STE-PASID). */
export function* attachSte(env: Env, dev: number, kind: "identity" | "blocked"): Sequence {
  let master = yield* add(env, dev);
  const old = master.domain;
  const alwaysOn = kind === "identity" && (env.cx.setup.devices[dev]?.atsAlwaysOn ?? false);
  const cdTable = master.pasids.length > 0 || (alwaysOn && canAts(env, dev));
  if (cdTable) {
    master = yield* allocCdTable(env, master);
    const s1dss = kind === "identity" ? S1DSS_BYPASS : S1DSS_TERMINATE;
    const ats = canAts(env, dev);
    yield* writeSte(env, master, makeCdtableSte(env, master, s1dss, ats));
    master = setMaster(env, dev, { domain: { kind } });
    if (ats) master = yield* commitAts(env, master, true);
  } else {
    const hadAts = master.ats;
    endpointAts(env, master, false);
    yield* writeSte(env, master, kind === "identity" ? makeBypassSte(env) : makeAbortSte());
    master = setMaster(env, dev, { domain: { kind } });
    if (hadAts) yield* command(env, atcInvAll(master.sid, 0), true);
  }
  yield* freeDomain(env, old);
  yield* writeCd(env, master, 0, NO_CD);
}

/** The release domain: blocked, or identity for a device with an RMR (6.6, rule G-LX-RELEASE). */
export function* detach(env: Env, dev: number): Sequence {
  yield* attachSte(env, dev, linuxOf(env).rmr ? "identity" : "blocked");
}
