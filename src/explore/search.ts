/**
 * Breadth-first search: every state that an alphabet reaches from a world, each once, by a shortest way. The order is
 * that of discovery (state by state, move by move), so that counts and counterexamples are the same in every run.
 */
import type { World } from "../engine/world.ts";
import type { Alphabet, Move } from "./alphabet.ts";
import { type Freedom, freedomOf } from "./freedom.ts";
import type { Promised, Question } from "./promises.ts";
import { Answers } from "./questions.ts";
import type { Load } from "./shares.ts";
import { Space } from "./space.ts";
import { StateStore } from "./store.ts";

export interface Limits {
  /** Moves from the first state. */
  readonly depth: number;
  readonly states: number;
  /** Bytes of the table of states; what is remembered of the engine's answers comes on top. */
  readonly bytes: number;
}

export const DEFAULT_LIMITS: Limits = { depth: 1000, states: 2_000_000, bytes: 2 ** 31 };

export interface SearchSpec {
  readonly world: World;
  readonly alphabet: Alphabet;
  readonly promises: readonly Promised[];
  readonly limits: Limits;
  /** Interchangeable devices and vSMMUs count as one. Default on. */
  readonly symmetry?: boolean;
  /** Names count for nothing. Default on; off for tests that compare. */
  readonly normal?: boolean;
}

/** A promise broken (or a goal reached) in one class, at the state nearest to the start. */
export interface Finding {
  readonly promise: Promised;
  readonly cls: string;
  readonly state: number;
  readonly depth: number;
}

export type Ending = "complete" | "depth" | "states" | "bytes" | "cancelled";

export interface Counts {
  readonly states: number;
  /**
   * The same with images under symmetries counted apart: exact if the first state is its own only image, else how many
   * there may be at most.
   */
  readonly raw: number;
  /** Moves tried that were not rejected. */
  readonly transitions: number;
  /** States found and not gone on from yet. */
  readonly frontier: number;
  /** Depth of the states that are being gone on from. */
  readonly depth: number;
  readonly bytes: number;
}

export class Search {
  readonly spec: SearchSpec;
  readonly freedom: Freedom;
  readonly space: Space;
  readonly store: StateStore;
  private readonly answers: Answers;
  private readonly noted = new Map<string, Finding>();
  /** By question: answers that were noted. */
  private readonly answered: readonly Set<readonly string[]>[];
  /** First state of each depth. */
  private readonly levels: number[] = [0];
  private at = 0;
  private transitions = 0;
  private raw = 0;
  private end: Ending | null = null;
  private readonly from: Int32Array;
  private readonly to: Int32Array;

  /** `learnt`: a search of the same world, alphabet and promises, whose memory of the engine this one goes on with. */
  constructor(spec: SearchSpec, learnt: Search | null = null) {
    this.spec = spec;
    this.freedom = freedomOf(
      spec.world,
      spec.alphabet,
      spec.promises,
      spec.symmetry !== false && spec.normal !== false,
    );
    this.space =
      learnt?.space ??
      new Space(spec.world, spec.alphabet.moves, { freedom: this.freedom, normal: spec.normal !== false });
    this.store = new StateStore(this.space.width);
    this.answers = learnt?.answers ?? new Answers(this.space, spec.promises);
    this.answered = this.answers.questions.map(() => new Set());
    this.from = new Int32Array(this.space.width);
    this.to = new Int32Array(this.space.width);
    this.space.fold.orbit = this.space.initialOrbit;
    this.enter(this.space.initial, -1, 0, 0);
    this.levels.push(this.store.count);
  }

  /** Null while there is more to do. */
  get ending(): Ending | null {
    return this.end;
  }

  cancel(): void {
    this.end ??= "cancelled";
  }

  get counts(): Counts {
    return {
      states: this.store.count,
      raw: this.raw,
      transitions: this.transitions,
      frontier: this.store.count - this.at,
      depth: this.levels.length - 2,
      bytes: this.bytes,
    };
  }

  private get bytes(): number {
    return this.store.bytes + this.space.groups.reduce((n, g) => n + g.bytes, 0);
  }

  /** States by depth; the last may be incomplete. */
  get histogram(): number[] {
    const edges = [...this.levels, this.store.count];
    return edges
      .slice(1)
      .flatMap((to, i) => (to - (edges[i] as number) > 0 ? [to - (edges[i] as number)] : []));
  }

  /** Every class found so far, nearest first. */
  get findings(): Finding[] {
    return [...this.noted.values()];
  }

  /** Goes on from up to `states` more states; false when the search is over. */
  advance(states: number): boolean {
    const { store, space, from, to } = this;
    const moves = space.plansCount;
    for (let n = 0; n < states && this.end === null; n++) {
      const state = this.at;
      if (!this.begin(state)) break;
      store.read(state, from);
      let transitions = 0;
      for (let move = 0; move < moves; move++) {
        const symmetry = space.next(from, move, to);
        if (symmetry === -2) continue;
        transitions++;
        if (symmetry >= 0) this.enter(to, state, move, symmetry);
      }
      this.finish(state, transitions);
    }
    return this.end === null;
  }

