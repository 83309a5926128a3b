/**
 * The part of a search that takes the time, for one of several threads: what follows from states by some of the moves,
 * and what is broken there by some of the questions. Each thread knows all states but learns only its own moves and
 * questions, so that none learns what another knows.
 */

import { type News, Receiver, Sender } from "./exchange.ts";
import { freedomOf } from "./freedom.ts";
import { Ints } from "./ints.ts";
import type { JobSpec } from "./job-data.ts";
import { Answers } from "./questions.ts";
import { readSpec } from "./read-spec.ts";
import { tryMoves } from "./records.ts";
import { grown } from "./slots.ts";
import { Space } from "./space.ts";
import { StateStore } from "./store.ts";

export interface Order {
  readonly news: News;
  /**
   * The states that the search has numbered since the last order, in their order: the place that this thread reported
   * when it found one itself; else -1 and a number a group.
   */
  readonly states: Int32Array;
  /** States to go on from: the number of the first, and how many. */
  readonly from: number;
  readonly count: number;
  /** Moves to try there, ascending. */
  readonly moves: readonly number[];
}

/** What came of an order. */
export interface Found {
  readonly news: News;
  /** Not rejected, by state gone on from. */
  readonly transitions: Int32Array;
  /**
   * In the order of states and moves (records.ts). States met here before are left out.
   */
  readonly records: Int32Array;
  /** Number of a state, question, classes: answers that this thread has not given before. */
  readonly answers: readonly (readonly [number, number, readonly string[]])[];
  /** How long it took. */
  readonly ms: number;
}

export class Expander {
  private readonly space: Space;
  private readonly store: StateStore;
  private readonly known: Answers;
  private readonly questions: readonly number[];
  private readonly given: readonly Set<string>[];
  private readonly givenLists: readonly Set<readonly string[]>[];
  private readonly sender: Sender;
  private readonly receiver: Receiver;
  private readonly records = new Ints();
  /** Place in the store by the search's number. */
  private places = new Int32Array(1024);
  private count = 0;
  private readonly from: Int32Array;
  private readonly to: Int32Array;

  /** `questions`: those that are this thread's to answer. */
  constructor(spec: JobSpec, questions: readonly number[]) {
    const read = readSpec(spec);
    if (!read.ok) throw new Error(read.problems.map((p) => p.message).join("\n"));
    const { world, alphabet, promises } = read.value;
    const freedom = freedomOf(world, alphabet, promises, spec.symmetry !== false);
    this.space = new Space(world, alphabet.moves, { freedom, normal: true });
    this.store = new StateStore(this.space.width);
    this.known = new Answers(this.space, promises);
    this.questions = questions;
    this.given = this.known.questions.map(() => new Set());
    this.givenLists = this.known.questions.map(() => new Set());
    this.sender = new Sender(this.space);
    this.receiver = new Receiver(this.space);
    this.from = new Int32Array(this.space.width);
    this.to = new Int32Array(this.space.width);
  }

  expand(order: Order): Found {
    const began = performance.now();
    const { space, store, from, to } = this;
    const { count, moves } = order;
    this.receiver.hear(order.news);
    const answers = this.take(order.states);
    const transitions = new Int32Array(count);
    const { records } = this;
    for (let n = 0; n < count; n++) {
      store.read(this.places[order.from + n] as number, from);
      transitions[n] = tryMoves({ space, from, moves, at: n, records, placeOf: this.placeOf }, to);
    }
    const ms = performance.now() - began;
    return { news: this.sender.news(), transitions, records: records.take(), answers, ms };
  }

  private readonly placeOf = (ids: Int32Array): number => {
    const place = this.add(ids);
    if (place >= 0) return -1;
    for (let g = 0; g < ids.length; g++) this.sender.mention(g, ids[g] as number);
    return ~place;
  };

  /** States by the numbers of the search; answers to what they ask of this thread. */
  private take(states: Int32Array): [number, number, readonly string[]][] {
    const { to, store, receiver } = this;
    const { width } = this.space;
    const answers: [number, number, readonly string[]][] = [];
    for (let at = 0; at < states.length; ) {
      let place = states[at++] as number;
      if (place < 0) {
        for (let g = 0; g < width; g++) to[g] = receiver.state(g, states[at++] as number);
        place = this.add(to);
        if (place < 0) place = ~place;
      } else store.read(place, to);
      if (this.count >= this.places.length) this.places = grown(this.places);
      this.places[this.count] = place;
      for (const q of this.questions) {
        const classes = this.known.answer(q, to);
        if (classes.length > 0 && this.isFresh(q, classes)) answers.push([this.count, q, classes]);
      }
      this.count++;
    }
    return answers;
  }

  private isFresh(q: number, classes: readonly string[]): boolean {
    const lists = this.givenLists[q] as Set<readonly string[]>;
    if (lists.has(classes)) return false;
    lists.add(classes);
    const texts = this.given[q] as Set<string>;
    const text = classes.join("\n");
    if (texts.has(text)) return false;
    texts.add(text);
    return true;
  }

  /** The place of a state, or the complement of the one it gets. */
  private add(ids: Int32Array): number {
    const { store, space } = this;
    if (store.full) store.rehash((x) => space.hash(x));
    return store.add(ids, space.hash(ids), -1, 0);
  }
}

/** Messages to a thread, and from it. */
export type ToExpander =
  | { readonly kind: "open"; readonly spec: JobSpec; readonly questions: readonly number[] }
  | { readonly kind: "expand"; readonly no: number; readonly order: Order };
export type FromExpander =
  | { readonly kind: "found"; readonly no: number; readonly found: Found }
  | { readonly kind: "failed"; readonly message: string };

/** What a thread does with the messages it gets. */
export function expanderService(send: (message: FromExpander) => void): (message: ToExpander) => void {
  let expander: Expander | null = null;
  return (message) => {
    try {
      if (message.kind === "open") expander = new Expander(message.spec, message.questions);
      else if (expander !== null)
        send({ kind: "found", no: message.no, found: expander.expand(message.order) });
    } catch (error) {
      send({
        kind: "failed",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  };
}
