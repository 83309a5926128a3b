/** One transaction's way through the floors, twice: as the architecture has it and as the hardware does it. */
import { oracle, oracleInput } from "../../engine/arch/oracle.ts";
import type { Answer, Hop } from "../../engine/arch/oracle-types.ts";
import { isLegal } from "../../engine/divergence.ts";
import { archTxn, dueAnswer } from "../../engine/guest/dma.ts";
import { type HwAnswer, type HwTxn, peekTransaction } from "../../engine/hardware/translate.ts";
import { lookupMapping, memRead64 } from "../../engine/memory.ts";
import { attachedOf, hardwareAnswerOf, legalAnswers, placementOf } from "../../engine/observe.ts";
import type { World } from "../../engine/world.ts";

export interface Probe {
  /** The current answer, with its hops; null while no guest has the device. */
  readonly must: Answer | null;
  /** Every legal answer, the current one first: more than one until an invalidation or a handshake completes. */
  readonly legal: readonly Answer[];
  /** The one of them that the hardware gives, or the current one if it gives none. */
  readonly due: Answer | null;
  readonly does: HwAnswer;
  /** The hardware's answer is one of the legal ones (or nothing is promised). */
  readonly agrees: boolean;
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
  if (placement === null || smmu === undefined)
    return { must: null, legal: [], due: null, does, agrees: true };
  const input = oracleInput(
    smmu.arch,
    (addr) => memRead64(world.memory, addr),
    (ttb, va) => lookupMapping(world.memory, ttb, va),
  );
  const asked = archTxn(placement.sid, txn);
  const must = oracle(input, asked, true);
  const legal = legalAnswers(world, placement.vsmmu, asked);
  const hardware = hardwareAnswerOf(does, attachedOf(world, dev).kind);
  const agrees = isLegal(world, { answers: legal, physical: does, hardware });
  return { must, legal, due: dueAnswer(legal, does), does, agrees };
}

/** Hops of both ways side by side, by what they look at. */
export function pairHops(must: readonly Hop[], does: readonly Hop[]): readonly HopPair[] {
  const pairs: HopPair[] = [];
  let at = 0;
  for (const hop of must) {
    const found = does.findIndex((other, index) => index >= at && floor(other) === floor(hop));
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

/** Floors that only one of the two ways has: the guest's registers and stream table, the host's stage 2. */
export const GUEST_ONLY: ReadonlySet<Hop["what"]> = new Set(["CR0", "GBPA", "STRTAB", "L1STD"]);
export const HOST_ONLY: ReadonlySet<Hop["what"]> = new Set(["S2"]);

/** Config of the physical STE that the guest's own state asks for: stage 2 is always the host's. */
function wantedConfig(must: readonly Hop[]): number {
  const gbpa = must.find(({ what }) => what === "GBPA");
  if (gbpa !== undefined) return ((gbpa.words[0] ?? 0n) & GBPA_ABORT) === 0n ? 6 : 0;
  const ste = must.find(({ what }) => what === "STE");
  if (ste === undefined || ste.note === "invalid" || ste.words.length === 0) return 0;
  const config = Number(((ste.words[0] ?? 0n) >> 1n) & 7n);
  return (config & 4) === 0 ? 0 : config | 2;
}

const GBPA_ABORT = 1n << 20n;

/**
 * The row where two ways that end differently part: the physical STE if it is not what the guest's state asks for, else
 * the first later structure or translation that differs; the number of rows if only their ends do.
 */
export function partingRow(pairs: readonly HopPair[]): number {
  const ste = pairs.findIndex(({ does }) => does?.what === "STE");
  const config = Number((((pairs[ste]?.does?.words[0] ?? 0n) as bigint) >> 1n) & 7n);
  if (ste >= 0 && config !== wantedConfig(pairs.flatMap(({ must }) => must ?? []))) return ste;
  const later = pairs.findIndex(
    ({ must, does, same }, at) => at > ste && !same && !HOST_ONLY.has((must ?? does)?.what ?? "OUT"),
  );
  return later < 0 ? pairs.length : later;
}

/** A walk and a TLB hit are two ways to the same translation. */
const floor = (hop: Hop): Hop["what"] => (hop.what === "TLB" ? "TT" : hop.what);

const equal = (a: Hop, b: Hop): boolean =>
  a.addr === b.addr && a.words.length === b.words.length && a.words.every((word, at) => word === b.words[at]);
