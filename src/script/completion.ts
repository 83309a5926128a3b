/** What could stand at the cursor, for the console and the editor; all of it from the verb table and the topology. */

import { eventCode, registerNames } from "./arch-types.ts";
import { type Env, qemuObjectNames } from "./arg-types.ts";
import { EXPECT_HEADS } from "./expect-heads.ts";
import { ATTACHED, COUNTED, DEVICE_KEYS, DMA, LEGAL, PSTE, VSMMU_KEYS } from "./expect-words.ts";
import { errnoName, hostCall } from "./host-types.ts";
import { lex, type Token } from "./lexer.ts";
import { environmentAt } from "./parse.ts";
import { readArgs } from "./read-args.ts";
import type { ArgSpec, VerbSpec } from "./verb.ts";
import { findVerb, HEADERS, VERBS } from "./verbs.ts";

export interface CompletionOption {
  /** What is shown and inserted. */
  readonly label: string;
  readonly kind: "verb" | "key" | "value" | "flag";
  /** One line about it; "" if the label says all. */
  readonly detail: string;
}

export interface Completion {
  /** Offset in the line where the inserted text begins, in UTF-16 units. */
  readonly from: number;
  /** In the table's order, those that begin as typed before those that merely contain it. */
  readonly options: readonly CompletionOption[];
}

const NOTHING: Completion = { from: 0, options: [] };

/** Options for one line with the cursor behind its first `cursor` UTF-16 units. `header`: header verbs make sense here. */
export function completeLine(line: string, cursor: number, env: Env, header = false): Completion {
  const before = line.slice(0, cursor);
  const lexed = lex(before, [])[0];
  if (lexed?.comment != null) return NOTHING;
  const tokens = lexed?.tokens ?? [];
  const typing = before !== "" && !/[\s\\]$/.test(before);
  // A word cut off behind its `=` is no token yet: take it from the text.
  const partial = typing ? (/[^\s]*$/.exec(before)?.[0] ?? "") : "";
  if (partial.startsWith('"')) return NOTHING;
  const whole = typing
    ? tokens.filter((t) => t.column - 1 < [...before].length - [...partial].length)
    : tokens;
  const verb = whole[0];
  if (verb === undefined) return finish(cursor, partial, verbOptions(header));
  const spec = findVerb(verb.text);
  if (spec === null) return NOTHING;
  if (spec.name === "expect") return completeExpect(cursor, partial, whole, env);
  const eq = partial.indexOf("=");
  const keys = keyTypes(spec, whole, env);
  if (eq >= 0) {
    const key = partial.slice(0, eq);
    const values = keys.get(key)?.values ?? [];
    const typed = partial.slice(eq + 1);
    return finishList(cursor, typed, values.map(valueOption));
  }
  return completeWord(cursor, partial, spec, whole, keys, env);
}

/** Options in a whole text with the cursor at `offset`. `from` is then an offset in the text. */
export function completeText(text: string, offset: number): Completion {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const lineEnd = text.indexOf("\n", offset);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
  const number = text.slice(0, lineStart).split("\n").length;
  const { env, header } = environmentAt(text, number);
  const c = completeLine(line, offset - lineStart, env, header);
  return { from: c.from + lineStart, options: c.options };
}

const valueOption = (label: string): CompletionOption => ({ label, kind: "value", detail: "" });

function verbOptions(header: boolean): CompletionOption[] {
  return VERBS.filter((v) => header || !HEADERS.has(v.name)).map((v) => ({
    label: v.name,
    kind: "verb",
    detail: v.summary,
  }));
}

interface KeyInfo {
  readonly values: readonly string[];
  readonly detail: string;
}

/** Keys the line may still take, those that depend on its words included. */
function keyTypes(spec: VerbSpec, tokens: readonly Token[], env: Env): Map<string, KeyInfo> {
  const out = new Map<string, KeyInfo>();
  for (const a of spec.args)
    if (a.form === "key") out.set(a.name, { values: a.type.complete(env), detail: a.help });
  const open = spec.args.find((a): a is Extract<ArgSpec, { form: "keys" }> => a.form === "keys");
  if (open !== undefined) {
    // The words alone decide which keys there are.
    const words = readArgs(
      { ...spec, args: spec.args.filter((a) => a.form === "word") },
      tokens.filter((t) => t.key === null),
      env,
      [],
    );
    if (words !== null)
      for (const [name, type] of Object.entries(open.keys(words.args, env)))
        out.set(name, { values: type.complete(env), detail: type.expected });
  }
  return out;
}

