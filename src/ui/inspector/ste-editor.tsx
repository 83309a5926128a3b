/** An STE by fields, by bits and by hex. Storing it is a script line; the SMMU need not look until CFGI. */
import { useState } from "react";
import { readField, writeField } from "../../engine/arch/bits.ts";
import { STE_FIELDS } from "../../engine/arch/ste.ts";
import type { SteChoice } from "../../engine/qemu/smmuv3-accel-ste.ts";
import { useSession } from "../state/session-store.ts";
import { Act, play } from "../widgets/act.tsx";
import { Button } from "../widgets/button.tsx";
import { RuleText } from "../widgets/rule-text.tsx";
import { Section } from "../widgets/section.tsx";
import { Segmented, type SegmentedOption } from "../widgets/segmented.tsx";
import { hex } from "./field-list.tsx";
import { HexInput } from "./hex-input.tsx";
import { EditableField } from "./register-editor.tsx";
import { SteBits } from "./ste-bits.tsx";
import { steOpinion } from "./ste-opinion.ts";
import { steWord } from "./ste-word.ts";

type Mode = "fields" | "bits" | "hex";

const MODES: readonly SegmentedOption<Mode>[] = [
  { value: "fields", label: "Fields" },
  { value: "bits", label: "Bits" },
  { value: "hex", label: "Hex" },
];

const QEMU: Readonly<Record<SteChoice, string>> = {
  abort: "attaches its abort HWPT",
  bypass: "attaches its bypass HWPT",
  gbpa: "SMMUEN=0: attaches what GBPA names",
  translate: "asks the host for a nested HWPT",
  none: "leaves the device where it is",
  error: "refuses it: CERROR_ILL",
};

/** Stage 1 lives in words 0 and 1; the rest matters to a stage-2 guest only. */
const STAGE1_WORDS = 2;

interface SteEditorProps {
  readonly v: number;
  readonly sid: number;
  readonly stored: readonly bigint[];
}

export function SteEditor({ v, sid, stored }: SteEditorProps) {
  const world = useSession((session) => session.world);
  const name = world.setup.vsmmus[v]?.name ?? "";
  const [draft, setDraft] = useState<readonly bigint[]>(stored);
  const [mode, setMode] = useState<Mode>("fields");
  const [all, setAll] = useState(false);
  const opinion = steOpinion(world, v, draft, sid);
  const changed = draft.flatMap((word, at) => (word === stored[at] ? [] : [`q${at}=${hex(word)}`]));
  const store = `ste ${name} ${hex(sid)} ${changed.length === 0 ? `q0=${hex(draft[0] ?? 0n)}` : changed.join(" ")}`;
  const cfgi = `cfgi ${name} ${hex(sid)}`;
  const words = all ? 8 : STAGE1_WORDS;
  return (
    <>
      <Section id="ste-opinions" title="What they make of it">
        <dl className="fields" data-testid="ste-opinions">
          <div className="fields-row">
            <dt>architecture</dt>
            <dd>{opinion?.illegal === null ? `legal: ${steWord(draft)}` : "C_BAD_STE"}</dd>
          </div>
          <div className="fields-row" data-refused={opinion?.qemu === "error" || undefined}>
            <dt>QEMU at CFGI</dt>
            <dd>{opinion === null ? "" : QEMU[opinion.qemu]}</dd>
          </div>
          <div className="fields-row">
            <dt>words passed on</dt>
            <dd>
              {opinion?.qemu === "translate" ? null : "none; masked "}
              <span className="mono">{opinion?.masked.map((word) => hex(word)).join(", ")}</span>
            </dd>
          </div>
          <div className="fields-row">
            <dt>QEMU drops</dt>
            <dd>{opinion?.dropped === 0 ? "no bit that is set" : `${opinion?.dropped} bits that are set`}</dd>
          </div>
          <div
            className="fields-row"
            data-refused={(opinion?.refused && opinion.qemu === "translate") || undefined}
          >
            <dt>host validation</dt>
            <dd>
              {opinion?.refused ? opinion.host : `takes it as ${opinion?.host}`}
              {opinion?.qemu === "translate" ? "" : " (if it were asked)"}
            </dd>
          </div>
        </dl>
        {opinion?.illegal == null ? null : <RuleText id={opinion.illegal} />}
      </Section>
      <Section id="ste-edit" title="Edit">
        <div className="control-row">
          <Segmented label="Edit by" value={mode} options={MODES} onChoose={(next) => setMode(next)} />
          <label className="form-check">
            <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
            all eight words
          </label>
        </div>
        {mode === "fields" ? (
          <ul className="edit-fields">
            {STE_FIELDS.filter(({ lo }) => lo >> 6 < words).map((field) => (
              <EditableField
                key={field.name}
                field={field}
                value={readField(draft, field)}
                wide={field.address === true}
                readOnly={false}
                onChange={(value) => setDraft(writeField(draft, field, value))}
              />
            ))}
          </ul>
        ) : mode === "bits" ? (
          <SteBits
            world={world}
            v={v}
            ste={draft}
            words={words}
            onChange={(at, word) => setDraft(draft.with(at, word))}
          />
        ) : (
          <ol className="words" start={0}>
            {draft.slice(0, words).map((word, at) => {
              const key = `q${at}`;
              return (
                <li key={key}>
                  <span className="words-no">{key}</span>
                  <HexInput
                    label={`${key} as hex`}
                    value={word}
                    bits={64}
                    digits={16}
                    onChange={(value) => setDraft(draft.with(at, value))}
                  />
                </li>
              );
            })}
          </ol>
        )}
        <div className="control-buttons">
          <Act line={store} look={changed.length > 0 ? "primary" : "plain"} note="In memory only, no command">
            Store
          </Act>
          <Button onClick={() => play(`${store}\n${cfgi}`)}>Store and CFGI_STE</Button>
          <Act line={cfgi} note="Tell the SMMU about what is stored">
            CFGI_STE
          </Act>
          {changed.length === 0 ? null : <Button onClick={() => setDraft(stored)}>Take back</Button>}
        </div>
      </Section>
    </>
  );
}
