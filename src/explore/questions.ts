/** Answers to the questions of some promises, learnt like steps are. */
import type { World } from "../engine/world.ts";
import { Memo } from "./memo.ts";
import { type Promised, type Question, questionsOf } from "./promises.ts";
import type { Load } from "./shares.ts";
import { HOST } from "./slots.ts";
import type { Space } from "./space.ts";

export class Answers {
  readonly questions: readonly Question[];
  private readonly space: Space;
  /** By question: the one it is learnt as, and the symmetry that turns it into that. */
  private readonly turns: readonly (readonly [question: number, symmetry: number])[];
  private readonly turned: Int32Array;
  private readonly memos: readonly Memo<readonly string[]>[];
  private readonly hostAnswers: (readonly string[] | undefined)[][];

  constructor(space: Space, promises: readonly Promised[]) {
    this.space = space;
    this.questions = questionsOf(promises);
    this.memos = this.questions.map(() => new Memo<readonly string[]>());
    this.hostAnswers = this.questions.map(() => []);
    this.turned = new Int32Array(space.width);
    const places = new Map(this.questions.map((q, i) => [q.id, i]));
    this.turns = this.questions.map((q, i) => {
      let first = i;
      let turn = 0;
      for (const [s, symmetry] of space.symmetries.entries()) {
        const to = places.get(q.turned?.(symmetry) ?? q.id) ?? i;
        if (to >= first) continue;
        first = to;
        turn = s;
      }
      return [first, turn] as const;
    });
  }

  /** What each question costs, for sharing them out: that of a device most of all. */
  get loads(): readonly Load[] {
    return this.questions.map((q, i) => ({ family: this.turns[i]?.[0] ?? i, weight: q.host ? 0.2 : 3 }));
  }

  answer(q: number, ids: Int32Array): readonly string[] {
    const question = this.questions[q] as Question;
    if (!question.host) {
      const [first, turn] = this.turns[q] as readonly [number, number];
      this.space.fold.image(turn, ids, this.turned);
      return this.space.derive(
        this.memos[first] as Memo<readonly string[]>,
        this.turned,
        (this.questions[first] as Question).ask as (w: World) => readonly string[],
      );
    }
    const known = this.hostAnswers[q] as (readonly string[] | undefined)[];
    const host = ids[HOST] as number;
    let answer = known[host];
    if (answer === undefined) {
      answer = question.ask(this.space.world(ids));
      known[host] = answer;
    }
    return answer;
  }

  /** Every question that has something to say of a state. */
  eachAnswer(ids: Int32Array, tell: (q: number, classes: readonly string[]) => void): void {
    for (let q = 0; q < this.questions.length; q++) {
      const classes = this.answer(q, ids);
      if (classes.length > 0) tell(q, classes);
    }
  }
}
