/** The script's header: releases, host hardware and vSMMUs as far as a log shows them. */
import type { MachineTrack } from "./machine.ts";
import type { NoteFacts } from "./note-facts.ts";
import type { ProfileGuess } from "./profile.ts";

const IDR0_S2P = 1;
const IDR0_ATS = 1 << 10;

export interface HeaderInput {
  readonly emulated: boolean;
  readonly machine: MachineTrack;
  readonly vsmmus: number;
  readonly idr0: ReadonlyMap<number, number>;
  /** vSMMUs whose invalidations name a VMID. */
  readonly vmids: ReadonlySet<number>;
  readonly idr5: ReadonlyMap<number, number>;
  readonly profile: ProfileGuess;
  readonly facts: NoteFacts;
  readonly kernel: string | null;
  readonly qemu: string | null;
}

const onOff = (x: boolean): string => (x ? "on" : "off");

export function headerLines(h: HeaderInput): string[] {
  const { profile } = h;
  const out: string[] = [
    `kernel ${h.kernel ?? profile.kernel}`,
    `qemu ${h.qemu ?? `${profile.qemu}${profile.knobs}`}`,
  ];
  const ats = [...h.idr0.values()].some((x) => (x & IDR0_ATS) !== 0);
  if (!h.emulated) {
    const host = h.facts.host();
    const psmmus = 1 + Math.max(0, ...h.machine.devices.map((d) => d.psmmu));
    for (let p = 0; p < psmmus; p++)
      out.push(`psmmu p${p} oas=${host?.oas ?? 48} s2fwb=${onOff(host?.s2fwb ?? false)} ats=${onOff(ats)}`);
    for (const d of h.machine.devices) {
      const group = d.group === null ? "" : ` group=${d.group}`;
      const own = h.facts.hostDma.has(d.sid) ? " default=dma" : "";
      out.push(
        `device ${d.name} psmmu=p${d.psmmu} sid=0x${d.sid.toString(16)} ats=${onOff(ats)}${group}${own}`,
      );
    }
  }
  for (let v = 0; v < h.vsmmus; v++) {
    const idr0 = h.idr0.get(v);
    const nested = idr0 === undefined ? h.vmids.has(v) : (idr0 & IDR0_S2P) !== 0;
    const stage = h.emulated && nested ? " stage=nested" : "";
    const oas = h.idr5.get(v);
    const size = oas !== undefined && (oas & 7) === 5 ? " oas=48" : "";
    const guestAts = !h.emulated && ((idr0 ?? 0) & IDR0_ATS) !== 0 ? " ats=on" : "";
    out.push(`vsmmu v${v} bus=pcie.${v}${h.emulated ? " accel=off" : ""}${stage}${size}${guestAts}`);
  }
  return out;
}
