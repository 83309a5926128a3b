/**
 * The decision function of section 3.1: what must happen to one transaction, given registers in effect and what a fetch
 * would read. The order of checks is the architectural priority; at most one event a transaction.
 */
import { abortWith, answer, type Hops, offered, silentAbort } from "./answer.ts";
import { atsOracle } from "./ats.ts";
import { eventqState } from "./eventq.ts";
import { CLASS_IN } from "./events.ts";
import { findSte } from "./find-ste.ts";
import type { Answer, OracleInput, TableRange, Txn } from "./oracle-types.ts";
import { type ArchSmmu, CR0 } from "./smmu.ts";
import { isAnswer } from "./stage1.ts";
import { stage2 } from "./stage2.ts";
import { judgeSte, STE_LOOK } from "./ste.ts";
import { chooseCd, shownWords, structReader, translateByCd } from "./walk-cd.ts";

const GBPA_ABORT = 1 << 20;

/** Registers in effect (handshakes that are open count as not yet done) and memory as it is now. */
export function oracleInput(
  s: ArchSmmu,
  read: (addr: bigint) => bigint | null,
  lookup: (ttb: bigint, va: bigint) => TableRange | null,
): OracleInput {
  return {
    idr: s.idr,
    smmuen: (s.cr0ack & CR0.SMMUEN) !== 0,
    atschk: (s.cr0ack & CR0.ATSCHK) !== 0,
    gbpa: s.gbpaEff,
    cr2: s.cr2,
    strtabBase: s.strtabBase,
    strtabCfg: s.strtabCfg,
    eventq: eventqState(s),
    read,
    lookup,
  };
}

/** Decides. With `trace` the answer carries its path, hop by hop; without, nothing is built for it. */
export function oracle(input: OracleInput, t: Txn, trace = false): Answer {
  const hops: Hops = trace ? [] : null;
  if (t.ats !== "none") return atsOracle(input, t, hops);
  if (!input.smmuen) return disabled(input, t, hops);
  hops?.push({ what: "CR0", addr: null, words: [1n], note: "SMMUEN=1: the stream table decides" });

  const at = findSte(input, t.sid, hops);
  if (at.kind === "bad") {
    if ((input.cr2 & 2) === 0) return silentAbort(input, at.rule, hops, "A-RECINVSID");
    return abortWith(input, t, at.rule, 0x02, hops);
  }
  if (at.kind === "fetch") return abortWith(input, t, at.rule, 0x03, hops, at.addr);
  const word = structReader(input, at.addr, at.q0, STE_LOOK);
  const bad = judgeSte(input.idr, word);
  hops?.push({
    what: "STE",
    addr: at.addr,
    words: shownWords(input, at.addr, at.q0, 8),
    note: bad === null ? `Config ${configText(at.q0)}` : "invalid",
  });
  if (bad !== null) return abortWith(input, t, bad, 0x04, hops);
  if ((at.q0 & 8n) === 0n) return silentAbort(input, "A-STE-ABORT", hops);
  return translateBySte(input, t, word, hops);
}

function configText(q0: bigint): string {
  return ((q0 >> 1n) & 7n).toString(2).padStart(3, "0");
}

/** SMMUEN=0: GBPA alone decides. */
function disabled(input: OracleInput, t: Txn, hops: Hops): Answer {
  hops?.push({ what: "CR0", addr: null, words: [0n], note: "SMMUEN=0: GBPA decides" });
  const abort = (input.gbpa & GBPA_ABORT) !== 0;
  hops?.push({
    what: "GBPA",
    addr: null,
    words: [BigInt(input.gbpa >>> 0)],
    note: abort ? "ABORT=1" : "ABORT=0",
  });
  if (abort) return silentAbort(input, "A-GBPA-ABORT", hops);
  if (t.addr >= input.idr.oasLimit) return silentAbort(input, "A-GBPA-OAS", hops);
  return passes(input, "bypass", "A-GBPA-BYPASS", t.addr, hops);
}

/** Something leaves the SMMU; an output that no memory backs is the interconnect's abort, not an SMMU event. */
function passes(
  input: OracleInput,
  cls: "bypass" | "s1" | "s2" | "s1s2",
  rule: Answer["rule"],
  out: bigint,
  hops: Hops,
): Answer {
  if (input.read(out & ~7n, 0n) === null) {
    hops?.push({ what: "OUT", addr: out, words: [], note: "not backed: the access itself aborts" });
    return silentAbort(input, "A-OUT-UNBACKED", hops);
  }
  hops?.push({ what: "OUT", addr: out, words: [], note: cls });
  return answer(input, cls, rule, out, null, hops);
}

function translateBySte(input: OracleInput, t: Txn, word: (i: number) => bigint, hops: Hops): Answer {
  const s2 = (word(0) & 4n) !== 0n;
  const choice = chooseCd(input, t.ssid, word);
  if (choice.kind === "bad-ssid") return abortWith(input, t, "A-SSID-BAD", 0x08, hops);
  if (choice.kind === "disabled") return abortWith(input, t, choice.rule, 0x06, hops);
  if (choice.kind === "bypass") {
    if (t.addr >= input.idr.oasLimit) {
      const event = offered({
        code: 0x11,
        sid: t.sid,
        ssid: t.ssid,
        pnu: t.pnu,
        ind: t.ind,
        rnw: t.rnw,
        cls: CLASS_IN,
        addr: t.addr,
      });
      return answer(input, "abort", "A-STE-IAS", null, event, hops);
    }
    if (!s2) {
      const dss = (word(0) & 2n) !== 0n;
      return passes(input, "bypass", dss ? "A-DSS-BYPASS" : "A-STE-BYPASS", t.addr, hops);
    }
    const pa = stage2(input, t, word, t.addr, CLASS_IN, hops);
    return typeof pa === "bigint" ? passes(input, "s2", "A-S2", pa, hops) : pa;
  }
  const r = translateByCd(input, t, word, choice.index, s2, hops);
  if (isAnswer(r)) return r;
  if (!s2) return passes(input, "s1", r.rule, r.out, hops);
  const pa = stage2(input, t, word, r.out, CLASS_IN, hops);
  return typeof pa === "bigint" ? passes(input, "s1s2", "A-S2", pa, hops) : pa;
}
