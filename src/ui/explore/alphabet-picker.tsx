/** What the search tries in every state: a preset with additions, or lines of one's own. */
import { useId } from "react";
import { alphabetLines, MODIFIERS, PRESETS } from "../../explore/alphabet.ts";
import { useExplore } from "./explore-store.ts";
import { Group, Placed } from "./form-field.tsx";
import { BASES, type Checked, type ModifierName, modifiersOf } from "./question.ts";

const NAMES: Readonly<Record<(typeof BASES)[number], string>> = {
  vm: "VM actions",
  "vm+ste": "VM actions and STEs",
  "vm+stores": "VM actions and raw stores of STEs",
  raw: "Raw host calls",
  own: "Own lines",
};

const MODIFIER_NAMES: Readonly<Record<ModifierName, string>> = {
  fault: "One injected failure",
  dma: "DMA",
  halves: "Plug and unplug in halves",
};

const OWN_ABOUT = "script lines, each a move that is tried in every state";
const EXAMPLE = "plug d0 v0\nunplug d0\ngbpa v0 abort\ngbpa v0 bypass\ncr0 v0 +smmuen\ncr0 v0 -smmuen";

export function AlphabetPicker({ checked }: { readonly checked: Checked }) {
  const { base, modifiers, lines } = useExplore((explore) => explore.question);
  const { ask } = useExplore.getState();
  const id = useId();
  const possible = modifiersOf(base);
  const wrong = checked.lines.length > 0 || checked.alphabet !== null;
  const count =
    checked.moves === null ? "" : `${checked.moves} ${checked.moves === 1 ? "move" : "moves"} a state`;
  return (
    <Group title="What is tried" aside={<span data-testid="explore-moves">{count}</span>}>
      {BASES.map((one) => (
        <label key={one} className="explore-choice">
          <input
            type="radio"
            name={`${id}-base`}
            value={one}
            checked={one === base}
            onChange={() => ask({ base: one, ...(one === "own" && lines === "" ? { lines: EXAMPLE } : {}) })}
          />
          <span className="explore-choice-name">{NAMES[one]}</span>
          <span className="explore-choice-about">{one === "own" ? OWN_ABOUT : PRESETS[one]}</span>
        </label>
      ))}
      {base === "own" ? (
        <>
          <textarea
            className="input input-mono explore-lines"
            aria-label="Lines that are tried"
            rows={6}
            value={lines}
            spellCheck={false}
            aria-invalid={wrong}
            aria-describedby={wrong ? `${id}-wrong` : undefined}
            onChange={(event) => ask({ lines: event.target.value })}
          />
          <Placed
            id={`${id}-wrong`}
            text={alphabetLines(lines)}
            problems={checked.lines.length > 0 ? checked.lines : checked.alphabet}
          />
        </>
      ) : (
        <>
          {checked.alphabet === null ? null : <p className="field-refusal">{checked.alphabet}</p>}
          <div className="explore-modifiers">
            {possible.map((one) => (
              <label key={one} className="explore-choice" data-inline="">
                <input
                  type="checkbox"
                  checked={modifiers.includes(one)}
                  onChange={(event) =>
                    ask({
                      modifiers: event.target.checked
                        ? [...modifiers, one]
                        : modifiers.filter((other) => other !== one),
                    })
                  }
                />
                <span className="explore-choice-name">+ {MODIFIER_NAMES[one]}</span>
                <span className="explore-choice-about">{MODIFIERS[one]}</span>
              </label>
            ))}
          </div>
        </>
      )}
    </Group>
  );
}
