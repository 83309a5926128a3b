/** How a step went: done, failed with this errno, or not possible, and what was printed. */
import type { Outcome } from "../../engine/outcome.ts";
import { Glyph } from "./glyphs.tsx";
import "./outcome-line.css";

const MESSAGES = 6;

export function OutcomeLine({
  outcome,
  conditional = false,
}: {
  readonly outcome: Outcome;
  /** It has not happened: "would". */
  readonly conditional?: boolean;
}) {
  const { ok, rejected, errno, messages, ids } = outcome;
  const given = Object.entries(ids).map(([name, id]) => `${name} = ${id}`);
  const word = ok
    ? conditional
      ? "would succeed"
      : "done"
    : rejected
      ? "not possible now"
      : errno === null
        ? conditional
          ? "would fail"
          : "failed"
        : conditional
          ? `would give ${errno}`
          : errno;
  return (
    <div className="outcome" data-ok={ok}>
      <p className="outcome-word">
        <Glyph name={ok ? "check" : rejected ? "close" : "warn"} />
        {word}
        {given.length === 0 ? null : <span className="outcome-ids">{given.slice(0, 6).join("  ")}</span>}
      </p>
      {messages.length === 0 ? null : (
        <p className="outcome-message">
          {messages.slice(0, MESSAGES).join("\n")}
          {messages.length > MESSAGES ? `\n… ${messages.length - MESSAGES} more` : ""}
        </p>
      )}
    </div>
  );
}
