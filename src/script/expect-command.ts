/** Expectations of the last command: its outcome, its result, its host calls, the events it brought. */

import { eventCode } from "./arch-types.ts";
import { type ArgType, bad, type Env, good, hex, readNumber } from "./arg-types.ts";
import { type Asked, NO_ENV, value, Wrong } from "./expect-words.ts";
import type { CallPattern, EventPattern, Expectation } from "./expectation.ts";
import { errnoName, hostCall } from "./host-types.ts";
import { quote, type Token } from "./lexer.ts";
import { nearest } from "./suggest.ts";

export function outcomeWord(t: Token): Asked {
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

export function errorText(rest: readonly Token[], head: Token): string {
  const [tilde, text] = rest;
  if (tilde === undefined || tilde.text !== "~" || tilde.key !== null)
    throw new Wrong(tilde ?? head, "an error is matched by a part of its text", 'error ~ "text"');
  if (text === undefined || !text.quoted || text.key !== null)
    throw new Wrong(text ?? tilde, "no text to look for", 'error ~ "text"');
  if (rest[2] !== undefined) throw new Wrong(rest[2], `unexpected word "${rest[2].text}"`, "nothing");
  return text.text;
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

export function resultWord(t: Token): Asked {
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

export function callsWords(
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

export function eventsWords(
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
