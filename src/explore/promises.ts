/**
 * What a search checks in every state. A promise is a set of questions to a world; an answer is the list of classes in
 * which it is broken there (`D1`, `invariant 13`), none if it holds. Questions are answered from memory like steps are.
 */
import { TTB_MASK } from "../engine/arch/cd.ts";
import { s1ContextPtr } from "../engine/arch/ste.ts";
import { DIVERGENCE_IDS, DIVERGENCES } from "../engine/divergence-table.ts";
import { checkInvariants } from "../engine/kernel/invariants.ts";
import { memRead64 } from "../engine/memory.ts";
import { objectList } from "../engine/objects.ts";
import { deviceFacts, vsmmuFacts } from "../engine/observe.ts";
import type { Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import type { Problem } from "../script/problem.ts";
import { EMPTY_SCOPE, type Scope } from "../script/scope.ts";
import { nearest } from "../script/suggest.ts";
import { type Asks, type Formula, parseFormula } from "./formula.ts";
import type { Symmetry } from "./renaming.ts";

const NONE: readonly string[] = Object.freeze([]);

/** A question; `host`: it looks at the host's side alone and is asked once a state of that. */
export interface Question {
  readonly id: string;
  readonly host: boolean;
  /** The question that asks after a symmetry what this one asks before it. Absent: another one for all we know. */
  turned?(s: Symmetry): string;
  ask(w: World): readonly string[];
}

export interface Promised {
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  /** A goal is kept by one state where it comes true; the others are broken by one where they do not. */
  readonly goal: boolean;
  readonly questions: readonly Question[];
  /** Null: it asks the same of every device and vSMMU, and for no number. */
  readonly asks: Asks | null;
  /** Which classes break it. */
  accepts(cls: string): boolean;
}

/** A class as it is shown: a divergence by its id. */
export const className = (cls: string): string => (cls.startsWith(ESCAPED) ? cls.slice(ESCAPED.length) : cls);

/** No promise: told at the whole word. */
export class PromiseError extends Error {
  readonly problems: readonly Problem[];

  constructor(text: string, message: string, suggestion: string | null) {
    super(suggestion === null ? message : `${message}; did you mean "${suggestion}"?`);
    const column = text.length - text.trimStart().length + 1;
    const length = Math.max(1, [...text.trim()].length);
    this.problems = [{ line: 1, column, length, message, expected: null, suggestion }];
  }
}

const all = (): boolean => true;

const SMMUEN = 1;
const GBPA_ABORT = 1 << 20;
/** Before the class of a device that GBPA.ABORT does not stop. */
const ESCAPED = "gbpa ";

/** Distinct divergence ids of a device (`?` for one without a name), and whether it escapes GBPA. */
function deviceQuestion(dev: number): Question {
  return {
    id: `device ${dev}`,
    host: false,
    turned: (s) => `device ${s.devices[dev]}`,
    ask: (w) => {
      const f = deviceFacts(w, dev);
      if (f.divergences.length === 0) return NONE;
      const out = new Set<string>(f.divergences.map((d) => d.id ?? "?"));
      // Only where the hardware passes what GBPA stops is there a divergence to be had.
      if (f.placement !== null && f.hardware !== null && f.hardware !== "abort") {
        const regs = w.qemu.smmus[f.placement.vsmmu]?.regs;
        if (regs !== undefined && (regs.cr0ack & SMMUEN) === 0 && (regs.gbpa & GBPA_ABORT) !== 0)
          out.add(`${ESCAPED}${f.diverges}`);
      }
      return [...out];
    },
  };
}

/** A vSMMU without a device shows its own divergences, too: a leak outlives the last device. */
function vsmmuQuestion(v: number): Question {
  return {
    id: `vsmmu ${v}`,
    host: false,
    turned: (s) => `vsmmu ${s.vsmmus[v]}`,
    ask: (w) => {
      const { divergences } = vsmmuFacts(w, v);
      return divergences.length === 0 ? NONE : [...new Set(divergences.map((d) => d.id ?? "?"))];
    },
  };
}

function divergenceQuestions(setup: Setup): Question[] {
  return [...setup.devices.map((_, d) => deviceQuestion(d)), ...setup.vsmmus.map((_, v) => vsmmuQuestion(v))];
}

const INVARIANTS: Question = {
  id: "kernel invariants",
  host: true,
  ask: (w) => {
    const broken = checkInvariants(w);
    return broken.length === 0 ? NONE : [...new Set(broken.map((b) => `invariant ${b.split(":")[0]}`))];
  },
};

/** Nothing of QEMU's is left when its last device is gone. What raw verbs made is theirs to keep. */
const LEAK: Question = {
  id: "leak",
  host: true,
  ask: (w) => {
    if (w.names.length > 0 || w.qemu.devices.some((d) => d.phase !== "absent")) return NONE;
    const left = objectList(w);
    if (left.length === 0) return NONE;
    return [left.some(({ obj }) => obj.type === "VEVENTQ" && obj.pinned) ? "D24" : "leak"];
  },
};

/** ASID and table of the stage 1 that a device's physical STE names, null without one. */
function stage1Of(w: World, dev: number): { vmid: bigint; asid: bigint; ttb: bigint } | null {
  const ste = w.hw.devices[dev]?.stes[0];
  if (ste === undefined || (ste[0] & 0xfn) !== 0xfn) return null;
  const cd = s1ContextPtr(ste[0]);
  const q0 = memRead64(w.memory, cd);
  if (q0 === null || ((q0 >> 31n) & 1n) === 0n) return null;
  return { vmid: ste[2] & 0xffffn, asid: q0 >> 48n, ttb: (memRead64(w.memory, cd + 8n) ?? 0n) & TTB_MASK };
}

function aliasQuestion(a: number, b: number): Question {
  return {
    id: `alias ${a} ${b}`,
    host: false,
    turned: (s) => {
      const [x = a, y = b] = [s.devices[a], s.devices[b]];
      return `alias ${Math.min(x, y)} ${Math.max(x, y)}`;
    },
    ask: (w) => {
      const { setup, qemu } = w;
      if (setup.devices[a]?.psmmu !== setup.devices[b]?.psmmu) return NONE;
      const [da, db] = [qemu.devices[a], qemu.devices[b]];
      if (da?.phase !== "realized" || db?.phase !== "realized" || da.vsmmu === db.vsmmu) return NONE;
      const [x, y] = [stage1Of(w, a), stage1Of(w, b)];
      if (x === null || y === null) return NONE;
      return x.vmid === y.vmid && x.asid === y.asid && x.ttb !== y.ttb ? ["D22"] : NONE;
    },
  };
}

/** The promises that have a name, in the order they are reported. */
function named(setup: Setup): Promised[] {
  const devices = setup.devices.map((_, d) => d);
  return [
    {
      id: "no-divergence",
      sentence: "The hardware does to every device what the architecture promises the guest.",
      source: "model/qemu.md section 6, model/observed.md",
      goal: false,
      asks: null,
      questions: divergenceQuestions(setup),
      accepts: (cls) => !cls.startsWith(ESCAPED),
    },
    {
      id: "gbpa-abort",
      sentence: "While SMMUEN=0, GBPA.ABORT=1 stops all DMA of the devices behind a vSMMU.",
      source: "Arm IHI 0070 6.3.14 (SMMU_GBPA)",
      goal: false,
      asks: null,
      questions: devices.map(deviceQuestion),
      accepts: (cls) => cls.startsWith(ESCAPED),
    },
    {
      id: "no-alias",
      sentence: "No two guests' tables run under one VMID and one ASID.",
      source: "model/observed.md X9, model/kernel.md section 7 (18)",
      goal: false,
      asks: null,
      questions: devices.flatMap((a) => devices.filter((b) => b > a).map((b) => aliasQuestion(a, b))),
      accepts: all,
    },
    {
      id: "no-leak",
      sentence: "When the last device is unplugged, no iommufd object is left.",
      source: "model/kernel.md section 7 (6), model/observed.md X1",
      goal: false,
      asks: null,
      questions: [LEAK],
      accepts: all,
    },
    {
      id: "invariants",
      sentence: "The host kernel's invariants hold.",
      source: "model/kernel.md section 7",
      goal: false,
      asks: null,
      questions: [INVARIANTS],
      accepts: all,
    },
  ];
}

export const PROMISE_NAMES = ["no-divergence", "gbpa-abort", "no-alias", "no-leak", "invariants"] as const;

/** `all`, a name, a divergence (`D1`: it never appears), or a formula. */
export function promisesOf(setup: Setup, texts: readonly string[], scope: Scope = EMPTY_SCOPE): Promised[] {
  const known = named(setup);
  const out: Promised[] = [];
  const add = (p: Promised): void => {
    if (!out.some((x) => x.id === p.id)) out.push(p);
  };
  for (const text of texts.length === 0 ? ["all"] : texts) {
    const word = text.trim();
    if (word === "all") {
      for (const p of known) add(p);
      continue;
    }
    const byName = known.find((p) => p.id === word);
    if (byName !== undefined) add(byName);
    else if (/^d\d+b?$/i.test(word)) add(without(setup, text));
    else if (/^(always|never|sometimes)\s/.test(word))
      add(written(parseFormula(setup, text.trimEnd(), scope)));
    else {
      const close = nearest(word, [
        ...PROMISE_NAMES,
        ...DIVERGENCE_IDS,
        "all",
        "always",
        "never",
        "sometimes",
      ]);
      throw new PromiseError(
        text,
        `no promise "${word}"; there are ${PROMISE_NAMES.join(", ")}, all, a divergence like D1, or ` +
          '"always …", "never …", "sometimes …"',
        close,
      );
    }
  }
  return out;
}

function without(setup: Setup, text: string): Promised {
  const word = text.trim();
  const id = DIVERGENCE_IDS.find((d) => d.toLowerCase() === word.toLowerCase());
  if (id === undefined)
    throw new PromiseError(text, `no divergence "${word}"; there are ${DIVERGENCE_IDS.join(", ")}`, null);
  return {
    id,
    sentence: `Never: ${DIVERGENCES[id].title}.`,
    source: DIVERGENCES[id].source,
    goal: false,
    asks: null,
    questions: divergenceQuestions(setup),
    accepts: (cls) => cls === id,
  };
}

function written(f: Formula): Promised {
  return {
    id: f.text,
    sentence: f.text,
    source: "written by hand",
    goal: f.goal,
    asks: f.asks,
    questions: [
      {
        id: f.text,
        host: false,
        ask: (w) => (f.holds(w) === f.goal ? [f.goal ? "reached" : "broken"] : NONE),
      },
    ],
    accepts: all,
  };
}

/** Every question of some promises, each once. */
export function questionsOf(promises: readonly Promised[]): Question[] {
  const out = new Map<string, Question>();
  for (const p of promises) for (const q of p.questions) if (!out.has(q.id)) out.set(q.id, q);
  return [...out.values()];
}
