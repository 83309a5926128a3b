/**
 * Which knob makes a difference: the first side is played again with one knob of the other side at a time (two, if one is
 * not enough), and a knob with which the two agree is the one.
 */
import { buildWorld } from "../engine/build-world.ts";
import { KERNEL_KNOBS } from "../engine/kernel/profiles.ts";
import type { Outcome } from "../engine/outcome.ts";
import type { Repair } from "../engine/profile.ts";
import { QEMU_KNOBS, QEMU_REPAIRS } from "../engine/qemu/profiles.ts";
import type { Setup } from "../engine/setup.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import type { Script } from "../script/ast.ts";
import { type Difference, differences } from "./differences.ts";

export interface KnobApart {
  readonly layer: "kernel" | "qemu" | "fix";
  /** As scripts spell it. */
  readonly key: string;
  /** One a side. */
  readonly values: readonly string[];
  readonly what: string;
  readonly source: string;
}

interface Candidate extends KnobApart {
  /** Side `from`'s value put into `setup`. */
  put(setup: Setup, from: Setup): Setup;
}

const spell = (v: unknown): string => (v === true ? "on" : v === false ? "off" : String(v));

/** Every knob in which any two of the setups differ. */
function candidates(setups: readonly Setup[]): Candidate[] {
  const out: Candidate[] = [];
  const apart = (values: readonly string[]): boolean => values.some((v) => v !== values[0]);
  for (const { key, field, what, source, values: spellings } of KERNEL_KNOBS) {
    const values = setups.map(
      ({ kernel }) => spellings.find((s) => s.value === kernel[field])?.text ?? String(kernel[field]),
    );
    if (apart(values))
      out.push({
        ...{ layer: "kernel", key, values, what, source },
        put: (setup, from) => ({ ...setup, kernel: { ...setup.kernel, [field]: from.kernel[field] } }),
      });
  }
  for (const { key, knob, text: what, source } of QEMU_KNOBS) {
    const values = setups.map(({ qemu }) => spell(qemu[knob]));
    if (apart(values))
      out.push({
        ...{ layer: "qemu", key, values, what, source },
        put: (setup, from) => ({ ...setup, qemu: { ...setup.qemu, [knob]: from.qemu[knob] } }),
      });
  }
  for (const { id, names, text: what } of QEMU_REPAIRS) {
    const values = setups.map(({ repairs }) => (repairs.includes(id) ? "on" : "off"));
    if (apart(values))
      out.push({
        ...{ layer: "fix", key: names.join(","), values, what, source: "what-if repair" },
        put: (setup, from) => ({
          ...setup,
          repairs: withRepair(setup.repairs, id, from.repairs.includes(id)),
        }),
      });
  }
  return out;
}

const withRepair = (repairs: readonly Repair[], id: Repair, on: boolean): readonly Repair[] =>
  on ? [...repairs.filter((r) => r !== id), id] : repairs.filter((r) => r !== id);

/** All knobs in which the sides differ, whether or not they matter here. */
export const knobsApart = (setups: readonly Setup[]): readonly KnobApart[] =>
  candidates(setups).map(({ layer, key, values, what, source }) => ({ layer, key, values, what, source }));

interface Played {
  readonly world: World;
  readonly outcome: Outcome;
}

/** The first `n` commands under another setup. */
function play(script: Script, setup: Setup, n: number): Played | null {
  let world = buildWorld(setup);
  let outcome: Outcome | null = null;
  for (const item of script.items) {
    if (item.kind !== "command") continue;
    if (n-- === 0) break;
    const stepped = step(world, item.action, { trace: n === 0 });
    ({ world } = stepped);
    outcome = stepped.outcome;
  }
  return outcome === null ? null : { world, outcome };
}

/** Steps times devices beyond which nobody would wait for the answer. */
const TOO_MUCH = 40_000;

export interface Deciding {
  readonly knob: KnobApart;
  /** What the command did on the first side with this knob (and its partner, if it takes two) as the other side has it. */
  readonly outcome: Outcome;
}

/**
 * The knobs that undo the weightiest difference between side 0 and side `other` after command `at.n`: each one that does
 * so alone, else the first two that do it together.
 */
export function decidingKnobs(
  scripts: readonly Script[],
  at: {
    readonly n: number;
    readonly worlds: readonly World[];
    readonly outcomes: readonly Outcome[];
    readonly differences: readonly Difference[];
  },
  other: number,
): readonly Deciding[] {
  const script = scripts[0];
  const theirs = scripts[other];
  const main = at.differences.find((d) => d.values[0] !== d.values[other]);
  if (script === undefined || theirs === undefined || main === undefined) return [];
  const all = knobsApart(scripts.map((s) => s.setup));
  const between = candidates([script.setup, theirs.setup]);
  const cost = at.n * script.setup.devices.length;
  if (cost * between.length > TOO_MUCH) return [];
  /** What the command does with these knobs as the other side has them; null if it still differs. */
  const settled = (changed: readonly Candidate[]): Outcome | null => {
    const setup = changed.reduce((now, c) => c.put(now, theirs.setup), script.setup);
    const played = play(script, setup, at.n);
    if (played === null) return null;
    const left = differences(
      [played.world, at.worlds[other] as World],
      [played.outcome, at.outcomes[other] as Outcome],
    );
    return left.some((d) => d.what === main.what) ? null : played.outcome;
  };
  const deciding = (changed: readonly Candidate[], outcome: Outcome): Deciding[] =>
    changed.flatMap((c) => {
      const knob = all.find((k) => k.layer === c.layer && k.key === c.key);
      return knob === undefined ? [] : [{ knob, outcome }];
    });
  const alone = between.flatMap((c) => {
    const outcome = settled([c]);
    return outcome === null ? [] : deciding([c], outcome);
  });
  if (alone.length > 0 || cost * between.length ** 2 > TOO_MUCH) return alone;
  for (const [i, first] of between.entries())
    for (const second of between.slice(i + 1)) {
      const outcome = settled([first, second]);
      if (outcome !== null) return deciding([first, second], outcome);
    }
  return [];
}
