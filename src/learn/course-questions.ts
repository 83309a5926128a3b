/**
 * Questions about one rule: taken from what the lessons run, where that rule fires, with a command more now and then so
 * that they do not run out. For repetition by rule, where chance alone would search too long.
 */
import { deviceFacts } from "../engine/observe.ts";
import type { CommandItem } from "../script/ast.ts";
import { askOf, type MadeQuestion, makeQuestion, type Wish } from "./ask-scene.ts";
import type { PlayedLesson } from "./play.ts";
import { Chance } from "./random.ts";
import { type Scene, strayCommand } from "./scenes.ts";
import { firedRules, playOn, type Situation, worldAfter } from "./situation.ts";

/** One command of a lesson, with what leads to it. */
interface CourseCommand {
  readonly header: string;
  readonly situation: Situation;
  /** Rules that explain something of it. */
  readonly rules: ReadonlySet<string>;
}

const known = new WeakMap<PlayedLesson, readonly CourseCommand[]>();

/** Every command of a lesson once; computed once a lesson. */
function commandsOf(played: PlayedLesson): readonly CourseCommand[] {
  const found = known.get(played);
  if (found !== undefined) return found;
  const { session, moments } = played;
  const out: CourseCommand[] = [];
  const seen = new Set<number>();
  for (const m of moments) {
    const path = session.path(m.node);
    const lead: CommandItem[] = [];
    for (const n of path) {
      if (n.item?.kind !== "command") continue;
      const outcome = seen.has(n.id) ? null : session.outcome(n.id);
      if (outcome !== null && !n.rejected) {
        const rules = new Set(firedRules(outcome).map((r) => r.id));
        const world = session.world(n.id);
        world.setup.devices.forEach((_, dev) => {
          for (const id of deviceFacts(world, dev).legalRules) rules.add(id);
        });
        const situation = { setup: n.setup, lead: lead.slice(), act: [n.item] };
        out.push({ header: path[0]?.text ?? "", situation, rules });
      }
      seen.add(n.id);
      lead.push(n.item);
    }
  }
  known.set(played, out);
  return out;
}

/** The rules that questions of these lessons can be about. */
export function askableRules(lessons: readonly PlayedLesson[]): Set<string> {
  return new Set(lessons.flatMap((l) => commandsOf(l).flatMap((c) => [...c.rules])));
}

const TRIES = 8;

/** Null if no lesson fires the rule and chance does not find it either. Deterministic in lessons, seed and wish. */
export function makeRuleQuestion(
  lessons: readonly PlayedLesson[],
  seed: number,
  wish: Wish & { readonly rule: string },
): MadeQuestion | null {
  const chance = new Chance(seed);
  const there = lessons.flatMap((l) => commandsOf(l).filter((c) => c.rules.has(wish.rule)));
  for (let n = 0; n < TRIES && there.length > 0; n++) {
    const scene = varied(chance.pick(there), chance, n < TRIES / 2);
    const made = scene === null ? null : askOf(scene, seed, wish, chance, n < TRIES / 2);
    if (made !== null) return made;
  }
  return makeQuestion(seed, wish);
}

/** The command as the lesson has it, or behind one more that the lesson does not. Null if it makes no sense then. */
function varied({ header, situation }: CourseCommand, chance: Chance, vary: boolean): Scene | null {
  const { setup, lead, act } = situation;
  const more = vary && chance.percent(70) ? strayCommand(setup, chance) : null;
  const before = more === null ? lead : [...lead, more];
  const moment = playOn(
    worldAfter(
      setup,
      before.map((i) => i.action),
    ),
    act.map((i) => i.action),
    true,
  );
  if (moment === null) return null;
  return {
    header: header === "" ? "" : header.replace(/\n?$/, "\n"),
    situation: { setup, lead: before, act },
    moment,
  };
}
