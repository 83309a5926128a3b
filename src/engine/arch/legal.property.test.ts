/**
 * Two implementations at the borders of what is allowed, driven at random: *eager* reads memory for every transaction,
 * *lazy* acts only on CFGI, TLBI and changes of SMMUEN. Both must answer within the legal set at every moment.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COLD, WARM } from "./caches.ts";
import { makeCd } from "./cd.ts";
import { encodeCommand, READY } from "./commands.ts";
import { makeL1std } from "./l1std.ts";
import { legal } from "./legal.ts";
import { oracle, oracleInput } from "./oracle.ts";
import type { Answer, TableRange } from "./oracle-types.ts";
import { archAck, archReset } from "./smmu.ts";
import { makeSte } from "./ste.ts";
import { CDT, GPA, Guest, IOVA, L1, L2, show, TTB, TTB2, txn } from "./testkit.test-helper.ts";

const SIDS = [0x100, 0x101, 0x200] as const;
const CDS = [CDT, CDT + 0x1000n] as const;

const isLevelOne = (addr: bigint): boolean => addr >= L1 && addr < L1 + 0x1000n;

/**
 * An implementation that keeps what it fetched: all structures under a stream until a CFGI for the stream, translations by
 * ASID until a TLBI. It never caches what it could not fetch, nor an invalid L1STD.
 */
class Lazy {
  private words = new Map<number, Map<bigint, bigint>>();
  private tlb = new Map<string, TableRange>();

  /** Forgets the streams' words, those of level-1 descriptors too unless `leaf`. */
  drop(sids: readonly number[], leaf = false): void {
    this.forget(sids, (addr) => !(leaf && isLevelOne(addr)));
  }

  dropCd(at: number): void {
    this.forget([at], (addr) => CDS.some((cd) => addr >= cd && addr < cd + 64n));
  }

  private forget(sids: readonly number[], covered: (addr: bigint) => boolean): void {
    for (const at of sids) {
      const kept = this.words.get(at);
      for (const addr of [...(kept?.keys() ?? [])]) if (covered(addr)) kept?.delete(addr);
    }
  }

  dropTlb(asid: number | null): void {
    for (const key of this.tlb.keys()) if (asid === null || key.startsWith(`${asid}:`)) this.tlb.delete(key);
  }

  answer(g: Guest, sid: number): Answer {
    const kept = this.words.get(sid) ?? new Map<bigint, bigint>();
    this.words.set(sid, kept);
    const read = (addr: bigint, mask?: bigint): bigint | null => {
      const old = kept.get(addr);
      if (old !== undefined) return old;
      const now = g.read(addr);
      if (now === null || mask === 0n || (isLevelOne(addr) && (now & 31n) === 0n)) return now;
      kept.set(addr, now);
      return now;
    };
    const lookup = (ttb: bigint, va: bigint): TableRange | null => g.lookup(ttb, va);
    const filled: { asid: number; va: bigint; ttb: bigint }[] = [];
    const input = {
      ...oracleInput(g.s, read, lookup),
      read,
      tlbHit: (asid: number, ttb: bigint, va: bigint): TableRange | null => {
        filled.push({ asid, va, ttb });
        return this.tlb.get(`${asid}:${va >> 12n}`) ?? null;
      },
    };
    const a = oracle(input, txn({ sid }));
    for (const f of filled) {
      const range = g.lookup(f.ttb, f.va);
      if (a.rule === "A-S1" && range !== null) this.tlb.set(`${f.asid}:${f.va >> 12n}`, range);
    }
    return a;
  }
}

type Step =
  | { readonly op: "ste"; readonly sid: number; readonly kind: number }
  | { readonly op: "cd"; readonly cd: number; readonly asid: number; readonly ttb: bigint | null }
  | { readonly op: "l1std"; readonly block: number; readonly to: bigint | null }
  | { readonly op: "strtab"; readonly base: bigint }
  | { readonly op: "map"; readonly ttb: bigint; readonly gpa: bigint | null }
  | { readonly op: "cfgi"; readonly sid: number; readonly leaf: boolean }
  | { readonly op: "cfgi-cd"; readonly sid: number; readonly leaf: boolean }
  | { readonly op: "cfgi-all" | "sync" | "reset" }
  | { readonly op: "tlbi"; readonly asid: number | null }
  | { readonly op: "smmuen"; readonly on: boolean }
  | { readonly op: "gbpa"; readonly abort: boolean };

const sid = fc.constantFrom(...SIDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant("ste" as const), sid, kind: fc.integer({ min: 0, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("cd" as const),
      cd: fc.integer({ min: 0, max: 1 }),
      asid: fc.integer({ min: 1, max: 2 }),
      ttb: fc.constantFrom(TTB, TTB2, null),
    }),
  },
  fc.record({
    op: fc.constant("l1std" as const),
    block: fc.integer({ min: 1, max: 2 }),
    to: fc.constantFrom(L2 + 0x1_0000n, L2 + 0x2_0000n, null),
  }),
  fc.record({ op: fc.constant("strtab" as const), base: fc.constantFrom(L1, L1 + 0x800n) }),
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("map" as const),
      ttb: fc.constantFrom(TTB, TTB2),
      gpa: fc.constantFrom(GPA, 0x9_9000n, null),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("cfgi" as const), sid, leaf: fc.boolean() }) },
  fc.record({ op: fc.constant("cfgi-cd" as const), sid, leaf: fc.boolean() }),
  fc.record({ op: fc.constantFrom("cfgi-all" as const, "reset" as const) }),
  { weight: 3, arbitrary: fc.record({ op: fc.constant("sync" as const) }) },
  fc.record({ op: fc.constant("tlbi" as const), asid: fc.constantFrom(1, 2, null) }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant("smmuen" as const), on: fc.boolean() }) },
  fc.record({ op: fc.constant("gbpa" as const), abort: fc.boolean() }),
);

