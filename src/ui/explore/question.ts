/** What the form asks: what is tried, what must hold, how far. Pure; problems come with the field they are in. */
import type { Setup } from "../../engine/setup.ts";
import { AlphabetError, alphabetLines, alphabetOf, type MODIFIERS, PRESETS } from "../../explore/alphabet.ts";
import { FormulaError } from "../../explore/formula.ts";
import type { JobLimits, JobSpec } from "../../explore/job-data.ts";
import { PROMISE_NAMES, PromiseError, promisesOf } from "../../explore/promises.ts";
import { parseSide } from "../../review/sides.ts";
import type { Problem } from "../../script/problem.ts";
import type { Scope } from "../../script/scope.ts";

type Base = keyof typeof PRESETS | "own";
export type ModifierName = keyof typeof MODIFIERS;
export type PromiseName = (typeof PROMISE_NAMES)[number];

export interface Question {
  /** Where the search begins: at the step the lab shows, or at the session's start. */
  readonly origin: "here" | "start";
  readonly base: Base;
  readonly modifiers: readonly ModifierName[];
  /** Script lines, for the base `own`. */
  readonly lines: string;
  readonly promises: readonly PromiseName[];
  /** Formulas and divergences, as they were typed. */
  readonly own: readonly string[];
  /** Numbers as they were typed; an empty depth is none. */
  readonly depth: string;
  readonly states: string;
  /** MiB. */
  readonly memory: string;
  readonly symmetry: boolean;
  /** Threads that search. */
  readonly workers: number;
  /** The same search under another setup beside it, as a side of a comparison; null: this one alone. */
  readonly against: string | null;
}

export const DEFAULT_QUESTION: Question = {
  origin: "start",
  base: "vm",
  modifiers: [],
  lines: "",
  promises: [...PROMISE_NAMES],
  own: [],
  depth: "",
  states: "500000",
  memory: "512",
  symmetry: true,
  workers: 1,
  against: null,
};

export const BASES: readonly Base[] = [...(Object.keys(PRESETS) as (keyof typeof PRESETS)[]), "own"];

/** Modifiers that a base goes with, in the order they are written. */
export const modifiersOf = (base: Base): readonly ModifierName[] =>
  base === "own" ? [] : base === "raw" ? ["fault"] : ["dma", "halves", "fault"];

/** As `--alphabet` takes it. */
export function alphabetText({ base, modifiers, lines }: Question): string {
  if (base === "own") return lines;
  return [base, ...modifiersOf(base).filter((one) => modifiers.includes(one))].join("+");
}

/** As `--invariant` takes them, each on its own. */
export const promiseTexts = ({ promises, own }: Question): readonly string[] => [
  ...PROMISE_NAMES.filter((name) => promises.includes(name)),
  ...own.map((text) => text.trim()).filter((text) => text !== ""),
];

const MIB = 2 ** 20;
/** Moves without an end; the search knows no infinity. */
const NO_DEPTH = 1_000_000;

