/**
 * A search by several threads, this one and its peers. Every thread knows every state; each goes on from them by its own
 * moves and answers its own questions. The states are cut into slices, and what comes of one is entered state by state,
 * move by move. So the numbers of states, the counts and the ways are those of the search by one thread, whoever was
 * faster.
 */
import { Receiver, Sender } from "./exchange.ts";
import type { Found, FromExpander, ToExpander } from "./expander.ts";
import { Ints } from "./ints.ts";
import type { JobSpec } from "./job-data.ts";
import { RECORD, tryMoves } from "./records.ts";
import type { Search } from "./search.ts";
import { Shares } from "./shares.ts";
import { grown } from "./slots.ts";
import { turn } from "./turn.ts";

/** A thread with an expander in it (expander.ts: expanderService): a worker of the page, a thread of Node, or a test's. */
export interface Peer {
  send(message: ToExpander): void;
  /** Called once; `broken` when the thread itself fails. */
  listen(hear: (message: FromExpander) => void, broken: (error: Error) => void): void;
  end(): void;
}

/** Orders that wait at a thread: while one is on its way back the next is at work. */
const AHEAD = 8;
/** Slices that may be open: how far one thread may be ahead of another. */
const OPEN = 48;
const LEAST = 16;
const MOST = 256;

/** This thread, among the threads. */
const OWN = 0;

/** What one thread found for a slice, and how to read it. */
interface Part {
  /** See records.ts; this thread has no places. */
  readonly records: Int32Array;
  readonly transitions: Int32Array;
  readonly ms: number;
  /** Whose numbers these are; null: this thread's. */
  readonly line: Line | null;
}

interface Slice {
  readonly no: number;
  readonly from: number;
  readonly count: number;
  /** By thread. */
  readonly moves: readonly (readonly number[])[];
  readonly parts: Part[];
  /** Threads it has not gone to yet. */
  next: number[];
  missing: number;
}

/** What the search and one thread know of each other. */
class Line {
  readonly peer: Peer;
  readonly sender: Sender;
  readonly receiver: Receiver;
  busy = 0;
  /** States it was told of. */
  told = 0;
  /** The thread's place of states that it found itself, by their number; else 0. Complemented, so that 0 is nothing. */
  private places = new Int32Array(1024);

  constructor(peer: Peer, search: Search) {
    this.peer = peer;
    this.sender = new Sender(search.space);
    this.receiver = new Receiver(search.space);
  }

  foundAt(state: number, place: number): void {
    if (state < this.told) return;
    while (state >= this.places.length) this.places = grown(this.places);
    this.places[state] = ~place;
  }

  /** States up to a number, as the thread's next order brings them. */
  states(search: Search, to: number): Int32Array {
    const { width } = search.space;
    const out = new Int32Array((to - this.told) * (width + 1));
    const one = new Int32Array(width);
    let at = 0;
    for (let state = this.told; state < to; state++) {
      const place = state < this.places.length ? (this.places[state] as number) : 0;
      if (place !== 0) {
        out[at++] = ~place;
        continue;
      }
      search.store.read(state, one);
      out[at++] = -1;
      for (let g = 0; g < width; g++) {
        const id = one[g] as number;
        this.sender.mention(g, id);
        out[at++] = id;
      }
    }
    this.told = to;
    return out.slice(0, at);
  }
}

export class Pool {
  private readonly search: Search;
  private readonly lines: readonly Line[];
  private readonly shares: Shares;
  private readonly questions: readonly number[];
  /** Open slices, in their order. */
  private readonly slices: Slice[] = [];
  private nextNo = 0;
  /** First state that is in no slice yet. */
  private handedOut: number;
  /** By question and classes: the first state that was answered so. */
  private readonly answers = new Map<string, { state: number; q: number; classes: readonly string[] }>();
  /** By question: answers that this thread has given. */
  private readonly given = new Map<number, Set<readonly string[]>>();
  private readonly records = new Ints();
  private readonly from: Int32Array;
  private readonly to: Int32Array;
  /** This thread has been told to take its turn. */
  private called = false;
  /** Milliseconds that this thread spent on what the others send and get, since the last slice was entered. */
  private served = 0;

