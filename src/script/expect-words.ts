/** What `expect` lines may say, and how one of their words is read or refused. */
import type { ArgType, Env } from "./arg-types.ts";
import { object, readNumber } from "./arg-types.ts";
import type { DeviceKey, Expectation, IdValue } from "./expectation.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./suggest.ts";

/** One word of the line: as it prints, and what it asks. */
export interface Asked {
  readonly word: string;
  readonly e: Expectation;
}

export const ATTACHED = ["none", "blocked", "identity", "s2", "abort", "bypass", "translate", "s1"] as const;
export const PSTE = ["abort", "blocked", "bypass", "identity", "s1", "s2", "nested", "invalid"] as const;
/** What a translation request or a translated transaction can come to, after a `dma … ats=`. */
const ATS = ["ats-served", "ats-noperm", "ats-ur", "ats-ca", "ats-failed", "ats-pass"] as const;
export const DMA = ["pass-s2", "pass-bypass", "pass-s1", "abort", "stall", "none", ...ATS] as const;
export const LEGAL = [
  "pass-bypass",
  "pass-s1",
  "pass-s2",
  "abort",
  "razwi",
  "stall",
  "none",
  ...ATS,
] as const;
export const COUNTED = [
  "ioas",
  "device",
  "hwpt",
  "hwpt-paging",
  "hwpt-nested",
  "viommu",
  "vdevice",
  "veventq",
  "fault",
  "objects",
  "tombstones",
] as const;

/** `s1` for `pass-s1` and so on. */
const ANSWER_ALIAS: Readonly<Record<string, string>> = {
  s1: "pass-s1",
  s2: "pass-s2",
  bypass: "pass-bypass",
};

export const DEVICE_KEYS: readonly DeviceKey[] = [
  "attached",
  "hwpt",
  "pste",
  "vmid",
  "vdevice",
  "vmaster",
  "ats",
  "dma",
  "legal",
  "diverges",
];
export const VSMMU_KEYS = ["cmdq", "diverges", "viommu", "abort", "bypass", "veventq"] as const;

export class Wrong extends Error {
  readonly token: Token;
  readonly expected: string | null;
  readonly suggestion: string | null;

  constructor(
    token: Token,
    message: string,
    expected: string | null = null,
    suggestion: string | null = null,
  ) {
    super(message);
    this.token = token;
    this.expected = expected;
    this.suggestion = suggestion;
  }
}

/** Reads a value or throws its problem. */
export function value<T>(type: ArgType<T>, text: string, t: Token, env: Env): { value: T; text: string } {
  const r = type.read(text, env);
  if (r.ok) return r;
  throw new Wrong(t, r.message, r.expected, r.suggestion);
}

export function keyOf(t: Token, keys: readonly string[], what: string): string {
  if (t.key === null)
    throw new Wrong(
      t,
      `unexpected word "${t.text}"`,
      "KEY=VALUE",
      nearest(
        t.text,
        keys.map((k) => `${k}=`),
      ),
    );
  if (keys.includes(t.key)) return t.key;
  throw new Wrong(t, `unknown key "${t.key}" of ${what}`, keys.join(", "), nearest(t.key, keys));
}

export const NO_ENV = {
  setup: { devices: [], vsmmus: [], psmmus: [] },
  scope: { has: () => false, names: () => [] },
} as unknown as Env;

/** `yes`, `no`/`none`, a number or an object's name. */
export function idValue(t: Token, env: Env): { value: IdValue; text: string } {
  const word = t.text;
  if (word === "yes") return { value: { is: "yes" }, text: "yes" };
  if (word === "no" || word === "none") return { value: { is: "no" }, text: word };
  const n = readNumber(word.startsWith("id:") ? word.slice(3) : word);
  if (n !== null && n <= 0xffff_ffffn) return { value: { is: "id", id: Number(n) }, text: String(n) };
  const r = object.read(word, env);
  if (r.ok && "name" in r.value) return { value: { is: "object", name: r.value.name }, text: r.text };
  throw new Wrong(t, `"${word}" is no id`, "yes, no, an id or an object's name", r.ok ? null : r.suggestion);
}

export function oneOf(t: Token, allowed: readonly string[]): string {
  const word =
    ANSWER_ALIAS[t.text] !== undefined && !allowed.includes(t.text)
      ? (ANSWER_ALIAS[t.text] as string)
      : t.text;
  if (allowed.includes(word)) return word;
  throw new Wrong(t, `unknown value "${t.text}" of ${t.key}`, allowed.join(", "), nearest(t.text, allowed));
}
