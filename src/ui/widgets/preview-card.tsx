/** What a line would do if it were played now. */

import { formatProblem } from "../../script/problem.ts";
import { describeStep } from "../state/describe.ts";
import { previewLine } from "../state/preview.ts";
import { useSession } from "../state/session-store.ts";
import { OutcomeLine } from "./outcome-line.tsx";

const MOST = 8;

export function PreviewCard({ line, note }: { readonly line: string; readonly note?: string | undefined }) {
  const preview = previewLine(line);
  if (!preview.ok) {
    return (
      <>
        <p className="hint-line">{line}</p>
        {preview.problems.map((problem) => (
          <p key={`${problem.column} ${problem.message}`} className="outcome-message">
            {formatProblem(problem)}
          </p>
        ))}
      </>
    );
  }
  const { outcome, world } = preview;
  const changes = describeStep(useSession.getState().world, world);
  return (
    <>
      <p className="hint-line">{line}</p>
      {note === undefined ? null : <p className="hint-note">{note}</p>}
      <OutcomeLine outcome={outcome} conditional />
      {changes.length > 0 ? (
        <ul className="hint-list">
          {changes.slice(0, MOST).map((change) => (
            <li key={change}>{change}</li>
          ))}
          {changes.length > MOST ? <li>and {changes.length - MOST} more devices</li> : null}
        </ul>
      ) : outcome.rejected ? null : (
        <p className="hint-note">No device's DMA would change.</p>
      )}
    </>
  );
}
