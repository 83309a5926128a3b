/** A state in a few words: what a reader of a graph or of a counterexample's last step looks for. */
import { deviceFacts, vsmmuFacts } from "../engine/observe.ts";
import type { World } from "../engine/world.ts";

const SMMUEN = 1;
const CMDQEN = 8;
const EVENTQEN = 4;
const GBPA_ABORT = 1 << 20;

function deviceLine(w: World, dev: number): string | null {
  const f = deviceFacts(w, dev);
  if (f.attached === "none") return null;
  const name = w.setup.devices[dev]?.name;
  const v = f.placement === null ? "" : ` ${w.setup.vsmmus[f.placement.vsmmu]?.name}`;
  const parts = [`attached=${f.attached}`];
  if (f.hardware !== null) parts.push(`dma=${f.hardware}`);
  if (f.legal.length > 0) parts.push(`legal=${f.legal.join(",")}`);
  const ids = [...new Set(f.divergences.map((d) => d.id ?? "?"))];
  if (ids.length > 0) parts.push(`diverges=${ids.join(",")}`);
  return `${name}${v} ${parts.join(" ")}`;
}

function vsmmuLine(w: World, v: number): string | null {
  const f = vsmmuFacts(w, v);
  const on = (bit: number): boolean => (f.cr0ack & bit) !== 0;
  const parts: string[] = [];
  if (on(SMMUEN)) parts.push("SMMUEN");
  if (on(EVENTQEN)) parts.push("EVENTQEN");
  if (on(CMDQEN)) parts.push("CMDQEN");
  if ((f.gbpa & GBPA_ABORT) !== 0) parts.push("GBPA.ABORT");
  if (f.cmdqError !== null) parts.push(`cmdq=${f.cmdqError}`);
  const ids = [...new Set(f.divergences.map((d) => d.id ?? "?"))];
  if (ids.length > 0) parts.push(`diverges=${ids.join(",")}`);
  return parts.length === 0 ? null : `${w.setup.vsmmus[v]?.name} ${parts.join(" ")}`;
}

/** One line a device that is bound and a vSMMU that has anything set. */
export function shortFacts(w: World): readonly string[] {
  const lines = [
    ...w.setup.vsmmus.map((_, v) => vsmmuLine(w, v)),
    ...w.setup.devices.map((_, d) => deviceLine(w, d)),
  ];
  const said = lines.filter((l): l is string => l !== null);
  if (w.qemu.dead !== null) said.unshift(`QEMU has ended: ${w.qemu.dead}`);
  return said.length === 0 ? ["nothing plugged"] : said;
}
