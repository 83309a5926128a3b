/** iommufd/ioas.c: address spaces. What is mapped in them is left out; unmapping still flushes. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import { armSmmuDomainInvRange } from "./arm-smmu-v3-invs.ts";
import type { HostResult, IoasAllocArgs, RangesResult } from "./calls.ts";
import { install, nextId } from "./object.ts";
import { refuse } from "./rules.ts";
import { getTyped } from "./state.ts";

/** ioas.c:iommufd_ioas_alloc_ioctl */
export function iommufdIoasAllocIoctl(cx: Cx, file: number, a: IoasAllocArgs): HostResult {
  if (cx.t.on) cx.t.call("iommufd", "iommufd_ioas_alloc_ioctl", { flags: a.flags });
  if (a.flags !== 0) {
    const errno = refuse(cx, "K-IOAS-1", "EOPNOTSUPP");
    cx.t.ret(null, errno);
    return { errno, id: 0 };
  }
  cx.t.rule("K-ID-1");
  const id = install(cx, file, {
    type: "IOAS",
    id: nextId(cx, file),
    users: 1,
    name: a.name,
    hwpts: [],
  });
  cx.t.ret(id);
  return { errno: null, id };
}

const isIoas = (cx: Cx, file: number, id: number): boolean =>
  getTyped(cx.w.kernel, file, id, "IOAS") !== null;

/** The software MSI window of arm-smmu-v3.c:arm_smmu_get_resv_regions: 1 MiB. */
const MSI_IOVA_BASE = 0x0800_0000n;
const MSI_IOVA_LENGTH = 0x10_0000n;

/** ioas.c:iommufd_ioas_iova_ranges: the smallest table's aperture, without the MSI window once a device is there. */
export function iommufdIoasIovaRanges(cx: Cx, file: number, ioasId: number): RangesResult {
  const ioas = getTyped(cx.w.kernel, file, ioasId, "IOAS");
  if (ioas === null) return { errno: refuse(cx, "K-IOAS-2", "ENOENT"), id: 0, ranges: [] };
  let bits = 64;
  let attached = false;
  for (const id of ioas.hwpts) {
    const hwpt = getTyped(cx.w.kernel, file, id, "HWPT_PAGING");
    if (hwpt === null) continue;
    bits = Math.min(bits, hwpt.oas);
    attached ||= hwpt.users > 1;
  }
  const last = (1n << BigInt(bits)) - 1n;
  if (!attached) return { errno: null, id: 0, ranges: [[0n, last]] };
  return {
    errno: null,
    id: 0,
    ranges: [
      [0n, MSI_IOVA_BASE - 1n],
      [MSI_IOVA_BASE + MSI_IOVA_LENGTH, last],
    ],
  };
}

/** ioas.c:iommufd_ioas_map */
export function iommufdIoasMap(cx: Cx, file: number, ioasId: number): Errno | null {
  return isIoas(cx, file, ioasId) ? null : refuse(cx, "K-IOAS-2", "ENOENT");
}

/** ioas.c:iommufd_ioas_unmap. Rule K-UNMAP-1. */
export function iommufdIoasUnmap(
  cx: Cx,
  file: number,
  ioasId: number,
  iova: bigint,
  length: bigint,
): Errno | null {
  const ioas = getTyped(cx.w.kernel, file, ioasId, "IOAS");
  if (ioas === null) return refuse(cx, "K-IOAS-2", "ENOENT");
  for (const id of ioas.hwpts) armSmmuDomainInvRange(cx, file, id, iova, length);
  return null;
}
