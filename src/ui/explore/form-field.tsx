/** Parts of the form that are used more than once: a titled group, and problems with their places. */
import type { ReactNode } from "react";
import type { Problem } from "../../script/problem.ts";

interface GroupProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Group({ title, aside, children }: GroupProps) {
  return (
    <fieldset className="explore-group">
      <legend className="explore-group-title">
        {title}
        {aside === undefined ? null : <span className="explore-group-aside">{aside}</span>}
      </legend>
      {children}
    </fieldset>
  );
}

interface PlacedProps {
  readonly id?: string;
  /** The text they are about, in the lines that they count. */
  readonly text: string;
  readonly problems: readonly Problem[] | string | null;
}

/** Each problem under its line, with a mark below the words it means. */
export function Placed({ id, text, problems }: PlacedProps) {
  if (problems === null || problems.length === 0) return null;
  if (typeof problems === "string")
    return (
      <p id={id} className="field-refusal" role="alert">
        {problems}
      </p>
    );
  const lines = text.split("\n");
  return (
    <div id={id} role="alert">
      <ul className="explore-problems">
        {problems.map(({ line, column, length, message, expected, suggestion }) => {
          const words = [...(lines[line - 1] ?? "")];
          const from = Math.max(0, column - 1);
          const to = from + Math.max(1, length);
          return (
            <li key={`${line}:${column} ${message}`}>
              <code className="explore-problem-line">
                {words.slice(0, from).join("")}
                <mark>{words.slice(from, to).join("") || " "}</mark>
                {words.slice(to).join("")}
              </code>
              <span>
                {lines.length > 1 ? `line ${line}: ` : ""}
                {message}
                {expected === null ? "" : `; it takes ${expected}`}
                {suggestion === null ? "" : `; did you mean ${suggestion}?`}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
