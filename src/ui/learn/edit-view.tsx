/** A lesson or challenge as text, checked while it is written, in the words of the build; played, recorded, shared from here. */
import { useEffect, useRef, useState } from "react";
import type { CheckedFile } from "../../learn/check-file.ts";
import { writeCourseLink } from "../../learn/link.ts";
import { type LineProblem, lineProblemText } from "../../script/marked.ts";
import { copyText, fileName, saveFile } from "../export/save.ts";
import { useNotices } from "../state/notices-store.ts";
import { useReview } from "../state/review-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { checkLater } from "./check-later.ts";
import { LearnHead } from "./learn-head.tsx";
import { type OwnFile, ownContent, useOwn } from "./own-store.ts";
import { goToChallenge, goToLesson, goToSection } from "./route.ts";
import { createTextEditor, type TextEditor } from "./text-editor.ts";
import "./own.css";

/** So long after the last key the text is kept and checked. */
const PAUSE_MS = 400;

type Standing =
  | { readonly kind: "checking"; readonly states: number }
  | { readonly kind: "checked"; readonly checked: CheckedFile };

function useChecked(file: OwnFile): Standing {
  const [standing, setStanding] = useState<Standing>({ kind: "checking", states: 0 });
  useEffect(() => {
    setStanding({ kind: "checking", states: 0 });
    return checkLater(
      { path: `${file.id}.md`, text: file.text },
      (states) => setStanding({ kind: "checking", states }),
      (checked) => setStanding({ kind: "checked", checked }),
    );
  }, [file]);
  return standing;
}

function Problems({
  of,
  tone,
  onGo,
}: {
  readonly of: readonly LineProblem[];
  readonly tone: "problem" | "remark";
  onGo(line: number): void;
}) {
  if (of.length === 0) return null;
  return (
    <ul className="edit-problems" data-testid={`${tone}s`}>
      {of.map((one) => (
        <li key={`${one.line} ${one.message}`}>
          <button type="button" className="link" data-tone={tone} onClick={() => onGo(one.line)}>
            {lineProblemText(one)}
          </button>
        </li>
      ))}
    </ul>
  );
}

function standingText(standing: Standing): string {
  if (standing.kind === "checking")
    return standing.states === 0
      ? "Checking…"
      : `Proving par: ${standing.states.toLocaleString("en-GB")} states`;
  const { problems, proof, content } = standing.checked;
  if (problems.length > 0) return `Refused: ${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  if (proof !== null) return `It can be solved: par ${proof.par}, proved over ${proof.states} states`;
  const steps = content?.kind === "lesson" ? content.value.steps : [];
  const claims = steps.filter(({ claim }) => claim !== "").length;
  return `It can be played: ${steps.length} steps, ${claims} claims`;
}

const BLOCKS = `lab            commands that run (lab fresh: from nothing)
predict        asked before them: attachment d1, dma d1,
               legal d1, errno, users d0.s2, call 2
claim          expect lines that must hold behind them
source         where the facts come from
view           select=d1 floor=hardware tab=calls

start, goal, allow, hint, solution, insight: a challenge`;

export default function EditView({ file }: { readonly file: OwnFile }) {
  const { id, text } = file;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<TextEditor | null>(null);
  const standing = useChecked(file);
  const { content } = ownContent(file);
  const checked = standing.kind === "checked" ? standing.checked : null;
  const title = content !== null && content.kind !== "glossary" ? content.value.title : "Draft";

  // The editor is made once; what it says goes to the store a moment later, or when it goes away.
  useEffect(() => {
    if (host.current === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let typed: string | null = null;
    const keep = (): void => {
      clearTimeout(timer);
      if (typed !== null) useOwn.getState().change(id, typed);
      typed = null;
    };
    const first = useOwn.getState().files.find((one) => one.id === id)?.text ?? "";
    const made = createTextEditor(host.current, first, "Text of it", (next) => {
      typed = next;
      clearTimeout(timer);
      timer = setTimeout(keep, PAUSE_MS);
    });
    editor.current = made;
    addEventListener("pagehide", keep);
    return () => {
      removeEventListener("pagehide", keep);
      keep();
      made.destroy();
      editor.current = null;
    };
  }, [id]);

  useEffect(() => {
    if (checked !== null) editor.current?.show(checked.problems, checked.remarks);
  }, [checked]);

  const goTo = (line: number): void => editor.current?.goTo(Math.max(1, line));
  const play = (): void => (content?.kind === "challenge" ? goToChallenge(id) : goToLesson(id));
  const share = async (): Promise<void> => {
    const link = `${location.href.replace(/#.*$/, "")}#${writeCourseLink(text)}`;
    const copied = await copyText(link);
    useNotices.getState().tell({
      id: "course-link",
      tone: copied ? "info" : "warning",
      text: copied
        ? `The link is copied: ${link.length.toLocaleString("en-GB")} characters, with the whole text in it.`
        : "The browser refuses the clipboard; save it as a file instead.",
    });
  };
  const remove = (): void => {
    useOwn.getState().remove(id);
    goToSection("own");
    useNotices.getState().tell({
      id: "own-removed",
      tone: "info",
      text: `“${title}” is deleted.`,
      action: { label: "Bring it back", run: () => void useOwn.getState().add(text) },
    });
  };
  return (
    <>
      <LearnHead title={title}>
        <span className="learn-note">{content?.kind ?? "not readable yet"}</span>
      </LearnHead>
      <div className="edit" data-testid="edit">
        <div ref={host} className="edit-text" />
        <aside className="edit-side" aria-label="How it stands">
          <p
            className="edit-standing"
            role="status"
            data-testid="standing"
            data-ok={checked === null ? undefined : checked.problems.length === 0}
          >
            {checked === null ? null : <Glyph name={checked.problems.length === 0 ? "check" : "warn"} />}
            {standingText(standing)}
          </p>
          <Problems of={checked?.problems ?? []} tone="problem" onGo={goTo} />
          <Problems of={checked?.remarks ?? []} tone="remark" onGo={goTo} />
          <div className="learn-ways">
            <Button
              look="primary"
              reason={content === null ? "It cannot be read yet" : null}
              onClick={play}
              data-testid="edit-play"
            >
              <Glyph name="play" />
              Play
            </Button>
            {content?.kind === "lesson" ? (
              <Button onClick={() => useReview.getState().recordCourse(id)} data-testid="edit-record">
                Record more steps
              </Button>
            ) : null}
          </div>
          <div className="learn-ways">
            <Button onClick={() => saveFile(fileName(title, "md"), text, "text/markdown")}>
              Save as .md
            </Button>
            <Button onClick={() => void share()} data-testid="edit-link">
              Copy link
            </Button>
            <Button look="quiet" onClick={remove}>
              Delete
            </Button>
          </div>
          <details className="edit-help">
            <summary>What the blocks are</summary>
            <pre>{BLOCKS}</pre>
          </details>
        </aside>
      </div>
    </>
  );
}