  constructor(search: Search, spec: JobSpec, peers: readonly Peer[]) {
    this.search = search;
    this.lines = peers.map((p) => new Line(p, search));
    this.handedOut = search.expanded;
    this.from = new Int32Array(search.space.width);
    this.to = new Int32Array(search.space.width);
    this.shares = new Shares(search.space.loads, search.questionLoads, peers.length + 1);
    const [own = [], ...others] = this.shares.questions;
    this.questions = own;
    for (const [i, peer] of peers.entries())
      peer.send({ kind: "open", spec, questions: others[i] as readonly number[] });
  }

  /**
   * Resolves when the search is over; `tell` after everything that was done. The peers are ended. Between two slices this
   * thread listens: `pause` resolves when it is to go on.
   */
  run(tell: () => void = () => {}, pause: () => Promise<void> = turn): Promise<void> {
    const { lines, search } = this;
    return new Promise<void>((resolve, reject) => {
      let over = false;
      const end = (error: Error | null): void => {
        if (over) return;
        over = true;
        for (const { peer } of lines) peer.end();
        if (error === null) resolve();
        else reject(error);
      };
      const guarded = (work: () => void): void => {
        if (over) return;
        try {
          work();
          const began = performance.now();
          if (this.goOn()) end(null);
          this.served += performance.now() - began;
        } catch (error) {
          end(error as Error);
          return;
        }
        const slice = this.slices.find((s) => s.next.includes(OWN));
        if (this.called || slice === undefined || search.ending !== null) return;
        this.called = true;
        void pause().then(() => {
          this.called = false;
          guarded(() => {
            this.expand(slice);
            tell();
          });
        });
      };
      for (const line of lines)
        line.peer.listen(
          (message) =>
            guarded(() => {
              if (message.kind === "failed") throw new Error(message.message);
              this.take(line, message.no, message.found);
              tell();
            }),
          (error) => end(error),
        );
      guarded(() => this.answerAll());
    });
  }

  /** Hands out what there is to do; true if all is done. */
  private goOn(): boolean {
    const { search, lines, slices } = this;
    if (search.ending === null && slices.length === 0 && search.reachable <= this.handedOut) search.settle();
    if (search.ending === null) {
      this.cut();
      for (const [i, line] of lines.entries())
        while (line.busy < AHEAD) {
          const slice = slices.find((s) => s.next.includes(i + 1));
          if (slice === undefined) break;
          slice.next = slice.next.filter((x) => x !== i + 1);
          this.order(i, slice);
        }
      return false;
    }
    // Of the last states nobody was asked anything yet.
    for (const [i, line] of lines.entries())
      if ((this.shares.questions[i + 1] ?? []).length > 0 && line.told < search.counts.states)
        this.order(i, null);
    return lines.every((l) => l.busy === 0);
  }

  private cut(): void {
    const { search, slices } = this;
    while (slices.length < OPEN) {
      const left = search.reachable - this.handedOut;
      if (left <= 0) return;
      const count = Math.min(left, Math.max(LEAST, Math.min(MOST, Math.ceil(left / 4))));
      const { moves } = this.shares;
      const next = moves.flatMap((list, t) => (list.length > 0 ? [t] : []));
      const slice = { no: this.nextNo++, from: this.handedOut, count, moves, next };
      slices.push({ ...slice, parts: [], missing: next.length });
      this.handedOut += count;
    }
  }

  /** Sends a slice to a peer, or nothing but what is new. */
  private order(i: number, slice: Slice | null): void {
    const line = this.lines[i] as Line;
    const states = line.states(this.search, this.search.counts.states);
    const { from, count, moves } = slice ?? { from: 0, count: 0, moves: [] };
    line.busy++;
    line.peer.send({
      kind: "expand",
      no: slice?.no ?? -1,
      order: { news: line.sender.news(), states, from, count, moves: moves[i + 1] ?? [] },
    });
  }

  private take(line: Line, no: number, found: Found): void {
    const began = performance.now();
    line.busy--;
    // Numbers are told in the order of a thread's messages, whatever the order in which they are entered.
    line.receiver.hear(found.news);
    this.hear(found.answers);
    this.served += performance.now() - began;
    const slice = this.slices.find((s) => s.no === no);
    if (slice !== undefined) this.add(slice, { ...found, line });
  }

