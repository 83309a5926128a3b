/**
 * What a search tries in every state: a list of moves in a fixed order. A move is one line of a script, or two that
 * belong together; a guard says where trying it is of no interest (a queue that has stopped takes no more commands).
 */
import type { Action, ObjRef } from "../engine/actions.ts";
import type { Errno } from "../engine/errno.ts";
import { getObj } from "../engine/kernel/state.ts";
import type { Setup } from "../engine/setup.ts";
import type { CallName } from "../engine/tracer.ts";
import type { World } from "../engine/world.ts";
import { lex } from "../script/lexer.ts";
import { parseLines } from "../script/parse.ts";
import { formatProblem, type Problem } from "../script/problem.ts";
import { problemAt } from "../script/read-args.ts";
import { EMPTY_SCOPE, type Scope } from "../script/scope.ts";
import { nearest } from "../script/suggest.ts";
import { VERB_NAMES } from "../script/verbs.ts";

export interface Move {
  readonly actions: readonly Action[];
  /** False where the move is not tried. */
  readonly when?: (w: World) => boolean;
}

export interface Alphabet {
  readonly name: string;
  readonly moves: readonly Move[];
  /** At most one fault is injected on any way: the state remembers whether it was. */
  readonly fault: boolean;
  /** Guests write STEs. */
  readonly stes: boolean;
}

export const PRESETS = {
  vm: "plug, unplug, reset, GBPA, SMMUEN, EVENTQEN",
  "vm+ste": "vm, and STEs of every device: store, CFGI_STE and SYNC as the architecture asks",
  "vm+stores": "vm, with the store of an STE and its CFGI as moves of their own",
  raw: "host calls: iommufd and VFIO as any VMM could use them",
} as const;

export const MODIFIERS = {
  fault: "one host call on the way may be made to fail",
  dma: "devices send transactions (fills TLBs)",
  halves: "plug and unplug in their two halves",
} as const;

export type Modifier = keyof typeof MODIFIERS;

/** What is wrong with an alphabet somebody wrote: told to whoever asked for it. */
export class AlphabetError extends Error {
  /** Places in the lines of a written one. */
  readonly problems: readonly Problem[];

  constructor(message: string, problems: readonly Problem[] = []) {
    super(message);
    this.problems = problems;
  }
}

const one = (action: Action, when?: (w: World) => boolean): Move =>
  when === undefined ? { actions: [action] } : { actions: [action], when };

const accelerated = (setup: Setup): number[] => setup.vsmmus.flatMap((v, i) => (v.accel ? [i] : []));

/** The command queue runs: a stopped one would only fill up. */
const runs =
  (v: number) =>
  (w: World): boolean => {
    const regs = w.qemu.smmus[v]?.regs;
    return regs !== undefined && ((regs.gerror ^ regs.gerrorn) & 1) === 0;
  };

function vmMoves(setup: Setup, modifiers: readonly Modifier[]): Move[] {
  const out: Move[] = [];
  const vs = accelerated(setup);
  const halves = modifiers.includes("halves");
  setup.devices.forEach((_, dev) => {
    for (const vsmmu of vs) {
      out.push(one({ kind: "plug", dev, vsmmu }));
      if (halves) out.push(one({ kind: "realize", dev, vsmmu }));
    }
    if (halves) out.push(one({ kind: "set", dev }));
    out.push(one({ kind: "unplug", dev }));
    if (halves) out.push(one({ kind: "unset", dev }), one({ kind: "finalize", dev }));
  });
  out.push(one({ kind: "reset" }));
  for (const vsmmu of vs) {
    out.push(one({ kind: "gbpa", vsmmu, abort: true, update: true }));
    out.push(one({ kind: "gbpa", vsmmu, abort: false, update: true }));
    out.push(one({ kind: "cr0", vsmmu, set: 1, clear: 0 }), one({ kind: "cr0", vsmmu, set: 0, clear: 1 }));
    out.push(one({ kind: "cr0", vsmmu, set: 4, clear: 0 }), one({ kind: "cr0", vsmmu, set: 0, clear: 4 }));
  }
  if (modifiers.includes("dma"))
    setup.devices.forEach((_, dev) => {
      out.push(one({ kind: "dma", dev, write: false, ats: "none", priv: false, inst: false }));
    });
  return out;
}

const STES = ["abort", "bypass", "translate"] as const;

function steMoves(setup: Setup, together: boolean): Move[] {
  const out: Move[] = [];
  for (const v of accelerated(setup)) {
    for (const d of setup.devices) {
      const cfgi: Action = { kind: "cfgi", vsmmu: v, sid: d.bdf, leaf: true, sync: true, cmdqen: "auto" };
      for (const as of STES) {
        const ste: Action = { kind: "ste", vsmmu: v, sid: d.bdf, value: { as } };
        out.push(together ? { actions: [ste, cfgi], when: runs(v) } : one(ste));
      }
      if (!together) out.push(one(cfgi, runs(v)));
    }
    const stopped = runs(v);
    out.push(one({ kind: "guest", vsmmu: v, macro: "recover", opts: {} }, (w) => !stopped(w)));
  }
  return out;
}

