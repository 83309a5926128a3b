/** A question to the learner, with its choices and its explanation; made from what the engine does. */
import { ruleOf } from "../engine/all-rules.ts";
import { DIVERGENCES, type DivergenceId } from "../engine/divergence-table.ts";
import { DEFAULT_KERNEL } from "../engine/kernel/profiles.ts";
import { deviceFacts } from "../engine/observe.ts";
import { DEFAULT_QEMU } from "../engine/qemu/profiles.ts";
import { decidingCalls } from "../script/judge.ts";
import { answerOf, FAILED, NONE, OK } from "./answer.ts";
import { type Choice, wrongChoices } from "./choices.ts";
import type { Ask, AskKind } from "./prediction.ts";
import type { Chance } from "./random.ts";
import { explaining, linesOf, type Moment, type Situation } from "./situation.ts";

export interface Shown extends Choice {
  /** For the eye. */
  readonly label: string;
}

export interface ExplainingRule {
  readonly id: string;
  readonly detail: string;
  readonly text: string;
  readonly source: string;
}

export type Difficulty = 1 | 2 | 3 | 4;

export interface Question {
  readonly ask: Ask;
  readonly text: string;
  /** In the order they are shown; no value twice. */
  readonly choices: readonly Shown[];
  /** Index of the right one. */
  readonly right: number;
  readonly difficulty: Difficulty;
  /** Commands that run once it is answered. */
  readonly act: readonly string[];
  /** Why it is so: the rules that decided. */
  readonly rules: readonly ExplainingRule[];
  /** A sentence or two beside the rules; empty if they say it all. */
  readonly because: string;
}

const ATTACHED: Readonly<Record<string, string>> = {
  s2: "the S2 HWPT itself",
  abort: "the abort HWPT",
  bypass: "the bypass HWPT",
  translate: "a translate HWPT of its own",
  blocked: "nothing: bound and blocked",
  none: "nothing: not bound to iommufd",
  s1: "a stage-1 paging HWPT",
};

const ANSWERED: Readonly<Record<string, string>> = {
  "pass-s2": "passes through stage 2 alone (direct S2)",
  "pass-bypass": "passes, stage 1 bypassed",
  "pass-s1": "is translated by stage 1",
  abort: "is aborted",
  stall: "stalls",
};

/** A choice as people read it. */
export function labelOf(kind: AskKind, value: string): string {
  switch (kind) {
    case "attachment":
      return ATTACHED[value] ?? value;
    case "dma":
      return ANSWERED[value] ?? value;
    case "legal":
      return value
        .split(",")
        .map((v) => ANSWERED[v] ?? v)
        .join(", or ");
    case "errno":
      if (value === OK) return "it succeeds";
      return value === FAILED ? "it fails, without an errno" : value;
    case "users":
      return value === NONE ? "there is no such object" : value;
    case "call":
      return value === NONE ? "no further call" : value;
  }
}

function defaultText(ask: Ask, act: readonly string[], m: Moment): string {
  const last = act.at(-1) ?? "";
  const after = act.length === 1 ? `After "${last}"` : `After these ${act.length} commands`;
  switch (ask.kind) {
    case "attachment":
      return `${after}: what is ${ask.dev} attached to?`;
    case "dma":
      return `${after}: what becomes of ${ask.dev}'s DMA in hardware?`;
    case "legal":
      return `${after}: what does the architecture promise ${ask.dev}'s DMA?`;
    case "errno":
      return `What does "${last}" come to?`;
    case "users":
      return `${after}: how many users has ${ask.object}?`;
    case "call": {
      const made = decidingCalls(m.outcome)
        .slice(0, ask.n - 1)
        .map((c) => c.call);
      return made.length === 0
        ? `"${last}": which host call comes first?`
        : `"${last}" has called ${made.join(", ")}. Which host call comes next?`;
    }
  }
}

const BASE: Readonly<Record<AskKind, number>> = {
  attachment: 1,
  dma: 1,
  legal: 2,
  errno: 2,
  users: 2,
  call: 2,
};

function divergenceOf(ask: Ask, m: Moment): DivergenceId | null {
  if (ask.kind !== "dma" && ask.kind !== "legal" && ask.kind !== "attachment") return null;
  const dev = m.world.setup.devices.findIndex((d) => d.name === ask.dev);
  const id = dev < 0 ? null : deviceFacts(m.world, dev).diverges;
  return id === "?" ? null : id;
}

function difficultyOf(ask: Ask, s: Situation, m: Moment, wrong: readonly Choice[]): Difficulty {
  let n = BASE[ask.kind];
  if (divergenceOf(ask, m) !== null) n++;
  if (s.setup.kernel.name !== DEFAULT_KERNEL || s.setup.qemu.name !== DEFAULT_QEMU.name) n++;
  if (wrong.filter((w) => w.why !== null).length >= 2) n++;
  return Math.min(4, n) as Difficulty;
}

function becauseOf(ask: Ask, m: Moment): string {
  const id = divergenceOf(ask, m);
  if (id !== null) return `${id}. ${DIVERGENCES[id].title}: ${DIVERGENCES[id].text}`;
  if (ask.kind === "dma") {
    const dev = m.world.setup.devices.findIndex((d) => d.name === ask.dev);
    return dev < 0 ? "" : deviceFacts(m.world, dev).hardwareWhy;
  }
  return "";
}

/** Null where it cannot be asked there, or where only one answer could be offered. */
export function questionOf(
  ask: Ask,
  situation: Situation,
  moment: Moment,
  chance: Chance,
  text: string | null = null,
): Question | null {
  const right = answerOf(ask, moment);
  if (right === null) return null;
  const wrong = wrongChoices(ask, right, situation, moment, chance);
  if (wrong.length === 0) return null;
  const all = chance.shuffled<Choice>([{ value: right, why: null }, ...wrong]);
  const act = linesOf(situation.act);
  return {
    ask,
    text: text ?? defaultText(ask, act, moment),
    choices: all.map((c) => ({ ...c, label: labelOf(ask.kind, c.value) })),
    right: all.findIndex((c) => c.value === right),
    difficulty: difficultyOf(ask, situation, moment, wrong),
    act,
    rules: explaining(ask, moment).flatMap(({ id, detail }) => {
      const rule = ruleOf(id);
      return rule === null ? [] : [{ id, detail, text: rule.text, source: rule.source }];
    }),
    because: becauseOf(ask, moment),
  };
}
