/**
 * "Unchanged means identical", and what is gone stays for one step: a new scene takes over every part of the last
 * one that is equal, and what the last one had beyond it becomes a ghost.
 */
import type { Item, Scene, ViommuGroup } from "./scene-types.ts";

/** `next`, or the equal object of the last scene. Compares one level: parts must have been kept before. */
export function keep<T extends object>(old: T | undefined, next: T): T {
  if (old === undefined || old === next) return next;
  const keys = Object.keys(next) as (keyof T)[];
  for (const key of keys) {
    const a = old[key];
    const b = next[key];
    if (a === b) continue;
    // Subjects are tiny records of numbers, made anew each time; an equal key means an equal subject.
    if (key === "subject") continue;
    return next;
  }
  return old;
}

/** The list, or the last one if all its parts are the very same. */
export function keepList<T>(old: readonly T[] | undefined, next: readonly T[]): readonly T[] {
  return old !== undefined && old.length === next.length && old.every((part, i) => part === next[i])
    ? old
    : next;
}

const ghostItem = (item: Item): Item => ({ ...item, ghost: true, says: `${item.says}, gone` });
const missing = (now: Item | null, was: Item | null | undefined): Item | null =>
  now !== null || was === null || was === undefined || was.ghost ? now : ghostItem(was);

/** Parts of `was` (ghosts excepted) that `now` has no more. */
function gone<T>(now: readonly T[], was: readonly T[], item: (part: T) => Item): T[] {
  if (now === was) return [];
  const keys = new Set(now.map((part) => item(part).key));
  return was.filter((part) => !item(part).ghost && !keys.has(item(part).key));
}

const itemOf = <T extends { readonly item: Item }>(part: T): Item => part.item;
const self = (item: Item): Item => item;

function withGhostsInGroup(now: ViommuGroup, was: ViommuGroup | undefined): ViommuGroup {
  if (was === undefined) return now;
  const rails = gone(now.rails, was.rails, self).map(ghostItem);
  const chips = gone(now.chips, was.chips, itemOf).map((chip) => ({ ...chip, item: ghostItem(chip.item) }));
  const queues = gone(now.veventqs, was.veventqs, self).map(ghostItem);
  if (rails.length + chips.length + queues.length === 0) return now;
  const taken = new Set(now.chips.map((chip) => chip.slot));
  return {
    ...now,
    // A ghost stays in its row, so that those below do not move yet.
    rails: inRows(now.rails, rails, was.rails),
    chips: [...now.chips, ...chips.filter((chip) => !taken.has(chip.slot))],
    veventqs: now.veventqs.length > 0 ? now.veventqs : queues,
  };
}

function inRows(now: readonly Item[], ghosts: readonly Item[], was: readonly Item[]): readonly Item[] {
  const rank = new Map(was.map((rail, i) => [rail.key, i]));
  return [...now, ...ghosts].sort((a, b) => (rank.get(a.key) ?? 1e6) - (rank.get(b.key) ?? 1e6));
}

function ghostGroup(group: ViommuGroup): ViommuGroup {
  return {
    ...group,
    item: ghostItem(group.item),
    veventqs: group.veventqs.filter((q) => !q.ghost).map(ghostItem),
    rails: group.rails.filter((r) => !r.ghost).map(ghostItem),
    chips: group.chips.filter((c) => !c.item.ghost).map((c) => ({ ...c, item: ghostItem(c.item) })),
  };
}

/** Adds to `now` faint copies of what `was` had and `now` has not. */
export function withGhosts(now: Scene, was: Scene): Scene {
  const before = new Map(was.blocks.map((block) => [block.key, block]));
  const standing = new Set(now.blocks.flatMap((block) => block.columns.map((column) => column.key)));
  const blocks = now.blocks.map((block) => {
    const old = before.get(block.key);
    if (old === undefined || old === block) return block;
    const oldColumns = new Map(old.columns.map((column) => [column.key, column]));
    const columns = block.columns.map((column) => {
      const last = oldColumns.get(column.key);
      if (last === undefined || last === column) return column;
      const device = missing(column.device, last.device);
      const vdevice = missing(column.vdevice, last.vdevice);
      return device === column.device && vdevice === column.vdevice ? column : { ...column, device, vdevice };
    });
    const taken = new Set(columns.map((column) => column.slot));
    for (const last of old.columns) {
      if (last.ghost || standing.has(last.key) || taken.has(last.slot)) continue;
      columns.push({
        ...last,
        ghost: true,
        diverges: "",
        ste: missing(null, last.ste),
        accel: missing(null, last.accel),
        device: missing(null, last.device),
        vdevice: missing(null, last.vdevice),
        pste: null,
      });
    }
    const groups = new Map(block.viommus.map((group) => [group.key, group]));
    const viommus = block.viommus.map((group) =>
      withGhostsInGroup(
        group,
        old.viommus.find((other) => other.key === group.key),
      ),
    );
    for (const last of old.viommus)
      if (!last.item.ghost && !groups.has(last.key)) viommus.push(ghostGroup(last));
    return {
      ...block,
      columns,
      viommus,
    };
  });
  const ioasKeys = new Map(now.ioases.map((group) => [group.key, group]));
  const oldIoases = new Map(was.ioases.map((group) => [group.key, group]));
  const ioases = now.ioases.map((group) => {
    const last = oldIoases.get(group.key);
    const lost = last === undefined ? [] : gone(group.hwpts, last.hwpts, self).map(ghostItem);
    return lost.length === 0 ? group : { ...group, hwpts: [...group.hwpts, ...lost] };
  });
  for (const last of was.ioases) {
    if (last.item.ghost || ioasKeys.has(last.key)) continue;
    const end = now.blocks.length - 1;
    ioases.push({
      ...last,
      item: ghostItem(last.item),
      hwpts: last.hwpts.filter((hwpt) => !hwpt.ghost).map(ghostItem),
      from: Math.min(last.from, end),
      to: Math.min(last.to, end),
    });
  }
  const attached = new Set(now.attachments.map((one) => one.key));
  const lost = was.attachments
    .filter((one) => !one.ghost && !attached.has(one.key))
    .map((one) => ({ ...one, ghost: true, says: `${one.says}, gone` }));
  return { ...now, blocks, ioases, attachments: [...now.attachments, ...lost] };
}
