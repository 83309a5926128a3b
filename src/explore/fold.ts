/**
 * Folding: of the images of a state under the symmetries of a search the least stands for all. Least by what the states
 * are, not by when they were met: the same in every process.
 */
import { Composition } from "./composition.ts";
import type { Renaming } from "./renaming.ts";
import { type Group, HOST } from "./slots.ts";
import { GroupMap } from "./tables.ts";

/** Images of the state that is being gone on from, made as they are asked for. */
class Images {
  private readonly state: Int32Array;
  private readonly made: Int32Array[];
  private readonly known: boolean[];
  private readonly make: (symmetry: number, ids: Int32Array, out: Int32Array) => void;

  constructor(
    width: number,
    symmetries: number,
    make: (symmetry: number, ids: Int32Array, out: Int32Array) => void,
  ) {
    this.state = new Int32Array(width).fill(-1);
    this.made = Array.from({ length: symmetries }, () => new Int32Array(width));
    this.known = new Array<boolean>(symmetries).fill(false);
    this.make = make;
  }

  of(ids: Int32Array, symmetry: number, out: Int32Array): void {
    const { state, known } = this;
    const n = state.length;
    if (symmetry === 0) {
      for (let i = 0; i < n; i++) out[i] = ids[i] as number;
      return;
    }
    let same = true;
    for (let i = 0; i < n; i++)
      if (state[i] !== ids[i]) {
        state[i] = ids[i] as number;
        same = false;
      }
    if (!same) known.fill(false);
    const image = this.made[symmetry] as Int32Array;
    if (!known[symmetry]) {
      this.make(symmetry, ids, image);
      known[symmetry] = true;
    }
    for (let i = 0; i < n; i++) out[i] = image[i] as number;
  }
}

/** Order of two states of a group: the same in every process. */
function precedes({ lo, hi }: Group, x: number, y: number): boolean {
  return lo[x] !== lo[y] ? (lo[x] as number) < (lo[y] as number) : (hi[x] as number) < (hi[y] as number);
}

/** The image of a normal state of one group under a renaming, in the group it then belongs to. */
type ImageOf = (group: number, id: number, r: Renaming) => number;

export class Fold {
  private readonly groups: readonly Group[];
  private readonly renamings: readonly Renaming[];
  private readonly compute: ImageOf;
  private readonly composition: Composition;
  private readonly images: Images;
  /** By symmetry, then group. */
  private readonly known: readonly (readonly GroupMap[])[];
  private readonly width: number;
  private readonly scratch: Int32Array;
  private readonly other: Int32Array;
  /** Images of the last state that was made canonical, itself among them: so many states it stands for. */
  orbit = 1;

  /** `renamings`: of a group of symmetries, the identity first. */
  constructor(groups: readonly Group[], renamings: readonly Renaming[], compute: ImageOf) {
    this.groups = groups;
    this.width = groups.length;
    this.renamings = renamings;
    this.compute = compute;
    this.composition = new Composition(renamings.map((r) => r.symmetry));
    this.images = new Images(this.width, renamings.length, (s, ids, out) => this.imageInto(s, ids, out));
    this.known = renamings.map(() => groups.map(() => new GroupMap()));
    this.scratch = new Int32Array(this.width);
    this.other = new Int32Array(this.width);
  }

  /** First one symmetry, then the other. */
  both(first: number, second: number): number {
    return this.composition.both(first, second);
  }

  /** The image of a normal state. Of the state asked for last all images are remembered. */
  image(symmetry: number, ids: Int32Array, out: Int32Array): void {
    this.images.of(ids, symmetry, out);
  }

  /** Replaces a normal state by the least of its images, and says which symmetry leads there. */
  canonical(ids: Int32Array): number {
    const n = this.renamings.length;
    this.orbit = 1;
    if (n === 1) return 0;
    const { scratch, other, width } = this;
    let best = 0;
    // As many symmetries as leave the state alone lead to its least image.
    let leading = 1;
    scratch.set(ids);
    const host = this.groups[HOST] as Group;
    for (let s = 1; s < n; s++) {
      // The host's side is compared first, and nearly always decides.
      const to = this.turnedHost(s, ids[HOST] as number);
      const least = scratch[HOST] as number;
      if (to !== least && !precedes(host, to, least)) continue;
      this.imageInto(s, ids, other);
      if (this.less(other, scratch)) {
        for (let i = 0; i < width; i++) scratch[i] = other[i] as number;
        best = s;
        leading = 1;
      } else if (this.equal(other, scratch)) leading++;
    }
    ids.set(scratch);
    this.orbit = n / leading;
    return best;
  }

  private imageInto(symmetry: number, ids: Int32Array, out: Int32Array): void {
    const maps = this.known[symmetry] as readonly GroupMap[];
    const { vsmmus } = (this.renamings[symmetry] as Renaming).symmetry;
    for (let g = 0; g < this.width; g++) {
      const id = ids[g] as number;
      const known = (maps[g] as GroupMap).get(id);
      out[g === 0 || g > vsmmus.length ? g : 1 + (vsmmus[g - 1] as number)] =
        known < 0 ? this.groupTurned(symmetry, g, id) : known;
    }
  }

  /**
   * The image of a normal state of one group. Only those under generators are computed from worlds; what symmetries
   * compose to, and the ways back, follow.
   */
  private groupTurned(symmetry: number, group: number, id: number): number {
    const maps = this.known[symmetry] as readonly GroupMap[];
    const known = (maps[group] as GroupMap).get(id);
    if (known >= 0) return known;
    const factors = this.composition.factors(symmetry);
    let to: number;
    if (factors === null) to = this.compute(group, id, this.renamings[symmetry] as Renaming);
    else {
      const [first, second] = factors;
      to = this.groupTurned(second, this.groupAfter(first, group), this.groupTurned(first, group, id));
    }
    this.learnImage(symmetry, group, id, to);
    return to;
  }

  /** Remembers an image, computed here or elsewhere, and the way back. */
  learnImage(symmetry: number, group: number, id: number, to: number): void {
    ((this.known[symmetry] as readonly GroupMap[])[group] as GroupMap).set(id, to);
    const back = this.known[this.composition.inverse(symmetry)] as readonly GroupMap[];
    (back[this.groupAfter(symmetry, group)] as GroupMap).set(to, id);
  }

  /** What is known of a state's images under generators. */
  eachImage(group: number, id: number, tell: (symmetry: number, toGroup: number, to: number) => void): void {
    for (const s of this.composition.generators) {
      const to = ((this.known[s] as readonly GroupMap[])[group] as GroupMap).get(id);
      if (to >= 0) tell(s, this.groupAfter(s, group), to);
    }
  }

  groupAfter(symmetry: number, group: number): number {
    const { vsmmus } = (this.renamings[symmetry] as Renaming).symmetry;
    return group === HOST || group > vsmmus.length ? group : 1 + (vsmmus[group - 1] as number);
  }

  private turnedHost(symmetry: number, id: number): number {
    const known = ((this.known[symmetry] as readonly GroupMap[])[HOST] as GroupMap).get(id);
    return known < 0 ? this.groupTurned(symmetry, HOST, id) : known;
  }

  private equal(a: Int32Array, b: Int32Array): boolean {
    for (let g = 0; g < this.width; g++) if (a[g] !== b[g]) return false;
    return true;
  }

  private less(a: Int32Array, b: Int32Array): boolean {
    for (let g = 0; g < this.width; g++) {
      const x = a[g] as number;
      const y = b[g] as number;
      if (x !== y) return precedes(this.groups[g] as Group, x, y);
    }
    return false;
  }
}
