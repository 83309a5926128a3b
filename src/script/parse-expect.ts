/** Reads `expect` lines: what is judged first (the last command, a device, a vSMMU, a table of counts), then what it must be. */

import { DIVERGENCES } from "../engine/divergence-table.ts";
import { eventCode, registerNames, registerType } from "./arch-types.ts";
import type { ArgType, Env } from "./arg-types.ts";
import { bad, good, hex, object, readNumber, u32 } from "./arg-types.ts";
import { EXPECT_HEADS } from "./expect-heads.ts";
import type { CallPattern, DeviceKey, EventPattern, Expectation, IdValue } from "./expectation.ts";
import { errnoName, hostCall } from "./host-types.ts";
import { quote, type Token } from "./lexer.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./read-args.ts";
import { nearest } from "./suggest.ts";

export interface ParsedExpect {
  readonly words: readonly string[];
  readonly expectations: readonly Expectation[];
}

export const ATTACHED = ["none", "blocked", "identity", "s2", "abort", "bypass", "translate", "s1"] as const;
export const PSTE = ["abort", "blocked", "bypass", "identity", "s1", "s2", "nested", "invalid"] as const;
export const DMA = ["pass-s2", "pass-bypass", "pass-s1", "abort", "stall", "none"] as const;
export const LEGAL = ["pass-bypass", "pass-s1", "abort", "stall", "none"] as const;
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

