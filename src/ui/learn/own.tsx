/** The reader's own lessons and challenges: made here or taken from a file or link, and kept on this device. */
import { useRef } from "react";
import { useReview } from "../state/review-store.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { type OwnFile, ownContent, useOwn } from "./own-store.ts";
import { goTo, goToChallenge, goToLesson } from "./route.ts";
import { takeContent } from "./take-file.ts";
import { NEW_CHALLENGE, NEW_LESSON } from "./templates.ts";
import "./own.css";

function Row({ file }: { readonly file: OwnFile }) {
  const { id, content, problems } = ownContent(file);
  const value = content !== null && content.kind !== "glossary" ? content.value : null;
  const title = value?.title ?? /^title:\s*(.*)$/m.exec(file.text)?.[1] ?? "Without a title";
  const kind = content?.kind ?? "draft";
  const play = (): void => {
    if (kind === "lesson") goToLesson(id);
    else goToChallenge(id);
  };
  return (
    <li className="own-row" data-testid={`own-${id}`}>
      <span className="own-main">
        <span className="lesson-name">{title}</span>
        <span className="lesson-about">
          {value === null
            ? `not readable yet: ${problems.length} problem${problems.length === 1 ? "" : "s"}`
            : `${kind}${"steps" in value ? `, ${value.steps.length} steps` : ""}`}
        </span>
      </span>
      <Button reason={value === null ? "It cannot be read yet" : null} onClick={play}>
        <Glyph name="play" />
        Play
      </Button>
      <Button onClick={() => goTo({ kind: "edit", id })} data-testid={`edit-${id}`}>
        <Glyph name="wrench" />
        Edit
      </Button>
    </li>
  );
}

export function Own() {
  const files = useOwn((own) => own.files);
  const input = useRef<HTMLInputElement>(null);
  const make = (text: string): void => goTo({ kind: "edit", id: useOwn.getState().add(text) });
  return (
    <section className="learn-section" aria-label="Your own">
      <div className="learn-bar">
        <h2>Your own</h2>
        <span className="learn-note">Kept in this browser. A file or a link of one opens here, too.</span>
      </div>
      {files.length === 0 ? (
        <Empty glyph="learn" title="Nothing yet">
          A lesson is recorded from what you play in the lab, a challenge from where you start and where you
          get. Both are text: written, checked and shared as such.
        </Empty>
      ) : (
        <ul className="own-rows">
          {files.map((file) => (
            <Row key={file.id} file={file} />
          ))}
        </ul>
      )}
      <div className="learn-ways">
        <Button
          look="primary"
          onClick={() => useReview.getState().recordCourse("new-lesson")}
          data-testid="record-lesson"
        >
          Record a lesson
        </Button>
        <Button
          look="primary"
          onClick={() => useReview.getState().recordCourse("new-challenge")}
          data-testid="record-challenge"
        >
          Record a challenge
        </Button>
        <Button onClick={() => make(NEW_LESSON)} data-testid="new-lesson">
          Write a lesson
        </Button>
        <Button onClick={() => make(NEW_CHALLENGE)} data-testid="new-challenge">
          Write a challenge
        </Button>
        <Button onClick={() => input.current?.click()}>Open a file</Button>
        <input
          ref={input}
          type="file"
          accept=".md"
          aria-label="A lesson or challenge"
          data-testid="own-file"
          hidden
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen !== undefined) void chosen.text().then((text) => takeContent(text, chosen.name));
            event.target.value = "";
          }}
        />
      </div>
    </section>
  );
}
