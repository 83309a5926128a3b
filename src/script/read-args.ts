/** Reads the tokens of one line against a verb's table: the one place where grammar and table meet. */
import { type ArgType, type Env, newName } from "./arg-types.ts";
import type { Token } from "./lexer.ts";
import type { Problem } from "./problem.ts";
import { nearest } from "./suggest.ts";
import { type ArgSpec, Args, type VerbSpec } from "./verb.ts";

export interface Line {
  readonly args: Args;
  /** Canonical words, the verb first. */
  readonly words: readonly string[];
  /** Where each argument stood, for problems found later. */
  readonly places: ReadonlyMap<string, Token>;
}

export const problemAt = (
  t: Token,
  message: string,
  expected: string | null = null,
  suggestion: string | null = null,
): Problem => ({ line: t.line, column: t.column, length: t.length, message, expected, suggestion });

/** The problem of a value: behind `=` if the token has a key. */
const valueProblem = (
  t: Token,
  message: string,
  expected: string | null,
  suggestion: string | null,
): Problem => ({
  line: t.textLine,
  column: t.textColumn,
  length: Math.max(1, [...t.text].length + (t.quoted ? 2 : 0)),
  message,
  expected,
  suggestion,
});

class Reader {
  readonly args = new Args();
  readonly places = new Map<string, Token>();
  readonly texts = new Map<string, string>();
  /** Several canonical words of one `words` argument. */
  readonly lists = new Map<string, string[]>();
  failed = false;
  private readonly env: Env;
  private readonly problems: Problem[];

  constructor(env: Env, problems: Problem[]) {
    this.env = env;
    this.problems = problems;
  }

  report(p: Problem): void {
    this.failed = true;
    this.problems.push(p);
  }

  /** Reads a value; undefined and a problem when it is none. */
  value<T>(type: ArgType<T>, t: Token): { value: T; text: string } | undefined {
    if (type.quoted && !t.quoted) {
      this.report(valueProblem(t, `"${t.text}" is not in quotation marks`, type.expected, null));
      return undefined;
    }
    const r = type.read(t.text, this.env);
    if (r.ok) return r;
    this.report(valueProblem(t, r.message, r.expected, r.suggestion));
    return undefined;
  }

  take(name: string, type: ArgType<unknown>, t: Token): void {
    const r = this.value(type, t);
    this.places.set(name, t);
    if (r === undefined) return;
    this.args.set(name, r.value);
    this.texts.set(name, r.text);
  }
}

/** Reads `tokens` (the verb first). Null when there was a problem; all of them are in `problems`. */
export function readArgs(
  spec: VerbSpec,
  tokens: readonly Token[],
  env: Env,
  problems: Problem[],
): Line | null {
  const r = new Reader(env, problems);
  const verb = tokens[0] as Token;
  const places = spec.args.filter((a) => a.form === "word" || a.form === "words");
  let next = 0;
  const keyed: Token[] = [];
  let asName: string | null = null;

  for (let i = 1; i < tokens.length; i++) {
    const t = tokens[i] as Token;
    if (t.key !== null) {
      keyed.push(t);
      continue;
    }
    const wanted = places[next];
    const isFlag = !t.quoted && spec.args.some((a) => a.form === "flag" && a.name === t.text);
    if (isFlag && (wanted === undefined || !wanted.type.read(t.text, env).ok)) {
      if (r.places.has(t.text)) r.report(problemAt(t, `"${t.text}" twice`));
      r.places.set(t.text, t);
      r.args.set(t.text, true);
      continue;
    }
    if (t.text === "as" && !t.quoted && spec.args.some((a) => a.form === "as")) {
      const name = tokens[++i];
      if (asName !== null) r.report(problemAt(t, '"as" twice'));
      if (name === undefined || name.key !== null) {
        r.report(problemAt(t, 'nothing behind "as"', "a name"));
        if (name !== undefined) i--;
      } else asName = readName(r, name, env);
      continue;
    }
    if (wanted === undefined) {
      r.report(unknownWord(spec, t));
      continue;
    }
    if (wanted.form === "word") {
      // An optional word that does not fit leaves its place to what follows, if anything could.
      r.take(wanted.name, wanted.type, t);
      next++;
      continue;
    }
    const v = r.value(wanted.type, t);
    r.places.set(wanted.name, r.places.get(wanted.name) ?? t);
    if (v === undefined) continue;
    const all = r.args.or<unknown[]>(wanted.name, []);
    r.args.set(wanted.name, [...all, v.value]);
    r.lists.set(wanted.name, [...(r.lists.get(wanted.name) ?? []), v.text]);
  }

  const missing = places.slice(next).filter((a) => !(a.form === "word" && a.optional));
  const rest = missing.filter((a) => a.form === "word" || !r.lists.has(a.name));
  for (const a of rest)
    if (!r.places.has(a.name)) r.report(problemAt(verb, `"${spec.name}" needs ${a.type.expected}`, a.help));
  if (asName === null && spec.name === "iommufd" && !r.failed)
    r.report(problemAt(verb, `"${spec.name}" needs a name`, "as NAME"));
  if (asName !== null) r.args.set("as", asName);

  readKeys(spec, keyed, env, r);
  for (const a of spec.args)
    if (a.form === "key" && a.required && !r.places.has(a.name))
      r.report(problemAt(verb, `"${spec.name}" needs ${a.name}=`, a.type.expected));
  if (r.failed) return null;
  return { args: r.args, words: canonicalWords(spec, r, asName), places: r.places };
}