class Wrong extends Error {
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

/** Null when something was wrong; every wrong word of the line is in `problems`. */
export function parseExpect(tokens: readonly Token[], env: Env, problems: Problem[]): ParsedExpect | null {
  const before = problems.length;
  const head = tokens[1];
  if (head === undefined) {
    problems.push(
      problemAt(tokens[0] as Token, "nothing is expected", `${EXPECT_HEADS.join(", ")}, a device or a vsmmu`),
    );
    return null;
  }
  const words = ["expect"];
  const expectations: Expectation[] = [];
  const each = (list: readonly Token[], body: (t: Token) => { word: string; e: Expectation }): void => {
    for (const t of list) {
      try {
        const { word, e } = body(t);
        words.push(word);
        expectations.push(e);
      } catch (error) {
        if (!(error instanceof Wrong)) throw error;
        problems.push(problemAt(error.token, error.message, error.expected, error.suggestion));
      }
    }
  };
  const rest = tokens.slice(2);
  try {
    subject(head, rest, env, words, each, expectations);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    problems.push(problemAt(error.token, error.message, error.expected, error.suggestion));
  }
  return problems.length > before ? null : { words, expectations };
}

type Each = (list: readonly Token[], body: (t: Token) => { word: string; e: Expectation }) => void;

function subject(
  head: Token,
  rest: readonly Token[],
  env: Env,
  words: string[],
  each: Each,
  out: Expectation[],
): void {
  const { devices, vsmmus, psmmus } = env.setup;
  if (head.key !== null) {
    // `expect errno=EBUSY`, alone or among others of its kind.
    each([head, ...rest], (t) => outcomeWord(t));
    return;
  }
  const word = head.text;
  if (word === "error") {
    words.push("error", "~", quote(errorText(rest, head)));
    out.push({ kind: "error", text: errorText(rest, head) });
    return;
  }
  if (word === "ok" || word === "fail" || word === "rejected") {
    words.push(word);
    out.push({ kind: word });
    each(rest, (t) => outcomeWord(t));
    return;
  }
  const list = (what: string, body: (t: Token) => { word: string; e: Expectation }): void => {
    words.push(word);
    if (rest.length === 0) throw new Wrong(head, `"expect ${word}" needs ${what}`, what);
    each(rest, body);
  };
  const special: Readonly<Record<string, () => void>> = {
    users: () => list("OBJECT=N", (t) => usersWord(t, env)),
    id: () => list("OBJECT=ID", (t) => idWord(t, env)),
    count: () => list("TYPE=N", countWord),
    result: () => list("KEY=VALUE", resultWord),
    calls: () => callsWords(head, rest, env, words, out),
    events: () => eventsWords(head, rest, env, words, out),
  };
  const own = Object.hasOwn(special, word) ? special[word] : undefined;
  const dev = devices.findIndex((d) => d.name === word);
  const v = vsmmus.findIndex((x) => x.name === word);
  const p = psmmus.findIndex((x) => x.name === word);
  if (own !== undefined) {
    own();
    return;
  }
  if (dev >= 0) {
    list("KEY=VALUE", (t) => deviceWord(t, dev, env));
    return;
  }
  if (v >= 0) {
    list("KEY=VALUE", (t) => vsmmuWord(t, v, env));
    return;
  }
  if (p >= 0) {
    list("vmids=N,…", (t) => psmmuWord(t, p));
    return;
  }
  const names = [
    ...EXPECT_HEADS,
    ...devices.map((d) => d.name),
    ...vsmmus.map((x) => x.name),
    ...psmmus.map((x) => x.name),
  ];
  throw new Wrong(
    head,
    `nothing to expect of "${word}"`,
    `${EXPECT_HEADS.join(", ")}, a device, a vsmmu or a psmmu`,
    nearest(word, names),
  );
}

/** Reads a value or throws its problem. */
function value<T>(type: ArgType<T>, text: string, t: Token, env: Env): { value: T; text: string } {
  const r = type.read(text, env);
  if (r.ok) return r;
  throw new Wrong(t, r.message, r.expected, r.suggestion);
}

function keyOf(t: Token, keys: readonly string[], what: string): string {
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

const NO_ENV = {
  setup: { devices: [], vsmmus: [], psmmus: [] },
  scope: { has: () => false, names: () => [] },
} as unknown as Env;

function outcomeWord(t: Token): { word: string; e: Expectation } {
  if (t.key === "errno") {
    if (t.text === "none" || t.text === "0") return { word: "errno=none", e: { kind: "errno", errno: null } };
    const r = value(errnoName, t.text, t, NO_ENV);
    return { word: `errno=${r.text}`, e: { kind: "errno", errno: r.value } };
  }
  throw new Wrong(
    t,
    t.key === null ? `unexpected word "${t.text}"` : `unknown key "${t.key}"`,
    "errno=ERRNO",
    nearest(t.key ?? t.text, ["errno"]),
  );
}

function errorText(rest: readonly Token[], head: Token): string {
  const [tilde, text] = rest;
  if (tilde === undefined || tilde.text !== "~" || tilde.key !== null)
    throw new Wrong(tilde ?? head, "an error is matched by a part of its text", 'error ~ "text"');
  if (text === undefined || !text.quoted || text.key !== null)
    throw new Wrong(text ?? tilde, "no text to look for", 'error ~ "text"');
  if (rest[2] !== undefined) throw new Wrong(rest[2], `unexpected word "${rest[2].text}"`, "nothing");
  return text.text;
}

/** `yes`, `no`/`none`, a number or an object's name. */
function idValue(t: Token, env: Env): { value: IdValue; text: string } {
  const word = t.text;
  if (word === "yes") return { value: { is: "yes" }, text: "yes" };
  if (word === "no" || word === "none") return { value: { is: "no" }, text: word };
  const n = readNumber(word.startsWith("id:") ? word.slice(3) : word);
  if (n !== null && n <= 0xffff_ffffn) return { value: { is: "id", id: Number(n) }, text: String(n) };
  const r = object.read(word, env);
  if (r.ok && "name" in r.value) return { value: { is: "object", name: r.value.name }, text: r.text };
  throw new Wrong(t, `"${word}" is no id`, "yes, no, an id or an object's name", r.ok ? null : r.suggestion);
}

function oneOf(t: Token, allowed: readonly string[]): string {
  const word =
    ANSWER_ALIAS[t.text] !== undefined && !allowed.includes(t.text)
      ? (ANSWER_ALIAS[t.text] as string)
      : t.text;
  if (allowed.includes(word)) return word;
  throw new Wrong(t, `unknown value "${t.text}" of ${t.key}`, allowed.join(", "), nearest(t.text, allowed));
}

function deviceWord(t: Token, dev: number, env: Env): { word: string; e: Expectation } {
  const key = keyOf(t, DEVICE_KEYS, "a device") as DeviceKey;
  const plain = (text: string) => ({
    word: `${key}=${text}`,
    e: { kind: "device-word", dev, key, word: text } as const,
  });
  switch (key) {
    case "attached":
      return plain(oneOf(t, ATTACHED));
    case "pste":
      return plain(oneOf(t, PSTE));
    case "dma":
      return plain(oneOf(t, DMA));
    case "ats":
      return plain(oneOf(t, ["on", "off"]));
    case "diverges":
      return plain(divergenceWord(t));
    case "legal": {
      const all = t.text.split(",").map((part) => oneOf({ ...t, text: part }, LEGAL));
      const sorted = LEGAL.filter((l) => all.includes(l));
      return { word: `legal=${sorted.join(",")}`, e: { kind: "device-set", dev, key, words: sorted } };
    }
    case "hwpt":
    case "vdevice": {
      const id = idValue(t, env);
      return { word: `${key}=${id.text}`, e: { kind: "device-id", dev, key, value: id.value } };
    }
    case "vmid":
    case "vmaster": {
      if (t.text === "none" || t.text === "no")
        return { word: `${key}=none`, e: { kind: "device-number", dev, key, value: null } };
      const n = readNumber(t.text);
      if (n === null) throw new Wrong(t, `bad number "${t.text}"`, "a number, or none");
      return {
        word: `${key}=${key === "vmid" ? n : hex(n)}`,
        e: { kind: "device-number", dev, key, value: n },
      };
    }
  }
}

/** `yes`, `no` or a name like D4b. */
function divergenceWord(t: Token): string {
  if (t.text === "yes" || t.text === "no") return t.text;
  const name = `D${t.text.slice(1).toLowerCase()}`;
  if (Object.hasOwn(DIVERGENCES, name) && /^d/i.test(t.text)) return name;
  throw new Wrong(
    t,
    `"${t.text}" is no divergence`,
    "yes, no or a divergence like D1",
    nearest(t.text, Object.keys(DIVERGENCES)),
  );
}

function vsmmuWord(t: Token, vsmmu: number, env: Env): { word: string; e: Expectation } {
  const key = t.key;
  if (key === "cmdq") {
    const error = oneOf(t, ["none", "ill", "abt"]) as "none" | "ill" | "abt";
    return { word: `cmdq=${error}`, e: { kind: "cmdq", vsmmu, error } };
  }
  if (key === "diverges") {
    const word = divergenceWord(t);
    return { word: `diverges=${word}`, e: { kind: "vsmmu-diverges", vsmmu, word } };
  }
  if (key === "viommu" || key === "abort" || key === "bypass" || key === "veventq") {
    const id = idValue(t, env);
    return { word: `${key}=${id.text}`, e: { kind: "vsmmu-id", vsmmu, key, value: id.value } };
  }
  const keys = [...VSMMU_KEYS, ...registerNames.map((r) => r.toLowerCase())];
  const reg = key === null || readNumber(key) !== null ? null : registerType.read(key, env);
  if (key === null || reg === null || !reg.ok) {
    keyOf(t, keys, "a vsmmu");
    throw new Wrong(t, `unknown key "${key}" of a vsmmu`, "a register or a fact");
  }
  const n = readNumber(t.text);
  if (n === null) throw new Wrong(t, `bad number "${t.text}"`, "a number of at most 64 bits");
  const low = reg.text.toLowerCase();
  return { word: `${low}=${hex(n)}`, e: { kind: "register", vsmmu, key: low, ...reg.value, value: n } };
}

function psmmuWord(t: Token, psmmu: number): { word: string; e: Expectation } {
  keyOf(t, ["vmids"], "a psmmu");
  if (t.text === "none") return { word: "vmids=none", e: { kind: "vmids", psmmu, vmids: [] } };
  const vmids = t.text.split(",").map((part) => value(u32(), part, t, NO_ENV).value);
  const sorted = [...new Set(vmids)].sort((a, b) => a - b);
  return { word: `vmids=${sorted.join(",")}`, e: { kind: "vmids", psmmu, vmids: sorted } };
}

function keyedObject(t: Token, env: Env, what: string) {
  if (t.key === null) throw new Wrong(t, `unexpected word "${t.text}"`, what);
  return value(object, t.key, t, env);
}

function usersWord(t: Token, env: Env): { word: string; e: Expectation } {
  const ref = keyedObject(t, env, "OBJECT=N");
  if (t.text === "none" || t.text === "no")
    return { word: `${ref.text}=none`, e: { kind: "users", object: ref.value, text: ref.text, users: null } };
  const n = value(u32(), t.text, t, env);
  return {
    word: `${ref.text}=${n.text}`,
    e: { kind: "users", object: ref.value, text: ref.text, users: n.value },
  };
}

function idWord(t: Token, env: Env): { word: string; e: Expectation } {
  const ref = keyedObject(t, env, "OBJECT=ID");
  const id = idValue(t, env);
  return {
    word: `${ref.text}=${id.text}`,
    e: { kind: "id", object: ref.value, text: ref.text, value: id.value },
  };
}

function countWord(t: Token): { word: string; e: Expectation } {
  const what = keyOf(t, COUNTED, "a count");
  const n = value(u32(), t.text, t, NO_ENV);
  return { word: `${what}=${n.text}`, e: { kind: "count", what, count: n.value } };
}

const resultValue: ArgType<string> = {
  shape: "VALUE",
  expected: "a value",
  read: (w) => {
    const n = readNumber(w);
    return good(
      n === null ? w : /^0x/i.test(w) ? hex(n) : String(n),
      n === null ? w : /^0x/i.test(w) ? hex(n) : String(n),
    );
  },
  complete: () => [],
};

function resultWord(t: Token): { word: string; e: Expectation } {
  if (t.key === null || !/^[A-Za-z][A-Za-z0-9_.-]*$/.test(t.key))
    throw new Wrong(
      t,
      `"${t.key ?? t.text}" names no part of a result`,
      "KEY=VALUE, with dots into lists: records.0.seq=0",
    );
  if (t.quoted)
    return { word: `${t.key}=${quote(t.text)}`, e: { kind: "result", path: t.key, value: t.text } };
  const r = resultValue.read(t.text, NO_ENV);
  if (!r.ok) throw new Wrong(t, r.message);
  return { word: `${t.key}=${r.text}`, e: { kind: "result", path: t.key, value: r.value } };
}

const callPattern: ArgType<CallPattern> = {
  shape: "CALL[@DEVICE][:ERRNO]",
  expected: "a host call, perhaps with @DEVICE and :ERRNO or :ok",
  read(word, env) {
    const m = /^([^@:]*)(?:@([^:]*))?(?::(.*))?$/.exec(word);
    const call = hostCall.read(m?.[1] ?? word, env);
    if (!call.ok) return call;
    let dev: number | null = null;
    if (m?.[2] !== undefined) {
      dev = env.setup.devices.findIndex((d) => d.name === m[2]);
      if (dev < 0)
        return bad(
          `unknown device "${m[2]}"`,
          "a device of this script",
          nearest(
            m[2],
            env.setup.devices.map((d) => d.name),
          ),
        );
    }
    let result: CallPattern["result"] = null;
    if (m?.[3] !== undefined) {
      if (m[3] === "ok") result = "ok";
      else {
        const e = errnoName.read(m[3], env);
        if (!e.ok) return e;
        result = e.value;
      }
    }
    const text = `${call.text}${dev === null ? "" : `@${env.setup.devices[dev]?.name}`}${result === null ? "" : `:${result}`}`;
    return good({ call: call.value, dev, result }, text);
  },
  complete: (env) => hostCall.complete(env),
};

function callsWords(
  head: Token,
  rest: readonly Token[],
  env: Env,
  words: string[],
  out: Expectation[],
): void {
  const first = rest[0];
  if (first === undefined)
    throw new Wrong(head, '"expect calls" needs calls', "calls in order, none, or only with calls");
  if (first.text === "none" && first.key === null && rest.length === 1) {
    words.push("calls", "none");
    out.push({ kind: "calls", mode: "none", calls: [] });
    return;
  }
  const only = first.text === "only" && first.key === null;
  const tokens = only ? rest.slice(1) : rest;
  words.push("calls", ...(only ? ["only"] : []));
  const calls: CallPattern[] = [];
  for (const t of tokens) {
    if (t.key !== null) throw new Wrong(t, `unexpected "${t.key}="`, "a host call");
    const r = value(callPattern, t.text, t, env);
    words.push(r.text);
    calls.push(r.value);
  }
  out.push({ kind: "calls", mode: only ? "only" : "in-order", calls });
}

function eventsWords(
  head: Token,
  rest: readonly Token[],
  env: Env,
  words: string[],
  out: Expectation[],
): void {
  const [which, ...list] = rest;
  const v = env.setup.vsmmus.findIndex((x) => x.name === which?.text);
  if (which === undefined || which.key !== null || v < 0) {
    const names = env.setup.vsmmus.map((x) => x.name);
    throw new Wrong(
      which ?? head,
      "whose events?",
      names.join(" or "),
      which === undefined ? null : nearest(which.text, names),
    );
  }
  if (list.length === 0) throw new Wrong(which, "no event named", "events like c-bad-ste:0x100, or none");
  words.push("events", which.text);
  const events: EventPattern[] = [];
  if (list.length === 1 && list[0]?.text === "none" && list[0].key === null) words.push("none");
  else
    for (const t of list) {
      const [name = "", sid] = t.text.split(":");
      const e = value(eventCode, name, t, env);
      const n = sid === undefined ? null : readNumber(sid);
      if (sid !== undefined && (n === null || n > 0xffff_ffffn))
        throw new Wrong(t, `bad StreamID "${sid}"`, "a number like 0x100");
      words.push(n === null ? e.text : `${e.text}:${hex(n)}`);
      events.push({ code: e.value, name: e.text, sid: n === null ? null : Number(n) });
    }
  out.push({ kind: "events", vsmmu: v, events });
}
