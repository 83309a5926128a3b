/** One review: its steps with their claims' standing, the prose, and the graph there. Full screen when it is presented. */
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Moment, playReview, tally } from "../../review/walk/play.ts";
import { printReview } from "../../review/walk/review.ts";
import { reviewMail } from "../../review/walk/review-mail.ts";
import { copyText, fileName, saveFile } from "../export/save.ts";
import { applyParts } from "../share/view-parts.ts";
import { keepPrevious, readyToSave } from "../state/boot.ts";
import { useReview } from "../state/review-store.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Prose } from "../widgets/prose.tsx";
import { ScrollRegion } from "../widgets/scroll-region.tsx";
import { Claim } from "./claim.tsx";
import { JudgementTag } from "./judgement.tsx";
import { forgetReview, type LibraryReview, useLibrary } from "./library.ts";

const StepGraph = lazy(() => import("./step-graph.tsx"));

/** Keys of a presenter, those of a remote control among them. */
const KEYS: Readonly<Record<string, "next" | "back" | "first" | "last" | "notes" | "full" | "leave">> = {
  ArrowRight: "next",
  PageDown: "next",
  " ": "next",
  ArrowLeft: "back",
  PageUp: "back",
  Home: "first",
  End: "last",
  n: "notes",
  f: "full",
  Escape: "leave",
};

function Script({ moment }: { readonly moment: Moment }) {
  const { script } = moment.step;
  return (
    <>
      {script === "" ? null : (
        <details className="review-script">
          <summary>{script.split("\n").length} lines of script</summary>
          <pre>{script}</pre>
        </details>
      )}
      <Claim moment={moment} />
    </>
  );
}

export function ReviewView({ entry }: { readonly entry: LibraryReview }) {
  const { review } = entry;
  const played = useMemo(() => playReview(review), [review]);
  const { session, moments } = played;
  const [at, setAt] = useState(0);
  const [presenting, setPresenting] = useState(false);
  const [notes, setNotes] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const moment = moments[at];
  const last = moments.length - 1;
  const world = moment === undefined ? null : session.world(moment.node);

  const present = useCallback((on: boolean) => {
    setPresenting(on);
    // Full screen is a wish: where the browser refuses it, the page itself is filled.
    if (on) void box.current?.requestFullscreen?.().catch(() => undefined);
    else if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => undefined);
  }, []);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.closest("input, textarea, select, [role=application]") !== null) return;
      const what = KEYS[event.key];
      // Space presses a focused button.
      if (what === undefined || (event.key === " " && target.closest("button, summary") !== null)) return;
      if (what === "next") setAt((now) => Math.min(last, now + 1));
      else if (what === "back") setAt((now) => Math.max(0, now - 1));
      else if (what === "first") setAt(0);
      else if (what === "last") setAt(last);
      else if (what === "notes") setNotes((on) => !on);
      else if (what === "full") present(!presenting);
      else if (presenting) present(false);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [last, presenting, present]);

  useEffect(() => {
    const onChange = (): void => {
      if (document.fullscreenElement === null) setPresenting(false);
    };
    document.addEventListener("fullscreenchange", onChange);
    return () => document.removeEventListener("fullscreenchange", onChange);
  }, []);

  const openInLab = async (): Promise<void> => {
    if (moment === undefined) return;
    await readyToSave();
    keepPrevious(useSession.getState().session);
    session.goTo(moment.node);
    useReview.getState().open(null);
    useSession.getState().replace(session);
    applyParts(session.setup, moment.step.view);
  };

  if (moment === undefined || world === null) return null;
  return (
    <div className="review" ref={box} data-presenting={presenting || undefined} data-testid="review">
      <nav className="review-steps" aria-label="Steps of the review">
        <p className="review-tally" data-testid="review-tally">
          {moments.length} steps, {tally(moments)}
        </p>
        <ol>
          {moments.map((one, i) => (
            <li key={`${one.node} ${one.step.title}`}>
              <button
                type="button"
                className="review-step"
                aria-current={i === at ? "step" : undefined}
                onClick={() => setAt(i)}
              >
                <span className="review-step-title">{one.step.title}</span>
                {one.judgement === "none" ? null : <JudgementTag of={one.judgement} />}
              </button>
            </li>
          ))}
        </ol>
        <div className="review-ways">
          <Button onClick={() => void openInLab()} data-testid="open-in-lab">
            Open in the lab
          </Button>
          <Button onClick={() => void copyText(reviewMail(played))}>
            <Glyph name="copy" />
            Copy as mail
          </Button>
          <Button
            onClick={() => saveFile(fileName(review.title, "md"), printReview(review), "text/markdown")}
          >
            Save as .md
          </Button>
          {entry.own ? <Button onClick={() => forgetReview(entry.id)}>Delete</Button> : null}
        </div>
      </nav>
      <section className="review-page" aria-label={moment.step.title} aria-live="polite">
        <ScrollRegion className="review-prose" label="What the step says">
          <p className="review-where">
            {at + 1} of {moments.length} · kernel {world.setup.kernel.name} · QEMU {world.setup.qemu.name}
            {world.setup.repairs.length === 0 ? "" : ` · repaired: ${world.setup.repairs.join(", ")}`}
          </p>
          <h2>{moment.step.title}</h2>
          <Prose text={moment.step.prose} />
          <Script moment={moment} />
          {notes ? (
            <aside className="review-notes" aria-label="Speaker notes" data-testid="review-notes">
              {moment.step.notes === "" ? "No notes for this step." : moment.step.notes}
            </aside>
          ) : null}
        </ScrollRegion>
        <footer className="review-foot">
          <Button reason={at === 0 ? "This is the first step" : null} onClick={() => setAt(at - 1)}>
            <Glyph name="previous" />
            Back
          </Button>
          <Button
            look="primary"
            reason={at === last ? "This is the last step" : null}
            onClick={() => setAt(at + 1)}
            data-testid="review-next"
          >
            Next
            <Glyph name="next" />
          </Button>
          <Button aria-pressed={notes} onClick={() => setNotes(!notes)}>
            Notes
          </Button>
          <Button onClick={() => present(!presenting)} data-testid="present">
            {presenting ? "Leave" : "Present"}
          </Button>
        </footer>
      </section>
      <div className="review-graph">
        <Suspense fallback={<div className="graph-wait">Drawing…</div>}>
          <StepGraph key={moment.node} world={world} view={moment.step.view} />
        </Suspense>
      </div>
    </div>
  );
}

/** Back to the list. */
export const leaveReview = (): void => useLibrary.getState().choose(null);
