/**
 * One side of a comparison: what it changes in a script's header. Written as on the command line: `kernel=6.17`,
 * `qemu=v4 fix=D1,D3`, `vmid=viommu+tag`, or `as-written` for the script's own header.
 */
import { DEFAULT_KERNEL, KERNEL_KNOBS } from "../engine/kernel/profiles.ts";
import { DEFAULT_QEMU, QEMU_KNOBS } from "../engine/qemu/profiles.ts";
import type { Item, Script } from "../script/ast.ts";
import { parse } from "../script/parse.ts";
import { printItems } from "../script/print.ts";
import { formatProblem } from "../script/problem.ts";
import { nearest } from "../script/suggest.ts";

export interface Side {
  /** Canonical text; parses to the same side. */
  readonly text: string;
  readonly kernel: string | null;
  readonly kernelKnobs: readonly string[];
  readonly qemu: string | null;
  readonly qemuKnobs: readonly string[];
  /** Null: as written; empty: none. */
  readonly fix: readonly string[] | null;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

const AS_WRITTEN = "as-written";
export const MAX_SIDES = 4;

/** Settings are parted by blanks, or by a comma where another `key=` follows it. */
const settings = (text: string): string[] =>
  text.split(/[\s,]+(?=[a-z][a-z0-9.-]*=)|\s+/).filter((s) => s !== "");

export function parseSide(text: string): Result<Side> {
  const problems: string[] = [];
  const side = {
    kernel: null as string | null,
    kernelKnobs: [] as string[],
    qemu: null as string | null,
    qemuKnobs: [] as string[],
    fix: null as string[] | null,
  };
  for (const setting of settings(text)) {
    if (setting === AS_WRITTEN) continue;
    const eq = setting.indexOf("=");
    const key = eq < 0 ? setting : setting.slice(0, eq);
    const value = eq < 0 ? "" : setting.slice(eq + 1);
    if (value === "") problems.push(`"${setting}" is no setting; expected KEY=VALUE, such as kernel=7.3`);
    else if (key === "kernel") side.kernel = value;
    else if (key === "qemu") side.qemu = value;
    else if (key === "fix") side.fix = value === "none" ? [] : value.split(",").filter((n) => n !== "");
    else knob(side, key, value, problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { ...side, text: print(side) } };
}

/** `veventq` is a knob of both: its values tell which one is meant, and `kernel.` or `qemu.` may stand before it. */
function knob(
  side: { kernelKnobs: string[]; qemuKnobs: string[] },
  key: string,
  value: string,
  problems: string[],
): void {
  const [, of, name = key] = /^(kernel|qemu)\.(.+)$/.exec(key) ?? [];
  const kernel = of === "qemu" ? undefined : KERNEL_KNOBS.find((k) => k.key === name);
  const qemu = of === "kernel" ? undefined : QEMU_KNOBS.find((k) => k.key === name);
  if (kernel?.values.some((v) => v.text === value)) side.kernelKnobs.push(`${name}=${value}`);
  else if (qemu?.values.includes(value)) side.qemuKnobs.push(`${name}=${value}`);
  else if (kernel !== undefined || qemu !== undefined) {
    const values = [...(kernel?.values.map((v) => v.text) ?? []), ...(qemu?.values ?? [])];
    problems.push(`${name}= takes ${values.join(", ")}, not "${value}"`);
  } else {
    const names = [
      "kernel",
      "qemu",
      "fix",
      ...KERNEL_KNOBS.map((k) => k.key),
      ...QEMU_KNOBS.map((k) => k.key),
    ];
    const close = nearest(name, names);
    problems.push(`unknown setting "${key}"${close === null ? "" : `; did you mean "${close}"?`}`);
  }
}

function print(side: Omit<Side, "text">): string {
  const parts = [
    ...(side.kernel === null ? [] : [`kernel=${side.kernel}`]),
    ...side.kernelKnobs.map((k) => (k.startsWith("veventq=") ? `kernel.${k}` : k)),
    ...(side.qemu === null ? [] : [`qemu=${side.qemu}`]),
    ...side.qemuKnobs.map((k) => (k.startsWith("veventq=") ? `qemu.${k}` : k)),
    ...(side.fix === null ? [] : [`fix=${side.fix.length === 0 ? "none" : side.fix.join(",")}`]),
  ];
  return parts.length === 0 ? AS_WRITTEN : parts.join(" ");
}

/** A profile line with some of its words replaced: another release drops the knobs that were set on the old one. */
function profileWords(
  old: readonly string[] | null,
  verb: string,
  release: string | null,
  knobs: readonly string[],
  fallback: string,
): readonly string[] {
  const base = release === null ? (old ?? [verb, fallback]) : [verb, release];
  const taken = new Set(knobs.map((k) => k.slice(0, k.indexOf("="))));
  return [...base.filter((w, i) => i < 2 || !taken.has(w.slice(0, w.indexOf("=")))), ...knobs];
}

const header = (verb: string, words: readonly string[]): Item => ({
  kind: "header",
  verb,
  words,
  comment: null,
});

/** The script under a side's header. What the side names and the lab does not know is a problem. */
export function applySide(script: Script, side: Side): Result<Script> {
  const items = script.items.slice();
  const at = (verb: string): number => items.findIndex((i) => i.kind === "header" && i.verb === verb);
  const wordsAt = (i: number): readonly string[] | null => {
    const item = items[i];
    return item?.kind === "header" ? item.words : null;
  };
  const put = (verb: string, words: readonly string[]): void => {
    const i = at(verb);
    if (i >= 0) items[i] = header(verb, words);
    else items.splice(at("title") + 1, 0, header(verb, words));
  };
  if (side.fix !== null) {
    for (let i = at("fix"); i >= 0; i = at("fix")) items.splice(i, 1);
    if (side.fix.length > 0) put("fix", ["fix", side.fix.join(",")]);
  }
  if (side.qemu !== null || side.qemuKnobs.length > 0)
    put("qemu", profileWords(wordsAt(at("qemu")), "qemu", side.qemu, side.qemuKnobs, DEFAULT_QEMU.name));
  if (side.kernel !== null || side.kernelKnobs.length > 0)
    put(
      "kernel",
      profileWords(wordsAt(at("kernel")), "kernel", side.kernel, side.kernelKnobs, DEFAULT_KERNEL),
    );
  const parsed = parse(printItems(items));
  if (parsed.ok) return parsed;
  return { ok: false, problems: parsed.problems.map((p) => formatProblem(p).replace(/^\d+:\d+: /, "")) };
}
