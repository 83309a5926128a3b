/** ATS Translation Requests and Translated transactions (section 3.4). */
import { abortWith, answer, type Hops, offered, silentAbort } from "./answer.ts";
import { CLASS_IN } from "./events.ts";
import { findSte } from "./find-ste.ts";
import type { Answer, AnswerClass, OracleInput, Txn } from "./oracle-types.ts";
import type { ArchRule } from "./rules.ts";
import { isAnswer } from "./stage1.ts";
import { stage2 } from "./stage2.ts";
import { judgeSte, STE_LOOK } from "./ste.ts";
import { chooseCd, structReader, translateByCd } from "./walk-cd.ts";

export function atsOracle(input: OracleInput, t: Txn, hops: Hops): Answer {
  return t.ats === "request" ? request(input, t, hops) : translated(input, t, hops);
}

/** EATS as it acts: 3 needs DPT, 2 (split-stage) needs ATSCHK. */
function effectiveEats(input: OracleInput, q0: bigint, q1: bigint): number {
  if (((q0 >> 1n) & 7n) === 4n) return 0;
  const eats = Number((q1 >> 28n) & 3n);
  if (eats === 3) return input.idr.dpt ? 1 : 0;
  if (eats === 2) return input.atschk ? 2 : 0;
  return eats;
}

function badRequest(input: OracleInput, t: Txn, rule: ArchRule, hops: Hops): Answer {
  const event = offered({
    code: 0x05,
    sid: t.sid,
    ssid: t.ssid,
    addr: t.addr,
    rnw: t.rnw,
    pnu: t.pnu,
    ind: t.ind,
  });
  return answer(input, "ats-ur", rule, null, event, hops);
}

function request(input: OracleInput, t: Txn, hops: Hops): Answer {
  const fails = (cls: AnswerClass, rule: ArchRule): Answer => answer(input, cls, rule, null, null, hops);
  if (!input.idr.ats) return badRequest(input, t, "A-ATS-NONE", hops);
  if (!input.smmuen) return badRequest(input, t, "A-ATS-REQ-OFF", hops);
  const at = findSte(input, t.sid, hops);
  if (at.kind !== "ste") return fails("ats-failed", "A-ATS-REQ-SID");
  const word = structReader(input, at.addr, at.q0, STE_LOOK);
  const bad = judgeSte(input.idr, word);
  hops?.push({ what: "STE", addr: at.addr, words: [at.q0, word(1)], note: bad === null ? "" : "invalid" });
  if (bad !== null) return fails("ats-ca", "A-ATS-REQ-STE");
  if ((at.q0 & 8n) === 0n) return fails("ats-ur", "A-ATS-REQ-ABORT");
  if (((at.q0 >> 1n) & 7n) === 4n) return badRequest(input, t, "A-ATS-REQ-BYPASS", hops);
  if (effectiveEats(input, at.q0, word(1)) === 0) return badRequest(input, t, "A-ATS-REQ-EATS", hops);
  const choice = chooseCd(input, t.ssid, word);
  if (choice.kind === "bad-ssid") return fails("ats-ca", "A-ATS-REQ-CONFIG");
  if (choice.kind === "disabled") return fails("ats-ca", "A-ATS-REQ-DSS");
  const s2 = (at.q0 & 4n) !== 0n;
  let out = t.addr;
  if (choice.kind === "cd") {
    const r = translateByCd(input, t, word, choice.index, s2, hops);
    if (isAnswer(r)) return unserved(input, r, hops);
    out = r.out;
  } else if (t.addr >= input.idr.oasLimit) {
    return fails("ats-noperm", "A-ATS-REQ-FAULT");
  }
  if (s2) {
    const pa = stage2(input, t, word, out, CLASS_IN, hops);
    if (typeof pa !== "bigint") return unserved(input, pa, hops);
    out = pa;
  }
  return answer(input, "ats-served", "A-ATS-REQ-SERVED", out, null, hops);
}

/** A fault of the translation itself is a reply without permission; a broken configuration a Completer Abort. */
function unserved(input: OracleInput, r: Answer, hops: Hops): Answer {
  const code = r.event?.code ?? 0x10;
  return code >= 0x10 && code <= 0x13
    ? answer(input, "ats-noperm", "A-ATS-REQ-FAULT", null, null, hops)
    : answer(input, "ats-ca", "A-ATS-REQ-CONFIG", null, null, hops);
}

function forbidden(input: OracleInput, t: Txn, rule: ArchRule, hops: Hops): Answer {
  return abortWith(input, t, rule, 0x07, hops);
}

function translated(input: OracleInput, t: Txn, hops: Hops): Answer {
  if (!input.idr.ats) return forbidden(input, t, "A-ATS-NONE", hops);
  if (!input.smmuen) return forbidden(input, t, "A-ATS-TT-OFF", hops);
  if (!input.atschk) return answer(input, "ats-pass", "A-ATS-TT-UNCHECKED", t.addr, null, hops);
  const recErr = input.idr.atsRecErr && (input.cr2 & 8) !== 0;
  const at = findSte(input, t.sid, hops);
  if (at.kind === "bad") {
    if (recErr && (input.cr2 & 2) !== 0) return abortWith(input, t, "A-ATS-TT-RECERR", 0x02, hops);
    return silentAbort(input, "A-ATS-TT-CONFIG", hops);
  }
  if (at.kind === "fetch") {
    if (recErr) return abortWith(input, t, "A-ATS-TT-RECERR", 0x03, hops, at.addr);
    return silentAbort(input, "A-ATS-TT-CONFIG", hops);
  }
  const word = structReader(input, at.addr, at.q0, STE_LOOK);
  const bad = judgeSte(input.idr, word);
  hops?.push({ what: "STE", addr: at.addr, words: [at.q0, word(1)], note: bad === null ? "" : "invalid" });
  if (bad !== null) {
    if (recErr) return abortWith(input, t, "A-ATS-TT-RECERR", 0x04, hops);
    return silentAbort(input, "A-ATS-TT-CONFIG", hops);
  }
  if ((at.q0 & 8n) === 0n) return silentAbort(input, "A-ATS-TT-ABORT", hops);
  if (((at.q0 >> 1n) & 7n) === 4n) return forbidden(input, t, "A-ATS-TT-BYPASS", hops);
  if (effectiveEats(input, at.q0, word(1)) === 0) return forbidden(input, t, "A-ATS-TT-EATS", hops);
  return answer(input, "ats-pass", "A-ATS-TT-PASS", t.addr, null, hops);
}
