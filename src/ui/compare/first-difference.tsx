/** Where the sides part, and why: the rule that decided on each, and the knob that makes it. */
import type { FirstDifference } from "../../review/compare.ts";
import type { Difference } from "../../review/differences.ts";
import { ScrollRegion } from "../widgets/scroll-region.tsx";

const LETTERS = ["A", "B", "C", "D"] as const;
const MOST = 60;

interface DifferencesProps {
  readonly found: readonly Difference[];
  readonly sides: number;
  onChoose(what: string): void;
}

export function Differences({ found, sides, onChoose }: DifferencesProps) {
  if (found.length === 0) return <p className="compare-none">No difference after this command.</p>;
  return (
    <ScrollRegion className="compare-differences" label="What differs after this command">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">What</th>
            {LETTERS.slice(0, sides).map((letter) => (
              <th key={letter} scope="col">
                {letter}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.slice(0, MOST).map((one) => (
            <tr key={one.what} data-aspect={one.aspect}>
              <th scope="row">
                <button type="button" className="compare-what" onClick={() => onChoose(one.what)}>
                  {one.what}
                </button>
              </th>
              {one.values.map((value, at) => (
                <td key={LETTERS[at]} data-other={value !== one.values[0] || undefined}>
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {found.length > MOST ? <p className="compare-none">and {found.length - MOST} more</p> : null}
    </ScrollRegion>
  );
}

export function Why({ first }: { readonly first: FirstDifference }) {
  return (
    <ScrollRegion className="compare-why" label="Why the sides part">
      <h3 className="compare-why-title">
        First difference: line {first.step.line}, <code>{first.step.text}</code>
      </h3>
      {first.rulesFrom === first.step ? null : (
        <p>
          Ground laid at line {first.rulesFrom.line}, <code>{first.rulesFrom.text}</code>
        </p>
      )}
      <dl className="compare-rules" data-testid="compare-rules">
        {first.rules.map((rule, at) =>
          rule === null ? null : (
            <div key={LETTERS[at]}>
              <dt>
                {LETTERS[at]} <code>{rule.id}</code>
              </dt>
              <dd>
                {rule.text}
                <span className="compare-source">{rule.source}</span>
              </dd>
            </div>
          ),
        )}
        {first.knobs.map((knob) => (
          <div key={`${knob.layer} ${knob.key}`}>
            <dt>
              Knob <code>{knob.key}</code>
            </dt>
            <dd>
              {knob.values.map((value, at) => `${LETTERS[at]}: ${value}`).join(", ")}. {knob.what}
              <span className="compare-source">{knob.source}</span>
            </dd>
          </div>
        ))}
      </dl>
    </ScrollRegion>
  );
}
