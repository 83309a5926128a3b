/**
 * Who does what when a search has several threads. Moves that share what is learnt are a family and stay together if they
 * can; the shares follow what the threads take for them.
 */

/** A move or a question: its family, and a guess at what it costs. */
export interface Load {
  readonly family: number;
  readonly weight: number;
}

interface Unit {
  readonly moves: readonly number[];
  readonly weight: number;
}

const sum = (units: readonly Unit[]): number => units.reduce((n, u) => n + u.weight, 0);

/** A difference that is worth learning something a second time. */
const WORTH = 1.15;
/** Slices that the first sharing is watched for before it is judged; each later one twice as long. */
const WATCHED = 16;

export class Shares {
  private readonly units: Unit[][];
  private readonly asked: Unit[][];
  private readonly took: number[];
  private seen = 0;
  private watched = WATCHED;
  private current: readonly (readonly number[])[];

  constructor(moves: readonly Load[], questions: readonly Load[], threads: number) {
    this.units = Array.from({ length: threads }, () => []);
    this.asked = Array.from({ length: threads }, () => []);
    this.took = new Array<number>(threads).fill(0);
    const fair = [...moves, ...questions].reduce((n, l) => n + l.weight, 0) / threads;
    const parts = [
      ...unitsOf(questions, fair).map((unit) => ({ unit, to: this.asked })),
      ...unitsOf(moves, fair).map((unit) => ({ unit, to: this.units })),
    ].sort((a, b) => b.unit.weight - a.unit.weight);
    for (const { unit, to } of parts) (to[this.lightest()] as Unit[]).push(unit);
    this.current = this.lists();
  }

  private lightest(): number {
    let least = 0;
    for (let t = 1; t < this.units.length; t++) if (this.load(t) < this.load(least)) least = t;
    return least;
  }

  private load(t: number): number {
    return sum(this.units[t] as Unit[]) + sum(this.asked[t] as Unit[]);
  }

  private lists(): readonly (readonly number[])[] {
    return this.units.map((units) => units.flatMap((u) => u.moves).sort((a, b) => a - b));
  }

  /** Moves of each thread, ascending. */
  get moves(): readonly (readonly number[])[] {
    return this.current;
  }

  /** Questions of each thread: the same for the whole search. */
  get questions(): readonly (readonly number[])[] {
    return this.asked.map((units) => units.flatMap((u) => u.moves).sort((a, b) => a - b));
  }

  /** What each thread took for a slice that was shared as `moves` says; true if the sharing changes. */
  note(moves: readonly (readonly number[])[], ms: readonly number[]): boolean {
    if (moves !== this.current) return false;
    this.seen++;
    for (const [t, x] of ms.entries()) this.took[t] = (this.took[t] as number) + x;
    if (this.seen < this.watched) return false;
    const changed = this.level();
    if (changed) this.watched *= 2;
    this.seen = 0;
    this.took.fill(0);
    return changed;
  }

  /** Gives a unit of the busiest thread to the idlest, if that brings them nearer to each other. */
  private level(): boolean {
    const { took } = this;
    const most = took.indexOf(Math.max(...took));
    const least = took.indexOf(Math.min(...took));
    const [a, b] = [took[most] as number, took[least] as number];
    if (a < b * WORTH) return false;
    const mine = this.units[most] as Unit[];
    const rate = a / Math.max(1, this.load(most));
    let best: Unit | null = null;
    let gap = (a - b) * 0.9;
    const single = mine.flatMap((u) =>
      u.moves.map((m) => ({ moves: [m], weight: u.weight / u.moves.length })),
    );
    for (const unit of [...mine, ...single]) {
      const left = Math.abs(a - b - 2 * rate * unit.weight);
      if (left >= gap) continue;
      gap = left;
      best = unit;
    }
    if (best === null) return false;
    const { moves } = best;
    this.units[most] = mine.flatMap((u) => {
      const kept = u.moves.filter((m) => !moves.includes(m));
      return kept.length === 0 ? [] : [{ moves: kept, weight: (u.weight * kept.length) / u.moves.length }];
    });
    (this.units[least] as Unit[]).push(best);
    this.current = this.lists();
    return true;
  }
}

/** Families, cut where one alone is more than a fair share. */
function unitsOf(loads: readonly Load[], fair: number): Unit[] {
  const families = new Map<number, number[]>();
  for (const [i, { family }] of loads.entries()) {
    const known = families.get(family);
    if (known === undefined) families.set(family, [i]);
    else known.push(i);
  }
  return [...families.values()].flatMap((all): Unit[] => {
    const weight = all.reduce((n, i) => n + (loads[i] as Load).weight, 0);
    const parts = Math.min(all.length, Math.ceil(weight / (fair * 1.25)));
    return Array.from({ length: parts }, (_, p) => {
      const moves = all.filter((_, i) => i % parts === p);
      return { moves, weight: moves.reduce((n, i) => n + (loads[i] as Load).weight, 0) };
    });
  });
}
