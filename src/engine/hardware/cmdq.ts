/**
 * The physical SMMU's command queue, as far as it can be seen: what each command takes out of the TLB.
 * The host driver's queue is never full and never stops here; its commands take effect when issued.
 *
 * Configuration structures are read afresh for every transaction (rule H-CFG-1), so CFGI commands and PREFETCH
 * have nothing to empty; they are traced because the host's order of commands is part of the explanation.
 */
import { commandName } from "../arch/commands.ts";
import type { Cx } from "../cx.ts";
import { tlbInvalidate } from "./tlb.ts";

const LAST_PAGE = (1n << 52n) - 1n;

/** Granule shift of a TG field: 1 4K, 2 16K, 3 64K. */
const TG_SHIFT = [12n, 12n, 14n, 16n] as const;

/** First and last 4 KiB page a VA command covers: one page, or (NUM+1)·2^SCALE granules where the SMMU has RIL (rule H-TLBI-3). */
function vaRange(q0: bigint, q1: bigint, ril: boolean): readonly [bigint, bigint] {
  const first = q1 >> 12n;
  const tg = Number((q1 >> 10n) & 3n);
  if (!ril || tg === 0) return [first, first];
  const num = (q0 >> 12n) & 31n;
  const scale = (q0 >> 20n) & 31n;
  const pages = ((num + 1n) << scale) << ((TG_SHIFT[tg] as bigint) - 12n);
  return [first, first + pages - 1n];
}

/** One command on the physical queue of `psmmu`: traces it and empties the TLB of what it names. */
export function issueCommand(cx: Cx, psmmu: number, q0: bigint, q1: bigint): void {
  const op = Number(q0 & 0xffn);
  const vmid = Number((q0 >> 32n) & 0xffffn);
  const asid = Number((q0 >> 48n) & 0xffffn);
  let gone = 0;
  switch (op) {
    case 0x10: // rule H-TLBI-1
    case 0x28:
      gone = tlbInvalidate(cx, psmmu, vmid, -1, 0n, LAST_PAGE);
      break;
    case 0x11:
      gone = tlbInvalidate(cx, psmmu, vmid, asid, 0n, LAST_PAGE);
      break;
    case 0x12:
    case 0x13: {
      const [first, last] = vaRange(q0, q1, cx.setup.psmmus[psmmu]?.rangeInv ?? false);
      gone = tlbInvalidate(cx, psmmu, vmid, op === 0x12 ? asid : -1, first, last);
      break;
    }
    case 0x30:
      gone = tlbInvalidate(cx, psmmu, -1, -1, 0n, LAST_PAGE);
      break;
    default: // TLBI_S2_IPA too: stage-1 translations need a TLBI_NH_ALL of their own (rule H-TLBI-2)
      break;
  }
  if (cx.t.on) {
    cx.t.hw("cmd", commandText(q0, q1), { psmmu, q0, q1, gone });
    if (gone > 0) cx.t.hw("tlb", `${gone} translation${gone === 1 ? "" : "s"} gone`, { psmmu, gone });
  }
}

/** Texts of the commands last seen: the same few come again and again. */
const texts = new Map<bigint, string>();
const TEXTS = 4096;

/** `TLBI_NH_ASID VMID=1 ASID=2`: a host command with the fields that matter. */
export function commandText(q0: bigint, q1: bigint): string {
  const key = (q1 << 64n) | q0;
  const known = texts.get(key);
  if (known !== undefined) return known;
  if (texts.size >= TEXTS) texts.clear();
  const text = describe(q0, q1);
  texts.set(key, text);
  return text;
}

function describe(q0: bigint, q1: bigint): string {
  const op = Number(q0 & 0xffn);
  const name = commandName(q0, q1);
  const sid = `SID=0x${((q0 >> 32n) & 0xffff_ffffn).toString(16)}`;
  const vmid = `VMID=${(q0 >> 32n) & 0xffffn}`;
  const asid = `ASID=${(q0 >> 48n) & 0xffffn}`;
  const va = `0x${(q1 & ~0xfffn).toString(16)}`;
  if (op === 0x04) return (q1 & 31n) === 31n ? name : `${name} ${sid} RANGE=${q1 & 31n}`;
  if (op === 0x01 || op === 0x03 || op === 0x06) return `${name} ${sid}`;
  if (op === 0x05) return `${name} ${sid} SSID=${(q0 >> 12n) & 0xf_ffffn}`;
  if (op === 0x40) return `${name} ${sid} ADDR=${va} SIZE=${q1 & 63n}`;
  if (op === 0x10 || op === 0x28) return `${name} ${vmid}`;
  if (op === 0x11) return `${name} ${vmid} ${asid}`;
  if (op === 0x12) return `${name} ${vmid} ${asid} VA=${va}`;
  if (op === 0x13) return `${name} ${vmid} VA=${va}`;
  if (op === 0x2a) return `${name} ${vmid} IPA=${va}`;
  return name;
}
