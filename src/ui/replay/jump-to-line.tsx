/** Goes to a line of the log by its number. */
import { type FormEvent, useState } from "react";
import "../widgets/fields.css";

interface JumpToLineProps {
  readonly total: number;
  onJump(line: number): void;
}

export function JumpToLine({ total, onJump }: JumpToLineProps) {
  const [text, setText] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const line = Number(text);
    if (Number.isInteger(line) && line > 0) onJump(line);
  };
  return (
    <form onSubmit={submit}>
      <input
        className="input log-jump"
        type="text"
        inputMode="numeric"
        pattern="[0-9]*"
        placeholder="Line"
        aria-label={`Go to line, 1 to ${total}`}
        data-testid="log-jump"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
