/**
 * Guest software changes memory. Every vSMMU of the VM may have cached what stood there, so each one's history is told
 * before the store happens.
 */
import { noteStore } from "../arch/history.ts";
import { noteUnmap } from "../arch/tlb.ts";
import { type Cx, type MemoryNote, own } from "../cx.ts";
import { findTable, type Mapping, mapRange, memRead64, memWrite64, unmapRange } from "../memory.ts";
import type { GuestSmmu } from "./types.ts";

export type ReadWord = (addr: bigint) => bigint | null;

/** Reader of guest memory as it is now (and after later stores of the same step). */
export const reader =
  (cx: Cx): ReadWord =>
  (addr) =>
    memRead64(cx.w.memory, addr);

/** Draft of one vSMMU's guest side. */
export function ownGuestSmmu(cx: Cx, v: number): { -readonly [K in keyof GuestSmmu]: GuestSmmu[K] } {
  return own(cx, own(cx, own(cx, cx.w, "guest"), "smmus"), v);
}

/** Replaces the architecture's state of vSMMU `v` if it changed. */
export function setArch(cx: Cx, v: number, arch: GuestSmmu["arch"]): void {
  if (cx.w.guest.smmus[v]?.arch !== arch) ownGuestSmmu(cx, v).arch = arch;
}

/** What a note of memory means to the architecture's column of one vSMMU. */
export function tellMemory(cx: Cx, v: number, n: MemoryNote, read: ReadWord = reader(cx)): void {
  const { arch } = cx.w.guest.smmus[v] as GuestSmmu;
  setArch(
    cx,
    v,
    n.kind === "store" ? noteStore(arch, n.addr, n.old, n.now, read) : noteUnmap(arch, n.ttb, n.range, read),
  );
}

/** Tells every vSMMU, or notes down for later whom it is put off for. */
function tell(cx: Cx, n: MemoryNote): void {
  const { watch } = cx;
  if (watch === null || watch.home < 0) {
    const read = reader(cx);
    for (let v = 0; v < cx.w.guest.smmus.length; v++) tellMemory(cx, v, n, read);
    return;
  }
  watch.notes.push(n);
  if (!watch.apart) tellMemory(cx, watch.home, n);
}

/** Rule G-STORE-1: one 64-bit store; false if no RAM is there. An equal store changes nothing. */
export function guestStore(cx: Cx, addr: bigint, value: bigint): boolean {
  const old = memRead64(cx.w.memory, addr);
  if (old === null) return false;
  if (old === value) return true;
  tell(cx, { kind: "store", addr, old, now: value });
  return memWrite64(cx, addr, value);
}

/** Stores consecutive words; false if one of them is not backed (those before it are stored). */
export function guestStoreWords(cx: Cx, addr: bigint, words: readonly bigint[]): boolean {
  for (let i = 0; i < words.length; i++)
    if (!guestStore(cx, addr + BigInt(i) * 8n, words[i] as bigint)) return false;
  return true;
}

/** Tells every vSMMU that ranges of a table go, so that their translations may now be stale ones. */
function noteGone(cx: Cx, ttb: bigint, gone: readonly Mapping[]): void {
  for (const range of gone) tell(cx, { kind: "unmap", ttb, range });
}

/** The parts of the table's mappings that lie in [iova, iova+size). */
function overlapping(cx: Cx, ttb: bigint, iova: bigint, size: bigint): Mapping[] {
  const out: Mapping[] = [];
  for (const m of findTable(cx.w.memory, ttb)?.maps ?? []) {
    const first = m.iova > iova ? m.iova : iova;
    const mEnd = m.iova + m.size;
    const end = mEnd < iova + size ? mEnd : iova + size;
    if (first < end) out.push({ ...m, iova: first, gpa: m.gpa + (first - m.iova), size: end - first });
  }
  return out;
}

/**
 * A stage-1 mapping; what it replaces, and with an explicit one the automatic mapping, is gone first. True if that took
 * an automatic mapping away.
 */
export function guestMap(cx: Cx, ttb: bigint, m: Mapping): boolean {
  const autos = m.auto ? [] : (findTable(cx.w.memory, ttb)?.maps.filter((x) => x.auto) ?? []);
  const replaced = overlapping(cx, ttb, m.iova, m.size).filter((x) => m.auto || !x.auto);
  noteGone(cx, ttb, [...autos, ...replaced]);
  mapRange(cx, ttb, m);
  return autos.length > 0;
}

/** True if something was mapped there. */
export function guestUnmap(cx: Cx, ttb: bigint, iova: bigint, size: bigint): boolean {
  noteGone(cx, ttb, overlapping(cx, ttb, iova, size));
  return unmapRange(cx, ttb, iova, size);
}