  /** This thread's share of a slice. */
  private expand(slice: Slice): void {
    const began = performance.now();
    const { from, to } = this;
    const { space, store } = this.search;
    const placeOf = (ids: Int32Array): number => (store.find(ids, space.hash(ids)) < 0 ? 0 : -1);
    const moves = slice.moves[OWN] as readonly number[];
    const transitions = new Int32Array(slice.count);
    const { records } = this;
    slice.next = slice.next.filter((t) => t !== OWN);
    for (let n = 0; n < slice.count; n++) {
      store.read(slice.from + n, from);
      transitions[n] = tryMoves({ space, from, moves, at: n, records, placeOf }, to);
    }
    this.add(slice, { records: records.take(), transitions, ms: performance.now() - began, line: null });
  }

  private add(slice: Slice, part: Part): void {
    const { slices, search, shares } = this;
    slice.parts.push(part);
    slice.missing--;
    while (slices[0]?.missing === 0 && search.ending === null) {
      const done = slices.shift() as Slice;
      const began = performance.now();
      this.enter(done);
      // To enter what all found is this thread's work, too, as are messages.
      this.served += performance.now() - began;
      const took = done.moves.map(() => 0);
      for (const { line, ms } of done.parts) took[line === null ? OWN : 1 + this.lines.indexOf(line)] = ms;
      took[OWN] = (took[OWN] as number) + this.served;
      this.served = 0;
      shares.note(done.moves, took);
    }
  }

  /** The first state of each answer is the one that counts, whoever is first to tell. */
  private hear(answers: Found["answers"]): void {
    let more = false;
    for (const [state, q, classes] of answers) {
      const key = `${q}\n${classes.join("\n")}`;
      const known = this.answers.get(key);
      if (known !== undefined && known.state <= state) continue;
      this.answers.set(key, { state, q, classes });
      more = true;
    }
    if (more) this.search.noteAll([...this.answers.values()].sort((a, b) => a.state - b.state || a.q - b.q));
  }

  /** What this thread is asked of states that the search had before it was shared. */
  private answerAll(): void {
    for (let state = 0; state < this.search.counts.states; state++)
      this.answer(state, this.search.store.read(state, this.to));
  }

  private answer(state: number, ids: Int32Array): void {
    for (const q of this.questions) {
      const classes = this.search.answer(q, ids);
      const given = this.given.get(q);
      if (classes.length === 0 || given?.has(classes) === true) continue;
      this.given.set(q, (given ?? new Set()).add(classes));
      this.hear([[state, q, classes]]);
    }
  }

  private enter(slice: Slice): void {
    const { search, to } = this;
    const { width } = search.space;
    const parts = slice.parts.map((part) => ({ ...part, at: 0 }));
    const size = width + RECORD;
    for (let n = 0; n < slice.count; n++) {
      if (!search.begin(slice.from + n)) return;
      for (;;) {
        // Of what the threads have of this state, the least move.
        let next: (typeof parts)[number] | null = null;
        let least = Number.POSITIVE_INFINITY;
        for (const p of parts) {
          if (p.at >= p.records.length || p.records[p.at] !== n) continue;
          const move = (p.records[p.at + 1] as number) & 0xffff;
          if (move >= least) continue;
          least = move;
          next = p;
        }
        if (next === null) break;
        const { records, line, at } = next;
        for (let g = 0; g < width; g++) {
          const id = records[at + RECORD + g] as number;
          to[g] = line === null ? id : line.receiver.state(g, id);
        }
        const [via = 0, place = 0, orbit = 1] = [records[at + 1], records[at + 2], records[at + 3]];
        const state = search.found(to, slice.from + n, via, orbit);
        line?.foundAt(state < 0 ? ~state : state, place);
        if (state >= 0) this.answer(state, to);
        next.at += size;
      }
      let transitions = 0;
      for (const p of parts) transitions += p.transitions[n] as number;
      search.finish(slice.from + n, transitions);
    }
  }
}
