/**
 * A run as a session: played piece by piece, so that a page can do it without standing still. Every step of the run
 * keeps the timeline node it ended at.
 */
import { quote } from "../script/lexer.ts";
import { type NodeId, Session } from "../script/session.ts";
import type { RunData, StepData } from "./transfer.ts";

/** Up to this many steps the log's line numbers and inferences go into the session as comments. */
const COMMENTED = 5_000;
const TITLE = 60;

export class SessionBuilder {
  readonly session: Session;
  private readonly run: RunData;
  /** Node a step ended at; index = step. */
  private readonly ends: NodeId[] = [];
  /** Steps whose lines the script refused, with the reason. */
  readonly refused: { readonly step: number; readonly why: string }[] = [];

  constructor(run: RunData, title: string) {
    this.run = run;
    const header = [`title ${quote(title.slice(0, TITLE))}`, ...run.header].join("\n");
    const opened = Session.open(header);
    if (!opened.ok) throw new Error(`the replayed header does not parse: ${opened.problems[0]?.message}`);
    this.session = opened.value;
  }

  get done(): number {
    return this.ends.length;
  }

  get finished(): boolean {
    return this.ends.length >= this.run.steps.length;
  }

  /** Plays up to `most` further steps. */
  play(most: number): void {
    const end = Math.min(this.run.steps.length, this.ends.length + most);
    for (let i = this.ends.length; i < end; i++) {
      const step = this.run.steps[i] as StepData;
      const appended = this.session.append(this.text(step));
      if (!appended.ok) this.refused.push({ step: i, why: appended.problems[0]?.message ?? "" });
      this.ends.push(this.session.current.id);
    }
  }

  private text(s: StepData): string {
    const range = s.first === s.last ? `${s.first}` : `${s.first}-${s.last}`;
    if (this.run.steps.length > COMMENTED) return s.script.join("\n");
    const lines = s.notes.map((n) => `# ${n}`);
    for (const [i, line] of s.script.entries()) {
      const why = s.inferred[i] ?? null;
      lines.push(`${line}  # ${why === null ? range : `inferred, ${why}`}`);
    }
    return lines.join("\n");
  }

  /** Timeline node at the end of a step; null while it is not played. */
  nodeOf(step: number): NodeId | null {
    return this.ends[step] ?? null;
  }

  /** Step whose lines led to a node: the first that ends at or behind it; -1 for nodes of no step. */
  stepOf(node: NodeId): number {
    let lo = 0;
    let hi = this.ends.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if ((this.ends[mid] as NodeId) < node) lo = mid + 1;
      else hi = mid;
    }
    return lo < this.ends.length && node > 0 ? lo : -1;
  }
}
