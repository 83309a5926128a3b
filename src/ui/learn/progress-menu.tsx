/** The learner's own data: to a file, from a file, and away with it. */
import { useRef, useState } from "react";
import { exportProgress, NO_PROGRESS } from "../../learn/progress.ts";
import { saveFile } from "../export/save.ts";
import { Button } from "../widgets/button.tsx";
import { Dialog } from "../widgets/dialog.tsx";
import { Menu } from "../widgets/menu.tsx";
import { useProgress } from "./progress-store.ts";
import { takeProgress } from "./take-file.ts";

export function ProgressMenu() {
  const file = useRef<HTMLInputElement>(null);
  const [asking, setAsking] = useState(false);
  const empty = useProgress(({ progress }) => progress === NO_PROGRESS);
  return (
    <>
      <Menu
        label="Progress"
        align="end"
        trigger={<Button data-testid="progress-menu">Progress</Button>}
        groups={() => [
          {
            id: "progress",
            items: [
              {
                id: "progress-export",
                label: "Save as a file",
                note: "It is kept in this browser and nowhere else",
                reason: empty ? "There is none yet" : null,
                run: () =>
                  saveFile(
                    "vsmmu-lab-progress.json",
                    exportProgress(useProgress.getState().progress),
                    "application/json",
                  ),
              },
              {
                id: "progress-import",
                label: "Open a file",
                note: "What either has done counts as done",
                run: () => file.current?.click(),
              },
              {
                id: "progress-reset",
                label: "Begin anew",
                reason: empty ? "There is none yet" : null,
                run: () => setAsking(true),
              },
            ],
          },
        ]}
      />
      <input
        ref={file}
        type="file"
        accept=".json"
        aria-label="A file of progress"
        data-testid="progress-file"
        hidden
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          if (chosen !== undefined) void chosen.text().then((text) => takeProgress(text, `“${chosen.name}”`));
          event.target.value = "";
        }}
      />
      <Dialog
        open={asking}
        title="Begin anew?"
        description="Lessons, practice and solved challenges are forgotten on this device. A file of them that you saved stays as it is."
        onClose={() => setAsking(false)}
      >
        <div className="dialog-body learn-ways">
          <Button
            look="primary"
            data-testid="progress-forget"
            onClick={() => {
              useProgress.getState().change(() => NO_PROGRESS);
              setAsking(false);
            }}
          >
            Forget my progress
          </Button>
          <Button onClick={() => setAsking(false)}>Keep it</Button>
        </div>
      </Dialog>
    </>
  );
}
