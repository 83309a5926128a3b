/**
 * What the three say of a guest STE's bits: the architecture, QEMU's masks and the host's validation. Each is asked,
 * none is repeated here.
 */
import type { StructField } from "../../engine/arch/bits.ts";
import { judgeSte } from "../../engine/arch/ste.ts";
import { steFieldAt, steUses } from "../../engine/arch/ste-uses.ts";
import { makeCx } from "../../engine/cx.ts";
import { armSmmuValidateVste } from "../../engine/kernel/arm-smmu-v3-iommufd.ts";
import {
  STE0_MASK,
  STE1_MASK,
  type SteChoice,
  smmuv3AccelSteChoice,
} from "../../engine/qemu/smmuv3-accel-ste.ts";
import { NO_TRACE } from "../../engine/tracer.ts";
import type { World } from "../../engine/world.ts";

export interface BitOpinion {
  /** Field the bit belongs to, or null: RES0. */
  readonly field: StructField | null;
  /** QEMU hands it to the host when it installs a translate STE. */
  readonly passed: boolean;
  /** The host takes it; null where QEMU drops it before the host can see it. */
  readonly taken: boolean | null;
}

const MASKS: readonly bigint[] = [STE0_MASK, STE1_MASK];

/** Bits of word 0 that say what kind of STE it is: the host judges them together, not one by one. */
const CONFIG_BITS = 4;

export function bitOpinion(world: World, word: number, bit: number): BitOpinion {
  const field = steFieldAt(word, bit);
  const one = 1n << BigInt(bit);
  const passed = ((MASKS[word] ?? 0n) & one) !== 0n;
  if (!passed) return { field, passed, taken: null };
  if (word === 0 && bit < CONFIG_BITS) return { field, passed, taken: true };
  const cx = makeCx(world, NO_TRACE);
  // V=1 and nothing else but this bit; EATS is judged by value, and 1 is one that is taken.
  const answer = armSmmuValidateVste(cx, word === 0 ? 1n | one : 1n, word === 1 ? one : 0n);
  return { field, passed, taken: typeof answer !== "string" || field?.name === "EATS" };
}

/** What the architecture says of one bit of the STE as it is drawn. */
export type ArchBit =
  | { readonly is: "res0" | "ignored" | "used" }
  /** The other value of this bit makes the STE ILLEGAL, or legal again, by this rule. */
  | { readonly is: "makes-illegal" | "makes-legal"; readonly rule: string };

/** Each bit is judged by what the other value of it would do. */
export function archBit(
  world: World,
  v: number,
  words: readonly bigint[],
  word: number,
  bit: number,
): ArchBit {
  const idr = world.guest.smmus[v]?.arch.idr;
  const field = steFieldAt(word, bit);
  if (idr === undefined || field === null) return { is: "res0" };
  if (!steUses(idr, words, field)) return { is: "ignored" };
  const flipped = words.with(word, (words[word] ?? 0n) ^ (1n << BigInt(bit)));
  const now = judgeSte(idr, (at) => words[at] ?? 0n);
  const then = judgeSte(idr, (at) => flipped[at] ?? 0n);
  if (now === null && then !== null) return { is: "makes-illegal", rule: then };
  if (now !== null && then === null) return { is: "makes-legal", rule: now };
  return { is: "used" };
}

export interface SteOpinion {
  /** Rule that makes it ILLEGAL for the architecture, or null. */
  readonly illegal: string | null;
  /** What QEMU does with it at a CFGI. Only `translate` hands words to the host. */
  readonly qemu: SteChoice;
  /** Words as QEMU would hand them to the host. */
  readonly masked: readonly [bigint, bigint];
  /** Bits QEMU drops although they are set. */
  readonly dropped: number;
  /** What the host makes of the masked words: a kind or an errno. */
  readonly host: string;
  readonly refused: boolean;
}

function ones(value: bigint): number {
  let count = 0;
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}

export function steOpinion(
  world: World,
  v: number,
  words: readonly bigint[],
  sid: number | null = null,
): SteOpinion | null {
  const idr = world.guest.smmus[v]?.arch.idr;
  if (idr === undefined) return null;
  const word = (at: number): bigint => words[at] ?? 0n;
  const masked = [word(0) & STE0_MASK, word(1) & STE1_MASK] as const;
  const cx = makeCx(world, NO_TRACE);
  const answer = armSmmuValidateVste(cx, masked[0], masked[1]);
  const slot = world.qemu.smmus[v]?.slots.findIndex(({ bdf }) => bdf === sid) ?? -1;
  return {
    qemu: smmuv3AccelSteChoice(cx, v, slot, { w0: word(0), w1: word(1) }),
    illegal: judgeSte(idr, word),
    masked,
    dropped: words.reduce((sum, one, at) => sum + ones(one & ~(MASKS[at] ?? 0n)), 0),
    host: typeof answer === "string" ? answer : answer.kind,
    refused: typeof answer === "string",
  };
}
