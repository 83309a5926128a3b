/** What the engine answers to a question: one word, read off the world after the commands ran. */

import { objectList, resolveObject } from "../engine/objects.ts";
import { deviceFacts } from "../engine/observe.ts";
import type { Outcome } from "../engine/outcome.ts";
import type { World } from "../engine/world.ts";
import { LEGAL } from "../script/expect-words.ts";
import { decidingCalls } from "../script/judge.ts";
import type { Ask } from "./prediction.ts";

/** After the commands that the question is about; `outcome` is the last one's. */
export interface After {
  readonly world: World;
  readonly outcome: Outcome;
}

/** Words of an answer beside the engine's own. */
export const OK = "ok";
export const REJECTED = "rejected";
/** Failed without an errno: QEMU said no, or the command queue stopped. */
export const FAILED = "failed";
/** Of `users`: there is no such object. Of `call`: there is no further call. */
export const NONE = "none";

const deviceOf = (world: World, name: string): number =>
  world.setup.devices.findIndex((d) => d.name === name);

export function errnoAnswer(o: Outcome): string {
  return o.errno ?? (o.ok ? OK : o.rejected ? REJECTED : FAILED);
}

/** Legal answers as one word, in the order scripts print them. */
export const legalWord = (answers: readonly string[]): string =>
  LEGAL.filter((l) => answers.includes(l)).join(",");

function usersOf(world: World, name: string): string {
  const dev = deviceOf(world, name);
  const id = /^id:(\d+)$/.exec(name)?.[1];
  const key =
    dev >= 0
      ? (world.kernel.masters[dev]?.bound ?? null)
      : id !== undefined
        ? { file: 0, id: Number(id) }
        : resolveObject(world, name);
  if (key === null) return NONE;
  const found = objectList(world).find((o) => o.file === key.file && o.id === key.id);
  return found === undefined ? NONE : String(found.obj.users);
}

/** Null where the question cannot be asked: no such device, or nothing is said of it there. */
export function answerOf(ask: Ask, { world, outcome }: After): string | null {
  switch (ask.kind) {
    case "errno":
      return errnoAnswer(outcome);
    case "users":
      return usersOf(world, ask.object);
    case "call":
      return decidingCalls(outcome)[ask.n - 1]?.call ?? NONE;
    default: {
      const dev = deviceOf(world, ask.dev);
      if (dev < 0) return null;
      const facts = deviceFacts(world, dev);
      if (ask.kind === "attachment") return facts.attached;
      // A `dma` command is about the very transaction it sent.
      const sent = outcome.transaction?.dev === dev ? outcome.transaction : facts;
      if (ask.kind === "dma") return sent.hardware;
      return sent.legal.length === 0 ? null : legalWord(sent.legal);
    }
  }
}

/** The answer as expectations that hold when it is right; null for a call, which no expectation names alone. */
export function answerLines(ask: Ask, answer: string): string | null {
  switch (ask.kind) {
    case "call":
      return null;
    case "errno":
      if (answer === OK) return "expect ok";
      if (answer === REJECTED) return "expect rejected";
      return answer === FAILED ? "expect fail\nexpect errno=none" : `expect errno=${answer}`;
    case "users":
      return `expect users ${ask.object}=${answer}`;
    case "attachment":
      return `expect ${ask.dev} attached=${answer}`;
    default:
      return `expect ${ask.dev} ${ask.kind}=${answer}`;
  }
}
