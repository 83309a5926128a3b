/** What the picture says of a device beyond the tables, in the picture's words: asked of the engine's observers. */
import { findSte } from "../engine/arch/find-ste.ts";
import { oracleInput } from "../engine/arch/oracle.ts";
import type { HardwareAnswer, LegalAnswer } from "../engine/facts.ts";
import { lookupMapping, memRead64 } from "../engine/memory.ts";
import { deviceFacts } from "../engine/observe.ts";
import type { World } from "../engine/world.ts";
import type { DeviceView } from "./scene-items.ts";
import type { Kind } from "./scene-types.ts";

export const ANSWER_WORDS: Readonly<Record<LegalAnswer | HardwareAnswer, string>> = {
  abort: "abort",
  "pass-bypass": "bypass",
  "pass-s2": "S2",
  "pass-s1": "translate",
  stall: "stall",
};

export const ANSWER_KINDS: Readonly<Record<LegalAnswer | HardwareAnswer, Kind>> = {
  abort: "abort",
  "pass-bypass": "bypass",
  "pass-s2": "s2",
  "pass-s1": "translate",
  stall: "off",
};

const STE_KINDS: readonly { readonly kind: Kind; readonly word: string }[] = [
  { kind: "abort", word: "abort" },
  { kind: "abort", word: "abort" },
  { kind: "abort", word: "abort" },
  { kind: "abort", word: "abort" },
  { kind: "bypass", word: "bypass" },
  { kind: "translate", word: "translate" },
  { kind: "s2", word: "stage 2" },
  { kind: "s2", word: "S1 + S2" },
];

/** The guest's STE of a StreamID as it stands in memory now, whatever any cache holds. */
function guestSte(world: World, vsmmu: number, sid: number): DeviceView["ste"] {
  const smmu = world.guest.smmus[vsmmu];
  if (smmu === undefined) return null;
  const input = oracleInput(
    smmu.arch,
    (addr) => memRead64(world.memory, addr),
    (ttb, va) => lookupMapping(world.memory, ttb, va),
  );
  const found = findSte(input, sid, null);
  if (found.kind !== "ste") return null;
  const config = Number((found.q0 >> 1n) & 7n);
  const text = `Config=${config.toString(2).padStart(3, "0")}`;
  if ((found.q0 & 1n) === 0n) return { kind: "off", word: "V=0", text };
  return { ...(STE_KINDS[config] as { kind: Kind; word: string }), text: `V=1 ${text}` };
}

const NOBODY: DeviceView = { ste: null, must: "–", is: "host", diverges: "" };

export function observedView(world: World, dev: number): DeviceView {
  const facts = deviceFacts(world, dev);
  const { placement, hardware } = facts;
  if (hardware === null) return NOBODY;
  const dma = facts.divergences.filter((one) => one.kind === "dma");
  return {
    ste: placement === null ? null : guestSte(world, placement.vsmmu, placement.sid),
    must:
      facts.legal.length === 0 ? "anything" : facts.legal.map((answer) => ANSWER_WORDS[answer]).join(" or "),
    is: ANSWER_WORDS[hardware],
    diverges: [...new Set(dma.map((one) => one.id ?? "?"))].join(" "),
  };
}
