/** Why a line is there: what went in, what came back, and which rules decided. */
import { RuleText } from "../../widgets/rule-text.tsx";
import { laneName, printValue } from "./rows.ts";
import type { StepRow } from "./step-rows.ts";

const KIND: Readonly<Record<StepRow["row"]["kind"], string>> = {
  call: "Call",
  return: "Return",
  rule: "Decision",
  note: "To the hardware",
  event: "QEMU trace event",
  message: "Message",
  part: "Part of the sequence",
};

export function RowExplanation({
  step,
  brief = false,
}: {
  readonly step: StepRow;
  readonly brief?: boolean;
}) {
  const { row, part } = step;
  const { kind, from, to, label, args, out, result, errno, rules, detail, injected } = row;
  const where = from === to ? laneName(to) : `${laneName(from)} → ${laneName(to)}`;
  const values = [
    ...Object.entries(args).map(([key, value]) => [key, printValue(value)] as const),
    ...Object.entries(out).map(([key, value]) => [`→ ${key}`, printValue(value)] as const),
  ];
  return (
    <div className="why">
      <p className="why-kind">
        {KIND[kind]} · {where}
      </p>
      {kind === "rule" ? null : <p className="hint-line">{brief ? label : label.replace(/\(.*\)$/, "")}</p>}
      {kind === "message" ? <p className="why-kind">{detail}</p> : null}
      {brief || values.length === 0 ? null : (
        <dl className="why-values">
          {values.map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {result === null ? null : (
        <p className="why-result" data-errno={errno ?? undefined}>
          → {result}
          {injected ? ", because a fault was injected" : ""}
        </p>
      )}
      {part === null || part.deltas.length === 0 ? null : (
        <p className="why-kind">What the architecture allows changed: {part.deltas.join("; ")}</p>
      )}
      {rules.map((id) => (
        <RuleText key={id} id={id} detail={kind === "rule" ? detail : ""} />
      ))}
      {rules.length === 0 && !brief && kind === "call" ? (
        <p className="why-kind">Nothing was decided in this function itself; the lines below it go on.</p>
      ) : null}
    </div>
  );
}
