/** Practice: questions without end, made from the engine. What was got wrong comes back when it is due. */
import { useEffect, useRef, useState } from "react";
import { type MadeQuestion, makeQuestion, type Wish } from "../../learn/ask-scene.ts";
import { ASKS, type AskKind } from "../../learn/prediction.ts";
import { creditedRules, withAnswer, withAsked } from "../../learn/progress.ts";
import type { Difficulty } from "../../learn/question.ts";
import { type NodeId, Session } from "../../script/session.ts";
import { whenIdle } from "../state/idle.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { RuleLink } from "../widgets/rule-link.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import { Because } from "./because.tsx";
import { carryFor } from "./carry-choices.ts";
import { LearnHead } from "./learn-head.tsx";
import { LiveGraph } from "./live-graph.tsx";
import { openInLab } from "./open-in-lab.ts";
import { dueCount, rulesToAsk, taughtRules, useProgress } from "./progress-store.ts";
import { answerOf, QuestionCard } from "./question-card.tsx";
import { commandsBetween, RanLines } from "./ran-lines.tsx";
import { goToSection } from "./route.ts";
import { ruleQuestion } from "./rule-questions.ts";
import { useLearnKeys } from "./use-learn-keys.ts";
import "../widgets/fields.css";
import "./lesson.css";

const KINDS: Readonly<Record<AskKind, string>> = {
  attachment: "Attachments",
  dma: "What DMA gets",
  legal: "What is promised",
  errno: "Errnos",
  users: "Users counts",
  call: "Which call comes next",
};

const LEVELS = ["any", "1", "2", "3", "4"] as const;
type Level = (typeof LEVELS)[number];
const LEVEL_NAMES: Readonly<Record<Level, string>> = {
  any: "Any",
  "1": "Easy",
  "2": "Fair",
  "3": "Hard",
  "4": "Very hard",
};

interface Laid {
  readonly question: MadeQuestion;
  readonly session: Session;
  readonly before: NodeId;
  readonly after: NodeId;
}

/** The question of a seed with its scene laid out; null if nothing like the wish was found. */
function lay(seed: number, wish: Wish): Laid | null {
  const { rule } = wish;
  const question = rule === undefined ? makeQuestion(seed, wish) : ruleQuestion(seed, { ...wish, rule });
  if (question === null) return null;
  const opened = Session.open(question.lead);
  if (!opened.ok) return null;
  const session = opened.value;
  const before = session.current.id;
  if (!session.append(question.act.join("\n")).ok) return null;
  return { question, session, before, after: session.current.id };
}

interface Tally {
  readonly right: number;
  readonly asked: number;
}

const NO_TALLY: Tally = { right: 0, asked: 0 };

function Filters({
  kind,
  level,
  onKind,
  onLevel,
}: {
  readonly kind: AskKind | null;
  readonly level: Level;
  onKind(kind: AskKind | null): void;
  onLevel(level: Level): void;
}) {
  return (
    <div className="practice-filters">
      <select
        className="select"
        aria-label="What is asked about"
        value={kind ?? ""}
        onChange={(event) => onKind(ASKS.find((one) => one === event.target.value) ?? null)}
      >
        <option value="">Everything</option>
        {ASKS.map((one) => (
          <option key={one} value={one}>
            {KINDS[one]}
          </option>
        ))}
      </select>
      <Segmented<Level>
        label="Difficulty"
        value={level}
        options={LEVELS.map((one) => ({ value: one, label: LEVEL_NAMES[one] }))}
        onChoose={onLevel}
      />
    </div>
  );
}

function Graph({
  laid,
  open,
  said,
  put,
  onSay,
}: {
  readonly laid: Laid;
  readonly open: boolean;
  readonly said: string | null;
  readonly put: string | null;
  onSay(value: string, put: string | null): void;
}) {
  const { session, before, after, question } = laid;
  const node = session.node(open ? after : before);
  const { ask } = question;
  const carry = open ? null : carryFor(session.world(before), question, said, put, onSay);
  const view = "dev" in ask ? { select: ask.dev } : {};
  return (
    <div className="lesson-graph">
      <LiveGraph key={question.seed} session={session} node={node} view={view} carry={carry} />
    </div>
  );
}

interface Turn {
  readonly seed: number;
  readonly laid: Laid | null;
  /** Rules that it is meant to be about: the one chosen, or one that is due. */
  readonly wanted: readonly string[];
}

/** How many rules that are due are looked for, before anything will do. */
const MOST_TRIED = 2;

/** The next question: about a rule that is due if there is one, else about anything. Nothing is counted yet. */
function nextTurn(rule: string | null, wish: Wish): Turn {
  const { progress } = useProgress.getState();
  const seed = progress.asked + 1;
  if (rule !== null) return { seed, laid: lay(seed, { ...wish, rule }), wanted: [rule] };
  for (const due of rulesToAsk(progress, Date.now()).slice(0, MOST_TRIED)) {
    const laid = lay(seed, { ...wish, rule: due });
    if (laid !== null) return { seed, laid, wanted: [due] };
  }
  return { seed, laid: lay(seed, wish), wanted: taughtRules() };
}