/**
 * The name leads to no live object: an allocation under it would lose none. An object that got the id of a dead one is
 * another object: stale names are not tried.
 */
const free =
  (name: string) =>
  (w: World): boolean => {
    const at = w.names.find((n) => n.name === name);
    return at === undefined || getObj(w.kernel, at.file, at.id)?.name !== name;
  };

const ref = (name: string): ObjRef => ({ name });

function rawMoves(setup: Setup): Move[] {
  const out: Move[] = [];
  const names: string[] = ["ioas1"];
  const make = (name: string, action: Action): void => {
    names.push(name);
    out.push(one(action, free(name)));
  };
  const unbound =
    (dev: number) =>
    (w: World): boolean =>
      w.kernel.masters[dev]?.bound === null;
  out.push(one({ kind: "ioas-alloc", as: "ioas1", flags: 0 }, free("ioas1")));
  setup.devices.forEach((_, dev) => {
    out.push(one({ kind: "bind", dev, as: `dev${dev}`, flags: 0 }, unbound(dev)));
    out.push(one({ kind: "unbind", dev: ref(`dev${dev}`) }, (w) => !unbound(dev)(w)));
  });
  const first = ref("dev0");
  make("s2", { kind: "hwpt-alloc", dev: first, pt: ref("ioas1"), flags: 1, reserved: 0, as: "s2" });
  setup.vsmmus.forEach((_, v) => {
    make(`vi${v}`, { kind: "viommu-alloc", dev: first, hwpt: ref("s2"), type: 1, flags: 0, as: `vi${v}` });
    for (const as of STES) {
      const name = `${as[0]}${v}`;
      make(name, {
        kind: "hwpt-alloc",
        dev: first,
        pt: ref(`vi${v}`),
        flags: 0,
        vste: { as },
        reserved: 0,
        as: name,
      });
    }
    setup.devices.forEach((d, dev) => {
      make(`vd${v}-${dev}`, {
        kind: "vdevice-alloc",
        viommu: ref(`vi${v}`),
        dev: ref(`dev${dev}`),
        virtId: BigInt(d.bdf),
        as: `vd${v}-${dev}`,
      });
    });
  });
  const tables = ["s2", ...setup.vsmmus.flatMap((_, v) => STES.map((as) => `${as[0]}${v}`))];
  setup.devices.forEach((_, dev) => {
    for (const pt of tables)
      out.push(one({ kind: "attach", dev: ref(`dev${dev}`), pt: ref(pt) }, (w) => !free(pt)(w)));
    out.push(one({ kind: "detach", dev: ref(`dev${dev}`) }));
  });
  for (const name of names) out.push(one({ kind: "destroy", object: ref(name) }, (w) => !free(name)(w)));
  return out;
}

const FAULTS: readonly (readonly [CallName, Errno, number])[] = [
  ["bind", "ENOMEM", 1],
  ["ioas-alloc", "ENOMEM", 1],
  ["hwpt-alloc", "ENOMEM", 1],
  ["hwpt-alloc", "ENOMEM", 2],
  ["viommu-alloc", "ENOMEM", 1],
  ["vdevice-alloc", "ENOMEM", 1],
  ["veventq-alloc", "ENOMEM", 1],
  ["attach", "EBUSY", 1],
  ["attach", "EBUSY", 2],
  ["detach", "EBUSY", 1],
  ["destroy", "EBUSY", 1],
];

/** The fault comes first on any way: whether one was injected then needs no memory but the injection itself. */
function faultMoves(): Move[] {
  return FAULTS.map(([call, errno, nth]) =>
    one({ kind: "inject", call, nth, errno }, (w) => w.injections.length === 0),
  );
}

/**
 * `vm`, `vm+ste+fault`, or lines of a script separated by `;` or line ends. What begins with a preset's name is a preset
 * with its modifiers; a word that is none is a line, where it parses as one (`reset`).
 */
export function alphabetOf(setup: Setup, text: string, scope: Scope = EMPTY_SCOPE): Alphabet {
  const parts = text.trim().split(/\s*\+\s*/);
  if (Object.hasOwn(PRESETS, parts[0] as string)) return presetOf(setup, text, parts);
  return writtenAlphabet(setup, text, scope);
}

const listed = (names: object): string => Object.keys(names).join(", ");

const THERE_ARE =
  `there are ${listed(PRESETS)}, each with ${listed(MODIFIERS).replaceAll(/\b(?=[a-z])/g, "+")}, ` +
  "or lines of a script with a ; between them";

