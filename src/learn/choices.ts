/**
 * Wrong choices that somebody could believe: what other releases answer, what it was before, what it would be with one
 * command less, what another device gets. Each knows where it comes from, so that a wrong answer can be told so.
 */
import { KERNEL_PROFILES } from "../engine/kernel/profiles.ts";
import { objectList } from "../engine/objects.ts";
import { QEMU_PROFILES } from "../engine/qemu/profiles.ts";
import type { Setup } from "../engine/setup.ts";
import { statementText } from "../script/ast.ts";
import { decidingCalls } from "../script/judge.ts";
import { answerOf, REJECTED } from "./answer.ts";
import type { Ask, AskKind } from "./prediction.ts";
import type { Chance } from "./random.ts";
import { actionsOf, type Moment, playOn, type Situation, worldAfter } from "./situation.ts";

export interface Choice {
  /** The engine's word. */
  readonly value: string;
  /** Where a wrong one comes from, as a sentence; null for one that is merely of the kind. */
  readonly why: string | null;
}

export const WRONG_CHOICES = 3;
/** Setups and shortened scripts that are played for one question at most. */
const MOST_PLAYED = 8;

const FILLERS: Readonly<Record<AskKind, readonly string[]>> = {
  attachment: ["s2", "abort", "bypass", "translate", "blocked", "none"],
  dma: ["pass-s2", "pass-bypass", "pass-s1", "abort"],
  legal: ["abort", "pass-bypass", "pass-s1", "pass-bypass,abort"],
  errno: ["ok", "EBUSY", "ENOENT", "EINVAL", "EEXIST", "EIO", "EOPNOTSUPP"],
  users: [],
  call: ["attach", "hwpt-alloc", "viommu-alloc", "vdevice-alloc", "destroy", "detach", "bind", "none"],
};

interface Candidate {
  readonly value: string | null;
  readonly why: string;
}

type Source = () => Generator<Candidate>;

/** One knob of the setup turned: the profiles of the field, without the one that is there. */
function otherSetups(setup: Setup, chance: Chance): { readonly setup: Setup; readonly why: string }[] {
  const qemus = QEMU_PROFILES.filter((q) => q.name !== setup.qemu.name).map((qemu) => ({
    setup: { ...setup, qemu },
    why: `That is what QEMU ${qemu.name} makes of it.`,
  }));
  const kernels = Object.values(KERNEL_PROFILES)
    .filter((k) => k.name !== setup.kernel.name && k.nesting)
    .map((kernel) => ({
      setup: { ...setup, kernel },
      why: `That is what kernel ${kernel.name} makes of it.`,
    }));
  return chance.shuffled([...qemus, ...kernels]);
}

/** The first calls of two commands must be alike for their next one to be a choice. */
function sameUpTo(n: number, a: Moment, b: Moment): boolean {
  const [x, y] = [decidingCalls(a.outcome), decidingCalls(b.outcome)];
  for (let i = 0; i < n - 1; i++) if (x[i]?.call !== y[i]?.call) return false;
  return true;
}

/** A device that the host keeps and one that is bound and blocked are attached to nothing alike. */
const sameAnswer = (ask: Ask, a: string, b: string): boolean =>
  a === b || (ask.kind === "attachment" && [a, b].every((x) => x === "none" || x === "blocked"));

/** An answer that can be said of hardware and promise alike. */
const said = (answer: string | null): string | null =>
  answer === "pass-bypass" || answer === "pass-s1" || answer === "abort" ? answer : null;

