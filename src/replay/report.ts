/** What a replay found, as lines of text. Every line begins with `#`, so that script and report together are a script. */
import type { CheckResult, Disagreement } from "./check/result.ts";
import { plain } from "./meaning/script-text.ts";
import type { ReplayRun } from "./meaning/steps.ts";
import type { Census } from "./reader/lines.ts";

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Most disagreements that are printed one by one. */
const MOST = 200;
const WIDTH = 120;

const cut = (text: string): string => {
  const t = plain(text);
  return t.length <= WIDTH ? t : `${t.slice(0, WIDTH - 1)}…`;
};

export function censusLines(name: string, census: Census, runs: readonly ReplayRun[]): string[] {
  const steps = runs.reduce((n, r) => n + r.steps.length, 0);
  const parts = [
    `${census.lines} lines`,
    `${census.known} of events the lab knows`,
    ...(census.other > 0 ? [`${census.other} of other events`] : []),
    ...(census.foreign > 0 ? [`${census.foreign} no events`] : []),
    ...(census.damaged > 0 ? [`${census.damaged} damaged`] : []),
    ...(census.overlong > 0 ? [`${census.overlong} too long`] : []),
  ];
  return [
    `# ${cut(name)}: ${parts.join(", ")}`,
    `# ${count(runs.length, "run")}, ${count(steps, "step")}`,
    ...census.damagedSamples.slice(0, 3).map((s) => `#   damaged line ${s.line}: ${cut(s.text)}`),
    ...census.foreignSamples.slice(0, 2).map((s) => `#   no event, line ${s.line}: ${cut(s.text)}`),
  ];
}

export function runLines(run: ReplayRun, index: number, of: number): string[] {
  const what = run.emulated ? "emulated SMMU: the guest's side only" : "accelerated SMMU";
  return [
    `# run ${index + 1} of ${of}, lines ${run.first} to ${run.last}; ${what}`,
    ...run.assumptions.map(
      (a) => `#   assumed: ${plain(a.text)} (line ${a.line}${a.count > 1 ? `, ${a.count} times` : ""})`,
    ),
  ];
}

export function disagreementLine(d: Disagreement): string {
  const rule = d.rule === null ? "" : ` [${d.rule}]`;
  return cut(`line ${d.line}, ${d.kind}: the log has ${d.expected}; the model has ${d.got}`) + rule;
}

/** The table of agreements and every disagreement. */
export function checkLines(check: CheckResult): string[] {
  const rows = [...check.tallies].sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(0, ...rows.map(([k]) => k.length));
  const out = [`# ${"compared".padEnd(width)}    agree  differ  outside the model`];
  for (const [kind, t] of rows)
    out.push(
      `# ${kind.padEnd(width)} ${String(t.agreed).padStart(8)} ${String(t.disagreed).padStart(7)} ${String(t.outside).padStart(8)}`,
    );
  for (const r of check.rejected.slice(0, MOST))
    out.push(`# line ${r.line}: the model refuses "${cut(r.text)}": ${cut(r.why)}`);
  for (const d of check.disagreements.slice(0, MOST)) out.push(`# ${disagreementLine(d)}`);
  const more = check.disagreed - Math.min(check.disagreements.length, MOST);
  if (more > 0) out.push(`# and ${more} more`);
  out.push(
    check.disagreed + check.rejected.length === 0
      ? "# log and model agree"
      : `# ${count(check.disagreed, "disagreement")}${check.rejected.length > 0 ? `, ${count(check.rejected.length, "refused line")}` : ""}`,
  );
  return out;
}

/** Log and model say the same everywhere. */
export const agrees = (check: Pick<CheckResult, "disagreed" | "rejected">): boolean =>
  check.disagreed === 0 && check.rejected.length === 0;