/** Told at the whole text: it is one word. */
function refused(text: string, message: string, suggestion: string | null): AlphabetError {
  const words = text.trim();
  const before = text.slice(0, text.indexOf(words)).split("\n");
  const place = { line: before.length, column: [...(before.at(-1) ?? "")].length + 1 };
  const problem: Problem = { ...place, length: [...words].length, message, expected: null, suggestion };
  return new AlphabetError(suggestion === null ? message : `${message}; did you mean "${suggestion}"?`, [
    problem,
  ]);
}

function presetOf(setup: Setup, text: string, parts: readonly string[]): Alphabet {
  let preset = parts[0] as string;
  let rest = parts.slice(1);
  if (Object.hasOwn(PRESETS, `${preset}+${rest[0]}`)) {
    preset = `${preset}+${rest[0]}`;
    rest = rest.slice(1);
  }
  const longer = Object.keys(PRESETS).flatMap((p) =>
    p.startsWith(`${preset}+`) ? [p.slice(preset.length + 1)] : [],
  );
  for (const [at, m] of rest.entries())
    if (!Object.hasOwn(MODIFIERS, m)) {
      const close = nearest(m, [...Object.keys(MODIFIERS), ...(at === 0 ? longer : [])]);
      const meant = [preset, ...rest.slice(0, at), close, ...rest.slice(at + 1)].join("+");
      throw refused(
        text,
        `no modifier "+${m}" of ${preset}; there are ${listed(MODIFIERS)}`,
        close === null ? null : meant,
      );
    }
  const modifiers = rest as Modifier[];
  if (preset === "raw" && modifiers.some((m) => m !== "fault"))
    throw refused(text, "raw goes with +fault alone: the others are the VM's", null);
  const fault = modifiers.includes("fault");
  const moves = preset === "raw" ? rawMoves(setup) : vmMoves(setup, modifiers);
  const stes = preset === "vm+ste" || preset === "vm+stores";
  if (stes) moves.push(...steMoves(setup, preset === "vm+ste"));
  return {
    name: [preset, ...modifiers].join("+"),
    moves: fault ? [...moves, ...faultMoves()] : moves,
    fault,
    stes,
  };
}

/** A `;` ends a line like a line end does, but not in a comment or a string: the lines in which places are counted. */
export const alphabetLines = (text: string): string =>
  text.replaceAll(/#.*|"(?:\\.|[^"\\\n])*"?|;/g, (part) => (part === ";" ? "\n" : part));

const isWord = (text: string): boolean => /^[^\s;="#]+$/.test(text);

/** What stands at a preset's name among lines says so. */
function ofPreset(lines: string): (p: Problem) => Problem {
  const verbs = lex(lines, []).flatMap(({ tokens: [verb] }) => (verb === undefined ? [] : [verb]));
  return (p) => {
    const verb = verbs.find((t) => t.line === p.line && t.column === p.column);
    const name = verb?.text.split("+")[0] ?? "";
    if (!Object.hasOwn(PRESETS, name)) return p;
    return {
      ...p,
      message: `"${verb?.text}" is an alphabet, no line of one`,
      expected: "a preset alone, or lines alone",
      suggestion: null,
    };
  };
}

function writtenAlphabet(setup: Setup, text: string, scope: Scope): Alphabet {
  const lines = alphabetLines(text);
  const parsed = parseLines(lines, setup, scope);
  if (!parsed.ok) {
    const word = text.trim();
    // A verb without its operands is a line that has begun; any other word alone names an alphabet that is not there.
    if (isWord(word) && !VERB_NAMES.includes(word) && word !== "expect")
      throw refused(
        text,
        `no alphabet "${word}"; ${THERE_ARE}`,
        nearest(word, [
          ...Object.keys(PRESETS),
          ...VERB_NAMES.filter((v) => parseLines(v, setup, scope).ok),
        ]) ?? nearest(word, VERB_NAMES),
      );
    const problems = parsed.problems.map(ofPreset(lines));
    throw new AlphabetError(
      `the alphabet is no script:\n${problems.map(formatProblem).join("\n")}`,
      problems,
    );
  }
  const expectations = lex(lines, []).flatMap(({ tokens: [verb] }) =>
    verb?.text === "expect"
      ? [problemAt(verb, "an alphabet has commands, no expectations", "a command")]
      : [],
  );
  if (expectations.length > 0)
    throw new AlphabetError(expectations.map(formatProblem).join("\n"), expectations);
  const moves = parsed.value.items.flatMap((item) => (item.kind === "command" ? [one(item.action)] : []));
  if (moves.length === 0) throw new AlphabetError(`the alphabet is empty; ${THERE_ARE}`);
  const any = (kind: Action["kind"]): boolean => moves.some((m) => m.actions.some((a) => a.kind === kind));
  return { name: "written", moves, fault: any("inject"), stes: any("ste") };
}
