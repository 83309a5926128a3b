/** One way from where the search began to a state: what is shown of it, and the script it becomes elsewhere. */
import { alphabetLines } from "../../explore/alphabet.ts";
import type { DifferenceReport, Differing } from "../../explore/difference.ts";
import type { JobGraph, JobReport, JobRule } from "../../explore/job-data.ts";
import type { Share } from "../../review/share/share.ts";
import { parse } from "../../script/parse.ts";
import type { Looked, Run } from "./explore-store.ts";
import { firstEdges } from "./layers.ts";
import { moves } from "./words.ts";

export interface Way {
  readonly title: string;
  /** The class that shows there; null for a plain state. */
  readonly cls: string | null;
  /** Promise that it breaks, or goal that it reaches. */
  readonly promise: string | null;
  readonly goal: boolean;
  readonly lines: readonly string[];
  /** Why it breaks there; empty for a plain state. */
  readonly why: string;
  readonly rules: readonly JobRule[];
  /** Facts that the last line ended, and those that it made (of a plain state: all of them). */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What two setups have apart there. */
  readonly differing: readonly Differing[];
}

const NO_WAY: Way = {
  title: "",
  cls: null,
  promise: null,
  goal: false,
  lines: [],
  why: "",
  rules: [],
  before: [],
  after: [],
  differing: [],
};

export function wayOfExample(report: JobReport, looked: Extract<Looked, { kind: "example" }>): Way | null {
  const verdict = report.verdicts.find(({ id }) => id === looked.promise);
  const example = verdict?.examples.find(({ cls }) => cls === looked.cls);
  if (verdict === undefined || example === undefined) return null;
  const { cls, why, lines, rules, before, after } = example;
  const colon = why.indexOf(": ");
  if (verdict.goal)
    return {
      ...NO_WAY,
      title: "The goal is reached",
      promise: verdict.id,
      goal: true,
      lines,
      rules,
      before,
      after,
    };
  return {
    ...NO_WAY,
    title: colon < 0 ? why : why.slice(0, colon),
    cls,
    promise: verdict.id,
    goal: verdict.goal,
    lines,
    why: colon < 0 ? verdict.sentence : why.slice(colon + 2),
    rules,
    before,
    after,
  };
}

/** Lines of the shortest way to a state of a graph: along the edges by which each was first reached. */
export function linesTo({ nodes, edges }: JobGraph, state: number): readonly string[] {
  const first = firstEdges({ nodes, edges });
  const out: string[] = [];
  for (let at = state; ; ) {
    const from = first.get(at);
    if (from === undefined) return out;
    const edge = edges.find((one) => one.from === from && one.to === at);
    const lines = alphabetLines(edge?.moves[0] ?? "").split("\n");
    out.unshift(...lines.map((line) => line.trim()));
    at = from;
  }
}

export function wayOfState(graph: JobGraph, state: number): Way | null {
  const node = graph.nodes.find((one) => one.state === state);
  if (node === undefined) return null;
  return { ...NO_WAY, title: `State ${state}`, lines: linesTo(graph, state), after: node.facts };
}

export function wayOfDifference(report: DifferenceReport, at: number): Way | null {
  const found = report.differences[at];
  if (found === undefined) return null;
  const { lines, differing } = found;
  return {
    ...NO_WAY,
    title: differing.map(differingText).slice(0, 2).join("; "),
    lines,
    why: "",
    differing,
  };
}

/** `d1 attached: s2 against abort`. */
export const differingText = ({ whose, aspect, a, b }: Differing): string =>
  `${whose} ${aspect}: ${a} against ${b}`;

const WIDTH = 76;

/** Comment lines no wider than a mail. */
function comment(text: string): readonly string[] {
  const out: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = out.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) out[out.length - 1] = `${last} ${word}`;
    else out.push(`# ${word}`);
  }
  return out;
}

/** What the lab can judge of a divergence: which things show it. */
const expectations = ({ after }: Way): readonly string[] =>
  after.flatMap((fact) => {
    const found = /^(\S+) .*\bdiverges=(\S+)$/.exec(fact);
    return found === null ? [] : [`expect ${found[1]} diverges=${found[2]}`];
  });

export function wayHead(way: Way, from: string): string {
  const name = way.cls === null ? way.title : `${way.cls}: ${way.title}`;
  return `${name}, ${moves(way.lines.length)} from ${from}`;
}

/** The whole script: what led to the beginning, the way, and why it breaks at its end. */
export function wayScript(run: Pick<Run, "spec" | "from">, way: Way): string {
  const told = [
    ...comment(`${wayHead(way, run.from)}.`),
    ...(way.why === "" ? [] : comment(way.why)),
    ...way.differing.map((one) => `# ${differingText(one)}`),
    ...(way.promise === null ? [] : comment(`${way.goal ? "Reaches" : "Breaks"}: ${way.promise}.`)),
  ];
  const script = `${run.spec.script.trimEnd()}\n`.replace(/^\n$/, "");
  const plain = `${script}${[...way.lines, ...told].join("\n")}\n`;
  const judged = `${plain}${expectations(way).join("\n")}\n`;
  return parse(judged).ok ? judged.replace(/\n\n$/, "\n") : plain;
}

export const wayShare = (run: Pick<Run, "spec" | "from">, way: Way): Share => ({
  content: { kind: "script", text: wayScript(run, way), at: null },
  view: {},
  note: "",
});
