/** What the comparison of a log with the model found. */
import type { Kind } from "./canonical.ts";

export interface Disagreement {
  readonly run: number;
  readonly kind: Kind;
  /** Log line that states it. */
  readonly line: number;
  /** Step of the script, -1 if none. */
  readonly step: number;
  /** What the log says. */
  readonly expected: string;
  /** What the model says. */
  readonly got: string;
  /** Rule of the model that decided, or null. */
  readonly rule: string | null;
}

export interface Tally {
  agreed: number;
  disagreed: number;
  /** Lines of this kind that the model cannot have: emulated functions, mappings. */
  outside: number;
}

export interface CheckResult {
  readonly tallies: ReadonlyMap<Kind, Tally>;
  /** The first few thousand. */
  readonly disagreements: readonly Disagreement[];
  readonly disagreed: number;
  /** Script lines that the model rejected: the replayer's fault, or a log that makes no sense. */
  readonly rejected: readonly {
    readonly run: number;
    readonly step: number;
    readonly line: number;
    readonly text: string;
    readonly why: string;
  }[];
  readonly steps: number;
}

const MOST = 5000;

export class Tallies {
  readonly tallies = new Map<Kind, Tally>();
  readonly disagreements: Disagreement[] = [];
  disagreed = 0;

  private of(kind: Kind): Tally {
    let t = this.tallies.get(kind);
    if (t === undefined) {
      t = { agreed: 0, disagreed: 0, outside: 0 };
      this.tallies.set(kind, t);
    }
    return t;
  }

  agree(kind: Kind, n = 1): void {
    this.of(kind).agreed += n;
  }

  outside(kind: Kind, n = 1): void {
    this.of(kind).outside += n;
  }

  disagree(d: Disagreement): void {
    this.of(d.kind).disagreed++;
    this.disagreed++;
    if (this.disagreements.length < MOST) this.disagreements.push(d);
  }
}
