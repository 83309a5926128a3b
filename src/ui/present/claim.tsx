/** What a step claims, and what has become of it. */
import type { Moment } from "../../review/walk/play.ts";
import { JudgementTag } from "./judgement.tsx";
import "./claim.css";

export function Claim({ moment }: { readonly moment: Moment }) {
  const { judgement, reasons, step } = moment;
  const told = reasons.map((reason) => (
    <p key={reason} className="claim-reason">
      {reason}
    </p>
  ));
  if (step.claim === "") return told;
  return (
    <section className="claim" aria-label="Claim" data-judgement={judgement}>
      <JudgementTag of={judgement} />
      <pre>{step.claim.replace(/^expect /gm, "")}</pre>
      {told}
    </section>
  );
}
