/** What must hold: the named promises with sentence and source, single divergences, and formulas of one's own. */
import { useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { DIVERGENCE_IDS, DIVERGENCES } from "../../engine/divergence-table.ts";
import type { Setup } from "../../engine/setup.ts";
import { PROMISE_NAMES, promisesOf } from "../../explore/promises.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Menu } from "../widgets/menu.tsx";
import { useExplore } from "./explore-store.ts";
import { Group, Placed } from "./form-field.tsx";
import { type Checked, formulaExamples, type PromiseName } from "./question.ts";

function Named({ setup }: { readonly setup: Setup }) {
  const chosen = useExplore((explore) => explore.question.promises);
  const { ask } = useExplore.getState();
  const all = useMemo(() => promisesOf(setup, []), [setup]);
  return PROMISE_NAMES.map((name: PromiseName) => {
    const promise = all.find(({ id }) => id === name);
    return (
      <label key={name} className="explore-choice">
        <input
          type="checkbox"
          checked={chosen.includes(name)}
          onChange={(event) =>
            ask({
              promises: event.target.checked ? [...chosen, name] : chosen.filter((other) => other !== name),
            })
          }
        />
        <span className="explore-choice-name">{name}</span>
        <span className="explore-choice-about">
          {promise?.sentence} <span className="explore-source">{promise?.source}</span>
        </span>
      </label>
    );
  });
}

interface OwnProps {
  readonly at: number;
  readonly text: string;
  readonly wrong: Checked["own"][number];
  /** It was just added: what is typed next goes there. */
  readonly fresh: boolean;
  onRemove(): void;
}

function Own({ at, text, wrong, fresh, onRemove }: OwnProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (fresh) field.current?.focus();
  }, [fresh]);
  const { ask } = useExplore.getState();
  const change = (to: string): void =>
    ask({ own: useExplore.getState().question.own.map((one, i) => (i === at ? to : one)) });
  return (
    <li>
      <div className="explore-own">
        <textarea
          ref={field}
          className="input input-mono"
          aria-label={`Promise of your own, ${at + 1}`}
          data-own={at}
          rows={1}
          value={text}
          placeholder="always d0 dma=abort when v0 gbpa=abort"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrong !== null}
          aria-describedby={wrong === null ? undefined : id}
          onChange={(event) => change(event.target.value.replaceAll("\n", " "))}
        />
        <Button look="quiet" icon aria-label={`Remove promise ${at + 1}`} onClick={onRemove}>
          <Glyph name="close" />
        </Button>
      </div>
      <Placed id={id} text={text} problems={wrong} />
    </li>
  );
}

export function PromisePicker({ setup, checked }: { readonly setup: Setup; readonly checked: Checked }) {
  const own = useExplore((explore) => explore.question.own);
  const { ask } = useExplore.getState();
  const [fresh, setFresh] = useState<number | null>(null);
  const examples = useMemo(() => formulaExamples(setup), [setup]);
  const add = (text: string): void => {
    ask({ own: [...own, text] });
    setFresh(own.length);
  };
  const keys = own.map((_, at) => `own ${at}`);
  return (
    <Group title="What must hold">
      <Named setup={setup} />
      <ul className="explore-owns" aria-label="Promises of your own">
        {own.map((text, at) => (
          <Own
            key={keys[at]}
            at={at}
            text={text}
            wrong={checked.own[at] ?? null}
            fresh={fresh === at}
            onRemove={() => ask({ own: own.filter((_, other) => other !== at) })}
          />
        ))}
      </ul>
      <div className="explore-add">
        <Button onClick={() => add("")} data-testid="explore-add">
          Add a promise
        </Button>
        <Menu
          label="Promises to begin with"
          trigger={<Button data-testid="explore-examples">Examples</Button>}
          groups={() => [
            {
              id: "formulas",
              title: "Formulas over the facts of expect",
              items: examples.map(({ text, about }) => ({
                id: text,
                label: text,
                note: about,
                run: () => add(text),
              })),
            },
            {
              id: "divergences",
              title: "A divergence never shows",
              items: DIVERGENCE_IDS.map((id) => ({
                id,
                label: id,
                note: DIVERGENCES[id].title,
                run: () => add(id),
              })),
            },
          ]}
        />
      </div>
      {checked.promises === null ? null : (
        <p className="field-refusal" role="alert">
          {checked.promises}
        </p>
      )}
    </Group>
  );
}