  /** States that have been gone on from. */
  get expanded(): number {
    return this.at;
  }

  /** States known so far that the depth limit lets go on. */
  get reachable(): number {
    const edge = this.levels[this.levels.length - 1] as number;
    return this.levels.length - 1 < this.spec.limits.depth
      ? this.store.count
      : Math.min(edge, this.store.count);
  }

  /** Before a state, the next one in order, is gone on from; false if the search ends here. */
  begin(state: number): boolean {
    if (this.end !== null) return false;
    if (state === this.store.count) {
      this.end = "complete";
      return false;
    }
    // All states of a depth have been gone on from: those found since are the next depth.
    if (state === this.levels[this.levels.length - 1]) this.levels.push(this.store.count);
    if (this.levels.length - 2 >= this.spec.limits.depth) {
      this.end = "depth";
      return false;
    }
    this.at = state + 1;
    return true;
  }

  /** After a state was gone on from. */
  finish(state: number, transitions: number): void {
    this.transitions += transitions;
    const { limits } = this.spec;
    if (this.store.count >= limits.states) this.end = "states";
    else if ((state & 0xfff) === 0 && this.store.bytes > limits.bytes) this.end = "bytes";
  }

  /** Ends a search that has nothing to go on from; false if it is over. */
  settle(): boolean {
    if (this.end === null && this.at >= this.reachable) this.begin(this.at);
    return this.end === null;
  }

  private enter(ids: Int32Array, parent: number, move: number, symmetry: number): void {
    const state = this.found(ids, parent, move | (symmetry << 16), this.space.fold.orbit);
    if (state >= 0) this.answers.eachAnswer(ids, (q, classes) => this.noteAnswer(q, classes, state));
  }

  /** The number of a state if it is new, else the complement of its number. `via`: move and symmetry. */
  found(ids: Int32Array, parent: number, via: number, orbit: number): number {
    const { store, space } = this;
    if (store.full) store.rehash((x) => space.hash(x));
    const state = ~store.add(ids, space.hash(ids), parent, via);
    if (state >= 0) this.raw += orbit;
    return state;
  }

  private noteAnswer(q: number, classes: readonly string[], state: number): void {
    // States come in the order of their depth: the same answer again is nothing new.
    const before = this.answered[q] as Set<readonly string[]>;
    if (before.has(classes)) return;
    before.add(classes);
    this.note(this.answers.questions[q] as Question, classes, state);
  }

  /** All answers there are, each by the first state that gives it, in the order of states and questions. */
  noteAll(
    answers: readonly { readonly state: number; readonly q: number; readonly classes: readonly string[] }[],
  ): void {
    this.noted.clear();
    for (const { state, q, classes } of answers)
      this.note(this.answers.questions[q] as Question, classes, state);
  }

  answer(q: number, ids: Int32Array): readonly string[] {
    return this.answers.answer(q, ids);
  }

  /** What the questions cost, for sharing them out. */
  get questionLoads(): readonly Load[] {
    return this.answers.loads;
  }

  private note(question: Question, classes: readonly string[], state: number): void {
    for (const promise of this.spec.promises) {
      if (!promise.questions.some((x) => x.id === question.id)) continue;
      for (const cls of classes) {
        const key = `${promise.id}\n${cls}`;
        if (this.noted.has(key) || !promise.accepts(cls)) continue;
        this.noted.set(key, { promise, cls, state, depth: this.depthOf(state) });
      }
    }
  }

  /** Classes of broken promises that show in a state. */
  classesOf(state: number): readonly string[] {
    const ids = this.store.read(state, new Int32Array(this.space.width));
    const out = new Set<string>();
    this.answers.eachAnswer(ids, (q, classes) => {
      for (const cls of classes)
        if (
          this.spec.promises.some(
            (p) =>
              !p.goal && p.accepts(cls) && p.questions.some((x) => x.id === this.answers.questions[q]?.id),
          )
        )
          out.add(cls);
    });
    return [...out];
  }

  /** Where the moves lead from a state, if it is one that was gone on from. */
  successors(state: number): readonly { readonly move: Move; readonly to: number }[] {
    const { space, store } = this;
    if (state >= this.at) return [];
    const from = store.read(state, new Int32Array(space.width));
    const to = new Int32Array(space.width);
    return this.spec.alphabet.moves.flatMap((move, n) => {
      const symmetry = space.next(from, n, to);
      if (symmetry < 0) return [];
      const id = store.find(to, space.hash(to));
      return id < 0 ? [] : [{ move, to: id }];
    });
  }

  /** Moves from the first state to this one. */
  depthOf(state: number): number {
    let n = 0;
    for (let s = state; (this.store.parents[s] as number) >= 0; s = this.store.parents[s] as number) n++;
    return n;
  }
}
