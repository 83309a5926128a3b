/**
 * The part of a search that takes the time, for one of several threads: what follows from given states, and what is
 * broken there. It remembers what it has told, so that a state goes over once, by the first way this thread met it.
 */

import { type News, Receiver, Sender } from "./exchange.ts";
import { freedomOf } from "./freedom.ts";
import type { JobSpec } from "./job-data.ts";
import { Answers } from "./questions.ts";
import { readSpec } from "./read-spec.ts";
import { Space } from "./space.ts";
import { StateStore } from "./store.ts";

/** States to go on from. */
export interface Order {
  readonly news: News;
  readonly states: Int32Array;
}

/** What followed from the states of an order, in the order of states and moves. */
export interface Found {
  readonly news: News;
  /** Not rejected, by state of the order. */
  readonly transitions: Int32Array;
  /** State of the order, move and symmetry, then a number a group; states met here before are left out. */
  readonly records: Int32Array;
  /** Number of a record, question, classes. */
  readonly answers: readonly (readonly [number, number, readonly string[]])[];
}

export class Expander {
  private readonly space: Space;
  private readonly seen: StateStore;
  private readonly known: Answers;
  private readonly sender: Sender;
  private readonly receiver: Receiver;
  private readonly from: Int32Array;
  private readonly to: Int32Array;

  constructor(spec: JobSpec) {
    const read = readSpec(spec);
    if (!read.ok) throw new Error(read.problems.map((p) => p.message).join("\n"));
    const { world, alphabet, promises } = read.value;
    const freedom = freedomOf(world, alphabet, promises, spec.symmetry !== false);
    this.space = new Space(world, alphabet.moves, { freedom, normal: true });
    this.seen = new StateStore(this.space.width);
    this.known = new Answers(this.space, promises);
    this.sender = new Sender(this.space.slots);
    this.receiver = new Receiver(this.space.slots);
    this.from = new Int32Array(this.space.width);
    this.to = new Int32Array(this.space.width);
  }

  expand(order: Order): Found {
    const { space, from, to, receiver } = this;
    const { width } = space;
    receiver.hear(order.news);
    const count = order.states.length / width;
    const transitions = new Int32Array(count);
    const records: number[] = [];
    const answers: [number, number, readonly string[]][] = [];
    for (let n = 0; n < count; n++)
      for (let g = 0; g < width; g++)
        order.states[n * width + g] = receiver.state(g, order.states[n * width + g] as number);
    for (let n = 0; n < count; n++) {
      for (let g = 0; g < width; g++) from[g] = order.states[n * width + g] as number;
      this.isNew(from);
      for (let move = 0; move < space.plansCount; move++) {
        const symmetry = space.next(from, move, to);
        if (symmetry === -2) continue;
        transitions[n] = (transitions[n] as number) + 1;
        if (symmetry < 0 || !this.isNew(to)) continue;
        const record = records.length / (width + 2);
        records.push(n, move | (symmetry << 16));
        for (let g = 0; g < width; g++) {
          const id = to[g] as number;
          this.sender.mention(g, id);
          records.push(id);
        }
        this.known.eachAnswer(to, (q, classes) => answers.push([record, q, classes]));
      }
    }
    return { news: this.sender.news(), transitions, records: Int32Array.from(records), answers };
  }

  private isNew(ids: Int32Array): boolean {
    const { seen, space } = this;
    if (seen.full) seen.rehash((x) => space.hash(x));
    return seen.add(ids, space.hash(ids), -1, 0) < 0;
  }
}

/** Messages to a thread, and from it. */
export type ToExpander =
  | { readonly kind: "open"; readonly spec: JobSpec }
  | { readonly kind: "expand"; readonly no: number; readonly order: Order };
export type FromExpander =
  | { readonly kind: "found"; readonly no: number; readonly found: Found }
  | { readonly kind: "failed"; readonly message: string };

/** What a thread does with the messages it gets. */
export function expanderService(send: (message: FromExpander) => void): (message: ToExpander) => void {
  let expander: Expander | null = null;
  return (message) => {
    try {
      if (message.kind === "open") expander = new Expander(message.spec);
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
