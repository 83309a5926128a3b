/**
 * Promises somebody writes: `always d0 dma=abort when v0 gbpa=abort and v0 smmuen=off`, `never d1 diverges=D1`,
 * `sometimes d0 attached=translate`. A clause is what `expect` takes of a state, with `not`, `and`, `or` between;
 * beside its keys a vSMMU has `gbpa=abort|bypass` and `smmuen=on|off`.
 */
import type { Setup } from "../engine/setup.ts";
import type { World } from "../engine/world.ts";
import type { Expectation } from "../script/expectation.ts";
import { judge } from "../script/judge.ts";
import { lex, type Token } from "../script/lexer.ts";
import { parseExpect } from "../script/parse-expect.ts";
import { formatProblem, type Problem } from "../script/problem.ts";
import { EMPTY_SCOPE, type Scope } from "../script/scope.ts";

/** What a promise looks at that a search could otherwise take for the same. */
export interface Asks {
  /** Devices and vSMMUs it knows by name. */
  readonly devices: ReadonlySet<number>;
  readonly vsmmus: ReadonlySet<number>;
  /** Ids, VMIDs, reference counts, numbers of objects. */
  readonly numbers: boolean;
  /** Registers, which say how often a queue went round. */
  readonly registers: boolean;
}

export interface Formula {
  readonly text: string;
  /** `sometimes`. */
  readonly goal: boolean;
  readonly asks: Asks;
  /** For a goal: it is reached here. Else: it is kept here. */
  holds(w: World): boolean;
}

type Test = (w: World) => boolean;

/** A promise that does not parse or names nothing, with every problem and its place. */
export class FormulaError extends Error {
  readonly problems: readonly Problem[];

  constructor(text: string, problems: readonly Problem[]) {
    super(`"${text}": ${problems.map(formatProblem).join("\n")}`);
    this.problems = problems;
  }
}

/** Expectations that are about a state and not about the command before it. */
const OF_A_STATE: ReadonlySet<Expectation["kind"]> = new Set<Expectation["kind"]>([
  "device-word",
  "device-set",
  "device-number",
  "device-id",
  "cmdq",
  "vsmmu-diverges",
  "vsmmu-id",
  "register",
  "vmids",
  "users",
  "id",
  "count",
]);

const GBPA_ABORT = 1 << 20;

const isWord = (t: Token | undefined, text: string): boolean =>
  t !== undefined && t.key === null && !t.quoted && t.text === text;

/** True if a fact is about what an object is called, what number it has, or how many there are. */
function isNumber(e: Expectation): boolean {
  switch (e.kind) {
    case "device-number":
      return e.value !== null && e.value !== "any";
    case "device-id":
    case "vsmmu-id":
      return e.value.is !== "yes" && e.value.is !== "no";
    case "vmids":
    case "users":
    case "id":
    case "count":
      return true;
    default:
      return false;
  }
}

class Reader {
  readonly devices = new Set<number>();
  readonly vsmmus = new Set<number>();
  numbers = false;
  registers = false;
  private at = 0;
  private readonly tokens: readonly Token[];
  private readonly setup: Setup;
  private readonly scope: Scope;
  readonly problems: Problem[] = [];

  constructor(tokens: readonly Token[], setup: Setup, scope: Scope) {
    this.tokens = tokens;
    this.setup = setup;
    this.scope = scope;
  }

  read(): { readonly kind: string; readonly test: Test } {
    const kind = this.tokens[this.at++]?.text ?? "";
    let test = this.any();
    if (isWord(this.tokens[this.at], "when")) {
      this.at++;
      const then = test;
      const when = this.any();
      test = kind === "always" ? (w) => !when(w) || then(w) : (w) => when(w) && then(w);
    }
    const rest = this.tokens[this.at];
    if (rest !== undefined) this.wrong(rest, `unexpected "${rest.text}"`, "and, or, when, or the end");
    return { kind, test };
  }

  private any(): Test {
    let test = this.every();
    while (isWord(this.tokens[this.at], "or")) {
      this.at++;
      const [a, b] = [test, this.every()];
      test = (w) => a(w) || b(w);
    }
    return test;
  }