const wishOf = (kind: AskKind | null, level: Level): Wish => ({
  ...(kind === null ? {} : { kinds: [kind] }),
  ...(level === "any" ? {} : { difficulty: Number(level) as Difficulty }),
});

export function PracticeView({ rule }: { readonly rule: string | null }) {
  const [kind, setKind] = useState<AskKind | null>(null);
  const [level, setLevel] = useState<Level>("any");
  const [turn, setTurn] = useState(() => nextTurn(rule, {}));
  const [said, setSaid] = useState<string | null>(null);
  const [put, setPut] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const [tally, setTally] = useState(NO_TALLY);
  const due = useProgress(({ progress }) => dueCount(progress, Date.now()));
  const { laid, wanted } = turn;
  /** The next turn, made while the answer is read. */
  const prepared = useRef<Turn | null>(null);
  const job = useRef({});
  useEffect(() => {
    if (!open) return;
    return whenIdle(job.current, () => {
      prepared.current = nextTurn(rule, wishOf(kind, level));
    });
  }, [open, rule, kind, level]);

  const renew = (about: AskKind | null = kind, hard: Level = level): void => {
    setSaid(null);
    setPut(null);
    setOpen(false);
    const ready = about === kind && hard === level ? prepared.current : null;
    prepared.current = null;
    setTurn(ready ?? nextTurn(rule, wishOf(about, hard)));
  };
  const say = (value: string, onto: string | null = null): void => {
    setSaid(value);
    setPut(onto);
  };
  const run = (): void => {
    if (laid === null || open) return;
    setOpen(true);
    const right = said === answerOf(laid.question);
    setTally({ asked: tally.asked + 1, right: tally.right + (right ? 1 : 0) });
    useProgress
      .getState()
      .change((p) => withAsked(withAnswer(p, creditedRules(laid.question, wanted), right, Date.now())));
  };
  useLearnKeys({
    next: () => (open ? renew() : said === null ? undefined : run()),
    choose(n) {
      const choice = laid?.question.choices[n - 1];
      if (!open && choice !== undefined) say(choice.value);
    },
  });
  const head = (
    <LearnHead title="Practice">
      <span className="learn-note" data-testid="practice-tally">
        {[
          ...(tally.asked === 0 ? [] : [`${tally.right} of ${tally.asked} right`]),
          due === 0 ? "nothing is due" : `${due} rule${due === 1 ? "" : "s"} due`,
        ].join(" · ")}
      </span>
    </LearnHead>
  );
  const filters = (
    <Filters
      kind={kind}
      level={level}
      onKind={(next) => {
        setKind(next);
        renew(next, level);
      }}
      onLevel={(next) => {
        setLevel(next);
        renew(kind, next);
      }}
    />
  );
  if (laid === null)
    return (
      <>
        {head}
        <div className="practice-none">
          {filters}
          <Empty glyph="search" title="No such question was found">
            <Button onClick={() => renew()}>Try again</Button>
          </Empty>
        </div>
      </>
    );
  const { question, session, before, after } = laid;
  const lead = commandsBetween(session, null, before);
  const act = commandsBetween(session, before, after);
  const { kernel, qemu } = session.node(after).setup;
  return (
    <>
      {head}
      <div className="lesson" data-testid="practice">
        <section className="lesson-page" aria-label="Question">
          <ScrollRegion className="lesson-text" label="The question" key={question.seed}>
            {filters}
            <p className="lesson-where">
              Kernel {kernel.name} · QEMU {qemu.name} · {LEVEL_NAMES[String(question.difficulty) as Level]}
              {rule === null ? null : (
                <>
                  {" · about "}
                  <RuleLink id={rule} />{" "}
                  <button type="button" className="link" onClick={() => goToSection("practice")}>
                    about anything
                  </button>
                </>
              )}
            </p>
            <RanLines nodes={lead} ran title="How it came here" />
            <RanLines nodes={act} ran={open} title={open ? "What ran" : "What is about to run"} />
            <QuestionCard
              asked={question}
              said={said}
              open={open}
              current={!open}
              hint={
                carryFor(session.world(before), question, said, put, say) !== null
                  ? "Choose, or drag the end of the attachment on the graph."
                  : null
              }
              onSay={say}
            />
            {open ? <Because asked={[question]} said={[said]} /> : null}
          </ScrollRegion>
          <footer className="lesson-foot">
            {open ? (
              <Button look="primary" onClick={() => renew()} data-testid="next">
                Next question
                <Glyph name="next" />
              </Button>
            ) : (
              <>
                <Button
                  look="primary"
                  reason={said === null ? "Choose an answer first" : null}
                  onClick={run}
                  data-testid="run"
                >
                  <Glyph name="play" />
                  Run it
                </Button>
                <Button look="quiet" onClick={run} data-testid="tell">
                  I do not know
                </Button>
              </>
            )}
            <span className="lesson-space" />
            <Button look="quiet" onClick={() => void openInLab(session, open ? after : before)}>
              Open in the lab
            </Button>
          </footer>
        </section>
        <Graph laid={laid} open={open} said={said} put={put} onSay={say} />
      </div>
    </>
  );
}
