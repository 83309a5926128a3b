/** One transaction's way through the floors, twice: as the architecture has it and as the hardware does it. */
import { oracle, oracleInput } from "../../engine/arch/oracle.ts";
import type { Answer, Hop } from "../../engine/arch/oracle-types.ts";
import { archTxn, dueAnswer } from "../../engine/guest/dma.ts";
import { type HwAnswer, type HwTxn, peekTransaction } from "../../engine/hardware/translate.ts";
import { lookupMapping, memRead64 } from "../../engine/memory.ts";
import { legalAnswers, placementOf } from "../../engine/observe.ts";
import type { World } from "../../engine/world.ts";

export interface Probe {
  /** The current answer, with its hops; null while no guest has the device. */
  readonly must: Answer | null;
  /** Every legal answer, the current one first: more than one until an invalidation or a handshake completes. */
  readonly legal: readonly Answer[];
  /** The one of them that the hardware gives, or the current one if it gives none. */
  readonly due: Answer | null;
  readonly does: HwAnswer;
}

export interface HopPair {
  readonly must: Hop | null;
  readonly does: Hop | null;
  readonly same: boolean;
}

export function probe(world: World, dev: number, txn: HwTxn): Probe {
  const placement = placementOf(world, dev);
  const does = peekTransaction(world, dev, txn, true);
  const smmu = placement === null ? undefined : world.guest.smmus[placement.vsmmu];
  if (placement === null || smmu === undefined) return { must: null, legal: [], due: null, does };
  const input = oracleInput(
    smmu.arch,
    (addr) => memRead64(world.memory, addr),
    (ttb, va) => lookupMapping(world.memory, ttb, va),
  );
  const asked = archTxn(placement.sid, txn);
  const must = oracle(input, asked, true);
  const legal = legalAnswers(world, placement.vsmmu, asked);
  return { must, legal, due: dueAnswer(legal, does), does };
}

/** Hops of both ways side by side, by what they look at. */
export function pairHops(must: readonly Hop[], does: readonly Hop[]): readonly HopPair[] {
  const pairs: HopPair[] = [];
  let at = 0;
  for (const hop of must) {
    const found = does.findIndex((other, index) => index >= at && other.what === hop.what);
    if (found < 0) {
      pairs.push({ must: hop, does: null, same: false });
      continue;
    }
    for (; at < found; at++) pairs.push({ must: null, does: does[at] ?? null, same: false });
    const other = does[found] ?? null;
    pairs.push({ must: hop, does: other, same: other !== null && equal(hop, other) });
    at = found + 1;
  }
  for (; at < does.length; at++) pairs.push({ must: null, does: does[at] ?? null, same: false });
  return pairs;
}

const equal = (a: Hop, b: Hop): boolean =>
  a.addr === b.addr && a.words.length === b.words.length && a.words.every((word, at) => word === b.words[at]);
