/** `guest v0 MACRO …`: picks the sequence, runs it part by part, and says how it ended. */
import type { Action } from "../../actions.ts";
import type { Cx } from "../../cx.ts";
import type { Errno } from "../../errno.ts";
import type { GuestPorts, MacroPart, PartResult } from "../ports.ts";
import type { GuestResult } from "../types.ts";
import { add, attachDma, attachSte, detach } from "./attach.ts";
import { type Env, recover, type Sequence, SequenceStop } from "./driver.ts";
import { crashKexec, events, kexec, map, shutdown, suspend, unmap } from "./lifecycle.ts";
import { clearPasid, flr, release, setPasid } from "./pasid.ts";
import { type ProbeOptions, probe } from "./probe.ts";

export type MacroAction = Extract<Action, { kind: "guest" }>;

/** Options each sequence understands; the script language reads its keys from here. */
export const MACRO_OPTIONS: Readonly<Record<MacroAction["macro"], readonly string[]>> = {
  probe: ["rmr", "fmt", "log2size", "kdump"],
  add: [],
  attach: [],
  detach: [],
  identity: [],
  block: [],
  release: [],
  pasid: [],
  "pasid-detach": [],
  map: ["iova", "gpa", "size"],
  unmap: ["iova", "size"],
  recover: [],
  events: [],
  shutdown: [],
  suspend: ["registers"],
  kexec: ["rmr", "fmt", "log2size", "kdump"],
  "crash-kexec": ["rmr", "fmt", "log2size", "kdump"],
  flr: [],
};

/** A choice among words; the first is the default. */
function choice<T extends string>(opts: MacroAction["opts"], key: string, words: readonly T[]): T {
  const word = opts[key] ?? (words[0] as T);
  if (!words.includes(word as T)) throw new SequenceStop(`${key}=${word}: expected ${words.join(" or ")}`);
  return word as T;
}

function number(opts: MacroAction["opts"], key: string, fallback: bigint | null): bigint {
  const word = opts[key];
  if (word === undefined) {
    if (fallback === null) throw new SequenceStop(`${key}= is missing`);
    return fallback;
  }
  const text = word.replaceAll("_", "");
  if (!/^(0x[0-9a-f]+|0b[01]+|[0-9]+)$/i.test(text)) throw new SequenceStop(`${key}=${word}: not a number`);
  return BigInt(text);
}

function probeOptions(cx: Cx, v: number, opts: MacroAction["opts"]): ProbeOptions {
  const accel = cx.setup.vsmmus[v]?.accel ?? false;
  const log2 = number(opts, "log2size", -1n);
  return {
    rmr: choice(opts, "rmr", accel ? ["on", "off"] : ["off", "on"]) === "on",
    fmt: choice(opts, "fmt", ["auto", "linear", "2lvl"]),
    log2size: log2 < 0n || log2 > 16n ? null : Number(log2),
    kdump: choice(opts, "kdump", ["off", "on"]) === "on",
  };
}

function sequenceOf(env: Env, a: MacroAction): Sequence<unknown> {
  const { opts } = a;
  const unknown = Object.keys(opts).find((k) => !MACRO_OPTIONS[a.macro].includes(k));
  if (unknown !== undefined) throw new SequenceStop(`${a.macro} has no option ${unknown}`);
  const dev = (): number => {
    if (a.dev === undefined || env.cx.setup.devices[a.dev] === undefined)
      throw new SequenceStop(`${a.macro} needs a device`);
    return a.dev;
  };
  const page = 4096n;
  switch (a.macro) {
    case "probe":
      return probe(env, probeOptions(env.cx, env.v, opts));
    case "add":
      return add(env, dev());
    case "attach":
      return attachDma(env, dev());
    case "identity":
      return attachSte(env, dev(), "identity");
    case "block":
      return attachSte(env, dev(), "blocked");
    case "detach":
      return detach(env, dev());
    case "release":
      return release(env, dev());
    case "pasid":
      return setPasid(env, dev(), a.ssid ?? 1);
    case "pasid-detach":
      return clearPasid(env, dev(), a.ssid ?? 1);
    case "map":
      return map(
        env,
        dev(),
        a.ssid ?? 0,
        number(opts, "iova", null),
        number(opts, "gpa", null),
        number(opts, "size", page),
      );
    case "unmap":
      return unmap(env, dev(), a.ssid ?? 0, number(opts, "iova", null), number(opts, "size", page));
    case "recover":
      return recover(env);
    case "events":
      return events(env);
    case "shutdown":
      return shutdown(env);
    case "suspend":
      return suspend(env, choice(opts, "registers", ["kept", "lost", "lost-reset"]));
    case "kexec":
      return kexec(env, probeOptions(env.cx, env.v, opts));
    case "crash-kexec":
      return crashKexec(env, probeOptions(env.cx, env.v, opts));
    case "flr":
      return flr(env, dev());
  }
}

/**
 * Runs a Linux sequence. Each part goes through `exec`, which executes its action in the same step and may look at the
 * world before and after; what it gives back decides how the driver goes on.
 */
export function runGuestMacro(
  cx: Cx,
  ports: GuestPorts,
  a: MacroAction,
  exec: (part: MacroPart) => PartResult,
): GuestResult {
  const env: Env = { cx, ports, v: a.vsmmu };
  const messages: string[] = [];
  let errno: Errno | null = null;
  let ok = true;
  let parts = 0;
  try {
    const run = sequenceOf(env, a);
    for (let next = run.next({ ok: true, errno: null, messages: [] }); next.done !== true; ) {
      const got = exec(next.value);
      parts++;
      messages.push(...got.messages);
      errno ??= got.errno;
      ok &&= got.ok;
      next = run.next(got);
    }
  } catch (stop) {
    if (!(stop instanceof SequenceStop)) throw stop;
    messages.push(stop.message);
    return { ok: false, rejected: parts === 0, errno, messages, result: { parts } };
  }
  return { ok, rejected: false, errno, messages, result: { parts } };
}
