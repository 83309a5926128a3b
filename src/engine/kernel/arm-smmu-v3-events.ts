/** arm-smmu-v3.c:arm_smmu_evtq_thread: a physical event on its way to a guest or to the host log. */
import type { Cx } from "../cx.ts";
import type { Errno } from "../errno.ts";
import type { EventResult, HwEvent } from "./calls.ts";
import { iommufdVeventHandler } from "./eventq.ts";
import type { KernelRuleId } from "./rules.ts";
import { getTyped } from "./state.ts";

const EVT_STALL = 1n << 31n;
const EVT_S2 = 1n << 39n;
const VEVENTQ_TYPE_ARM_SMMUV3 = 1;

/** Records arm_smmu_handle_event looks at: C_BAD_STE, F_STREAM_DISABLED, C_BAD_SUBSTREAMID, C_BAD_CD, 10 to 13. */
const HANDLED: readonly number[] = [0x04, 0x06, 0x08, 0x0a, 0x10, 0x11, 0x12, 0x13];
/** Before 6.15 only the translation faults, and of them only stalled ones. */
const FAULTS: readonly number[] = [0x10, 0x11, 0x12, 0x13];

const WHY: Readonly<Record<string, string>> = {
  "K-EVENT-0": "this kernel forwards no stream events",
  "K-EVENT-1": "an event of this kind is never forwarded",
  "K-EVENT-2": "no device has this StreamID",
  "K-EVENT-3": "stalled: the page-fault path takes it",
  "K-EVENT-4": "no vmaster, or a stage-2 fault",
  "K-EVENT-5": "the vIOMMU has no vEVENTQ of this type",
  "K-EVENT-6": "the queue is full: lost, and the marker says so",
  "K-EVENT-8": "queued",
};

function logged(cx: Cx, rule: KernelRuleId, errno: Errno, why = WHY[rule] ?? ""): EventResult {
  cx.t.rule(rule, errno);
  return { to: "host-log", vsid: null, file: -1, queue: 0, why, rule };
}

/** arm-smmu-v3.c:arm_smmu_handle_event, with what the event thread prints when it is refused. */
export function handleEvtq(cx: Cx, psmmu: number, ev: HwEvent): EventResult {
  const [w0, w1] = ev.words;
  const id = Number(w0 & 0xffn);
  const sid = Number(w0 >> 32n);
  if (cx.t.on) {
    cx.t.hw("event", `event 0x${id.toString(16)} from SID 0x${sid.toString(16)}`, {
      psmmu,
      words: [...ev.words],
    });
    cx.t.call("arm-smmu-v3", "arm_smmu_handle_event", { id, sid });
  }
  const r = handle(cx, psmmu, ev, id, sid, w1);
  cx.t.ret(r.to);
  if (cx.t.on && r.to === "host-log")
    cx.t.message(
      "host",
      `event 0x${id.toString(16).padStart(2, "0")} received, SID 0x${sid.toString(16)}: ${r.why}`,
    );
  return r;
}

function handle(cx: Cx, psmmu: number, ev: HwEvent, id: number, sid: number, w1: bigint): EventResult {
  const forwards = cx.setup.kernel.veventq && cx.setup.kernel.nesting;
  if (!(forwards ? HANDLED : FAULTS).includes(id)) return logged(cx, "K-EVENT-1", "EOPNOTSUPP");
  const stall = (w1 & EVT_STALL) !== 0n;
  if (!forwards && !stall) return logged(cx, "K-EVENT-0", "EOPNOTSUPP");
  const dev = cx.setup.devices.findIndex((d) => d.psmmu === psmmu && d.sids.includes(sid));
  if (dev < 0) return logged(cx, "K-EVENT-2", "EINVAL");
  if (stall) {
    cx.t.rule("K-EVENT-3");
    return { to: "fault", vsid: null, file: -1, queue: 0, why: WHY["K-EVENT-3"] ?? "", rule: "K-EVENT-3" };
  }
  const vmaster = cx.w.kernel.masters[dev]?.vmaster ?? null;
  if (vmaster === null || (w1 & EVT_S2) !== 0n) {
    const why = vmaster === null ? "the device has no vmaster" : "a stage-2 fault is the host's";
    return logged(cx, "K-EVENT-4", "EOPNOTSUPP", why);
  }
  return armVmasterReportEvent(cx, vmaster, ev);
}

/** arm-smmu-v3-iommufd.c:arm_vmaster_report_event, driver.c:iommufd_viommu_report_event */
function armVmasterReportEvent(
  cx: Cx,
  vmaster: { readonly file: number; readonly viommu: number; readonly vsid: bigint },
  ev: HwEvent,
): EventResult {
  const { file } = vmaster;
  const viommu = getTyped(cx.w.kernel, file, vmaster.viommu, "VIOMMU");
  const queue = viommu?.veventqs.find(
    (q) => getTyped(cx.w.kernel, file, q, "VEVENTQ")?.evType === VEVENTQ_TYPE_ARM_SMMUV3,
  );
  if (queue === undefined) return logged(cx, "K-EVENT-5", "EOPNOTSUPP");
  const vsid = vmaster.vsid & 0xffff_ffffn;
  const [w0, ...rest] = ev.words;
  const kept = iommufdVeventHandler(cx, file, queue, [(w0 & 0xffff_ffffn) | (vsid << 32n), ...rest]);
  const rule = kept ? "K-EVENT-8" : "K-EVENT-6";
  cx.t.rule(rule);
  return { to: "veventq", vsid, file, queue, why: WHY[rule] ?? "", rule };
}
