/** The player of a lesson: what a step says beside the graph, and where it asks, the question before it runs. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { Lesson } from "../../learn/lesson.ts";
import {
  creditedRules,
  type LessonProgress,
  lessonProgress,
  withPrediction,
  withStep,
} from "../../learn/progress.ts";
import type { Question } from "../../learn/question.ts";
import type { Session } from "../../script/session.ts";
import { Claim } from "../present/claim.tsx";
import { whenIdle } from "../state/idle.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { Because } from "./because.tsx";
import { carryFor } from "./carry-choices.ts";
import { LearnHead } from "./learn-head.tsx";
import { LearnProse } from "./learn-prose.tsx";
import { LessonEnd } from "./lesson-end.tsx";
import type { Entry } from "./library.ts";
import { LiveGraph } from "./live-graph.tsx";
import { openInLab } from "./open-in-lab.ts";
import { giveAway, type PlayedStep, playSteps } from "./play-lesson.ts";
import { useProgress } from "./progress-store.ts";
import { answerOf, QuestionCard } from "./question-card.tsx";
import { commandsBetween, RanLines } from "./ran-lines.tsx";
import { goToLesson } from "./route.ts";
import { StepBar, type StepMark } from "./step-bar.tsx";
import { useLearnKeys } from "./use-learn-keys.ts";
import "./lesson.css";

/** What was said to the questions of a step, and whether it has run. */
interface Said {
  readonly values: readonly (string | null)[];
  /** Box of the graph that an attachment was put on. */
  readonly put: string | null;
  readonly ran: boolean;
}

const NOTHING: Said = { values: [], put: null, ran: false };

