/** What a command gave back, as `key value` lines. */
import type { ResultValue } from "../../engine/outcome.ts";

const print = (value: ResultValue): string =>
  value === null
    ? "–"
    : typeof value === "object"
      ? Array.isArray(value)
        ? value.length === 0
          ? "none"
          : value.map(print).join(", ")
        : Object.entries(value)
            .map(([key, one]) => `${key} ${print(one as ResultValue)}`)
            .join(" · ")
      : String(value);

export function ResultText({ result }: { readonly result: ResultValue }) {
  if (result === null) return null;
  if (typeof result !== "object" || Array.isArray(result))
    return <p className="console-message">{print(result)}</p>;
  return (
    <dl className="console-result">
      {Object.entries(result as { readonly [key: string]: ResultValue }).map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{print(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