function completeWord(
  cursor: number,
  partial: string,
  spec: VerbSpec,
  tokens: readonly Token[],
  keys: ReadonlyMap<string, KeyInfo>,
  env: Env,
): Completion {
  const options: CompletionOption[] = [];
  const flags = spec.args.flatMap((a) => (a.form === "flag" ? [a] : []));
  const flagNames = new Set(flags.map((f) => f.name));
  const used = new Set(tokens.flatMap((t) => (t.key === null ? [t.text] : [])));
  const usedKeys = new Set(tokens.flatMap((t) => (t.key === null ? [] : [t.key])));
  const plain = tokens.slice(1).filter((t) => t.key === null && !flagNames.has(t.text));
  const asAt = plain.findIndex((t) => t.text === "as");
  if (asAt >= 0 && asAt === plain.length - 1) return NOTHING;
  const words = spec.args.filter((a) => a.form === "word" || a.form === "words");
  const count = asAt < 0 ? plain.length : plain.length - 2;
  const next = words[Math.min(count, words.length - 1)];
  if (next !== undefined && (count < words.length || next.form === "words"))
    for (const label of next.type.complete(env)) options.push({ label, kind: "value", detail: "" });
  for (const [name, info] of keys)
    if (!usedKeys.has(name)) options.push({ label: `${name}=`, kind: "key", detail: info.detail });
  for (const f of flags) if (!used.has(f.name)) options.push({ label: f.name, kind: "flag", detail: f.help });
  if (asAt < 0)
    for (const a of spec.args)
      if (a.form === "as") options.push({ label: "as", kind: "flag", detail: a.help });
  return finish(cursor, partial, options);
}

function completeExpect(cursor: number, partial: string, tokens: readonly Token[], env: Env): Completion {
  const { devices, vsmmus, psmmus } = env.setup;
  const names = (list: readonly { readonly name: string }[]): string[] => list.map((x) => x.name);
  const head = tokens[1];
  const eq = partial.indexOf("=");
  if (head === undefined) {
    if (eq >= 0) return finishList(cursor, partial.slice(eq + 1), errnoName.complete(env).map(valueOption));
    const heads = EXPECT_HEADS.map((h) => (h === "errno" ? "errno=" : h));
    return finish(
      cursor,
      partial,
      [...heads, ...names(devices), ...names(vsmmus), ...names(psmmus)].map(valueOption),
    );
  }
  const word = head.text;
  const isDevice = names(devices).includes(word);
  const key = eq < 0 ? null : partial.slice(0, eq);
  const objects = [...env.scope.names().filter((n) => !n.startsWith("fd ")), ...qemuObjectNames(env.setup)];
  if (key !== null) {
    const table: Readonly<Record<string, readonly string[]>> = {
      attached: ATTACHED,
      pste: PSTE,
      dma: DMA,
      legal: LEGAL,
      diverges: ["no", "yes", "?"],
      ats: ["on", "off"],
      vdevice: ["yes", "no"],
      hwpt: ["yes", "no", ...objects],
      cmdq: ["none", "ill", "abt"],
      viommu: ["yes", "no"],
      veventq: ["yes", "no"],
      abort: ["yes", "no"],
      bypass: ["yes", "no"],
    };
    return finishList(cursor, partial.slice(eq + 1), (table[key] ?? []).map(valueOption));
  }
  const keysOf = (keys: readonly string[]): Completion =>
    finish(
      cursor,
      partial,
      keys.map((k) => ({ label: `${k}=`, kind: "key" as const, detail: "" })),
    );
  if (isDevice) return keysOf(DEVICE_KEYS);
  if (names(vsmmus).includes(word))
    return keysOf([...VSMMU_KEYS, ...registerNames.map((r) => r.toLowerCase())]);
  if (names(psmmus).includes(word)) return keysOf(["vmids"]);
  if (word === "users" || word === "id") return keysOf(objects);
  if (word === "count") return keysOf(COUNTED);
  if (word === "error") return finish(cursor, partial, tokens.length === 2 ? [valueOption("~")] : []);
  if (word === "calls")
    return finish(
      cursor,
      partial,
      [...(tokens.length === 2 ? ["none", "only"] : []), ...hostCall.complete(env)].map(valueOption),
    );
  if (word === "events")
    return finish(
      cursor,
      partial,
      (tokens.length === 2 ? names(vsmmus) : ["none", ...eventCode.complete(env)]).map(valueOption),
    );
  return NOTHING;
}

/** Filters by what is typed; the insertion replaces it. */
function finish(cursor: number, typed: string, options: readonly CompletionOption[]): Completion {
  const low = typed.toLowerCase();
  const starts = options.filter((o) => o.label.toLowerCase().startsWith(low));
  const contains = options.filter(
    (o) => !starts.includes(o) && low.length > 1 && o.label.toLowerCase().includes(low),
  );
  return { from: cursor - typed.length, options: [...starts, ...contains] };
}

/** Completes the last element of a comma list. */
function finishList(cursor: number, typed: string, options: readonly CompletionOption[]): Completion {
  return finish(cursor, typed.slice(typed.lastIndexOf(",") + 1), options);
}
