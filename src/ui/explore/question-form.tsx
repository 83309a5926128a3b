/** The question: from where, what is tried, what must hold, how far; and the same for the command line. */
import { useState } from "react";
import { copyText, fileName, saveFile } from "../export/save.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Segmented } from "../widgets/segmented.tsx";
import { AgainstPicker } from "./against-picker.tsx";
import { AlphabetPicker } from "./alphabet-picker.tsx";
import { isBusy, useExplore } from "./explore-store.ts";
import { Group } from "./form-field.tsx";
import { LimitsForm } from "./limits-form.tsx";
import type { Origin } from "./origin.ts";
import { PromisePicker } from "./promise-picker.tsx";
import { commandLine, type Question } from "./question.ts";
import { cancel, start } from "./running.ts";
import { useAsked } from "./use-asked.ts";

/** Beside the button that starts it: what the search is bound to run into. */
function Foreseen({ warnings }: { readonly warnings: readonly string[] }) {
  return (
    <div role="status" className="explore-foreseen" data-testid="explore-foreseen">
      {warnings.map((warning) => (
        <p key={warning} className="explore-warning">
          <Glyph name="warn" />
          {warning}
        </p>
      ))}
    </div>
  );
}

function From({ origin }: { readonly origin: Origin }) {
  const where = useExplore((explore) => explore.question.origin);
  return (
    <Group title="From where">
      <Segmented<Question["origin"]>
        label="Where the search begins"
        value={where}
        options={[
          { value: "start", label: "The start" },
          { value: "here", label: "The step the lab shows" },
        ]}
        onChoose={(next) => useExplore.getState().ask({ origin: next })}
      />
      <p className="explore-from" data-testid="explore-from">
        <strong>{origin.words.replace(/^./, (c) => c.toUpperCase())}</strong>
        <span className="explore-quiet">{origin.setupWords}</span>
      </p>
    </Group>
  );
}

function CommandLine({ origin }: { readonly origin: Origin }) {
  const question = useExplore((explore) => explore.question);
  const [said, setSaid] = useState("Copy");
  const file = fileName(origin.setup.title, "lab");
  const line = commandLine(question, file);
  return (
    <details className="explore-cli">
      <summary>The same on the command line</summary>
      <pre data-testid="explore-cli">{line}</pre>
      <div className="explore-ways">
        <Button onClick={() => void copyText(line).then((ok) => setSaid(ok ? "Copied" : "Not allowed here"))}>
          <Glyph name="copy" />
          <span aria-live="polite">{said}</span>
        </Button>
        <Button onClick={() => saveFile(file, origin.script, "text/plain")}>Save {file}</Button>
      </div>
    </details>
  );
}

/** `folded`: only the way to start and cancel; the answers have the place. */
export function QuestionForm({ folded }: { readonly folded: boolean }) {
  const question = useExplore((explore) => explore.question);
  const busy = useExplore(
    ({ run, other, apart }) => isBusy(run) || isBusy(other) || apart?.phase === "running",
  );
  const cancelling = useExplore(({ run }) => isBusy(run) && (run?.cancelling ?? false));
  const { origin, checked, foreseen } = useAsked();
  return (
    <form
      className="explore-form"
      aria-label="The question"
      data-folded={folded || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && checked.ok) start(question, origin);
      }}
    >
      {folded ? null : (
        <div className="explore-fields">
          <From origin={origin} />
          <AlphabetPicker checked={checked} />
          <PromisePicker setup={origin.setup} checked={checked} />
          <AgainstPicker />
          <LimitsForm checked={checked} />
          <CommandLine origin={origin} />
        </div>
      )}
      <footer className="explore-foot">
        {folded ? null : <Foreseen warnings={foreseen} />}
        <div className="explore-foot-row">
          {busy ? (
            <Button
              data-testid="explore-cancel"
              reason={cancelling ? "It ends after this slice" : null}
              onClick={cancel}
            >
              {cancelling ? "Cancelling…" : "Cancel"}
            </Button>
          ) : (
            <Button
              look="primary"
              data-testid="explore-start"
              reason={checked.ok ? null : "The question has an error"}
              onClick={() => start(question, origin)}
            >
              Explore
            </Button>
          )}
          <span className="explore-quiet" role="status">
            {checked.ok ? "" : "Something above needs a look first."}
          </span>
        </div>
      </footer>
    </form>
  );
}
