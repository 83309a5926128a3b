/** What is wrong with the typed line, all at once; what was probably meant is one press away. */
import type { Problem } from "../../script/problem.ts";

interface ProblemsProps {
  readonly problems: readonly Problem[];
  readonly text: string;
  onTake(corrected: string): void;
}

/** Columns count characters, not UTF-16 units. */
function corrected(text: string, { column, length, suggestion }: Problem): string {
  const characters = [...text];
  characters.splice(column - 1, length, suggestion ?? "");
  return characters.join("");
}

export function Problems({ problems, text, onTake }: ProblemsProps) {
  return (
    <div id="console-problems" className="console-problems" role="alert" data-testid="console-problems">
      {problems.map((problem) => (
        <div key={`${problem.column} ${problem.message}`} className="console-problem">
          <p className="console-where" aria-hidden="true">
            {text}
            {"\n"}
            {" ".repeat(problem.column - 1)}
            {"^".repeat(Math.max(1, problem.length))}
          </p>
          <p className="console-message">
            column {problem.column}: {problem.message}
            {problem.expected === null ? "" : `; expected ${problem.expected}`}
          </p>
          {problem.suggestion === null ? null : (
            <p className="console-message">
              did you mean{" "}
              <button type="button" className="link mono" onClick={() => onTake(corrected(text, problem))}>
                {problem.suggestion}
              </button>
              ?
            </p>
          )}
        </div>
      ))}
    </div>
  );
}
