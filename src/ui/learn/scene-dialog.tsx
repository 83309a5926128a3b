/** The smallest scene that shows a term, with what is meant selected; from here it can be taken to the lab. */
import { useMemo } from "react";
import type { GlossaryEntry } from "../../learn/glossary.ts";
import { Session } from "../../script/session.ts";
import { Button } from "../widgets/button.tsx";
import { Dialog } from "../widgets/dialog.tsx";
import { Prose } from "../widgets/prose.tsx";
import { LiveGraph } from "./live-graph.tsx";
import { openInLab } from "./open-in-lab.ts";

export default function SceneDialog({ entry, onClose }: { readonly entry: GlossaryEntry; onClose(): void }) {
  const session = useMemo(() => {
    const opened = Session.open(`${entry.script}\n`);
    return opened.ok ? opened.value : null;
  }, [entry]);
  return (
    <Dialog open wide title={entry.term} onClose={onClose}>
      <div className="scene-body">
        <div className="scene-text">
          <Prose text={entry.definition} link={(_, words) => <span>{words}</span>} />
          <pre>{entry.script}</pre>
          {session === null ? null : (
            <Button onClick={() => void openInLab(session, session.current.id, entry.view)}>
              Open in the lab
            </Button>
          )}
        </div>
        <div className="scene-graph">
          {session === null ? null : (
            <LiveGraph session={session} node={session.current} view={entry.view} name="scene" />
          )}
        </div>
      </div>
    </Dialog>
  );
}
