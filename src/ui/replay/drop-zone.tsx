/** Where logs come in: dropped, or chosen. */
import { type DragEvent, useRef, useState } from "react";
import { Button } from "../widgets/button.tsx";
import { openFiles } from "./open-log.ts";

const RECORD = "-trace 'smmu*' -trace 'iommufd*' -trace 'vfio_*' -D trace.log";

export function DropZone() {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const files = [...event.dataTransfer.files];
    if (files.length > 0) void openFiles(files);
  };
  return (
    <section
      className="replay-drop"
      aria-label="Open a log"
      data-over={over || undefined}
      data-testid="replay-drop"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <h2 className="replay-heading">Drop a QEMU trace log here</h2>
      <p className="replay-quiet">
        Plain or gzip, with any prefix. It stays in this browser. Drop with it what lies beside it: notes (
        <span className="mono">*.steps.txt</span>), the guest's console (
        <span className="mono">*.console.txt</span>), the physical SMMU's own log (
        <span className="mono">*.host-smmu.log</span>).
      </p>
      <div className="replay-ways">
        <Button look="primary" onClick={() => input.current?.click()}>
          Choose files
        </Button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Files of a log"
          data-testid="replay-input"
          onChange={(event) => {
            const files = [...(event.target.files ?? [])];
            event.target.value = "";
            if (files.length > 0) void openFiles(files);
          }}
        />
      </div>
      <p className="replay-quiet">
        QEMU writes one with <code>{RECORD}</code>
      </p>
    </section>
  );
}
