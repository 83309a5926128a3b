/** Below a legal STE: which CD, fetching it, stage 1 (second half of section 3.1's function). */
import { abortWith, type Hops } from "./answer.ts";
import { CD_LOOK, judgeCd } from "./cd.ts";
import { CLASS_CD } from "./events.ts";
import { l1cdPtr, l1cdValid } from "./l1std.ts";
import type { Answer, OracleInput, Txn } from "./oracle-types.ts";
import { stage1, type ThroughS2 } from "./stage1.ts";
import { stage2 } from "./stage2.ts";
import { s1ContextPtr } from "./ste.ts";

/** Words of a fetched structure, each read once. The first was fetched already. */
export function structReader(
  input: OracleInput,
  addr: bigint,
  q0: bigint,
  look: readonly bigint[],
): (i: number) => bigint {
  let q1: bigint | null = null;
  return (i) => {
    if (i === 0) return q0;
    if (i === 1) {
      q1 ??= input.read(addr + 8n, look[1] as bigint) ?? 0n;
      return q1;
    }
    return input.read(addr + BigInt(8 * i), look[i] ?? 0n) ?? 0n;
  };
}

/** Words for drawing: asking for no bit of them, so that a reader of old values does not branch for the picture. */
export function shownWords(input: OracleInput, addr: bigint, q0: bigint, count: number): bigint[] {
  const out = [q0];
  for (let i = 1; i < count; i++) out.push(input.read(addr + BigInt(8 * i), 0n) ?? 0n);
  return out;
}

/** What S1DSS, S1CDMax and the SSID make of a stage-1 STE: a CD index, no stage 1, or the end. */
export type CdChoice =
  | { readonly kind: "cd"; readonly index: number }
  | { readonly kind: "bypass" }
  | { readonly kind: "bad-ssid" }
  | { readonly kind: "disabled"; readonly rule: "A-DSS-TERMINATE" | "A-DSS-SSID0" };

export function chooseCd(input: OracleInput, ssid: number | null, word: (i: number) => bigint): CdChoice {
  const q0 = word(0);
  const s1 = (q0 & 2n) !== 0n;
  const cdmax = input.idr.ssidSize === 0 ? 0 : Number(q0 >> 59n);
  if (ssid !== null && (!s1 || cdmax === 0 || ssid >= 2 ** cdmax)) return { kind: "bad-ssid" };
  if (!s1) return { kind: "bypass" };
  if (cdmax === 0) return { kind: "cd", index: 0 };
  const dss = Number(word(1) & 3n);
  if (ssid !== null) {
    if (ssid === 0 && dss === 2) return { kind: "disabled", rule: "A-DSS-SSID0" };
    return { kind: "cd", index: ssid };
  }
  if (dss === 1) return { kind: "bypass" };
  if (dss === 2) return { kind: "cd", index: 0 };
  return { kind: "disabled", rule: "A-DSS-TERMINATE" };
}

/** Fetches the CD and runs stage 1. */
export function translateByCd(
  input: OracleInput,
  t: Txn,
  ste: (i: number) => bigint,
  index: number,
  s2: boolean,
  hops: Hops,
): ReturnType<typeof stage1> {
  const through: ThroughS2 | null = s2 ? (ipa, cls) => stage2(input, t, ste, ipa, cls, hops) : null;
  const q0 = ste(0);
  let addr = s1ContextPtr(q0);
  const fmt = Number((q0 >> 4n) & 3n);
  const cdmax = input.idr.ssidSize === 0 ? 0 : Number(q0 >> 59n);
  if (cdmax !== 0 && (fmt === 1 || fmt === 2)) {
    const leafBits = fmt === 1 ? 6 : 10;
    const at = addr + BigInt(8 * (index >>> leafBits));
    const l1 = fetch(input, at, through);
    if (typeof l1 === "object" && l1 !== null) return l1;
    hops?.push({
      what: "L1CD",
      addr: at,
      words: l1 === null ? [] : [l1],
      note: l1 === null ? "fetch aborts" : "",
    });
    if (l1 === null) return abortWith(input, t, "A-CD-FETCH", 0x09, hops, at);
    if (!l1cdValid(l1) || l1cdPtr(l1) >= input.idr.oasLimit) {
      const event = { ...t, ssid: index };
      return abortWith(input, event, "A-L1CD", 0x08, hops);
    }
    addr = l1cdPtr(l1) + BigInt(64 * (index & ((1 << leafBits) - 1)));
  } else {
    addr += BigInt(64 * index);
  }
  let base = addr;
  if (through !== null) {
    const pa = through(addr, CLASS_CD);
    if (typeof pa !== "bigint") return pa;
    base = pa;
  }
  const cd0 = base < input.idr.oasLimit ? input.read(base, CD_LOOK[0] as bigint) : null;
  if (cd0 === null) {
    hops?.push({ what: "CD", addr, words: [], note: "fetch aborts" });
    return abortWith(input, t, "A-CD-FETCH", 0x09, hops, addr);
  }
  const word = structReader(input, base, cd0, CD_LOOK);
  const stalld = ((ste(1) >> 27n) & 1n) === 1n;
  const bad = judgeCd(input.idr, stalld, word);
  hops?.push({
    what: "CD",
    addr,
    words: shownWords(input, base, cd0, 4),
    note: bad === null ? `ASID ${cd0 >> 48n}` : "invalid",
  });
  if (bad !== null) return abortWith(input, t, bad, 0x0a, hops);
  return stage1(input, t, word, through, hops);
}

/** One configuration word, through stage 2 if there is one: null = abort, Answer = stage-2 fault. */
function fetch(input: OracleInput, addr: bigint, through: ThroughS2 | null): bigint | null | Answer {
  if (through === null) return addr < input.idr.oasLimit ? input.read(addr) : null;
  const pa = through(addr, CLASS_CD);
  return typeof pa === "bigint" ? input.read(pa) : pa;
}
