/** Where the guest's stream table has the STE of a StreamID, and what is stored there. */
import { findSte } from "../../engine/arch/find-ste.ts";
import { oracleInput } from "../../engine/arch/oracle.ts";
import type { Hop } from "../../engine/arch/oracle-types.ts";
import { lookupMapping, memRead64 } from "../../engine/memory.ts";
import type { World } from "../../engine/world.ts";

export type GuestSte =
  | { readonly kind: "ste"; readonly addr: bigint; readonly words: readonly bigint[] }
  /** The rule that makes the StreamID bad, or the fetch abort. */
  | { readonly kind: "none"; readonly rule: string };

export function guestSte(world: World, v: number, sid: number): GuestSte | null {
  const smmu = world.guest.smmus[v];
  if (smmu === undefined) return null;
  const read = (addr: bigint) => memRead64(world.memory, addr);
  const hops: Hop[] = [];
  const input = oracleInput(smmu.arch, read, (ttb, va) => lookupMapping(world.memory, ttb, va));
  const found = findSte(input, sid, hops);
  if (found.kind !== "ste") return { kind: "none", rule: found.rule };
  const words = Array.from({ length: 8 }, (_, at) => read(found.addr + BigInt(8 * at)) ?? 0n);
  return { kind: "ste", addr: found.addr, words };
}
