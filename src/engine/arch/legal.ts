/**
 * The set of legal answers (section 3.6): the oracle run over every combination of values that caches may still hold and of
 * handshakes still open. A correct implementation answers within it; in a quiet state it has one element.
 */
import type { StreamHistory } from "./caches.ts";
import { eventqState } from "./eventq.ts";
import { historyOf } from "./history.ts";
import { oracle } from "./oracle.ts";
import type { Answer, OracleInput, TableRange, Txn } from "./oracle-types.ts";
import { type ArchSmmu, CR0 } from "./smmu.ts";
import { allRoots, type Root, rootsIn, staleHits } from "./tlb.ts";

export type ReadMemory = (addr: bigint) => bigint | null;
export type LookupTable = (ttb: bigint, va: bigint) => TableRange | null;

/** Runs of the oracle at most for one question: a bound for scripts that never invalidate, far above any real one. */
const MOST_RUNS = 4096;

/** Legal answers to many transactions in one state: what they share is computed once. */
export interface LegalView {
  /** Distinct by class, output and event; first the one that today's memory and the newest register values give. */
  readonly answers: (t: Txn, trace?: boolean) => readonly Answer[];
}

/**
 * `memory` = the immutable object behind `read`, if it is one (not a draft): what the streams of this state share is then
 * found again by later views of the same state.
 */
export function legalView(
  s: ArchSmmu,
  read: ReadMemory,
  lookup: LookupTable,
  memory: object | null = null,
): LegalView {
  let roots: readonly Root[] | null = null;
  const shared = (): readonly Root[] => {
    roots ??= memory === null ? allRoots(s, read) : rootsIn(s, memory, read);
    return roots;
  };
  return { answers: (t, trace = false) => enumerate(s, t, read, lookup, trace, shared) };
}

/** Legal answers to one transaction. See `legalView` for many. */
export function legal(
  s: ArchSmmu,
  t: Txn,
  read: ReadMemory,
  lookup: LookupTable,
  trace = false,
): readonly Answer[] {
  return legalView(s, read, lookup).answers(t, trace);
}

/** Depth-first over lazily met choices: each run follows a prefix of earlier decisions, then takes the newest value. */
class Choices {
  private readonly taken: number[] = [];
  private readonly sizes: number[] = [];
  private at = 0;

  /** Number below `n`; 0 stands for what is in force now. */
  pick(n: number): number {
    if (n <= 1) return 0;
    const i = this.at++;
    if (i === this.taken.length) {
      this.taken.push(0);
      this.sizes.push(n);
    }
    return this.taken[i] as number;
  }

  /** Moves on to the next combination; false when all are done. */
  next(): boolean {
    this.at = 0;
    while (this.taken.length > 0) {
      const last = this.taken.length - 1;
      const value = (this.taken[last] as number) + 1;
      if (value < (this.sizes[last] as number)) {
        this.taken[last] = value;
        return true;
      }
      this.taken.pop();
      this.sizes.pop();
    }
    return false;
  }
}

function enumerate(
  s: ArchSmmu,
  t: Txn,
  read: ReadMemory,
  lookup: LookupTable,
  trace: boolean,
  roots: () => readonly Root[],
): readonly Answer[] {
  const choices = new Choices();
  const h = historyOf(s.caches, t.sid);
  const found: Answer[] = [];
  let runs = 0;
  do {
    const a = oracle(chooseInput(s, h, read, lookup, roots, choices), t, trace);
    addAnswer(found, a);
    // Recording this one is permitted, not required (section 3.4).
    if (a.rule === "A-ATS-TT-OFF") {
      addAnswer(found, { ...a, event: null, recorded: "none", silencedBy: "A-ATS-TT-MAY" });
    }
    runs++;
  } while (runs < MOST_RUNS && choices.next());
  return found;
}

function addAnswer(found: Answer[], a: Answer): void {
  for (const b of found) {
    if (a.cls === b.cls && a.output === b.output && sameEvent(a.event, b.event)) return;
  }
  found.push(a);
}

function sameEvent(a: Answer["event"], b: Answer["event"]): boolean {
  if (a === null || b === null) return a === b;
  return a.words.every((w, i) => w === b.words[i]);
}

/** One combination: registers picked at once (a transaction sees one value of each), words as the oracle reads them. */
function chooseInput(
  s: ArchSmmu,
  h: StreamHistory | null,
  read: ReadMemory,
  lookup: LookupTable,
  roots: () => readonly Root[],
  choices: Choices,
): OracleInput {
  const mid = s.cr0 ^ s.cr0ack;
  const cr0 = (mid & CR0.SMMUEN) !== 0 && choices.pick(2) === 1 ? s.cr0ack : s.cr0;
  const smmuen = (cr0 & CR0.SMMUEN) !== 0;
  let gbpa = s.gbpaEff;
  let atschk = (s.cr0 & CR0.ATSCHK) !== 0;
  let strtabBase = s.strtabBase;
  let strtabCfg = s.strtabCfg;
  if (!smmuen) {
    if (s.gbpaOpen && choices.pick(2) === 0) gbpa = s.gbpa & 0x7fff_ffff;
  } else {
    const twoAtschk = (mid & CR0.ATSCHK) !== 0 || (h !== null && h.atschk !== "no");
    if (twoAtschk && choices.pick(2) === 1) atschk = !atschk;
    if (h !== null && h.tables.length > 0) {
      const table = h.tables[choices.pick(h.tables.length + 1) - 1];
      if (table !== undefined) {
        strtabBase = table.base;
        strtabCfg = table.cfg;
      }
    }
  }
  return {
    idr: s.idr,
    smmuen,
    atschk,
    gbpa,
    cr2: s.cr2,
    strtabBase,
    strtabCfg,
    eventq: eventqState(s),
    read: h === null || h.words.length === 0 ? read : branchingReader(h, read, choices),
    lookup,
    tlbHit: (asid, ttb, va) => {
      const hits = staleHits(s.caches, roots(), asid, ttb, va, lookup);
      return hits[choices.pick(hits.length + 1) - 1] ?? null;
    },
  };
}

/** Reads today's value or one that a cache may hold; within one run a word has one value. */
function branchingReader(
  h: StreamHistory,
  read: ReadMemory,
  choices: Choices,
): (addr: bigint, mask?: bigint) => bigint | null {
  const seen: { readonly addr: bigint; readonly value: bigint }[] = [];
  return (addr, mask) => {
    const now = read(addr);
    if (now === null) return null;
    for (const w of seen) if (w.addr === addr) return w.value;
    if (mask === 0n) return now;
    const values = candidates(h, addr, now, mask ?? -1n);
    if (values.length === 1) return now;
    const value = values[choices.pick(values.length)] as bigint;
    seen.push({ addr, value });
    return value;
  };
}

/** Today's value first, then old ones that differ from it and from each other in the bits looked at. */
function candidates(h: StreamHistory, addr: bigint, now: bigint, mask: bigint): bigint[] {
  const out = [now];
  const add = (v: bigint): void => {
    if (!out.some((x) => (x & mask) === (v & mask))) out.push(v);
  };
  for (const w of h.words) {
    if (w.addr !== addr) continue;
    for (const v of w.olds) add(v);
    for (const v of w.dying) add(v);
  }
  return out;
}
