/**
 * A search by several threads. The states of the search are cut into slices; whoever is free goes on from the next one,
 * and what comes back is entered slice by slice, in their order. So the numbers of states, the counts and the ways are
 * those of the search by one thread, whoever was faster.
 */
import { type News, Receiver, Sender } from "./exchange.ts";
import type { FromExpander, ToExpander } from "./expander.ts";
import type { JobSpec } from "./job-data.ts";
import type { Search } from "./search.ts";

/** A thread with an expander in it (expander.ts: expanderService): a worker of the page, a thread of Node, or a test's. */
export interface Peer {
  send(message: ToExpander): void;
  /** Called once; `broken` when the thread itself fails. */
  listen(hear: (message: FromExpander) => void, broken: (error: Error) => void): void;
  end(): void;
}

/** Slices that wait at a thread: while one is on its way back the next is at work. */
const AHEAD = 2;
const LEAST = 16;
const MOST = 1024;

interface Slice {
  readonly from: number;
  readonly count: number;
  done: Extract<FromExpander, { kind: "found" }>["found"] | null;
  readonly peer: number;
}

export class Pool {
  private readonly search: Search;
  private readonly peers: readonly Peer[];
  private readonly senders: readonly Sender[];
  private readonly receivers: readonly Receiver[];
  private readonly busy: number[];
  private readonly slices = new Map<number, Slice>();
  private nextNo = 0;
  private nextMerged = 0;
  /** First state that is in no slice yet. */
  private handedOut: number;

  constructor(search: Search, spec: JobSpec, peers: readonly Peer[]) {
    this.search = search;
    this.peers = peers;
    this.senders = peers.map(() => new Sender(search.space.slots));
    this.receivers = peers.map(() => new Receiver(search.space.slots));
    this.busy = peers.map(() => 0);
    this.handedOut = search.expanded;
    for (const peer of peers) peer.send({ kind: "open", spec });
  }

  /** Resolves when the search is over; `tell` after every slice that was entered. The peers are ended. */
  run(tell: () => void = () => {}): Promise<void> {
    const { search, peers } = this;
    return new Promise<void>((resolve, reject) => {
      let over = false;
      const end = (error: Error | null): void => {
        if (over) return;
        over = true;
        for (const p of peers) p.end();
        if (error === null) resolve();
        else reject(error);
      };
      const go = (): void => {
        if (over) return;
        try {
          this.handOut();
          if (search.ending !== null || (this.slices.size === 0 && !search.settle())) end(null);
        } catch (error) {
          end(error as Error);
        }
      };
      for (const [i, peer] of peers.entries())
        peer.listen(
          (message) => {
            if (over) return;
            if (message.kind === "failed") {
              end(new Error(message.message));
              return;
            }
            try {
              this.take(i, message);
              tell();
            } catch (error) {
              end(error as Error);
              return;
            }
            go();
          },
          (error) => end(error),
        );
      go();
    });
  }

  private handOut(): void {
    const { search } = this;
    for (let round = 0; round < AHEAD; round++)
      for (let i = 0; i < this.peers.length; i++) {
        const left = search.reachable - this.handedOut;
        if (left <= 0 || search.ending !== null) return;
        if ((this.busy[i] as number) > round) continue;
        const share = Math.ceil(left / (this.peers.length * AHEAD));
        this.give(i, Math.min(left, Math.max(LEAST, Math.min(MOST, share))));
      }
  }

  private give(peer: number, count: number): void {
    const { search, handedOut: from } = this;
    const { width } = search.space;
    const sender = this.senders[peer] as Sender;
    const states = new Int32Array(count * width);
    const one = new Int32Array(width);
    for (let n = 0; n < count; n++) {
      search.store.read(from + n, one);
      for (let g = 0; g < width; g++) sender.mention(g, one[g] as number);
      states.set(one, n * width);
    }
    this.handedOut += count;
    const no = this.nextNo++;
    this.slices.set(no, { from, count, done: null, peer });
    this.busy[peer] = (this.busy[peer] as number) + 1;
    const news: News = sender.news();
    (this.peers[peer] as Peer).send({ kind: "expand", no, order: { news, states } });
  }

  private take(peer: number, { no, found }: Extract<FromExpander, { kind: "found" }>): void {
    const slice = this.slices.get(no);
    if (slice === undefined) return;
    slice.done = found;
    this.busy[peer] = (this.busy[peer] as number) - 1;
    // Numbers are told in the order of a thread's messages, whatever the order in which they are entered.
    (this.receivers[peer] as Receiver).hear(found.news);
    for (;;) {
      const next = this.slices.get(this.nextMerged);
      if (next === undefined || next.done === null) return;
      this.slices.delete(this.nextMerged++);
      this.enter(next, next.done);
      if (this.search.ending !== null) return;
    }
  }

  private enter(slice: Slice, found: NonNullable<Slice["done"]>): void {
    const { search } = this;
    const { width } = search.space;
    const receiver = this.receivers[slice.peer] as Receiver;
    const { records, answers, transitions } = found;
    const to = new Int32Array(width);
    let at = 0;
    let answer = 0;
    for (let n = 0; n < slice.count; n++) {
      if (!search.begin(slice.from + n)) return;
      for (; at < records.length && records[at] === n; at += width + 2) {
        for (let g = 0; g < width; g++) to[g] = receiver.state(g, records[at + 2 + g] as number);
        const no = at / (width + 2);
        const state = search.found(to, slice.from + n, records[at + 1] as number);
        for (; answer < answers.length && answers[answer]?.[0] === no; answer++) {
          const [, q, classes] = answers[answer] as (typeof answers)[number];
          if (state >= 0) search.noteAnswer(q, classes, state);
        }
      }
      search.finish(slice.from + n, transitions[n] as number);
    }
  }
}
