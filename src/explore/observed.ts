/** What anybody can see of a world, fact by fact, in words that carry no number: for telling two worlds apart. */
import { deviceFacts, vsmmuFacts } from "../engine/observe.ts";
import type { World } from "../engine/world.ts";

/** `device dma=pass-s2`: whose, which, what. */
export interface Observed {
  readonly whose: string;
  readonly aspect: string;
  readonly value: string;
}

const yes = (there: boolean): string => (there ? "yes" : "no");

export function observedDevice(w: World, dev: number): readonly Observed[] {
  const f = deviceFacts(w, dev);
  const whose = w.setup.devices[dev]?.name ?? `device ${dev}`;
  const say = (aspect: string, value: string): Observed => ({ whose, aspect, value });
  return [
    say("dma", f.hardware ?? "none"),
    say("legal", f.legal.length === 0 ? "none" : f.legal.join(",")),
    say("diverges", [...new Set(f.divergences.map((d) => d.id ?? "?"))].join(",") || "no"),
    say("attached", f.attached),
    say("pste", f.pste),
    say("vdevice", yes(f.vdevice !== null)),
    say("vmaster", f.vmaster === null ? "none" : `0x${f.vmaster.toString(16)}`),
    say("ats", f.ats ? "on" : "off"),
  ];
}

export function observedVsmmu(w: World, v: number): readonly Observed[] {
  const f = vsmmuFacts(w, v);
  const whose = w.setup.vsmmus[v]?.name ?? `vSMMU ${v}`;
  const say = (aspect: string, value: string): Observed => ({ whose, aspect, value });
  return [
    say("cmdq", f.cmdqError ?? "none"),
    say("gerror", `0x${((f.gerror ^ f.gerrorn) >>> 0).toString(16)}`),
    say("viommu", yes(f.viommu !== null)),
    say("veventq", yes(f.veventq !== null)),
    say("diverges", [...new Set(f.divergences.map((d) => d.id ?? "?"))].join(",") || "no"),
  ];
}

export const observedQemu = (w: World): readonly Observed[] => [
  { whose: "QEMU", aspect: "ended", value: w.qemu.dead ?? "no" },
];
