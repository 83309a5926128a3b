/** Lines to write in a recorder, with those offered that hold at the present step. */
import { Button } from "../widgets/button.tsx";

/** So many are offered at once. */
const OFFERED = 4;

interface LinesFieldProps {
  readonly label: string;
  readonly value: string;
  readonly offers: readonly string[];
  change(value: string): void;
}

export function LinesField({ label, value, offers, change }: LinesFieldProps) {
  return (
    <>
      <label>
        {label}
        <textarea
          className="input input-mono"
          rows={2}
          value={value}
          spellCheck={false}
          onChange={(event) => change(event.target.value)}
        />
      </label>
      <div className="recorder-suggestions">
        {offers
          .filter((line) => !value.includes(line))
          .slice(0, OFFERED)
          .map((line) => (
            <Button
              key={line}
              look="quiet"
              onClick={() => change(value === "" ? line : `${value.trimEnd()}\n${line}`)}
            >
              + {line.replace("expect ", "")}
            </Button>
          ))}
      </div>
    </>
  );
}
