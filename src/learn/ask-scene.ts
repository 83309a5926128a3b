/** Questions without end: a seed makes a scene, and the scene a question worth asking. */

import { objectList } from "../engine/objects.ts";
import { deviceFacts } from "../engine/observe.ts";
import { decidingCalls } from "../script/judge.ts";
import { printItems } from "../script/print.ts";
import { answerOf } from "./answer.ts";
import { ASKS, type Ask, type AskKind, askText } from "./prediction.ts";
import { type Difficulty, type Question, questionOf } from "./question.ts";
import { Chance } from "./random.ts";
import { type Family, type Scene, sceneBy } from "./scenes.ts";
import { explaining } from "./situation.ts";

/** What the question should be like; whatever is absent may be anything. */
export interface Wish {
  readonly kinds?: readonly AskKind[];
  /** One of the rules that decide. */
  readonly rule?: string;
  readonly difficulty?: Difficulty;
}

export interface MadeQuestion extends Question {
  /** With the wish, what makes it again. */
  readonly seed: number;
  /** The script that leads there, its header first. */
  readonly lead: string;
}

/** Scenes looked at for one question; behind that the wish counts as one that cannot be met. */
const TRIES = 24;
/** Weight of a question whose answer the command made. */
const TELLING = 3;

/** Everything that can be asked of a scene, with how telling it is. */
function asksOf(scene: Scene): { readonly ask: Ask; readonly weight: number }[] {
  const { moment, situation } = scene;
  const { before, world, outcome } = moment;
  const out: { ask: Ask; weight: number }[] = [];
  world.setup.devices.forEach(({ name }, dev) => {
    const [was, is] = [deviceFacts(before, dev), deviceFacts(world, dev)];
    if (is.attached === "none" && was.attached === "none") return;
    const moved = was.attached !== is.attached || was.hardware !== is.hardware;
    const weight = (is.diverges !== null ? 6 : 1) + (moved ? 3 : 0);
    out.push({ ask: { kind: "attachment", dev: name }, weight });
    if (is.hardware !== null) out.push({ ask: { kind: "dma", dev: name }, weight });
    if (is.legal.length > 0) out.push({ ask: { kind: "legal", dev: name }, weight });
  });
  const raw = situation.act[0]?.action.kind;
  out.push({ ask: { kind: "errno" }, weight: outcome.ok ? 2 : 12 });
  if (raw === "dma") return out;
  const calls = decidingCalls(outcome);
  for (let n = 1; calls.length > 0 && n <= Math.min(calls.length + 1, 6); n++)
    out.push({ ask: { kind: "call", n }, weight: calls.length > 1 ? 3 : 1 });
  for (const { obj, file } of objectList(world)) {
    if (obj.name === null || file !== 0) continue;
    const ask: Ask = { kind: "users", object: obj.name };
    const now = answerOf(ask, moment);
    if (now === null || now === "none") continue;
    out.push({ ask, weight: now === answerOf(ask, { world: before, outcome }) ? 1 : 4 });
  }
  return out;
}

const FAMILIES: readonly Family[] = ["vm", "vm", "raw"];

/** The question of a seed; null if nothing like the wish was found. Deterministic in both. */
export function makeQuestion(seed: number, wish: Wish = {}): MadeQuestion | null {
  const chance = new Chance(seed);
  for (let n = 0; n < TRIES; n++) {
    const scene = sceneBy(chance, chance.pick(FAMILIES));
    // A command that does next to nothing is asked about when nothing better comes.
    const made = askOf(scene, seed, wish, chance, n < TRIES / 2);
    if (made !== null) return made;
  }
  return null;
}

/** A question of one scene, null if nothing can be asked that fits; `telling`: only if the command did something. */
export function askOf(
  scene: Scene,
  seed: number,
  wish: Wish,
  chance: Chance,
  telling: boolean,
): MadeQuestion | null {
  const kinds = wish.kinds ?? ASKS;
  const asks = asksOf(scene).filter(
    ({ ask }) =>
      kinds.includes(ask.kind) &&
      (wish.rule === undefined || explaining(ask, scene.moment).some((r) => r.id === wish.rule)),
  );
  if (asks.length === 0 || (telling && !asks.some((a) => a.weight >= TELLING))) return null;
  const question = questionOf(chosen(asks, kinds, chance), scene.situation, scene.moment, chance);
  if (question === null) return null;
  if (wish.difficulty !== undefined && question.difficulty !== wish.difficulty) return null;
  return { ...question, seed, lead: `${scene.header}${printItems(scene.situation.lead)}` };
}

/** First the kind, so that no kind drowns the others; then by weight. */
function chosen(
  asks: readonly { readonly ask: Ask; readonly weight: number }[],
  kinds: readonly AskKind[],
  chance: Chance,
): Ask {
  const there = kinds.filter((k) => asks.some((a) => a.ask.kind === k));
  const heavy = there.filter((k) => asks.some((a) => a.ask.kind === k && a.weight >= TELLING));
  const kind = chance.pick(heavy.length > 0 ? heavy : there);
  const of = asks.filter((a) => a.ask.kind === kind);
  let at = chance.below(of.reduce((n, a) => n + a.weight, 0));
  for (const a of of) {
    at -= a.weight;
    if (at < 0) return a.ask;
  }
  throw new Error(`no ${askText(of[0]?.ask ?? { kind: "errno" })}`);
}
