/** Facts in words: for the live region, previews and the hints of steps. One sentence a device that changed. */

import type { IconName } from "../../draw/icons.ts";
import type { Attached, DeviceFacts, HardwareAnswer, LegalAnswer } from "../../engine/facts.ts";
import { deviceFacts } from "../../engine/observe.ts";
import type { World } from "../../engine/world.ts";

/** Colour and icon of what a device is attached to. */
export const ATTACHED_KIND: Readonly<Record<Attached, IconName>> = {
  none: "off",
  blocked: "off",
  s2: "s2",
  abort: "abort",
  bypass: "bypass",
  translate: "translate",
  s1: "translate",
};

export const ATTACHED_WORD: Readonly<Record<Attached, string>> = {
  none: "not bound",
  blocked: "blocked",
  s2: "S2 direct",
  abort: "abort",
  bypass: "bypass",
  translate: "translate",
  s1: "S1 (host)",
};

export const LEGAL_KIND: Readonly<Record<LegalAnswer, IconName>> = {
  "pass-bypass": "bypass",
  "pass-s1": "translate",
  abort: "abort",
  stall: "off",
};

export const LEGAL_WORD: Readonly<Record<LegalAnswer, string>> = {
  "pass-bypass": "passes, untranslated",
  "pass-s1": "passes, translated",
  abort: "abort",
  stall: "stall",
};

export const HARDWARE_KIND: Readonly<Record<HardwareAnswer, IconName>> = {
  "pass-s2": "s2",
  "pass-bypass": "bypass",
  "pass-s1": "translate",
  abort: "abort",
  stall: "off",
};

export const HARDWARE_WORD: Readonly<Record<HardwareAnswer, string>> = {
  "pass-s2": "passes, S2 only",
  "pass-bypass": "passes, untranslated",
  "pass-s1": "passes, translated",
  abort: "abort",
  stall: "stall",
};

const attachment = ({ attached, hwpt }: DeviceFacts): string =>
  attached === "none" || attached === "blocked"
    ? ATTACHED_WORD[attached]
    : attached === "s2"
      ? `S2 HWPT ${hwpt}`
      : `${ATTACHED_WORD[attached]} HWPT ${hwpt}`;

const names = ({ divergences }: DeviceFacts): string =>
  [...new Set(divergences.map(({ id }) => id ?? "a divergence without a name"))].join(", ");

const legalWords = ({ legal }: DeviceFacts): string => legal.map((one) => LEGAL_WORD[one]).join(" or ");

const divergesInDma = ({ divergences }: DeviceFacts): boolean =>
  divergences.some(({ kind }) => kind === "dma");

/** What its DMA does now, against what it must. */
function verdict(facts: DeviceFacts): string {
  if (facts.hardware === null) return "";
  const does = `DMA: ${HARDWARE_WORD[facts.hardware]}`;
  if (facts.legal.length === 0) return does;
  return divergesInDma(facts) ? `${does}, must be: ${legalWords(facts)}` : `${does}, as it must`;
}

/** What a step changed for one device; null if nothing a reader would see. */
function describeDevice(name: string, before: DeviceFacts, after: DeviceFacts): string | null {
  if (before === after) return null;
  const parts: string[] = [];
  if (before.attached !== after.attached || before.hwpt !== after.hwpt) {
    parts.push(`${attachment(before)} → ${attachment(after)}`);
  }
  if (verdict(before) !== verdict(after) && after.hardware !== null) parts.push(verdict(after));
  const [was, is] = [names(before), names(after)];
  if (was !== is) parts.push(is === "" ? `no longer diverges (${was})` : `diverges ${is}`);
  return parts.length === 0 ? null : `${name}: ${parts.join("; ")}`;
}

export function describeStep(before: World, after: World): readonly string[] {
  if (before === after) return [];
  return after.setup.devices.flatMap(({ name }, dev) => {
    const sentence = describeDevice(name, deviceFacts(before, dev), deviceFacts(after, dev));
    return sentence === null ? [] : [sentence];
  });
}