/** Up to `WRONG_CHOICES` answers that are not right, the telling ones first. */
export function wrongChoices(
  ask: Ask,
  right: string,
  situation: Situation,
  moment: Moment,
  chance: Chance,
): Choice[] {
  const { setup, lead, act } = situation;
  const trace = ask.kind === "call";
  const actions = actionsOf(act);
  let played = 0;
  const replay = (under: Setup, before: readonly number[]): string | null => {
    played++;
    const kept = lead.filter((_, i) => !before.includes(i));
    const other = playOn(worldAfter(under, actionsOf(kept)), actions, trace);
    if (other === null) return null;
    if (ask.kind === "call" && !sameUpTo(ask.n, moment, other)) return null;
    return answerOf(ask, other);
  };
  const before: Source = function* () {
    if (ask.kind === "errno" || ask.kind === "call") return;
    const { transaction: _, ...outcome } = moment.outcome;
    yield { value: answerOf(ask, { world: moment.before, outcome }), why: "So it was before." };
  };
  const neighbours: Source = function* () {
    if (ask.kind === "call") {
      const calls = decidingCalls(moment.outcome);
      for (const n of [ask.n + 1, ask.n - 1])
        if (n >= 1) yield { value: calls[n - 1]?.call ?? null, why: `That is call ${n}.` };
    }
    if (ask.kind === "users") {
      // The nearest counts first: they are the ones that a slip would give.
      const away = (n: number): number => Math.abs(n - Number(right));
      const others = objectList(moment.world)
        .filter(({ obj, file }) => obj.name !== null && file === 0 && obj.name !== ask.object)
        .sort((a, b) => away(a.obj.users) - away(b.obj.users));
      for (const { obj } of others) yield { value: String(obj.users), why: `${obj.name} has so many.` };
    }
    if (ask.kind === "dma")
      yield {
        value: said(answerOf({ ...ask, kind: "legal" }, moment)),
        why: "That is what the architecture promises.",
      };
    if (ask.kind === "legal")
      yield {
        value: said(answerOf({ ...ask, kind: "dma" }, moment)),
        why: "That is what the hardware does.",
      };
    if (ask.kind !== "attachment" && ask.kind !== "dma" && ask.kind !== "legal") return;
    for (const { name } of setup.devices)
      if (name !== ask.dev)
        yield { value: answerOf({ ...ask, dev: name }, moment), why: `That is said of ${name}.` };
  };
  const nearby: Source = function* () {
    for (let i = lead.length - 1; i >= Math.max(0, lead.length - 4) && played < MOST_PLAYED; i--) {
      const item = lead[i];
      if (item !== undefined)
        yield { value: replay(setup, [i]), why: `So it would be without "${statementText(item)}".` };
    }
  };
  const twice: Source = function* () {
    if (ask.kind !== "errno" && ask.kind !== "users") return;
    const again = playOn(moment.world, actions, false);
    if (again !== null) yield { value: answerOf(ask, again), why: "So it would be the second time." };
  };
  const releases: Source = function* () {
    for (const other of otherSetups(setup, chance)) {
      if (played >= MOST_PLAYED) return;
      yield { value: replay(other.setup, []), why: other.why };
    }
  };
  const out = new Map<string, Choice>();
  const offer = (c: Choice): void => {
    const taken = [right, ...out.keys()].some((value) => sameAnswer(ask, value, c.value));
    if (!taken) out.set(c.value, c);
  };
  const found = chance.percent(50)
    ? [before, twice, neighbours, nearby, releases]
    : [neighbours, before, releases, nearby, twice];
  for (const source of found)
    for (const { value, why } of source()) {
      if (out.size >= WRONG_CHOICES) break;
      if (value !== null && value !== REJECTED) offer({ value, why });
    }
  for (const value of chance.shuffled(fillersOf(ask, right))) {
    if (out.size >= WRONG_CHOICES) break;
    offer({ value, why: null });
  }
  return [...out.values()];
}

function fillersOf(ask: Ask, right: string): readonly string[] {
  if (ask.kind !== "users") return FILLERS[ask.kind];
  const n = right === "none" ? 1 : Number(right);
  return ["none", ...[n - 2, n - 1, n + 1, n + 2].filter((x) => x >= 1).map(String)];
}
