/** A lesson from what is played: each recorded step takes what came since the last one. */
import { useState } from "react";
import {
  type LessonDraft,
  NO_LESSON_YET,
  readPredict,
  recordLessonStep,
  rulesShown,
} from "../../learn/build.ts";
import { parseLesson, printLesson } from "../../learn/lesson.ts";
import { claimsHere } from "../../review/walk/record.ts";
import { lineProblemText } from "../../script/marked.ts";
import type { NodeId } from "../../script/session.ts";
import { LinesField } from "../present/lines-field.tsx";
import { currentParts } from "../share/view-parts.ts";
import { useReview } from "../state/review-store.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { ownLesson, useOwn } from "./own-store.ts";
import { goTo } from "./route.ts";

/** A head needs something to say before its author says it better. */
const MOST_RULES = 8;

export function LessonRecorder({ id }: { readonly id: string }) {
  const session = useSession((one) => one.session);
  const node = useSession((one) => one.node);
  const files = useOwn((own) => own.files);
  const lesson = ownLesson(files, id)?.value ?? null;
  const [last, setLast] = useState<NodeId | null>(null);
  const [name, setName] = useState("");
  const [title, setTitle] = useState("");
  const [prose, setProse] = useState("");
  const [predict, setPredict] = useState("");
  const [claim, setClaim] = useState("");
  const [source, setSource] = useState("");
  const [problems, setProblems] = useState<readonly string[]>([]);

  const add = (): void => {
    const asked = readPredict(predict);
    if (!asked.ok) {
      setProblems(asked.problems.map(lineProblemText));
      return;
    }
    const draft: LessonDraft = { lesson: lesson ?? NO_LESSON_YET.lesson, last };
    const told = { title, prose, predict, claim, source, notes: "", view: currentParts(session.setup) };
    const next = recordLessonStep(draft, session, told);
    const made = lesson === null ? (name.trim() === "" ? "My lesson" : name.trim()) : next.lesson.title;
    const text = printLesson({
      ...next.lesson,
      title: made,
      about: next.lesson.about === "" ? made : next.lesson.about,
      rules: lesson === null ? rulesShown(next.lesson).slice(0, MOST_RULES) : next.lesson.rules,
    });
    // What cannot be read back is told before it is kept.
    const read = parseLesson(text);
    if (!read.ok) {
      setProblems(read.problems.map(lineProblemText));
      return;
    }
    setProblems([]);
    setLast(next.last);
    for (const clear of [setTitle, setProse, setPredict, setClaim, setSource]) clear("");
    if (lesson === null) useReview.getState().recordCourse(useOwn.getState().add(text));
    else useOwn.getState().change(id, text);
  };
  const finish = (): void => {
    useReview.getState().recordCourse(null);
    goTo({ kind: "edit", id });
  };
  const devices = node.setup.devices.map((device) => device.name);
  const offers = claimsHere(session);
  const steps = lesson?.steps.length ?? 0;
  return (
    <>
      {lesson === null ? (
        <label>
          Title of the lesson
          <input
            className="input"
            value={name}
            placeholder="My lesson"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
      ) : (
        <p className="recorder-here">
          {lesson.title}: {steps} step{steps === 1 ? "" : "s"}
        </p>
      )}
      <p className="recorder-here">
        The next step ends at {node.kind === "start" ? "the start" : <code>{node.text}</code>}.
      </p>
      <label>
        Heading
        <input className="input" value={title} onChange={(event) => setTitle(event.target.value)} />
      </label>
      <label>
        Prose, in Markdown
        <textarea
          className="input"
          rows={3}
          value={prose}
          onChange={(event) => setProse(event.target.value)}
        />
      </label>
      <label>
        Asked before it runs, a line each
        <textarea
          className="input input-mono"
          rows={2}
          value={predict}
          placeholder={`attachment ${devices[0] ?? "d0"}`}
          spellCheck={false}
          onChange={(event) => setPredict(event.target.value)}
        />
      </label>
      <LinesField label="Claim: what must hold here" value={claim} offers={offers} change={setClaim} />
      <label>
        Sources, a line each
        <textarea
          className="input input-mono"
          rows={1}
          value={source}
          onChange={(event) => setSource(event.target.value)}
        />
      </label>
      {problems.map((problem) => (
        <p key={problem} className="field-refusal">
          {problem}
        </p>
      ))}
      <footer className="recorder-foot">
        <Button look="primary" onClick={add} data-testid="record-step">
          Add this step
        </Button>
        <Button
          reason={steps === 0 ? "There is no step yet" : null}
          onClick={finish}
          data-testid="record-finish"
        >
          Finish
        </Button>
      </footer>
    </>
  );
}
