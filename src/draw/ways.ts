/**
 * The stations of one DMA through a device's column: its guest STE, QEMU's device, the DEVICE, then what its DMA runs
 * on down to the IOAS. Twice: over the HWPT it is attached to, and over the one that would do what must happen.
 */
import type { HardwareAnswer, LegalAnswer } from "../engine/facts.ts";
import { eachItem, type Item, type Kind, type Scene } from "./scene-types.ts";
import { ANSWER_KINDS, ANSWER_WORDS } from "./views.ts";

/** A transaction's stations by item key, and how it ends. */
export interface Way {
  readonly keys: readonly string[];
  readonly kind: Kind;
  readonly word: string;
}

export interface Ways {
  readonly column: string;
  readonly must: Way;
  readonly is: Way;
  /** The hardware's answer is none of the legal ones. */
  readonly diverges: boolean;
}

export function waysOf(
  scene: Scene,
  dev: number,
  must: LegalAnswer,
  is: HardwareAnswer,
  diverges: boolean,
): Ways | null {
  const items = new Map<string, Item>();
  eachItem(scene, (item) => {
    if (!item.ghost) items.set(item.key, item);
  });
  for (const block of scene.blocks) {
    const column = block.columns.find((one) => one.dev === dev && !one.ghost);
    if (column === undefined) continue;
    const stations = [column.ste, column.accel, column.device].flatMap((one) =>
      one === null ? [] : [one.key],
    );
    const attached = scene.attachments.find((one) => one.column === column.key && !one.ghost)?.to ?? null;
    const group = block.viommus.find((one) => !one.item.ghost);
    const wanted =
      must === "abort" || must === "pass-bypass"
        ? group?.rails.find((rail) => rail.kind === ANSWER_KINDS[must] && !rail.ghost)?.key
        : group?.chips.find((chip) => chip.item.dev === dev && !chip.item.ghost)?.item.key;
    const down = (from: string | null, ends: boolean): string[] => {
      const keys: string[] = [];
      for (let key = from; key !== null; key = items.get(key)?.under ?? null) {
        // The vIOMMU's frame is where the HWPTs stand, no station of its own.
        if (items.get(key)?.role !== "viommu") keys.push(key);
        if (ends) break;
      }
      return keys;
    };
    return {
      column: column.key,
      must: {
        keys: [...stations, ...down(wanted ?? null, must === "abort")],
        kind: ANSWER_KINDS[must],
        word: ANSWER_WORDS[must],
      },
      is: {
        keys: [...stations, ...down(attached, is === "abort")],
        kind: ANSWER_KINDS[is],
        word: ANSWER_WORDS[is],
      },
      diverges,
    };
  }
  return null;
}
