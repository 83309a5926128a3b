/** Replay: open a QEMU trace log, follow the work, and read what the comparison with the model found. */

import { usePage } from "../state/pages.ts";
import { Button } from "../widgets/button.tsx";
import { Empty } from "../widgets/empty.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { DropZone } from "./drop-zone.tsx";
import { openRecording } from "./open-log.ts";
import { OwnLog } from "./own-log.tsx";
import { Progress } from "./progress.tsx";
import { RECORDINGS } from "./recordings.ts";
import { useReplay } from "./replay-store.ts";
import { Report } from "./report.tsx";
import "./replay.css";

export default function ReplayPlace() {
  const { work, failed, open } = useReplay();
  return (
    <main className="replay" data-testid="replay" aria-label="Replay">
      <header className="replay-head">
        <Button onClick={() => usePage.getState().open(null)}>
          <Glyph name="back" />
          Back to the lab
        </Button>
        <h1 className="replay-title">Replay</h1>
        <span className="replay-quiet">
          A QEMU trace log becomes a session; log and model check each other.
        </span>
      </header>
      <div className="replay-body">
        <div className="replay-column">
          {work === null ? null : <Progress work={work} />}
          {failed === null || work !== null ? null : (
            <div className="replay-failed" role="alert" data-testid="replay-failed">
              <Empty glyph="warn" title={`“${failed.name}” could not be replayed`}>
                {failed.why}
              </Empty>
            </div>
          )}
          {open === null || work !== null ? null : <Report open={open} />}
          {work === null ? <DropZone /> : null}
          {work === null ? <OwnLog /> : null}
        </div>
        <section className="replay-column" aria-label="Recordings of real runs">
          <h2 className="replay-heading">Recordings of real runs</h2>
          <ul className="replay-recordings">
            {RECORDINGS.map((recording) => (
              <li key={recording.id}>
                <button
                  type="button"
                  className="replay-recording"
                  data-testid={`recording-${recording.id}`}
                  onClick={() => void openRecording(recording)}
                >
                  <span className="replay-recording-title">{recording.title}</span>
                  <span className="replay-quiet">{recording.about}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </main>
  );
}