function Sources({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <section className="sources" aria-label="Sources">
      <h3>Sources</h3>
      <ul>
        {of.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </section>
  );
}

function heading(at: number, of: number, asks: boolean): string {
  return `Step ${at + 1} of ${of}${asks ? " · say first what will happen" : ""}`;
}

interface StepTextProps {
  readonly session: Session;
  readonly played: PlayedStep;
  readonly asked: readonly Question[];
  readonly said: Said;
  /** It has run, or there was nothing to ask. */
  readonly open: boolean;
  readonly place: string;
  /** An attachment can be dragged. */
  readonly drags: boolean;
  onSay(question: number, value: string): void;
}

function StepText({ session, played, asked, said, open, place, drags, onSay }: StepTextProps) {
  const { moment, from } = played;
  const { step } = moment;
  const title = useRef<HTMLHeadingElement>(null);
  // Whoever walks with the keyboard, or listens, starts at the top of the new step.
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const commands = commandsBetween(session, from, moment.node);
  const [ran, toRun] =
    open || asked.length === 0
      ? [commands, []]
      : [commandsBetween(session, from, played.before), commandsBetween(session, played.before, moment.node)];
  return (
    <>
      <p className="lesson-where">{place}</p>
      <h2 ref={title} tabIndex={-1}>
        {step.title}
      </h2>
      <LearnProse text={step.prose} />
      <RanLines nodes={ran} ran title="What ran" />
      <RanLines nodes={toRun} ran={false} title="What is about to run" />
      {asked.map((one, i) => (
        <QuestionCard
          key={one.text}
          asked={one}
          said={said.values[i] ?? null}
          open={open}
          current={!open && i === firstOpen(asked, said)}
          hint={
            one.ask.kind === "attachment" && drags
              ? "Choose, or drag the end of the attachment on the graph."
              : null
          }
          onSay={(value) => onSay(i, value)}
        />
      ))}
      {open && asked.length > 0 ? <Because asked={asked} said={said.values} /> : null}
      {open ? <Claim moment={moment} /> : null}
      <Sources of={open ? step.sources : []} />
    </>
  );
}

/** The question that keys answer: the first one without an answer, else the last. */
function firstOpen(asked: readonly Question[], said: Said): number {
  const at = asked.findIndex((_, i) => (said.values[i] ?? null) === null);
  return at < 0 ? asked.length - 1 : at;
}

const mark = (asked: readonly Question[], { values }: Said): StepMark =>
  asked.length === 0
    ? "seen"
    : asked.every((one, i) => values[i] === answerOf(one))
      ? "right"
      : values.some((value) => value !== null)
        ? "wrong"
        : "seen";

export function LessonView({ entry, at }: { readonly entry: Entry<Lesson>; readonly at: number }) {
  const { session, steps } = useMemo(() => playSteps(entry.value), [entry]);
  const [answers, setAnswers] = useState<ReadonlyMap<number, Said>>(new Map());
  const [seen, setSeen] = useState<ReadonlySet<number>>(new Set());
  const ended = at >= steps.length;
  const here = Math.min(at, steps.length - 1);
  const played = steps[here] as PlayedStep;
  const questions = played.asked();
  const said = answers.get(here) ?? NOTHING;
  const open = questions.length === 0 || said.ran;
  const node = session.node(open ? played.moment.node : played.before);

  useEffect(() => {
    if (open) setSeen((was) => (was.has(here) ? was : new Set([...was, here])));
    if (!open) return;
    useProgress.getState().change((p) => {
      const next = withStep(p, entry.id, here + 1, steps.length);
      // Walking over what was seen before changes nothing worth writing.
      return sameLesson(lessonProgress(p, entry.id), lessonProgress(next, entry.id)) ? p : next;
    });
  }, [open, here, entry.id, steps.length]);

  const change = (next: Said): void => setAnswers(new Map([...answers, [here, next]]));
  const say = (question: number, value: string, put: string | null = null): void => {
    const values = questions.map((_, i) => (i === question ? value : (said.values[i] ?? null)));
    change({ ...said, values, put });
  };
  const complete = questions.every((_, i) => (said.values[i] ?? null) !== null);
  const run = (): void => {
    const values = questions.map((_, i) => said.values[i] ?? null);
    change({ ...said, values, ran: true });
    const now = Date.now();
    useProgress.getState().change((p) =>
      questions.reduce((sum, question, i) => {
        const value = values[i] ?? null;
        if (value === null) return sum;
        const rules = creditedRules(question, entry.value.rules);
        return withPrediction(sum, entry.id, rules, value === answerOf(question), now);
      }, p),
    );
  };
  const next = (): void => {
    if (ended) return;
    if (open) goToLesson(entry.id, here + 1);
    else if (complete) run();
  };
  const back = (): void => {
    if (at > 0) goToLesson(entry.id, at - 1);
  };
  // While this step is read, what the next one asks is made.
  const job = useRef({});
  useEffect(() => {
    const after = steps[here + 1];
    return after === undefined ? undefined : whenIdle(job.current, () => void after.asked());
  }, [steps, here]);
  useLearnKeys({
    next,
    back,
    choose(n) {
      const question = firstOpen(questions, said);
      const choice = questions[question]?.choices[n - 1];
      if (!open && choice !== undefined) say(question, choice.value);
    },
  });

  const drag = questions.findIndex(({ ask }) => ask.kind === "attachment");
  const carry = open
    ? null
    : carryFor(session.world(node.id), questions[drag], said.values[drag] ?? null, said.put, (value, key) =>
        say(drag, value, key),
      );
  const marks = steps.map((one, i) => {
    const { moment } = one;
    const own = answers.get(i) ?? NOTHING;
    const asks = moment.step.predictions.length > 0;
    return {
      id: `${moment.node} ${moment.step.title}`,
      title: moment.step.title,
      asks,
      mark: own.ran ? mark(one.asked(), own) : !asks && seen.has(i) ? ("seen" as const) : ("open" as const),
    };
  });
  return (
    <>
      <LearnHead title={entry.value.title}>
        <StepBar steps={marks} at={here} onGo={(step) => goToLesson(entry.id, step)} />
      </LearnHead>
      <div className="lesson" data-testid="lesson">
        <section className="lesson-page" aria-label={ended ? "The end" : played.moment.step.title}>
          <ScrollRegion className="lesson-text" label="What the step says" key={at}>
            {ended ? (
              <LessonEnd
                entry={entry}
                right={countRight(steps, answers)}
                of={entry.value.steps.reduce((sum, { predictions }) => sum + predictions.length, 0)}
              />
            ) : (
              <StepText
                session={session}
                played={played}
                asked={questions}
                said={said}
                open={open}
                drags={carry !== null}
                place={heading(here, steps.length, !open)}
                onSay={say}
              />
            )}
          </ScrollRegion>
          <footer className="lesson-foot">
            <Button aria-label="Back" reason={at === 0 ? "This is the first step" : null} onClick={back}>
              <Glyph name="previous" />
              <span className="lesson-back">Back</span>
            </Button>
            {ended ? null : open ? (
              <Button look="primary" onClick={next} data-testid="next">
                {here === steps.length - 1 ? "Finish" : "Next"}
                <Glyph name="next" />
              </Button>
            ) : (
              <Button
                look="primary"
                reason={complete ? null : "Choose an answer first"}
                onClick={run}
                data-testid="run"
              >
                <Glyph name="play" />
                Run it
              </Button>
            )}
            {ended || open ? null : (
              <Button look="quiet" onClick={run} data-testid="tell">
                Just run it
              </Button>
            )}
            <span className="lesson-space" />
            <Button
              look="quiet"
              onClick={() => {
                giveAway(entry.value);
                void openInLab(session, node.id, played.moment.step.view);
              }}
              data-testid="open-in-lab"
            >
              Open in the lab
            </Button>
          </footer>
        </section>
        <div className="lesson-graph">
          <LiveGraph session={session} node={node} view={played.moment.step.view} carry={carry} />
        </div>
      </div>
    </>
  );
}

const sameLesson = (a: LessonProgress, b: LessonProgress): boolean => a.step === b.step && a.done === b.done;

function countRight(steps: readonly PlayedStep[], answers: ReadonlyMap<number, Said>): number {
  let right = 0;
  for (const [i, { ran, values }] of answers)
    if (ran) right += (steps[i]?.asked() ?? []).filter((one, k) => values[k] === answerOf(one)).length;
  return right;
}
