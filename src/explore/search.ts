/**
 * Breadth-first search: every state that an alphabet reaches from a world, each once, by a shortest way. The order is
 * that of discovery (state by state, move by move), so that counts and counterexamples are the same in every run.
 */
import type { World } from "../engine/world.ts";
import type { Alphabet, Move } from "./alphabet.ts";
import { type Freedom, freedomOf } from "./freedom.ts";
import { Memo } from "./memo.ts";
import { type Promised, type Question, questionsOf } from "./promises.ts";
import { HOST } from "./slots.ts";
import { Space } from "./space.ts";
import { StateStore } from "./store.ts";

export interface Limits {
  /** Moves from the first state. */
  readonly depth: number;
  readonly states: number;
  /** Bytes of tables; what the engine itself holds comes on top. */
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
  private readonly questions: readonly Question[];
  private readonly memos: readonly Memo<readonly string[]>[];
  private readonly hostAnswers: (readonly string[] | undefined)[][];
  private readonly found = new Map<string, Finding>();
  /** First state of each depth. */
  private readonly levels: number[] = [0];
  private at = 0;
  private transitions = 0;
  private end: Ending | null = null;
  private readonly from: Int32Array;
  private readonly to: Int32Array;

  constructor(spec: SearchSpec) {
    this.spec = spec;
    this.freedom = freedomOf(
      spec.world,
      spec.alphabet,
      spec.promises,
      spec.symmetry !== false && spec.normal !== false,
    );
    this.space = new Space(spec.world, spec.alphabet.moves, {
      freedom: this.freedom,
      normal: spec.normal !== false,
    });
    this.store = new StateStore(this.space.width);
    this.questions = questionsOf(spec.promises);
    this.memos = this.questions.map(() => new Memo<readonly string[]>());
    this.hostAnswers = this.questions.map(() => []);
    this.from = new Int32Array(this.space.width);
    this.to = new Int32Array(this.space.width);
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
    return [...this.found.values()];
  }

  /** Goes on from up to `states` more states; false when the search is over. */
  advance(states: number): boolean {
    const { store, space, from, to } = this;
    const moves = space.plansCount;
    for (let n = 0; n < states && this.end === null; n++) {
      if (this.at === store.count) {
        this.end = "complete";
        break;
      }
      if (this.at === this.levels[this.levels.length - 1]) {
        // All states of a depth have been gone on from: those found since are the next depth.
        this.levels.push(store.count);
      }
      if (this.levels.length - 2 >= this.spec.limits.depth) {
        this.end = "depth";
        break;
      }
      const state = this.at++;
      store.read(state, from);
      for (let move = 0; move < moves; move++) {
        const symmetry = space.next(from, move, to);
        if (symmetry === -2) continue;
        this.transitions++;
        if (symmetry >= 0) this.enter(to, state, move, symmetry);
      }
      if (store.count >= this.spec.limits.states) this.end = "states";
      else if ((state & 0xfff) === 0 && this.bytes > this.spec.limits.bytes) this.end = "bytes";
    }
    return this.end === null;
  }

  private enter(ids: Int32Array, parent: number, move: number, symmetry: number): void {
    const { store, space } = this;
    if (store.full) store.rehash((x) => space.hash(x));
    const id = store.add(ids, space.hash(ids), parent, move | (symmetry << 16));
    if (id < 0) this.check(ids, ~id);
  }

  private check(ids: Int32Array, state: number): void {
    for (let q = 0; q < this.questions.length; q++) {
      const classes = this.answer(q, ids);
      if (classes.length > 0) this.note(this.questions[q] as Question, classes, state);
    }
  }

  private answer(q: number, ids: Int32Array): readonly string[] {
    const question = this.questions[q] as Question;
    const ask = question.ask;
    if (!question.host) return this.space.derive(this.memos[q] as Memo<readonly string[]>, ids, ask);
    const known = this.hostAnswers[q] as (readonly string[] | undefined)[];
    const host = ids[HOST] as number;
    let answer = known[host];
    if (answer === undefined) {
      answer = ask(this.space.world(ids));
      known[host] = answer;
    }
    return answer;
  }

  private note(question: Question, classes: readonly string[], state: number): void {
    for (const promise of this.spec.promises) {
      if (!promise.questions.some((x) => x.id === question.id)) continue;
      for (const cls of classes) {
        const key = `${promise.id}\n${cls}`;
        if (this.found.has(key) || !promise.accepts(cls)) continue;
        this.found.set(key, { promise, cls, state, depth: this.depthOf(state) });
      }
    }
  }

  /** Classes of broken promises that show in a state. */
  classesOf(state: number): readonly string[] {
    const ids = this.store.read(state, new Int32Array(this.space.width));
    const out = new Set<string>();
    for (let q = 0; q < this.questions.length; q++)
      for (const cls of this.answer(q, ids))
        if (
          this.spec.promises.some(
            (p) => !p.goal && p.accepts(cls) && p.questions.some((x) => x.id === this.questions[q]?.id),
          )
        )
          out.add(cls);
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
