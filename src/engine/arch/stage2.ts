/** Stage 2 of a vSMMU that itself advertises S2P (never an accelerated one). */
import { answer, type Hops, offered } from "./answer.ts";
import { CLASS_TT } from "./events.ts";
import { addressBits, sizeLimit } from "./idr.ts";
import type { Answer, OracleInput, Txn } from "./oracle-types.ts";
import type { ArchRule } from "./rules.ts";

/** Translates an IPA by the STE's stage-2 fields; an Answer is the fault that ends the transaction. */
export function stage2(
  input: OracleInput,
  t: Txn,
  word: (i: number) => bigint,
  ipa: bigint,
  cls: number,
  hops: Hops,
): bigint | Answer {
  const hi = Number(word(2) >> 32n);
  const ttb = word(3) & 0x00ff_ffff_ffff_fff0n;
  const fault = (code: number, rule: ArchRule): Answer => s2Fault(input, t, hi, code, rule, ipa, cls, hops);
  const size = ((hi >>> 19) & 1) === 1 ? 64 - (hi & 0x3f) : 40;
  if (ipa >> BigInt(size) !== 0n) return fault(0x10, "A-S2-MAP");
  const range = input.lookup2?.(ttb, ipa) ?? null;
  if (range === null) return fault(0x10, "A-S2-MAP");
  const out = range.gpa + (ipa - range.iova);
  const ps = Math.min(addressBits((hi >>> 16) & 7), input.idr.oas);
  if (out >= sizeLimit(ps)) return fault(0x11, "A-S2-SIZE");
  const affd = ((hi >>> 21) & 1) === 1;
  const hardwareAf = input.idr.httu >= 1 && ((hi >>> 24) & 1) === 1;
  if (!range.af && !affd && !hardwareAf) return fault(0x12, "A-S2-AF");
  // Configuration and table fetches are reads whatever the transaction is.
  const reads = cls !== 2 || t.rnw;
  if (!(reads ? range.read : range.write)) return fault(0x13, "A-S2-PERM");
  hops?.push({ what: "S2", addr: out, words: [ttb], note: "stage-2 output" });
  return out;
}

function s2Fault(
  input: OracleInput,
  t: Txn,
  hi: number,
  code: number,
  rule: ArchRule,
  ipa: bigint,
  cls: number,
  hops: Hops,
): Answer {
  hops?.push({ what: "S2", addr: ipa, words: [], note: "stage-2 fault" });
  const stall = ((hi >>> 25) & 1) === 1;
  const record = ((hi >>> 26) & 1) === 1;
  if (!stall && !record) return answer(input, "abort", rule, null, null, hops, "A-S2-R");
  const event = offered({
    code,
    sid: t.sid,
    ssid: t.ssid,
    stall,
    pnu: t.pnu,
    ind: t.ind,
    rnw: t.rnw,
    s2: true,
    cls,
    ttrnw: cls === CLASS_TT,
    addr: t.addr,
    ipa,
  });
  return answer(input, stall ? "stall" : "abort", stall ? "A-S2-STALL" : rule, null, event, hops);
}
