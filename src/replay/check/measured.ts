/** Measurements beside an accelerated log: what a device's writes really did, and the STE in the host's memory. */
import { step } from "../../engine/step.ts";
import type { World } from "../../engine/world.ts";
import {
  type DmaNote,
  deviceLetters,
  dmaNote,
  type HostSteNote,
  hostSteNote,
  type Note,
} from "../meaning/notes.ts";
import type { ReplayRun } from "../meaning/steps.ts";
import type { Tallies } from "./result.ts";

export const measurable = (n: Note): boolean => n.kind === "dma" || n.kind === "host-ste" || n.host !== null;

function deviceIndex(letter: string, notes: readonly Note[], run: ReplayRun): number {
  const host = deviceLetters(notes).get(letter);
  if (host !== undefined) return run.hostNames.indexOf(host);
  const i = letter.charCodeAt(0) - 65;
  return letter.length === 1 && i >= 0 && i < run.hostNames.length ? i : -1;
}

export function checkNote(
  n: Note,
  notes: readonly Note[],
  run: ReplayRun,
  world: World,
  runIndex: number,
  at: number,
  tallies: Tallies,
  rule: string | null,
): void {
  const where = { run: runIndex, line: n.line, step: at, rule };
  if (n.kind === "dma") {
    const d = dmaNote(n);
    const dev = d === null ? -1 : deviceIndex(d.device, notes, run);
    if (d === null || dev < 0) {
      tallies.outside("DMA measured");
      return;
    }
    const got = verdict(world, dev, d);
    if (got === d.verdict) tallies.agree("DMA measured");
    else tallies.disagree({ ...where, kind: "DMA measured", expected: `${d.device}: ${d.verdict}`, got });
  } else if (n.kind === "host-ste") {
    const s = hostSteNote(n);
    const dev = s === null ? -1 : deviceIndex(s.device, notes, run);
    const ste = world.hw.devices[dev]?.stes[0];
    if (s === null || ste === undefined) {
      tallies.outside("host STE");
      return;
    }
    const got = [0, 1, 2, 3].map((i) => withoutTables(i, ste[i] ?? 0n));
    const expected = [0, 1, 2, 3].map((i) => withoutTables(i, s.words[i] ?? 0n));
    if (got.every((w, i) => w === expected[i])) tallies.agree("host STE");
    else
      tallies.disagree({
        ...where,
        kind: "host STE",
        expected: `${s.device}: ${steText(s, expected)}`,
        got: got.map((w) => `0x${w.toString(16)}`).join(","),
      });
  }
}

const steText = (s: HostSteNote, words: readonly bigint[]): string =>
  `${s.kind} vmid=${s.vmid} ${words.map((w) => `0x${w.toString(16)}`).join(",")}`;

const S2TTB = 0x000f_ffff_ffff_fff0n;

/** The S2 table's address is the host's own; whether there is one counts. */
function withoutTables(index: number, word: bigint): bigint {
  if (index !== 3) return word;
  return (word & ~S2TTB) | ((word & S2TTB) === 0n ? 0n : 1n << 4n);
}

type DmaAction = Extract<Parameters<typeof step>[1], { kind: "dma" }>;

const write = (dev: number, iova: bigint): DmaAction => ({
  kind: "dma",
  dev,
  iova,
  write: true,
  ats: "none",
  priv: false,
  inst: false,
});

/** Where a write of the device lands, in a world that is thrown away; null if it does not. */
function lands(world: World, dev: number, iova: bigint): bigint | null {
  const { outcome } = step(world, write(dev, iova), { trace: false });
  const r = outcome.result as { readonly hardware?: string; readonly output?: string | null } | null;
  if (outcome.rejected || r === null || r.output === undefined || r.output === null) return null;
  return r.hardware === "abort" ? null : BigInt(r.output);
}

function verdict(world: World, dev: number, d: DmaNote): string {
  const direct = lands(world, dev, d.direct) === d.direct;
  const iova = lands(world, dev, d.iova) === d.direct;
  if (direct && iova) return "both landed";
  return direct ? "BYPASS" : iova ? "TRANSLATED" : "BLOCKED";
}
