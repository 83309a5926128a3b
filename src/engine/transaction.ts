/** What is said of one transaction that was sent: the words of both answers, and where they part. */
import { alarmOf, nameDivergences } from "./divergence.ts";
import { type DmaReport, legalWords } from "./guest/dma.ts";
import { attachedOf, hardwareAnswerOf } from "./observe.ts";
import type { ResultValue, TransactionFacts } from "./outcome.ts";
import type { World } from "./world.ts";

/** ATS traffic is answered in the words of its own completions, on both sides. */
const ATS_ANSWER = /^ats-(?!off$)/;

/** Null for a device that no guest has: nothing is promised to it. */
export function transactionFacts(world: World, r: DmaReport): TransactionFacts | null {
  const { dev, vsmmu, sid, legal, hardware: physical } = r;
  if (vsmmu === null || sid === null) return null;
  const attached = attachedOf(world, dev).kind;
  const hardware = hardwareAnswerOf(physical, attached);
  return {
    dev,
    legal: legalWords(legal),
    hardware: ATS_ANSWER.test(physical.cls) ? physical.cls : hardware,
    // An endpoint whose ATS is off did not send what was asked of it.
    divergences:
      physical.cls === "ats-off"
        ? []
        : nameDivergences(world, dev, {
            vsmmu,
            sid,
            iova: r.txn.iova,
            answers: legal,
            physical,
            hardware,
            attached,
          }),
  };
}

/** A `dma` line's result in the lab's own words; `ste` keeps the class the physical STE gave it. */
export function dmaResult(
  world: World,
  r: DmaReport,
  result: ResultValue,
  t: TransactionFacts | null,
): ResultValue {
  const alarm = t === null ? null : alarmOf(t.divergences);
  return {
    ...(result as { readonly [key: string]: ResultValue }),
    hardware: t?.hardware ?? hardwareAnswerOf(r.hardware, attachedOf(world, r.dev).kind),
    ste: r.hardware.cls,
    diverges: alarm === null ? null : (alarm.id ?? "?"),
  };
}
