/**
 * What a challenge allows: script lines in which a word may list several (`gbpa v0 abort|bypass`) and a name may end in
 * `*` (every device or vSMMU whose name begins so); a verb alone stands for what it does to each of them. Written out,
 * these lines are the alphabet of the search that proves par.
 */
import { getObj } from "../engine/kernel/state.ts";
import type { Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import type { Alphabet, Move } from "../explore/alphabet.ts";
import { type CommandItem, statementText } from "../script/ast.ts";
import type { LineProblem } from "../script/marked.ts";
import { parseLines } from "../script/parse.ts";
import { formatProblem } from "../script/problem.ts";
import type { Scope } from "../script/scope.ts";
import { nearest } from "../script/suggest.ts";
import { VERB_NAMES } from "../script/verbs.ts";
import type { Lines } from "./challenge.ts";
import { meant, type Read } from "./reading.ts";

export interface AllowedMove {
  /** Canonical line. */
  readonly text: string;
  readonly move: Move;
}

export interface Allowed {
  readonly moves: readonly AllowedMove[];
  readonly alphabet: Alphabet;
}

export const MOST_MOVES = 200;

const hex = (n: number): string => `0x${n.toString(16)}`;

/** Verbs that can stand alone, with the lines they stand for. */
const ALONE: Readonly<Record<string, readonly string[]>> = {
  plug: ["plug DEV SMMU"],
  realize: ["realize DEV SMMU"],
  set: ["set DEV"],
  unplug: ["unplug DEV"],
  unset: ["unset DEV"],
  finalize: ["finalize DEV"],
  reset: ["reset"],
  "machine-start": ["machine-start"],
  flr: ["flr DEV"],
  gbpa: ["gbpa SMMU abort|bypass"],
  cr0: ["cr0 SMMU +smmuen|-smmuen|+eventqen|-eventqen"],
  strtab: ["strtab SMMU"],
  ste: ["ste SMMU SID abort|bypass|translate|invalid"],
  cfgi: ["cfgi SMMU SID|all"],
  dma: ["dma DEV iova=0x1000"],
};

function product(words: readonly (readonly string[])[]): string[] {
  return words.reduce<string[]>(
    (lines, options) => lines.flatMap((l) => options.map((o) => (l === "" ? o : `${l} ${o}`))),
    [""],
  );
}

/** The lines that one line of an allow block stands for; a string says what is wrong with it. */
function written(setup: Setup, line: string): readonly string[] | string {
  const devices = setup.devices.map((d) => d.name);
  const vsmmus = setup.vsmmus.filter((v) => v.accel).map((v) => v.name);
  const words = line.split(/\s+/);
  if (words.length === 1) {
    const verb = words[0] as string;
    const lines = ALONE[verb];
    if (lines === undefined)
      return VERB_NAMES.includes(verb)
        ? `"${verb}" cannot stand alone here; write its operands`
        : `unknown verb "${verb}"${meant(nearest(verb, VERB_NAMES))}`;
    const places: Readonly<Record<string, readonly string[]>> = {
      DEV: devices,
      SMMU: vsmmus,
      SID: setup.devices.map((d) => hex(d.bdf)),
    };
    return lines.flatMap((l) => {
      const options = l.split(" ").map((w) => w.split("|").flatMap((x) => places[x] ?? [x]));
      // One more than the search takes is enough to be refused.
      return product(options.map((o) => o.slice(0, MOST_MOVES + 1)));
    });
  }
  const options: string[][] = [];
  for (const word of words) {
    const eq = word.indexOf("=");
    const [lead, rest] = eq < 0 ? ["", word] : [word.slice(0, eq + 1), word.slice(eq + 1)];
    const found: string[] = [];
    for (const one of rest.split("|")) {
      const [, stem, tail = ""] = /^([a-z][a-z0-9_-]*)\*(\.[a-z0-9]+)?$/.exec(one) ?? [];
      if (stem === undefined) found.push(`${lead}${one}`);
      else {
        const names = [...devices, ...vsmmus].filter((n) => n.startsWith(stem));
        if (names.length === 0) return `"${one}" is the beginning of no device's and no vSMMU's name`;
        found.push(...names.map((n) => `${lead}${n}${tail}`));
      }
    }
    options.push(found);
  }
  const all = options.reduce((n, o) => n * o.length, 1);
  if (all > MOST_MOVES) return `this line stands for ${all} commands; the search takes at most ${MOST_MOVES}`;
  return product(options);
}

/** The name that an allocation would give still belongs to a live object: another would take it away. */
export function nameTaken(w: World, name: string): boolean {
  const at = w.names.find((n) => n.name === name);
  return at !== undefined && getObj(w.kernel, at.file, at.id)?.name === name;
}

/** Reads the lines under the setup and names of the start; every problem with its line. */
export function readAllowed(lines: readonly Lines[], setup: Setup, scope: Scope): Read<Allowed> {
  const problems: LineProblem[] = [];
  const moves = new Map<string, AllowedMove>();
  let names = scope;
  for (const { text, line } of lines) {
    const all = written(setup, text);
    if (typeof all === "string") {
      problems.push({ line, message: all });
      continue;
    }
    for (const one of all) {
      const parsed = parseLines(one, setup, names);
      if (!parsed.ok) {
        problems.push(...parsed.problems.map((p) => ({ line, message: plain(formatProblem(p), one) })));
        continue;
      }
      names = parsed.value.scope;
      for (const item of parsed.value.items) {
        if (item.kind !== "command") problems.push({ line, message: `"${one}" is no command` });
        else if (item.action.kind === "inject")
          problems.push({ line, message: "a fault belongs to the start, not to what is allowed" });
        else moves.set(statementText(item), moveOf(item));
      }
    }
  }
  if (moves.size > MOST_MOVES)
    problems.push({
      line: lines[0]?.line ?? 0,
      message: `${moves.size} commands are allowed; the search takes at most ${MOST_MOVES}`,
    });
  if (problems.length > 0) return { ok: false, problems };
  const list = [...moves.values()];
  const stes = list.some((m) => m.move.actions.some((a) => a.kind === "ste"));
  // The search may take nothing for the same that a hand-written raw verb could tell apart: see freedom.ts.
  return {
    ok: true,
    value: { moves: list, alphabet: { name: "written", moves: list.map((m) => m.move), fault: false, stes } },
  };
}

/** Without the place in a one-line text, with that text. */
const plain = (problem: string, text: string): string => `"${text}": ${problem.replace(/^\d+:\d+: /, "")}`;

function moveOf(item: CommandItem): AllowedMove {
  const { declares, action } = item;
  const text = statementText(item);
  if (declares === null || declares.startsWith("fd ")) return { text, move: { actions: [action] } };
  return { text, move: { actions: [action], when: (w) => !nameTaken(w, declares) } };
}

/** Null if the command may be done here; else why not. */
export function refusal(allowed: Allowed, world: World, item: CommandItem): string | null {
  const text = statementText(item);
  const known = allowed.moves.find((m) => m.text === text);
  if (known === undefined) return `"${text}" is not allowed here`;
  if (known.move.when?.(world) === false) return `${item.declares} still names an object`;
  return null;
}