function steWords(kind: number): readonly bigint[] {
  if (kind === 0) return makeSte("invalid");
  if (kind === 1) return makeSte("abort");
  if (kind === 2) return makeSte("bypass");
  return makeSte("translate", { cdptr: CDS[kind - 3] as bigint });
}

/** Applies a step; the lazy implementation hears of commands when they are consumed. */
function apply(g: Guest, lazy: Lazy, s: Step): void {
  switch (s.op) {
    case "ste":
      g.storeAll(g.ste(s.sid), steWords(s.kind));
      break;
    case "cd":
      g.storeAll(
        CDS[s.cd] as bigint,
        s.ttb === null ? [0n, 0n, 0n, 0n] : makeCd({ asid: s.asid, ttb: s.ttb }),
      );
      break;
    case "l1std":
      g.store(L1 + BigInt(8 * s.block), s.to === null ? 0n : makeL1std(9, s.to));
      break;
    case "strtab":
      g.write("STRTAB_BASE", s.base);
      break;
    case "map":
      g.unmap(s.ttb, IOVA);
      if (s.gpa !== null) g.map(s.ttb, IOVA, s.gpa);
      break;
    case "cfgi":
      g.cmd(READY.cfgiSte(s.sid, s.leaf));
      lazy.drop([s.sid], s.leaf);
      break;
    case "cfgi-cd":
      g.cmd(READY.cfgiCd(s.sid, 0, s.leaf));
      lazy.dropCd(s.sid);
      break;
    case "cfgi-all":
      g.cmd(READY.cfgiAll);
      lazy.drop(SIDS);
      break;
    case "sync":
      g.cmd(READY.syncSev);
      break;
    case "tlbi":
      g.cmd(s.asid === null ? READY.tlbiNsnhAll : READY.tlbiNhAsid(s.asid));
      lazy.dropTlb(s.asid);
      break;
    case "smmuen":
      g.write("CR0", s.on ? 0xd : 0xc, { wait: false });
      g.s = archAck(g.s);
      break;
    case "gbpa":
      g.write("GBPA", s.abort ? 0x8010_0000 : 0x8000_0000);
      break;
    case "reset": {
      const { cmdqBase, eventqBase } = g.s;
      g.s = { ...archReset(g.s), cmdqBase, eventqBase };
      g.write("CR0", 0xc);
      break;
    }
  }
}

function start(): Guest {
  const g = new Guest(undefined, SIDS).tables();
  for (const cd of CDS) g.storeAll(cd, makeCd({ asid: cd === CDT ? 1 : 2, ttb: cd === CDT ? TTB : TTB2 }));
  for (const [i, at] of SIDS.entries()) g.storeAll(g.ste(at), steWords([3, 4, 1][i] as number));
  g.map(TTB, IOVA, GPA);
  // A second level-1 table whose entry differs.
  g.store(L1 + 0x808n, makeL1std(9, L2 + 0x2_0000n));
  return g.enable();
}

const within = (g: Guest, a: Answer, at: number): boolean =>
  legal(g.s, txn({ sid: at }), g.read, g.lookup).some((b) => show(b) === show(a));

describe("implementations at the borders", () => {
  test("an eager reader stays within the legal set, and the first legal answer is its answer", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const g = start();
        const lazy = new Lazy();
        for (const s of steps) {
          apply(g, lazy, s);
          for (const at of SIDS) {
            const a = oracle(oracleInput(g.s, g.read, g.lookup), txn({ sid: at }));
            expect(g.answers({ sid: at }).map(show)[0]).toBe(show(a));
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test("a lazy reader stays within the legal set", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(sid, { minLength: 40, maxLength: 40 }),
        (steps, asks) => {
          const g = start();
          const lazy = new Lazy();
          for (const [i, s] of steps.entries()) {
            apply(g, lazy, s);
            const at = asks[i] as number;
            const a = lazy.answer(g, at);
            if (!within(g, a, at)) {
              throw new Error(`step ${i} ${s.op}: ${show(a)} not in ${g.shows({ sid: at }).join(", ")}`);
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("the set is never empty, has no duplicates, and shrinks to one after invalidating everything", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const g = start();
        const lazy = new Lazy();
        for (const s of steps) {
          apply(g, lazy, s);
          for (const at of SIDS) {
            const shown = g.shows({ sid: at });
            expect(shown.length).toBeGreaterThan(0);
            expect(new Set(shown).size).toBe(shown.length);
          }
        }
        g.cmd(READY.cfgiAll, READY.syncSev, READY.tlbiNsnhAll, READY.syncSev);
        const enabled = (g.s.cr0 & 1) === 1;
        expect(g.s.caches).toEqual(enabled ? WARM : COLD);
        const { streams, maps, roots } = g.s.caches;
        expect([streams, maps, roots]).toEqual([[], [], []]);
      }),
      { numRuns: 150 },
    );
  });

  test("distinct ASIDs per table: after CFGI+SYNC and TLBI+SYNC exactly the current answer is left", () => {
    const fixed = step.filter((s) => s.op !== "cd" || s.ttb === null || (s.ttb === TTB) === (s.asid === 1));
    fc.assert(
      fc.property(fc.array(fixed, { maxLength: 25 }), (steps) => {
        const g = start();
        const lazy = new Lazy();
        for (const s of steps) apply(g, lazy, s);
        g.cmd(READY.cfgiAll, READY.syncSev, encodeCommand("tlbi-nh-all"), READY.syncSev);
        for (const at of SIDS) {
          const now = oracle(oracleInput(g.s, g.read, g.lookup), txn({ sid: at }));
          expect(g.shows({ sid: at })).toEqual([show(now)]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
