/** The physical stream table and the endpoint's ATS enable, as the host driver writes them. */
import { type Cx, own } from "../cx.ts";
import type { StreamTableEntry } from "./types.ts";

function sameSte(a: StreamTableEntry, b: StreamTableEntry): boolean {
  if (a === b) return true;
  for (let i = 0; i < 8; i++) if (a[i] !== b[i]) return false;
  return true;
}

export const hex64 = (v: bigint): string => `0x${v.toString(16)}`;

/** Stores `ste` for every stream of the device. Equal words change nothing. */
export function writeSte(cx: Cx, dev: number, ste: StreamTableEntry): void {
  const now = cx.w.hw.devices[dev];
  if (now === undefined) return;
  if (cx.t.on) {
    const sids = cx.setup.devices[dev]?.sids ?? [];
    cx.t.hw("ste", `STE of ${cx.setup.devices[dev]?.name ?? dev}`, {
      dev,
      sids: [...sids],
      words: ste.map(hex64),
    });
  }
  let stes: StreamTableEntry[] | null = null;
  for (let i = 0; i < now.stes.length; i++) {
    if (sameSte(now.stes[i] as StreamTableEntry, ste)) continue;
    stes ??= own(cx, own(cx, own(cx, own(cx, cx.w, "hw"), "devices"), dev), "stes") as StreamTableEntry[];
    stes[i] = ste;
  }
}

/** PCI ATS enable bit of the function. */
export function setEndpointAts(cx: Cx, dev: number, on: boolean): void {
  const now = cx.w.hw.devices[dev];
  if (now === undefined || now.ats === on) return;
  if (cx.t.on)
    cx.t.hw("ats", `PCI ATS ${on ? "on" : "off"} in ${cx.setup.devices[dev]?.name ?? dev}`, { dev, on });
  own(cx, own(cx, own(cx, cx.w, "hw"), "devices"), dev).ats = on;
}
