/** From StreamID to STE address: the stream table walk of section 3.1, linear or two-level. */
import type { Hops } from "./answer.ts";
import type { Idr } from "./idr.ts";
import { l1stdPtr, l1stdSpan } from "./l1std.ts";
import type { OracleInput } from "./oracle-types.ts";
import type { ArchRule } from "./rules.ts";
import { STE_LOOK } from "./ste.ts";

const STRTAB_ADDR = 0x00ff_ffff_ffff_ffc0n;

/** Geometry of a stream table as its two registers give it. */
export interface StreamTable {
  /** Effective LOG2SIZE. */
  readonly log2size: number;
  readonly twoLevel: boolean;
  readonly split: number;
  /** Aligned base. */
  readonly base: bigint;
}

interface Known {
  readonly idr: Idr;
  readonly base: bigint;
  readonly cfg: number;
  readonly table: StreamTable;
}

/** The last few geometries asked for: one serves every transaction between two register writes. */
const known: Known[] = [];
const MOST_KNOWN = 8;

export function streamTable(idr: Idr, strtabBase: bigint, strtabCfg: number): StreamTable {
  for (const k of known) {
    if (k.cfg === strtabCfg && k.idr === idr && k.base === strtabBase) return k.table;
  }
  const table = makeTable(idr, strtabBase, strtabCfg);
  if (known.length === MOST_KNOWN) known.shift();
  known.push({ idr, base: strtabBase, cfg: strtabCfg, table });
  return table;
}

function makeTable(idr: Idr, strtabBase: bigint, strtabCfg: number): StreamTable {
  const log2size = Math.min(strtabCfg & 0x3f, idr.sidSize);
  const twoLevel = idr.twoLevel && ((strtabCfg >>> 16) & 3) === 1;
  const rawSplit = (strtabCfg >>> 6) & 0x1f;
  const split = rawSplit === 8 || rawSplit === 10 ? rawSplit : 6;
  const sizeLog2 = twoLevel ? Math.max(6, 3 + Math.max(0, log2size - split)) : log2size + 6;
  const align = (1n << BigInt(sizeLog2)) - 1n;
  return { log2size, twoLevel, split, base: strtabBase & STRTAB_ADDR & ~align };
}

/** Address of the L1STD that leads to this StreamID (two-level tables only). */
export function l1stdAddr(table: StreamTable, sid: number): bigint {
  return table.base + BigInt(8 * Math.floor(sid / 2 ** table.split));
}

/** Address of the STE under this L1STD, or the rule that makes the StreamID bad. */
export function steUnder(table: StreamTable, l1std: bigint, sid: number): bigint | ArchRule {
  const span = l1stdSpan(l1std);
  if (span === 0) return "A-L1STD-SPAN0";
  if (span > table.split + 1) return "A-L1STD-SPAN";
  const index = sid % 2 ** table.split;
  if (index >= 2 ** (span - 1)) return "A-L1STD-INDEX";
  return l1stdPtr(l1std) + BigInt(64 * index);
}

/** `bad`: not in the table (C_BAD_STREAMID); `fetch`: an abort on the way (F_STE_FETCH, `addr` = what was fetched). */
export type SteLocation =
  | { readonly kind: "ste"; readonly addr: bigint; readonly q0: bigint }
  | { readonly kind: "bad"; readonly rule: ArchRule }
  | { readonly kind: "fetch"; readonly rule: ArchRule; readonly addr: bigint };

/** Walks to the STE and fetches its first word. */
export function findSte(input: OracleInput, sid: number, hops: Hops): SteLocation {
  const table = streamTable(input.idr, input.strtabBase, input.strtabCfg);
  hops?.push({
    what: "STRTAB",
    addr: null,
    words: [input.strtabBase, BigInt(input.strtabCfg)],
    note: `${table.twoLevel ? `two-level, SPLIT ${table.split}` : "linear"}, ${table.log2size} StreamID bits`,
  });
  if (sid >= 2 ** table.log2size) return { kind: "bad", rule: "A-SID-RANGE" };
  let addr: bigint;
  if (table.twoLevel) {
    const l1 = l1stdAddr(table, sid);
    const word = l1 < input.idr.oasLimit ? input.read(l1) : null;
    if (word === null) {
      hops?.push({ what: "L1STD", addr: l1, words: [], note: "fetch aborts" });
      return { kind: "fetch", rule: "A-STE-FETCH", addr: l1 };
    }
    const at = steUnder(table, word, sid);
    hops?.push({
      what: "L1STD",
      addr: l1,
      words: [word],
      note: typeof at === "string" ? `Span ${l1stdSpan(word)}: no STE here` : `Span ${l1stdSpan(word)}`,
    });
    if (typeof at === "string") return { kind: "bad", rule: at };
    addr = at;
  } else {
    addr = table.base + BigInt(64 * sid);
  }
  const q0 = addr < input.idr.oasLimit ? input.read(addr, STE_LOOK[0] as bigint) : null;
  if (q0 === null) {
    hops?.push({ what: "STE", addr, words: [], note: "fetch aborts" });
    return { kind: "fetch", rule: "A-STE-FETCH", addr };
  }
  return { kind: "ste", addr, q0 };
}
