/** PASIDs (model/smmuv3.md 6.5): a context descriptor a substream, beside whatever the RID's domain is. */
import type { LinuxMaster } from "../types.ts";
import { add, attachSte, canAts, commitAts, detach } from "./attach.ts";
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

/** S1DSS as the RID's own domain asks for it. */
function s1dssOf(master: LinuxMaster): bigint {
  if (master.domain?.kind === "dma") return S1DSS_SSID0;
  return master.domain?.kind === "identity" ? S1DSS_BYPASS : S1DSS_TERMINATE;
}

/** The STE names the CD table already: arm_smmu_ctx_desc_cfg.in_ste */
function cdTableInSte(env: Env, master: LinuxMaster): boolean {
  if (master.domain?.kind === "dma" || master.pasids.length > 0) return true;
  const alwaysOn = env.cx.setup.devices[master.dev]?.atsAlwaysOn ?? false;
  return master.domain?.kind === "identity" && alwaysOn && canAts(env, master.dev);
}

/** arm-smmu-v3.c:arm_smmu_set_pasid (rule G-LX-PASID). */
export function* setPasid(env: Env, dev: number, ssid: number): Sequence {
  let master = yield* add(env, dev);
  if (ssid < 1 || ssid >= 1 << master.cdMax)
    throw new SequenceStop(`PASID ${ssid} is not one of the 2^${master.cdMax} the stream has (EINVAL)`);
  const old = master.pasids.find((p) => p.ssid === ssid) ?? null;
  const inSte = cdTableInSte(env, master);
  const asid = allocAsid(env);
  const ttb = yield* newPageTable(env);
  master = yield* allocCdTable(env, master);
  yield* writeCd(env, master, ssid, makeS1Cd(env, asid, ttb));
  const pasids = [...master.pasids.filter((p) => p.ssid !== ssid), { ssid, asid, ttb }];
  master = setMaster(env, dev, { pasids: pasids.sort((a, b) => a.ssid - b.ssid) });
  if (!inSte) {
    const ats = canAts(env, dev);
    yield* writeSte(env, master, makeCdtableSte(env, master, s1dssOf(master), ats));
    if (ats) yield* commitAts(env, master, true);
  } else if (master.ats) yield* command(env, atcInvAll(master.sid, ssid), true);
  if (old !== null) {
    yield* command(env, tlbiNhAsid(old.asid), true);
    freePageTable(env, old.ttb);
  }
}

/** arm-smmu-v3.c:arm_smmu_blocking_set_dev_pasid, arm_smmu_remove_dev_pasid (rule G-LX-PASID-OFF). */
export function* clearPasid(env: Env, dev: number, ssid: number): Sequence {
  let master = masterOf(env, dev);
  const pasid = master?.pasids.find((p) => p.ssid === ssid);
  if (master === null || pasid === undefined) throw new SequenceStop(`PASID ${ssid} is not attached`);
  yield* writeCd(env, master, ssid, NO_CD);
  if (master.ats) yield* command(env, atcInvAll(master.sid, ssid), true);
  yield* command(env, tlbiNhAsid(pasid.asid), true);
  freePageTable(env, pasid.ttb);
  master = setMaster(env, dev, { pasids: master.pasids.filter((p) => p.ssid !== ssid) });
  if (master.pasids.length > 0 || master.domain?.kind === "dma" || master.domain === null) return;
  const identity = master.domain.kind === "identity";
  if (identity && (env.cx.setup.devices[dev]?.atsAlwaysOn ?? false) && canAts(env, dev)) return;
  const hadAts = master.ats;
  master = setMaster(env, dev, { ats: false });
  yield* writeSte(env, master, identity ? makeBypassSte(env) : makeAbortSte());
  if (hadAts) yield* command(env, atcInvAll(master.sid, 0), true);
}

/** iommu.c:iommu_deinit_device, arm-smmu-v3.c:arm_smmu_release_device (6.6): the STE stays valid. */
export function* release(env: Env, dev: number): Sequence {
  if (masterOf(env, dev) === null) throw new SequenceStop("the driver does not know this device");
  yield* detach(env, dev);
  for (const p of masterOf(env, dev)?.pasids ?? []) yield* clearPasid(env, dev, p.ssid);
  setLinux(env, { masters: linuxOf(env).masters.filter((m) => m.dev !== dev) });
}

/** Staged function reset (6.9, rule G-LX-FLR): blocked, PASIDs quiet, FLR, then everything as it was. */
export function* flr(env: Env, dev: number): Sequence {
  const master = masterOf(env, dev);
  const reset = { text: "function level reset of the endpoint", action: { kind: "flr", dev } } as const;
  if (master === null || !canAts(env, dev)) {
    yield reset;
    return;
  }
  const { domain, pasids } = master;
  yield* block(env, dev, pasids.length > 0);
  for (const p of pasids) {
    yield* writeCd(env, masterOf(env, dev) as LinuxMaster, p.ssid, NO_CD);
    yield* command(env, atcInvAll(master.sid, p.ssid), true);
  }
  yield reset;
  yield* reattach(env, dev, domain);
  for (const p of pasids) {
    const now = masterOf(env, dev) as LinuxMaster;
    yield* writeCd(env, now, p.ssid, makeS1Cd(env, p.asid, p.ttb));
    if (now.ats) yield* command(env, atcInvAll(now.sid, p.ssid), true);
  }
}

/** iommu.c:pci_dev_reset_iommu_done: the retained domain of the RID; its PASIDs follow. */
function* reattach(env: Env, dev: number, domain: LinuxMaster["domain"]): Sequence {
  if (domain === null || domain.kind === "blocked") return;
  if (domain.kind === "identity") {
    yield* attachSte(env, dev, "identity");
    return;
  }
  const now = yield* allocCdTable(env, masterOf(env, dev) as LinuxMaster);
  yield* writeCd(env, now, 0, makeS1Cd(env, domain.asid, domain.ttb));
  yield* writeSte(env, now, makeCdtableSte(env, now, S1DSS_SSID0, true));
  yield* commitAts(env, setMaster(env, dev, { domain }), true);
}

/** The blocked state a reset needs: the domains are kept, so neither ASIDs nor tables are flushed or freed. */
function* block(env: Env, dev: number, cdTable: boolean): Sequence {
  const master = setMaster(env, dev, { ats: false });
  const ste = cdTable ? makeCdtableSte(env, master, S1DSS_TERMINATE, true) : makeAbortSte();
  yield* writeSte(env, master, ste);
  yield* command(env, atcInvAll(master.sid, 0), true);
  setMaster(env, dev, { domain: { kind: "blocked" } });
  yield* writeCd(env, master, 0, NO_CD);
}