function readName(r: Reader, t: Token, env: Env): string | null {
  r.places.set("as", t);
  const name = newName("object").read(t.text, env);
  if (!name.ok) {
    r.report(problemAt(t, name.message, name.expected, name.suggestion));
    return null;
  }
  // A device's name stands for its DEVICE; no object is ever called by that of an SMMU.
  if (env.setup.devices.some((d) => d.name === t.text)) {
    r.report(problemAt(t, `"${t.text}" is a device of this script`, "another name"));
    return null;
  }
  return t.text;
}

function unknownWord(spec: VerbSpec, t: Token): Problem {
  const flags = spec.args.flatMap((a) => (a.form === "flag" ? [a.name] : []));
  const keys = spec.args.flatMap((a) => (a.form === "key" ? [a.name] : []));
  const close = t.quoted
    ? null
    : (nearest(t.text, flags) ??
      nearest(
        t.text,
        keys.map((k) => `${k}=`),
      ));
  const expected =
    flags.length > 0
      ? `nothing, ${flags.join(", ")} or key=value`
      : keys.length > 0
        ? "key=value"
        : "nothing";
  return problemAt(t, `unexpected word "${t.text}"`, expected, close);
}

function readKeys(spec: VerbSpec, keyed: readonly Token[], env: Env, r: Reader): void {
  const fixed = new Map(spec.args.flatMap((a) => (a.form === "key" ? [[a.name, a.type] as const] : [])));
  const open = spec.args.find((a): a is Extract<ArgSpec, { form: "keys" }> => a.form === "keys");
  // Which keys a verb takes may depend on a word; with that word wrong, they cannot be judged.
  const extra = open === undefined || r.failed ? {} : open.keys(r.args, env);
  const unjudged = open !== undefined && r.failed;
  const values: Record<string, unknown> = {};
  const texts: Record<string, string> = {};
  for (const t of keyed) {
    const name = t.key as string;
    if (r.places.has(name) && (fixed.has(name) || name in extra)) {
      r.report(problemAt(t, `"${name}=" twice`));
      continue;
    }
    const type = fixed.get(name);
    if (type !== undefined) {
      r.take(name, type, t);
      continue;
    }
    const own = Object.hasOwn(extra, name) ? extra[name] : undefined;
    if (own !== undefined) {
      r.places.set(name, t);
      const v = r.value(own, t);
      if (v !== undefined) {
        values[name] = v.value;
        texts[name] = v.text;
      }
      continue;
    }
    if (unjudged) continue;
    const keys = [...fixed.keys(), ...Object.keys(extra)];
    r.report(
      problemAt(
        t,
        `unknown key "${name}" of "${spec.name}"`,
        keys.length === 0 ? "no keys" : keys.length > 12 ? `a key of ${spec.name}` : keys.join(", "),
        nearest(name, keys),
      ),
    );
  }
  if (open === undefined) return;
  // In the table's order, so that the line prints the same however it was typed.
  const ordered = Object.keys(extra).filter((k) => k in texts);
  r.args.set(open.name, Object.fromEntries(ordered.map((k) => [k, values[k]])));
  r.args.set(`${open.name}.text`, Object.fromEntries(ordered.map((k) => [k, texts[k]])));
  r.lists.set(
    open.name,
    ordered.map((k) => `${k}=${texts[k]}`),
  );
}

/** Words, keys, flags, then the name: each group in the table's order. */
function canonicalWords(spec: VerbSpec, r: Reader, asName: string | null): string[] {
  const out = [spec.name];
  for (const a of spec.args) {
    if (a.form === "word") {
      const text = r.texts.get(a.name);
      if (text !== undefined) out.push(text);
    } else if (a.form === "words") out.push(...(r.lists.get(a.name) ?? []));
  }
  for (const a of spec.args) {
    if (a.form === "key") {
      const text = r.texts.get(a.name);
      if (text !== undefined) out.push(`${a.name}=${text}`);
    } else if (a.form === "keys") out.push(...(r.lists.get(a.name) ?? []));
  }
  for (const a of spec.args) if (a.form === "flag" && r.args.flag(a.name)) out.push(a.name);
  if (asName !== null) out.push("as", asName);
  return out;
}
