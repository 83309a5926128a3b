/** The physical stream table and the endpoint's ATS enable, as the host driver writes them. */
import { type Cx, type Draft, fresh, own } from "../cx.ts";
import type { HardwareState, HwDevice, StreamTableEntry } from "./types.ts";

function sameSte(a: StreamTableEntry, b: StreamTableEntry): boolean {
  if (a === b) return true;
  for (let i = 0; i < 8; i++) if (a[i] !== b[i]) return false;
  return true;
}

export const hex64 = (v: bigint): string => `0x${v.toString(16)}`;

// Cloned here and not by own(): a spread of one known shape is several times faster (as kernel/object.ts).
function ownDevice(cx: Cx, dev: number): Draft<HwDevice> {
  const now = cx.w.hw;
  if (!cx.owned.has(now)) cx.w.hw = fresh(cx, { ...now });
  const devices = own(cx, cx.w.hw as Draft<HardwareState>, "devices");
  const d = devices[dev] as HwDevice;
  if (cx.owned.has(d)) return d;
  const copy = fresh(cx, { ...d });
  devices[dev] = copy;
  return copy;
}

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
    stes ??= own(cx, ownDevice(cx, dev), "stes");
    stes[i] = ste;
  }
}

/** PCI ATS enable bit of the function. */
export function setEndpointAts(cx: Cx, dev: number, on: boolean): void {
  const now = cx.w.hw.devices[dev];
  if (now === undefined || now.ats === on) return;
  if (cx.t.on)
    cx.t.hw("ats", `PCI ATS ${on ? "on" : "off"} in ${cx.setup.devices[dev]?.name ?? dev}`, { dev, on });
  ownDevice(cx, dev).ats = on;
}
