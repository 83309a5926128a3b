/** One line of the diagram: an arrow between two lanes, or a remark in one. */
import { useCallback } from "react";
import type { Rule } from "../../../engine/rules.ts";
import { useRule } from "../../state/rules-store.ts";
import { Glyph } from "../../widgets/glyphs.tsx";
import { useHint } from "../../widgets/use-hint.ts";
import { RowExplanation } from "./row-explanation.tsx";
import { type CallRow, LANES, laneName } from "./rows.ts";
import type { StepRow } from "./step-rows.ts";

interface CallLineProps {
  readonly id: string;
  readonly step: StepRow;
  readonly top: number;
  readonly height: number;
  readonly active: boolean;
  readonly count: number;
  /** For the list's click handler. */
  readonly index: number;
}

const centre = (lane: number): number => ((lane + 0.5) / LANES.length) * 100;

/** From this lane on there is more room on the left. */
const FLIP = 4;

function text({ kind, label, detail }: CallRow, rule: Rule | null): string {
  if (kind !== "rule") return label;
  const sentence = rule?.text ?? detail;
  return `${label}  ${sentence}`;
}

function ears({ row, part }: StepRow, rule: Rule | null): string {
  const { kind, from, to, result } = row;
  if (part !== null) return `${row.label}${part.deltas.length === 0 ? "" : `, ${part.deltas.join(", ")}`}`;
  const where = from === to ? `in ${laneName(to)}` : `${laneName(from)} to ${laneName(to)}`;
  const back = result === null ? "" : `, ${result}`;
  return `${kind === "return" ? "returns, " : ""}${where}: ${text(row, rule)}${back}`;
}

export function CallLine({ id, step, top, height, active, index, count }: CallLineProps) {
  const hint = useHint(useCallback(() => <RowExplanation step={step} brief />, [step]));
  const { row, part } = step;
  const rule = useRule(row.kind === "rule" ? row.rules[0] : undefined);
  const { kind, from, to, result, errno } = row;
  const left = Math.min(from, to);
  const right = Math.max(from, to);
  const flip = from === to && from >= FLIP;
  const place =
    part !== null
      ? { left: "32px", right: "12px" }
      : flip
        ? { right: `calc(${100 - centre(to)}% + 10px)`, left: "8px" }
        : right >= LANES.length - 1 && from !== to
          ? { right: `calc(${100 - centre(right)}% + 12px)`, left: "8px" }
          : { left: `calc(${centre(left)}% + 10px)`, right: "8px" };
  const toRight = flip || (part === null && right >= LANES.length - 1 && from !== to);
  return (
    <div
      id={id}
      className="call"
      role="option"
      aria-selected={active}
      aria-label={ears(step, rule)}
      aria-setsize={count}
      aria-posinset={index + 1}
      data-index={index}
      tabIndex={-1}
      data-row={kind}
      data-errno={errno ?? undefined}
      data-right={toRight || undefined}
      style={{ transform: `translateY(${top}px)`, height }}
      {...hint}
    >
      {part === null || part.open === null ? null : (
        <Glyph name={part.open ? "down" : "right"} className="call-fold" />
      )}
      {from === to ? null : (
        <span
          className="call-arrow"
          data-way={to > from ? "right" : "left"}
          style={{ left: `${centre(left)}%`, right: `${100 - centre(right)}%` }}
        />
      )}
      {from === to && part === null ? <span className="call-dot" style={{ left: `${centre(to)}%` }} /> : null}
      <span className="call-label" style={place}>
        <span className="call-text">{text(row, rule)}</span>
        {result === null ? null : (
          <span className="call-result" data-errno={errno ?? undefined}>
            → {result}
            {row.injected ? " (injected)" : ""}
          </span>
        )}
        {part?.deltas.map((delta) => (
          <span key={delta} className="call-delta">
            {delta}
          </span>
        ))}
      </span>
    </div>
  );
}