const whole = (text: string, least: number): number | null => {
  const bare = text.trim().replaceAll(/[ ,_']/g, "");
  const n = /^\d{1,12}$/.test(bare) ? Number(bare) : Number.NaN;
  return Number.isSafeInteger(n) && n >= least ? n : null;
};

export function limitsOf({ depth, states, memory }: Question): JobLimits {
  return {
    depth: depth.trim() === "" ? NO_DEPTH : (whole(depth, 0) ?? NO_DEPTH),
    states: whole(states, 1) ?? 1,
    bytes: (whole(memory, 1) ?? 1) * MIB,
  };
}

export const specOf = (question: Question, script: string): JobSpec => ({
  script,
  alphabet: alphabetText(question),
  promises: promiseTexts(question),
  limits: limitsOf(question),
  symmetry: question.symmetry,
});

export interface Checked {
  /** Moves tried in each state; null while the alphabet cannot be read. */
  readonly moves: number | null;
  readonly alphabet: string | null;
  /** Places in the own lines. */
  readonly lines: readonly Problem[];
  /** No promise at all. */
  readonly promises: string | null;
  /** Index = own promise. */
  readonly own: readonly (readonly Problem[] | null)[];
  readonly depth: string | null;
  readonly states: string | null;
  readonly memory: string | null;
  readonly against: string | null;
  readonly ok: boolean;
}

function checkAlphabet(
  question: Question,
  setup: Setup,
  scope: Scope,
): Pick<Checked, "moves" | "alphabet" | "lines"> {
  try {
    const { moves } = alphabetOf(setup, alphabetText(question), scope);
    if (moves.length === 0) return { moves: 0, alphabet: "Nothing can be tried in this setup.", lines: [] };
    return { moves: moves.length, alphabet: null, lines: [] };
  } catch (error) {
    if (!(error instanceof AlphabetError)) throw error;
    const { problems, message } = error;
    return { moves: null, alphabet: problems.length > 0 ? null : message, lines: problems };
  }
}

function checkOwn(text: string, setup: Setup, scope: Scope): readonly Problem[] | null {
  if (text.trim() === "") return null;
  try {
    promisesOf(setup, [text], scope);
    return null;
  } catch (error) {
    if (error instanceof FormulaError || error instanceof PromiseError) return error.problems;
    throw error;
  }
}

function checkAgainst({ against }: Question): string | null {
  if (against === null) return null;
  const side = parseSide(against);
  return side.ok ? null : side.problems.join("; ");
}

const WHOLE = "A whole number";

/** Everything that is wrong with a question about a setup. */
export function check(question: Question, setup: Setup, scope: Scope): Checked {
  const alphabet = checkAlphabet(question, setup, scope);
  const own = question.own.map((text) => checkOwn(text, setup, scope));
  const promises =
    promiseTexts(question).length === 0 ? "Nothing is promised: tick a promise or write one." : null;
  const depth =
    question.depth.trim() === "" || whole(question.depth, 0) !== null ? null : `${WHOLE}, or nothing`;
  const states = whole(question.states, 1) === null ? `${WHOLE} from 1 on` : null;
  const memory = whole(question.memory, 1) === null ? `${WHOLE} of MiB from 1 on` : null;
  const against = checkAgainst(question);
  const ok =
    alphabet.moves !== null &&
    alphabet.moves > 0 &&
    [promises, depth, states, memory, against, ...own].every((one) => one === null);
  return { ...alphabet, promises, own, depth, states, memory, against, ok };
}

const quoted = (text: string): string =>
  /^[\w+.,/=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The same search for the command line; `file` holds the script it begins behind. */
export function commandLine(question: Question, file: string): string {
  const { depth, states, bytes } = limitsOf(question);
  const alphabet = alphabetLines(alphabetText(question))
    .split("\n")
    .map((line) => line.replace(/#.*$/, "").trim())
    .filter((line) => line !== "")
    .join("; ");
  const promises = promiseTexts(question);
  const all = promises.length === PROMISE_NAMES.length && question.own.every((text) => text.trim() === "");
  return [
    "vsmmu-lab explore",
    quoted(file),
    ...(alphabet === "vm" ? [] : [`--alphabet ${quoted(alphabet)}`]),
    ...(all ? [] : [`--invariant ${quoted(promises.join(", "))}`]),
    ...(question.against === null ? [] : [`--against ${quoted(question.against)}`]),
    ...(depth === NO_DEPTH ? [] : [`--depth ${depth}`]),
    `--max-states ${states}`,
    `--max-memory ${bytes / MIB}`,
    ...(question.workers === 1 ? [] : [`--workers ${question.workers}`]),
    ...(question.symmetry ? [] : ["--no-symmetry"]),
  ].join(" ");
}

/** Formulas that make sense in a setup, to begin with. */
export function formulaExamples(setup: Setup): readonly { readonly text: string; readonly about: string }[] {
  const d = setup.devices[0]?.name;
  const v = setup.vsmmus.find((one) => one.accel)?.name;
  if (d === undefined || v === undefined) return [];
  return [
    { text: `always ${d} dma=abort when ${v} gbpa=abort`, about: "GBPA stops it, whatever SMMUEN says" },
    {
      text: `never ${d} dma=pass-s2 when ${v} smmuen=on`,
      about: "stage 2 alone never serves it once translation is on",
    },
    { text: `sometimes ${d} attached=translate`, about: "the guest's tables can be reached" },
  ];
}

export const MOST_WORKERS = [1, 2, 3, 4, 6, 8, 12, 16] as const as readonly number[];

/** Threads for a machine: one core is left to the page and the thread that keeps the states. */
export const workersFor = (cores: number): number => (cores < 4 ? 1 : cores < 8 ? 3 : 4);

const isText = (value: unknown): value is string => typeof value === "string";
const MOST_TEXT = 20_000;

/** `workers`: how many there are where none was chosen. A question that was stored: what cannot be read falls back to its default, part by part. */
export function readQuestion(text: string | null, workers = DEFAULT_QUESTION.workers): Question {
  const first = { ...DEFAULT_QUESTION, workers };
  let value: unknown;
  try {
    value = text === null ? null : JSON.parse(text);
  } catch {
    return first;
  }
  if (typeof value !== "object" || value === null) return first;
  const given = value as Readonly<Record<string, unknown>>;
  const d = DEFAULT_QUESTION;
  const textOf = (one: unknown, otherwise: string): string =>
    isText(one) && one.length <= MOST_TEXT ? one : otherwise;
  const someOf = <T extends string>(
    known: readonly T[],
    list: unknown,
    otherwise: readonly T[],
  ): readonly T[] => (Array.isArray(list) ? known.filter((one) => list.includes(one)) : otherwise);
  return {
    origin: given.origin === "here" ? "here" : d.origin,
    base: BASES.find((one) => one === given.base) ?? d.base,
    modifiers: someOf(modifiersOf("vm"), given.modifiers, d.modifiers),
    lines: textOf(given.lines, d.lines),
    promises: someOf(PROMISE_NAMES, given.promises, d.promises),
    own: Array.isArray(given.own) ? given.own.filter(isText).filter((one) => one.length <= MOST_TEXT) : d.own,
    depth: textOf(given.depth, d.depth),
    states: textOf(given.states, d.states),
    memory: textOf(given.memory, d.memory),
    symmetry: given.symmetry !== false,
    workers: MOST_WORKERS.includes(given.workers as number) ? (given.workers as number) : workers,
    against: isText(given.against) && given.against.length <= MOST_TEXT ? given.against : null,
  };
}
