/** What the architecture promises this device's DMA, what the hardware does, and where the two part. */
import { DIVERGENCES } from "../../engine/divergence-table.ts";
import type { DivergenceFact } from "../../engine/facts.ts";
import { deviceFacts } from "../../engine/observe.ts";
import { HARDWARE_KIND, HARDWARE_WORD, LEGAL_KIND, LEGAL_WORD } from "../state/describe.ts";
import { useSession } from "../state/session-store.ts";
import { StateTag } from "../theme/icons.tsx";
import { Act } from "../widgets/act.tsx";
import { RuleText } from "../widgets/rule-text.tsx";
import { Section } from "../widgets/section.tsx";
import { hex } from "./field-list.tsx";

export function Divergence({ fact }: { readonly fact: DivergenceFact }) {
  const info = fact.id === null ? null : DIVERGENCES[fact.id];
  return (
    <div className="divergence" data-testid={`divergence-${fact.id ?? "unnamed"}`}>
      <p className="divergence-title">
        <StateTag name="diverges" text={fact.id ?? "?"} solid />{" "}
        {info?.title ?? "A difference without a name"}
        {fact.kind === "dma" ? null : <span className="inspector-kind"> {fact.kind}</span>}
      </p>
      <p className="verdict-why">{fact.text === "" ? info?.text : fact.text}</p>
      {info === null ? null : <p className="rule-source">{info.source}</p>}
    </div>
  );
}

export function VerdictSection({ dev }: { readonly dev: number }) {
  const world = useSession((session) => session.world);
  const facts = deviceFacts(world, dev);
  const name = world.setup.devices[dev]?.name ?? "";
  const must = facts.legal.length > 0;
  return (
    <Section id="verdict" title="What must happen · what happens">
      <div className="verdict">
        <div className="verdict-side">
          <p className="verdict-who">Architecture</p>
          <p className="verdict-answers" data-testid="must">
            {must
              ? facts.legal.map((answer) => (
                  <StateTag key={answer} name={LEGAL_KIND[answer]} text={LEGAL_WORD[answer]} />
                ))
              : "no promise"}
          </p>
        </div>
        <div className="verdict-side">
          <p className="verdict-who">Hardware</p>
          <p className="verdict-answers" data-testid="does">
            {facts.hardware === null ? (
              "not the guest's"
            ) : (
              <StateTag name={HARDWARE_KIND[facts.hardware]} text={HARDWARE_WORD[facts.hardware]} />
            )}
          </p>
        </div>
      </div>
      {facts.legalRules.map((id) => (
        <RuleText key={id} id={id} />
      ))}
      {facts.legalWhy === "" ? null : <p className="verdict-why">{facts.legalWhy}</p>}
      {facts.hardwareWhy === "" ? null : <p className="verdict-why">{facts.hardwareWhy}</p>}
      {facts.divergences.map((fact) => (
        <Divergence key={`${fact.id} ${fact.kind} ${fact.text}`} fact={fact} />
      ))}
      {facts.hardware === null ? null : (
        <div className="control-buttons">
          <Act line={`dma ${name}`} label={`DMA from ${name}, as a step`}>
            DMA at {hex(facts.iova)}
          </Act>
        </div>
      )}
    </Section>
  );
}
