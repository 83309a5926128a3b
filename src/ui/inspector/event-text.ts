/** An event record in words: only what its type carries. */
import { decodeEvent, findEvent } from "../../engine/arch/events.ts";
import { hex } from "./field-list.tsx";

const CLASSES = ["CD", "TT", "IN"] as const;

/** `SID 0x100, SSID 3, read of 0x9000, class IN`: what the guest's handler would print. */
export function eventDetail(words: readonly bigint[]): string {
  const event = decodeEvent(words);
  const parts = findEvent(event.code)?.parts ?? [];
  const full = parts.includes("full");
  const directed = full || parts.includes("rnw") || parts.includes("perms");
  const out = [`SID ${hex(event.sid)}`];
  if (event.ssid !== null) out.push(`SSID ${event.ssid}`);
  if (directed) {
    const rights = `${event.pnu ? "privileged " : ""}${event.ind ? "instruction " : ""}`;
    out.push(`${rights}${event.rnw ? "read" : "write"} of ${hex(event.addr)}`);
  } else if (parts.includes("addr")) out.push(hex(event.addr));
  if (full) out.push(`class ${CLASSES[event.cls] ?? event.cls}`);
  if (event.s2) out.push(`stage 2, IPA ${hex(event.ipa)}`);
  else if (parts.includes("fetch")) out.push(`fetch of ${hex(event.ipa)}`);
  if (event.stall) out.push(`stalled, STAG ${event.stag}`);
  return out.join(", ");
}
