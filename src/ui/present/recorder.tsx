/** Recording a review while the lab is played: each step takes what was played since the last one. */
import { useEffect, useState } from "react";
import { FLOOR_TITLES, FLOORS } from "../../draw/scene-types.ts";
import { claimsHere, EMPTY_RECORDING, type Recording, recordStep } from "../../review/walk/record.ts";
import { parseReview, printReview } from "../../review/walk/review.ts";
import { currentParts } from "../share/view-parts.ts";
import { useReview } from "../state/review-store.ts";
import { useSession } from "../state/session-store.ts";
import { readStored, removeStored, writeStored } from "../state/storage.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { LinesField } from "./lines-field.tsx";
import "../widgets/fields.css";
import "./recorder.css";

const KEY = "vsmmu-lab.recording";

/** What a reload left; where it stood in the session is not known any more, so the next step begins anew. */
function kept(): Recording {
  const text = readStored(KEY);
  const read = text === null ? null : parseReview(text);
  return read?.ok === true ? { review: read.value, last: null } : EMPTY_RECORDING;
}

export default function Recorder() {
  const session = useSession((one) => one.session);
  const node = useSession((one) => one.node);
  const [recording, setRecording] = useState(kept);
  const [title, setTitle] = useState("");
  const [prose, setProse] = useState("");
  const [claim, setClaim] = useState("");
  const [notes, setNotes] = useState("");
  const [floor, setFloor] = useState("");
  const [zoom, setZoom] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const { steps } = recording.review;

  useEffect(() => {
    if (recording.review.steps.length > 0) writeStored(KEY, printReview(recording.review));
  }, [recording]);

  const name = (text: string): void =>
    setRecording({ ...recording, review: { ...recording.review, title: text } });
  const add = (): void => {
    const view = {
      ...currentParts(session.setup),
      ...(floor === "" ? {} : { floor }),
      ...(zoom === "" ? {} : { zoom }),
    };
    const told = { title, prose, claim, notes, view };
    const next = recordStep(recording, session, told);
    // What cannot be read back is told before it is kept.
    const read = parseReview(printReview({ ...next.review, title: next.review.title || "Review" }));
    if (!read.ok) {
      setProblem(read.problems.join("; "));
      return;
    }
    setRecording(next);
    setProblem(null);
    for (const clear of [setTitle, setProse, setClaim, setNotes]) clear("");
  };
  const finish = async (): Promise<void> => {
    const { keepReview } = await import("./library.ts");
    keepReview({ ...recording.review, title: recording.review.title.trim() || "My review" });
    removeStored(KEY);
    useReview.getState().record(false);
    useReview.getState().open("reviews");
  };
  const offers = claimsHere(session);
  return (
    <aside className="recorder" aria-label="Recording a review" data-testid="recorder">
      <header className="recorder-head">
        <h2>Recording</h2>
        <span>
          {steps.length} step{steps.length === 1 ? "" : "s"}
        </span>
        <Button
          look="quiet"
          icon
          aria-label="Stop recording"
          onClick={() => useReview.getState().record(false)}
        >
          <Glyph name="close" />
        </Button>
      </header>
      <label>
        Title of the review
        <input
          className="input"
          value={recording.review.title}
          placeholder="My review"
          onChange={(event) => name(event.target.value)}
        />
      </label>
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
      <LinesField label="Claim: what must hold here" value={claim} offers={offers} change={setClaim} />
      <label>
        Notes for whoever presents
        <textarea
          className="input"
          rows={2}
          value={notes}
          onChange={(event) => setNotes(event.target.value)}
        />
      </label>
      <div className="recorder-pins">
        <label>
          Floor to show
          <select className="select" value={floor} onChange={(event) => setFloor(event.target.value)}>
            <option value="">All of them</option>
            {FLOORS.map((one) => (
              <option key={one} value={one}>
                {FLOOR_TITLES[one]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Zoom
          <select className="select" value={zoom} onChange={(event) => setZoom(event.target.value)}>
            <option value="">To fit</option>
            <option value="0.75">75 %</option>
            <option value="1">100 %</option>
            <option value="1.5">150 %</option>
          </select>
        </label>
      </div>
      {problem === null ? null : <p className="field-refusal">{problem}</p>}
      <footer className="recorder-foot">
        <Button look="primary" onClick={add} data-testid="record-step">
          Add this step
        </Button>
        <Button
          reason={steps.length === 0 ? "There is no step yet" : null}
          onClick={() => void finish()}
          data-testid="record-finish"
        >
          Finish
        </Button>
      </footer>
    </aside>
  );
}
