/**
 * How the symmetries of a search compose. They are a group: those of the setup that leave something alone (alphabet,
 * promises). From a few of them, the generators, all others follow.
 */
import { composed, inverse } from "./freedom.ts";
import type { Symmetry } from "./renaming.ts";

const keyOf = (s: Symmetry): string => `${s.devices.join()}/${s.vsmmus.join()}`;

export class Composition {
  private readonly symmetries: readonly Symmetry[];
  private readonly places: ReadonlyMap<string, number>;
  private readonly rows = new Map<number, Int32Array>();
  /** Symmetries from which all others follow. */
  readonly generators: number[] = [];
  private readonly made: (readonly [first: number, second: number] | null)[];

  /** `symmetries`: a group, the identity first. */
  constructor(symmetries: readonly Symmetry[]) {
    this.symmetries = symmetries;
    this.places = new Map(symmetries.map((s, i) => [keyOf(s), i]));
    this.made = symmetries.map(() => null);
    const reached = [0];
    const known = new Set(reached);
    const { generators } = this;
    for (let s = 1; s < symmetries.length; s++) {
      if (known.has(s)) continue;
      generators.push(s);
      known.add(s);
      reached.push(s);
      // Whatever was reached before is to be followed by the new one, too.
      for (let i = 0; i < reached.length; i++)
        for (const g of generators) {
          const a = reached[i] as number;
          const to = this.place(composed(this.at(a), this.at(g)));
          if (known.has(to)) continue;
          known.add(to);
          reached.push(to);
          this.made[to] = [a, g];
        }
    }
  }

  private at(s: number): Symmetry {
    return this.symmetries[s] as Symmetry;
  }

  private place(s: Symmetry): number {
    const at = this.places.get(keyOf(s));
    if (at === undefined) throw new Error(`the symmetries are no group: ${keyOf(s)} is missing`);
    return at;
  }

  /** First `a`, then `b`. */
  both(a: number, b: number): number {
    if (a === 0) return b;
    let row = this.rows.get(a);
    if (row === undefined) {
      row = Int32Array.from(this.symmetries, (s) => this.place(composed(this.at(a), s)));
      this.rows.set(a, row);
    }
    return row[b] as number;
  }

  inverse(s: number): number {
    return this.place(inverse(this.at(s)));
  }

  /** Two others that make this one, the second a generator; null for the identity and for generators. */
  factors(s: number): readonly [first: number, second: number] | null {
    return this.made[s] ?? null;
  }
}
