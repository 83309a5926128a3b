/** A small guest for this folder's tests: memory words, tables, stores that reach the histories. */
import { makeCd } from "./cd.ts";
import { archConsume, type ConsumeResult, cmdqAddr } from "./cmdq.ts";
import type { Command } from "./commands.ts";
import { noteStore } from "./history.ts";
import { accelIdr, type Idr, makeIdr } from "./idr.ts";
import { makeL1std } from "./l1std.ts";
import { legal } from "./legal.ts";
import type { Answer, TableRange, Txn } from "./oracle-types.ts";
import { findRegister } from "./registers.ts";
import { type ArchSmmu, archInit } from "./smmu.ts";
import { makeSte } from "./ste.ts";
import { noteUnmap } from "./tlb.ts";
import { archWrite, type WriteOptions } from "./write.ts";

export const L1 = 0x10_0000n;
export const L2 = 0x20_0000n;
export const CDT = 0x30_0000n;
export const TTB = 0x40_0000n;
export const TTB2 = 0x41_0000n;
export const CMDQ = 0x50_0000n;
export const EVENTQ = 0x60_0000n;
export const SID = 0x100;
export const IOVA = 0x4000n;
export const GPA = 0x8_4000n;

/** Section 8's vSMMU: two-level, LOG2SIZE 16, SPLIT 8, SSIDSIZE 20. */
export const IDR20 = accelIdr({ oas: 44, ats: false, ril: true, ssidsize: 20 });

/** The default IDR with single registers replaced. */
export function idrWith(p: {
  readonly set0?: number;
  readonly clear0?: number;
  readonly set3?: number;
  readonly idr1?: number;
  readonly idr5?: number;
  readonly aidr?: number;
}): Idr {
  return makeIdr({
    idr0: (IDR20.idr0 & ~(p.clear0 ?? 0)) | (p.set0 ?? 0),
    idr1: p.idr1 ?? IDR20.idr1,
    idr3: IDR20.idr3 | (p.set3 ?? 0),
    idr5: p.idr5 ?? IDR20.idr5,
    aidr: p.aidr ?? 1,
  });
}

export function txn(p: Partial<Txn> = {}): Txn {
  return { sid: SID, ssid: null, addr: IOVA, rnw: true, ind: false, pnu: false, ats: "none", ...p };
}

/** Answers as `abort+C_BAD_STE`, `s1:0x84000`. */
export function show(a: Answer): string {
  const event = a.event === null ? "" : `+${a.event.name}`;
  const output = a.output === null ? "" : `:0x${a.output.toString(16)}`;
  return `${a.cls}${event}${output}`;
}

export class Guest {
  s: ArchSmmu;
  words = new Map<bigint, bigint>();
  maps = new Map<bigint, TableRange[]>();
  /** Memory ends here. */
  limit = 1n << 40n;

  constructor(idr: Idr = IDR20, watch: readonly number[] = [SID, 0x101, 0x200]) {
    this.s = archInit(idr, watch);
  }

  read = (addr: bigint): bigint | null =>
    addr >= 0n && addr < this.limit ? (this.words.get(addr & ~7n) ?? 0n) : null;

  lookup = (ttb: bigint, va: bigint): TableRange | null =>
    (this.maps.get(ttb) ?? []).find((m) => m.iova <= va && va < m.iova + m.size) ?? null;

  store(addr: bigint, value: bigint): void {
    const old = this.read(addr);
    if (old === null) throw new Error("store to unbacked memory");
    this.s = noteStore(this.s, addr, old, value, this.read);
    this.words.set(addr & ~7n, value);
  }

  storeAll(addr: bigint, words: readonly bigint[]): void {
    words.forEach((w, i) => {
      this.store(addr + BigInt(8 * i), w);
    });
  }

  write(name: string, value: bigint | number, opts: WriteOptions = {}): readonly string[] {
    const reg = findRegister(name);
    if (reg === null) throw new Error(name);
    const r = archWrite(this.s, reg.offset, reg.size, BigInt(value), opts);
    this.s = r.smmu;
    return r.notes;
  }

  cmd(...cmds: readonly Command[]): ConsumeResult {
    let prod = this.s.cmdqProd;
    for (const c of cmds) {
      const at = cmdqAddr(this.s, prod);
      this.store(at, c.q0);
      this.store(at + 8n, c.q1);
      prod += 1;
    }
    this.write("CMDQ_PROD", prod);
    const r = archConsume(this.s, this.read);
    this.s = r.smmu;
    return r;
  }

  map(ttb: bigint, iova: bigint, gpa: bigint, p: Partial<TableRange> = {}): void {
    const range: TableRange = { iova, gpa, size: 0x1000n, read: true, write: true, af: true, ...p };
    this.maps.set(ttb, [...(this.maps.get(ttb) ?? []), range]);
  }

  unmap(ttb: bigint, iova: bigint): void {
    for (const m of this.maps.get(ttb) ?? []) {
      if (m.iova === iova) this.s = noteUnmap(this.s, ttb, m, this.read);
    }
    this.maps.set(
      ttb,
      (this.maps.get(ttb) ?? []).filter((m) => m.iova !== iova),
    );
  }

  /** STE address of a StreamID in the block table built by `tables`. */
  ste(sid = SID): bigint {
    return L2 + BigInt(0x1_0000 * (sid >> 8)) + BigInt(64 * (sid & 0xff));
  }

  /** Section 8's tables, queues and registers; SMMUEN stays 0, CMDQEN and EVENTQEN on. */
  tables(): this {
    for (const block of [1, 2]) {
      this.store(L1 + BigInt(8 * block), makeL1std(9, L2 + BigInt(0x1_0000 * block)));
    }
    this.write("STRTAB_BASE", L1 | (1n << 62n));
    this.write("STRTAB_BASE_CFG", 0x10210);
    this.write("CR2", 2);
    this.write("CMDQ_BASE", CMDQ | 8n);
    this.write("EVENTQ_BASE", EVENTQ | 4n);
    this.write("CR0", 0xc);
    return this;
  }

  /** A translating STE with its CD (ASID 1) and one mapping, IOVA -> GPA. */
  translate(p: Parameters<typeof makeSte>[1] = {}, sid = SID): this {
    this.storeAll(CDT, makeCd({ asid: 1, ttb: TTB }));
    this.storeAll(this.ste(sid), makeSte("translate", { cdptr: CDT, ...p }));
    if (this.lookup(TTB, IOVA) === null) this.map(TTB, IOVA, GPA);
    return this;
  }

  enable(): this {
    this.write("CR0", this.s.cr0 | 1);
    return this;
  }

  answers(p: Partial<Txn> = {}): Answer[] {
    return legal(this.s, txn(p), this.read, this.lookup).slice();
  }

  /** Legal answers in words, sorted. */
  shows(p: Partial<Txn> = {}): string[] {
    return this.answers(p).map(show).sort();
  }
}
