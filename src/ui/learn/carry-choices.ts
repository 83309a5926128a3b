/** Which boxes of the graph stand for the choices of an attachment question: every HWPT that the device could be put on. */
import { sceneOf } from "../../draw/scene.ts";
import type { Item, Scene } from "../../draw/scene-types.ts";
import type { Attached } from "../../engine/facts.ts";
import type { World } from "../../engine/world.ts";
import type { Question } from "../../learn/question.ts";
import type { Carry, CarryTarget } from "../graph/carry.tsx";

/** The engine's word for being attached to this HWPT; null for what is none. */
export function attachedWord({ role, kind }: Item): Attached | null {
  if (role === "paging") return kind === "s2" ? "s2" : "s1";
  if (role !== "nested") return null;
  return kind === "abort" || kind === "bypass" || kind === "translate" ? kind : null;
}

interface Put {
  readonly word: Attached;
  readonly target: CarryTarget;
}

/** HWPTs in whose block the device stands, and those below it. Another device's own nested HWPT is not among them. */
function putsFor(scene: Scene, dev: number): readonly Put[] {
  const puts: Put[] = [];
  const add = (item: Item): void => {
    const word = item.ghost ? null : attachedWord(item);
    if (word === null || (item.dev !== null && item.dev !== dev)) return;
    puts.push({ word, target: { key: item.key, kind: item.kind ?? "off", says: item.says } });
  };
  scene.blocks.forEach((block, at) => {
    if (!block.columns.some((column) => column.dev === dev && !column.ghost)) return;
    for (const group of block.viommus) {
      group.rails.forEach(add);
      for (const chip of group.chips) add(chip.item);
    }
    for (const group of scene.ioases) if (at >= group.from && at <= group.to) group.hwpts.forEach(add);
  });
  return puts;
}

/**
 * What can be dragged where for a question about an attachment; null for other questions, and where nothing it offers is
 * in the picture. `said` is the engine's word that was chosen, `put` the box that was pressed.
 */
export function carryFor(
  world: World,
  question: Question | undefined,
  said: string | null,
  put: string | null,
  say: (value: string, key: string) => void,
): Carry | null {
  if (question?.ask.kind !== "attachment") return null;
  const { dev: name } = question.ask;
  const dev = world.setup.devices.findIndex((device) => device.name === name);
  const puts = putsFor(sceneOf(world), dev).filter(({ word }) =>
    question.choices.some(({ value }) => value === word),
  );
  if (puts.length === 0) return null;
  const same = puts.filter(({ word }) => word === said);
  const chosen = same.find(({ target }) => target.key === put) ?? same[0] ?? null;
  return {
    dev,
    targets: puts.map(({ target }) => target),
    chosen: chosen?.target.key ?? null,
    onDrop(key) {
      const one = puts.find(({ target }) => target.key === key);
      if (one !== undefined) say(one.word, key);
    },
  };
}