  private every(): Test {
    let test = this.clause();
    while (isWord(this.tokens[this.at], "and")) {
      this.at++;
      const [a, b] = [test, this.clause()];
      test = (w) => a(w) && b(w);
    }
    return test;
  }

  private clause(): Test {
    if (isWord(this.tokens[this.at], "not")) {
      this.at++;
      const test = this.clause();
      return (w) => !test(w);
    }
    const words: Token[] = [];
    for (;;) {
      const t = this.tokens[this.at];
      if (t === undefined || (t.key === null && !t.quoted && /^(and|or|when|not)$/.test(t.text))) break;
      words.push(t);
      this.at++;
    }
    const head = words[0];
    if (head === undefined) {
      const near = this.tokens[Math.min(this.at, this.tokens.length - 1)] as Token;
      this.wrong(near, "a clause is missing", "what `expect` takes of a state, like d0 dma=abort");
      return () => true;
    }
    const v = this.setup.vsmmus.findIndex((x) => x.name === head.text);
    const own = v < 0 || head.key !== null ? [] : words.slice(1).filter((t) => this.isOwn(t));
    const tests = own.map((t) => this.ownWord(v, t));
    const others = words.filter((t) => !own.includes(t));
    if (others.length > 1 || own.length === 0) tests.push(this.expected(head, others));
    return (w) => tests.every((t) => t(w));
  }

  /** Words that only a promise has. */
  private isOwn(t: Token): boolean {
    return (t.key === "gbpa" && /^[a-z]+$/.test(t.text)) || t.key === "smmuen";
  }

  private ownWord(v: number, t: Token): Test {
    this.vsmmus.add(v);
    if (t.key === "gbpa") {
      if (t.text !== "abort" && t.text !== "bypass")
        this.wrong(t, `gbpa=${t.text}`, "abort, bypass or a number");
      const abort = t.text === "abort";
      return (w) => (((w.qemu.smmus[v]?.regs.gbpa ?? 0) & GBPA_ABORT) !== 0) === abort;
    }
    if (t.text !== "on" && t.text !== "off") this.wrong(t, `smmuen=${t.text}`, "on or off");
    const on = t.text === "on";
    return (w) => (((w.qemu.smmus[v]?.regs.cr0ack ?? 0) & 1) !== 0) === on;
  }

  private expected(head: Token, words: readonly Token[]): Test {
    const lead: Token = { ...head, text: "expect", key: null };
    const got = parseExpect([lead, ...words], { setup: this.setup, scope: this.scope }, this.problems);
    if (got === null) return () => true;
    for (const e of got.expectations)
      if (!OF_A_STATE.has(e.kind))
        this.wrong(head, `"${head.text}" is about a command`, "something that can be said of a state");
    const { expectations } = got;
    for (const e of expectations) {
      if ("dev" in e) this.devices.add(e.dev);
      if ("vsmmu" in e) this.vsmmus.add(e.vsmmu);
      if (isNumber(e)) this.numbers = true;
      if (e.kind === "register") this.registers = true;
    }
    return (w) => expectations.every((e) => judge({ world: w, before: null, outcome: null }, e).held);
  }

  private wrong(t: Token, message: string, expected: string): void {
    const { line, column, length } = t;
    this.problems.push({ line, column, length, message, expected, suggestion: null });
  }
}

export function parseFormula(setup: Setup, text: string, scope: Scope = EMPTY_SCOPE): Formula {
  const problems: Problem[] = [];
  const lines = lex(text, problems);
  const tokens = lines[0]?.tokens ?? [];
  const reader = new Reader(tokens, setup, scope);
  const { kind, test } = reader.read();
  problems.push(...reader.problems);
  if (problems.length > 0) throw new FormulaError(text, problems);
  return {
    text: tokens.map((t) => (t.key === null ? t.text : `${t.key}=${t.text}`)).join(" "),
    goal: kind === "sometimes",
    asks: {
      devices: reader.devices,
      vsmmus: reader.vsmmus,
      numbers: reader.numbers,
      registers: reader.registers,
    },
    holds: kind === "never" ? (w) => !test(w) : test,
  };
}
