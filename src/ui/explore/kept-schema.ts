/** What a kept search may look like: whatever else was found in its place is not read. */
import * as z from "zod/mini";

const text = z.string();
const texts = z.array(text);
const number = z.number();
const whole = z.int().check(z.nonnegative());
const ending = z.enum(["complete", "depth", "states", "bytes", "cancelled"]);
const counts = {
  states: number,
  raw: number,
  transitions: number,
  frontier: number,
  depth: number,
  bytes: number,
};
const promise = { id: text, sentence: text, source: text, goal: z.boolean() };
const limits = z.object({ depth: number, states: number, bytes: number });

const place = z.object({
  line: whole,
  column: whole,
  length: whole,
  message: text,
  expected: z.nullable(text),
  suggestion: z.nullable(text),
});

const problem = z.object({
  where: z.enum(["script", "alphabet", "promise", "limits"]),
  index: whole,
  message: text,
  places: z.array(place),
});

const example = z.object({
  cls: text,
  depth: number,
  lines: texts,
  why: text,
  rules: z.array(z.object({ id: text, text, source: text, within: text })),
  before: texts,
  after: texts,
  state: number,
});

const report = z.object({
  alphabet: text,
  moves: number,
  symmetries: number,
  rawExact: z.boolean(),
  counts: z.object(counts),
  ending,
  endingText: text,
  complete: z.boolean(),
  histogram: z.array(number),
  verdicts: z.array(
    z.object({
      ...promise,
      state: z.enum(["holds", "broken", "reached", "unreached", "open"]),
      examples: z.array(example),
    }),
  ),
  classes: z.array(z.object({ cls: text, title: text, depth: number, state: number, promises: texts })),
});

const head = z.object({
  alphabet: text,
  moves: texts,
  symmetries: number,
  rawExact: z.boolean(),
  promises: z.array(z.object(promise)),
  limits,
  warnings: texts,
});

const progress = z.object({
  ...counts,
  ending: z.nullable(ending),
  findings: z.array(z.object({ promise: text, cls: text, depth: number, state: number })),
  histogram: z.array(number),
});

const run = z.object({
  side: z.nullable(text),
  spec: z.object({ script: text, alphabet: text, promises: texts, limits, symmetry: z.boolean() }),
  question: z.unknown(),
  from: text,
  setup: text,
  head: z.nullable(head),
  progress: z.nullable(progress),
  report: z.nullable(report),
  ms: number,
  rate: number,
  failure: z.nullable(text),
  problems: z.array(problem),
});

/** What is drawn: places are made for every depth, and edges lead somewhere. */
const MOST_NODES = 300;
const graph = z
  .object({
    nodes: z
      .array(z.object({ state: whole, depth: whole, facts: texts, classes: texts }))
      .check(z.maxLength(MOST_NODES)),
    edges: z
      .array(z.object({ from: whole, to: whole, moves: texts }))
      .check(z.maxLength(MOST_NODES * MOST_NODES)),
  })
  .check(
    z.refine(({ nodes, edges }) => {
      const states = new Set(nodes.map(({ state }) => state));
      return (
        states.size === nodes.length &&
        nodes.every(({ depth }) => depth < nodes.length) &&
        edges.every(({ from, to }) => states.has(from) && states.has(to))
      );
    }),
  );

const difference = z.object({
  depth: number,
  lines: texts,
  differing: z.array(z.object({ whose: text, aspect: text, a: text, b: text })),
});

const apart = z.object({
  phase: z.enum(["running", "over", "failed"]),
  pairs: number,
  depth: number,
  report: z.nullable(
    z.object({
      ending,
      complete: z.boolean(),
      pairs: number,
      transitions: number,
      depth: number,
      differences: z.array(difference),
    }),
  ),
  problems: z.array(problem),
  failure: z.nullable(text),
});

/** Changes whenever the parts do: what another version kept is not read. */
export const VERSION = 2;

export const keptTable = z.object({
  version: z.literal(VERSION),
  tab: z.enum(["promises", "classes", "states", "against"]),
  run: z.nullable(run),
  other: z.nullable(run),
  apart: z.nullable(apart),
  graph: z.nullable(graph),
  lost: z.array(z.enum(["answers", "graph", "against", "apart"])),
});

export type KeptTable = z.infer<typeof keptTable>;
export type KeptRun = z.infer<typeof run>;
