/** Physical STEs and guest structures for the hardware's tests. */
import { makeCd } from "../arch/cd.ts";
import { type Cx, own } from "../cx.ts";
import { type Given, testCx } from "../guest/fakes.test-helper.ts";
import { type Mapping, mapRange, memWrite64 } from "../memory.ts";
import { issueCommand } from "./cmdq.ts";
import { writeSte } from "./stream-table.ts";
import { type HwAnswer, type HwTxn, hardwareTransaction, peekTransaction } from "./translate.ts";
import type { StreamTableEntry } from "./types.ts";

/** Stage 2: 48 bits, 4 KiB, start level 0, AA64, PTW, R; VMID in the low bits. */
const S2_WORD2 = (16n << 32n) | (2n << 38n) | (5n << 48n) | (1n << 51n) | (1n << 54n) | (1n << 58n);
const S2_TTB = 0x9_0000_0000n;

export const s2Ste = (vmid: number, eats = false): StreamTableEntry => [
  0xdn,
  eats ? 1n << 28n : 0n,
  S2_WORD2 | BigInt(vmid),
  S2_TTB,
  0n,
  0n,
  0n,
  0n,
];

export const nestedSte = (vmid: number, q0: bigint, q1: bigint): StreamTableEntry => [
  (q0 & ~0xen) | 0xen,
  q1 | (1n << 19n),
  S2_WORD2 | BigInt(vmid),
  S2_TTB,
  0n,
  0n,
  0n,
  0n,
];

export const ABORT: StreamTableEntry = [1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];

export const read: HwTxn = { iova: 0x1000n, write: false, ssid: null, ats: "none", priv: false, inst: false };

export class Bench {
  readonly cx: Cx;
  constructor(given: Given = {}) {
    this.cx = testCx(given);
  }

  ste(dev: number, ste: StreamTableEntry): void {
    writeSte(this.cx, dev, ste);
  }

  ats(dev: number, on: boolean): void {
    own(this.cx, own(this.cx, own(this.cx, this.cx.w, "hw"), "devices"), dev).ats = on;
  }

  /** CD at `addr` naming table `ttb`; further words by `patch` of word 0. */
  cd(addr: bigint, asid: number, ttb: bigint, patch: (q0: bigint) => bigint = (x) => x): void {
    const words = makeCd({ asid, ttb });
    words.forEach((w, i) => {
      memWrite64(this.cx, addr + BigInt(i) * 8n, i === 0 ? patch(w) : w);
    });
  }

  map(ttb: bigint, iova: bigint, gpa: bigint, x: Partial<Mapping> = {}): void {
    mapRange(this.cx, ttb, {
      iova,
      gpa,
      size: 0x1000n,
      read: true,
      write: true,
      af: true,
      auto: false,
      ...x,
    });
  }

  cmd(q0: bigint, q1 = 0n): void {
    issueCommand(this.cx, 0, q0, q1);
  }

  go(dev: number, x: Partial<HwTxn> = {}): HwAnswer {
    return hardwareTransaction(this.cx, dev, { ...read, ...x });
  }

  peek(dev: number, x: Partial<HwTxn> = {}, trace = false): HwAnswer {
    return peekTransaction(this.cx.w, dev, { ...read, ...x }, trace);
  }
}
