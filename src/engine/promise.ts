/**
 * What the architecture promises each stream of the guest, as text: every legal answer with the event it records. Two
 * worlds compared by it tell which write of a sequence changed an answer (the Δ of model/smmuv3.md section 6).
 */
import { eventSlug } from "./arch/events.ts";
import type { Answer } from "./arch/oracle-types.ts";
import { legalWord } from "./guest/dma.ts";
import { deviceFacts, legalAnswers, placementOf, probeIova, probeRead } from "./observe.ts";
import type { Part } from "./outcome.ts";
import type { Setup } from "./setup.ts";
import type { World } from "./world.ts";

/** One device's traffic: without SubstreamID (`ssid` null), or with one. */
export interface Stream {
  readonly dev: number;
  readonly ssid: number | null;
}

/** `abort+c-bad-cd`: the answer, and the event if the queue takes it. */
function answerText(a: Answer): string {
  const event = a.event !== null && a.recorded === "written" ? `+${eventSlug(a.event.code)}` : "";
  return `${legalWord(a.cls)}${event}`;
}

function promiseOf(world: World, { dev, ssid }: Stream): string {
  const place = placementOf(world, dev);
  if (place === null) return deviceFacts(world, dev).legal.join(",");
  const iova = probeIova(world, dev, place.vsmmu, place.sid, ssid);
  const answers = legalAnswers(world, place.vsmmu, probeRead(place.sid, iova, ssid));
  return [...new Set(answers.map(answerText))].join(",");
}

/** Every device's traffic without SubstreamID, and that of the PASIDs the guest's driver knows in either world. */
function streams(before: World, after: World, asked: Stream | null): readonly Stream[] {
  const out: Stream[] = after.setup.devices.map((_, dev) => ({ dev, ssid: null }));
  const add = (one: Stream): void => {
    if (!out.some((x) => x.dev === one.dev && x.ssid === one.ssid)) out.push(one);
  };
  for (const world of [before, after])
    for (const smmu of world.guest.smmus)
      for (const m of smmu.linux?.masters ?? []) for (const p of m.pasids) add({ dev: m.dev, ssid: p.ssid });
  if (asked !== null) add(asked);
  return out.sort((a, b) => a.dev - b.dev || (a.ssid ?? -1) - (b.ssid ?? -1));
}

/** Streams whose promise differs between two worlds; `asked` is looked at although no driver knows its PASID (yet). */
export function promiseDeltas(before: World, after: World, asked: Stream | null = null): Part["delta"] {
  if (before.guest === after.guest && before.memory === after.memory && before.qemu === after.qemu) return [];
  return streams(before, after, asked).flatMap((stream) => {
    const was = promiseOf(before, stream);
    const is = promiseOf(after, stream);
    return was === is ? [] : [{ ...stream, before: was, after: is }];
  });
}

/** `d0`, or `d0 ssid=3`. */
export const streamName = (setup: Setup, { dev, ssid }: Stream): string =>
  `${setup.devices[dev]?.name ?? dev}${ssid === null ? "" : ` ssid=${ssid}`}`;
