/**
 * What an onlooker could tell two runs apart by after the same command: what the command answered, which host calls it
 * made, what every device's DMA gets, and what stands on the host. Values are the lab's own words.
 */
import type { DeviceFacts, VsmmuFacts } from "../engine/facts.ts";
import type { Obj } from "../engine/kernel/types.ts";
import { deviceFacts, vsmmuFacts } from "../engine/observe.ts";
import type { Outcome } from "../engine/outcome.ts";
import type { World } from "../engine/world.ts";
import { outcomeCalls } from "../script/record.ts";

/** In the order of their weight: of several differences after one command the first is told first. */
export const ASPECTS = ["result", "dma", "attachment", "register", "object", "calls", "message"] as const;
export type Aspect = (typeof ASPECTS)[number];

export interface Difference {
  /** `d1 dma`, `v0 gbpa`, `object 5`, `errno`. */
  readonly what: string;
  readonly aspect: Aspect;
  /** One a side. */
  readonly values: readonly string[];
}

const hex = (v: bigint | number): string => `0x${v.toString(16)}`;
const orNone = (v: number | null): string => (v === null ? "none" : String(v));

const DEVICE_FIELDS: readonly (readonly [string, Aspect, (f: DeviceFacts) => string])[] = [
  ["dma", "dma", (f) => f.hardware ?? "host"],
  ["legal", "dma", (f) => f.legal.join(",") || "none"],
  ["diverges", "dma", (f) => f.diverges ?? "no"],
  ["attached", "attachment", (f) => f.attached],
  ["hwpt", "attachment", (f) => orNone(f.hwpt)],
  ["pste", "attachment", (f) => f.pste],
  ["vmid", "attachment", (f) => String(f.vmid)],
  ["vdevice", "attachment", (f) => orNone(f.vdevice)],
  ["vmaster", "attachment", (f) => (f.vmaster === null ? "none" : hex(f.vmaster))],
  ["ats", "attachment", (f) => (f.ats ? "on" : "off")],
];

const VSMMU_FIELDS: readonly (readonly [string, Aspect, (f: VsmmuFacts) => string])[] = [
  ["cmdq", "register", (f) => f.cmdqError ?? "ok"],
  ["cr0", "register", (f) => hex(f.cr0)],
  ["gbpa", "register", (f) => hex(f.gbpa)],
  ["gerror", "register", (f) => `${hex(f.gerror)}/${hex(f.gerrorn)}`],
  ["viommu", "object", (f) => orNone(f.viommu)],
  ["abort", "object", (f) => orNone(f.abort)],
  ["bypass", "object", (f) => orNone(f.bypass)],
  ["veventq", "object", (f) => orNone(f.veventq)],
];

/** Facts that a step left alone are the very same object: their words are made once. */
const deviceWords = new WeakMap<DeviceFacts, readonly string[]>();
function wordsOf(facts: DeviceFacts): readonly string[] {
  let words = deviceWords.get(facts);
  if (words === undefined) {
    words = DEVICE_FIELDS.map(([, , read]) => read(facts));
    deviceWords.set(facts, words);
  }
  return words;
}

const objectText = new WeakMap<Obj, string>();
function textOf(o: Obj): string {
  let text = objectText.get(o);
  if (text === undefined) {
    const vmid = o.type === "HWPT_PAGING" || o.type === "VIOMMU" ? ` vmid=${o.vmid}` : "";
    const kind = o.type === "HWPT_NESTED" ? ` ${o.kind}` : "";
    const depth = o.type === "VEVENTQ" ? ` records=${o.events.length}` : "";
    text = `${o.type}${kind}${vmid}${depth} users=${o.users}`;
    objectText.set(o, text);
  }
  return text;
}

const differ = (values: readonly string[]): boolean => values.some((v) => v !== values[0]);

const callsText = (o: Outcome): string =>
  outcomeCalls(o)
    .map((c) => (c.errno === null ? c.call : `${c.call}:${c.errno}`))
    .join(" ") || "none";

const OUTCOME_FIELDS: readonly (readonly [string, Aspect, (o: Outcome) => string])[] = [
  ["errno", "result", (o) => o.errno ?? (o.rejected ? "rejected" : o.ok ? "ok" : "failed")],
  ["result", "result", (o) => JSON.stringify(o.result)],
  ["calls", "calls", callsText],
  ["messages", "message", (o) => o.messages.join(" | ") || "none"],
];

function outcomeDifferences(outcomes: readonly Outcome[], out: Difference[]): void {
  for (const [what, aspect, read] of OUTCOME_FIELDS) {
    const values = outcomes.map(read);
    if (differ(values)) out.push({ what, aspect, values });
  }
}

function deviceDifferences(worlds: readonly World[], out: Difference[]): void {
  const [first, ...others] = worlds;
  if (first === undefined) return;
  for (const [dev, { name }] of first.setup.devices.entries()) {
    const words = wordsOf(deviceFacts(first, dev));
    let same = true;
    for (const w of others) {
      const theirs = wordsOf(deviceFacts(w, dev));
      if (theirs !== words && theirs.some((v, i) => v !== words[i])) same = false;
    }
    if (same) continue;
    const all = worlds.map((w) => wordsOf(deviceFacts(w, dev)));
    DEVICE_FIELDS.forEach(([field, aspect], i) => {
      const values = all.map((one) => one[i] ?? "");
      if (differ(values)) out.push({ what: `${name} ${field}`, aspect, values });
    });
  }
}

function vsmmuDifferences(worlds: readonly World[], out: Difference[]): void {
  for (const [v, { name }] of (worlds[0]?.setup.vsmmus ?? []).entries()) {
    const facts = worlds.map((w) => vsmmuFacts(w, v));
    for (const [field, aspect, read] of VSMMU_FIELDS) {
      const values = facts.map(read);
      if (differ(values)) out.push({ what: `${name} ${field}`, aspect, values });
    }
  }
}

function objectDifferences(worlds: readonly World[], out: Difference[]): void {
  const files = Math.max(...worlds.map((w) => w.kernel.files.length));
  for (let file = 0; file < files; file++) {
    const tables = worlds.map((w) => {
      const f = w.kernel.files[file];
      return f === undefined || f.released ? [] : f.objects;
    });
    const ids = Math.max(...tables.map((t) => t.length));
    for (let id = 1; id < ids; id++) {
      const first = tables[0]?.[id];
      if (tables.every((t) => t[id] === first)) continue;
      const values = tables.map((t) => {
        const o = t[id];
        return typeof o === "object" && o !== null ? textOf(o) : "none";
      });
      if (differ(values))
        out.push({
          what: file === 0 ? `object ${id}` : `object ${id} of file ${file}`,
          aspect: "object",
          values,
        });
    }
  }
}

const aspectOrder = (d: Difference): number => ASPECTS.indexOf(d.aspect);

/** Every difference after one command, the weightiest first. Empty: nobody could tell. */
export function differences(worlds: readonly World[], outcomes: readonly Outcome[]): Difference[] {
  const out: Difference[] = [];
  outcomeDifferences(outcomes, out);
  deviceDifferences(worlds, out);
  vsmmuDifferences(worlds, out);
  objectDifferences(worlds, out);
  const alive = worlds.map((w) => w.qemu.dead ?? "alive");
  if (differ(alive)) out.push({ what: "QEMU", aspect: "result", values: alive });
  return out.sort((a, b) => aspectOrder(a) - aspectOrder(b));
}

export const sameDifference = (a: Difference, b: Difference): boolean =>
  a.what === b.what && a.values.every((v, i) => v === b.values[i]);
