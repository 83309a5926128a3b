/** IOMMU_HWPT_INVALIDATE: hw_pagetable.c:iommufd_hwpt_invalidate and the driver's array handling. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { issueCommand } from "../hardware/cmdq.ts";
import { issueSync } from "./arm-smmu-v3-cmdq.ts";
import type { Command, InvalidateArgs, InvalidateResult } from "./calls.ts";
import { refuse } from "./rules.ts";
import { getObj } from "./state.ts";
import type { ViommuObj } from "./types.ts";
import { armVsmmuConvertUserCmd } from "./user-cmd.ts";

const PAGE_SIZE = 4096;
/** [7.3] upper bound of entry_num. */
const MAX_ENTRIES = 1 << 19;
/** One contiguous buffer of 16 bytes each: the largest allocation the host can make. */
const MAX_BUFFER_ENTRIES = 1 << 18;
const VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1;
/** arm-smmu-v3.h:CMDQ_BATCH_ENTRIES − 1. */
const BATCH = 63;
const ENTRY_BYTES = 16;

const NOTHING: readonly Command[] = [];

const failed = (errno: Errno, done = 0, issued: readonly Command[] = NOTHING): InvalidateResult => ({
  errno,
  id: 0,
  done,
  issued,
});

/** hw_pagetable.c:iommufd_hwpt_invalidate */
export function iommufdHwptInvalidate(cx: Cx, file: number, a: InvalidateArgs): InvalidateResult {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_hwpt_invalidate", { id: a.id, entryNum: a.entryNum });
  const r = hwptInvalidate(cx, file, a);
  cx.t.ret(r.done, r.errno);
  return r;
}

function hwptInvalidate(cx: Cx, file: number, a: InvalidateArgs): InvalidateResult {
  if (a.reserved !== 0) return failed(refuse(cx, "K-INV-1", "EOPNOTSUPP"));
  const noArray = a.entryNum !== 0 && (a.cmds.length === 0 || a.entryLen === 0);
  const tooBig = cx.setup.kernel.limits && (a.entryLen > PAGE_SIZE || a.entryNum > MAX_ENTRIES);
  if (noArray || tooBig) return failed(refuse(cx, "K-INV-2", "EINVAL"));
  const obj = getObj(cx.w.kernel, file, a.id);
  // Before vIOMMUs the id was looked up as a nested HWPT, of which Arm had none.
  if (obj === null || !cx.setup.kernel.nesting) return failed(refuse(cx, "K-INV-3", "ENOENT"));
  if (obj.type === "HWPT_NESTED") return failed(refuse(cx, "K-INV-4", "EOPNOTSUPP"));
  if (obj.type !== "VIOMMU") return failed(refuse(cx, "K-INV-6", "EINVAL"));
  if (cx.t.on) cx.t.call("arm-smmu-v3", "arm_vsmmu_cache_invalidate", { viommu: obj.id });
  const form = cx.setup.kernel.invalidate === "loop" ? invalidateLoop : invalidateBatch;
  const r = form(cx, file, obj, a);
  cx.t.ret(r.done, r.errno);
  return r;
}

/** Entry `i` as the kernel copies it: a short entry is filled with zeros; null if it cannot be read. */
function userCmd(a: InvalidateArgs, i: number): Command | null {
  const cmd = a.cmds[i];
  if (cmd === undefined || a.entryLen >= ENTRY_BYTES) return cmd ?? null;
  const bits = BigInt(a.entryLen * 8);
  const whole = (cmd[0] | (cmd[1] << 64n)) & ((1n << bits) - 1n);
  return [whole & 0xffff_ffff_ffff_ffffn, whole >> 64n];
}

/** Commands and their SYNC to the main queue of the physical SMMU. */
function issueBatch(cx: Cx, psmmu: number, batch: readonly Command[]): void {
  for (const [q0, q1] of batch) issueCommand(cx, psmmu, q0, q1);
  issueSync(cx, psmmu);
}

/** Up to and including 7.3.4. Rule K-ARRAY-5: what a later bad entry strands is counted all the same. */
function invalidateLoop(cx: Cx, file: number, viommu: ViommuObj, a: InvalidateArgs): InvalidateResult {
  if (a.entryNum > MAX_BUFFER_ENTRIES) return failed(refuse(cx, "K-ARRAY-1", "ENOMEM"), a.entryNum);
  if (a.dataType !== VIOMMU_INVALIDATE_DATA_ARM_SMMUV3) return failed(refuse(cx, "K-ARRAY-2", "EINVAL"));
  if (a.entryNum === 0) return failed(refuse(cx, "K-ARRAY-3", "EINVAL"));
  if (a.entryNum > a.cmds.length) return failed(refuse(cx, "K-ARRAY-4", "EFAULT"));
  const issued: Command[] = [];
  let batch: Command[] = [];
  for (let i = 0; i < a.entryNum; i++) {
    const cmd = armVsmmuConvertUserCmd(cx, file, viommu, userCmd(a, i) as Command);
    if (cmd === null) {
      if (batch.length > 0) cx.t.rule("K-ARRAY-5");
      return failed("EIO", i, issued);
    }
    batch.push(cmd);
    if (batch.length < BATCH && i < a.entryNum - 1) continue;
    issueBatch(cx, viommu.psmmu, batch);
    issued.push(...batch);
    batch = [];
  }
  return { errno: null, id: 0, done: a.entryNum, issued };
}

/** After 7.3.4. Rule K-ARRAY-6: a batch goes out whole or not at all. */
function invalidateBatch(cx: Cx, file: number, viommu: ViommuObj, a: InvalidateArgs): InvalidateResult {
  if (a.dataType !== VIOMMU_INVALIDATE_DATA_ARM_SMMUV3) return failed(refuse(cx, "K-ARRAY-2", "EINVAL"));
  cx.t.rule(a.entryNum === 0 ? "K-ARRAY-3" : "K-ARRAY-6");
  const issued: Command[] = [];
  for (let done = 0; done < a.entryNum; ) {
    const end = Math.min(done + BATCH, a.entryNum);
    if (end > a.cmds.length) return failed(refuse(cx, "K-ARRAY-4", "EFAULT"), done, issued);
    const batch: Command[] = [];
    for (let i = done; i < end; i++) {
      const cmd = armVsmmuConvertUserCmd(cx, file, viommu, userCmd(a, i) as Command);
      if (cmd === null) return failed("EIO", done, issued);
      batch.push(cmd);
    }
    issueBatch(cx, viommu.psmmu, batch);
    issued.push(...batch);
    done = end;
  }
  return { errno: null, id: 0, done: a.entryNum, issued };
}
