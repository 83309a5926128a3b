/** Host calls on this object: what would fail now and why, and a menu of all, each with the errno it would give. */
import { useEffect, useRef, useState } from "react";
import { whenIdle } from "../state/idle.ts";
import { previewLine } from "../state/preview.ts";
import { useSession } from "../state/session-store.ts";
import { play, usePreviewHint } from "../widgets/act.tsx";
import { Button } from "../widgets/button.tsx";
import { ContextActions } from "../widgets/context-actions.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Menu } from "../widgets/menu.tsx";
import { RuleLink } from "../widgets/rule-link.tsx";
import { Section } from "../widgets/section.tsx";
import { decidingRule } from "./deciding-rule.ts";
import { rawGroups } from "./raw-groups.tsx";
import { rawLines } from "./raw-lines.ts";

interface Failing {
  readonly line: string;
  readonly label: string;
  readonly errno: string;
  readonly rule: string | null;
}

function failing(file: number, id: number): readonly Failing[] {
  return rawLines(useSession.getState().world, file, id).flatMap(({ line, label }) => {
    const preview = previewLine(line);
    if (!preview.ok || preview.outcome.ok) return [];
    const { errno, messages } = preview.outcome;
    return [
      { line, label, errno: errno ?? messages[0] ?? "fails", rule: decidingRule(preview.outcome.trace) },
    ];
  });
}

function FailRow({ one }: { readonly one: Failing }) {
  const hint = usePreviewHint(one.line);
  return (
    <li className="fails-row">
      <button type="button" className="fails-line" onClick={() => play(one.line)} {...hint}>
        {one.label}
      </button>
      <span className="fails-errno">{one.errno}</span>
      {one.rule === null ? null : <RuleLink id={one.rule} />}
    </li>
  );
}

export function RawSection({ file, id }: { readonly file: number; readonly id: number }) {
  const node = useSession((session) => session.node);
  const job = useRef({});
  const [fails, setFails] = useState<readonly Failing[] | null>(null);
  useEffect(
    () =>
      whenIdle(job.current, () => {
        if (useSession.getState().node === node) setFails(failing(file, id));
      }),
    [node, file, id],
  );
  const groups = () => rawGroups(file, id);
  return (
    <Section
      id="would-fail"
      title="Would fail now"
      aside={
        <Menu
          label="Host calls on this object"
          align="end"
          groups={groups}
          trigger={
            <Button look="quiet" className="control-inspect" data-testid="raw-calls">
              call… <Glyph name="down" className="picker-arrow" />
            </Button>
          }
        />
      }
    >
      <ContextActions label="Host calls on this object" groups={groups}>
        <div data-testid="would-fail">
          {fails === null ? (
            <p className="inspector-none">Asking the kernel…</p>
          ) : fails.length === 0 ? (
            <p className="inspector-none">None of the calls that make sense on it would fail.</p>
          ) : (
            <ul className="plain-list">
              {fails.map((one) => (
                <FailRow key={one.line} one={one} />
              ))}
            </ul>
          )}
        </div>
      </ContextActions>
    </Section>
  );
}
