/** Play, step and scrub; which step this is; and the other lines of the tree. */

import { usePlay } from "../../state/play-store.ts";
import { useSession } from "../../state/session-store.ts";
import { Button } from "../../widgets/button.tsx";
import { Glyph } from "../../widgets/glyphs.tsx";
import { Menu } from "../../widgets/menu.tsx";
import { lineEnds } from "./lines.ts";

function Lines() {
  const { session, node, line, go } = useSession();
  const lines = lineEnds(session);
  if (lines.length < 2) return null;
  const here = line.at(-1)?.id ?? node.id;
  return (
    <Menu
      label="Lines of the timeline"
      trigger={
        <Button look="quiet" data-testid="lines">
          <Glyph name="branch" />
          {lines.length} lines
        </Button>
      }
      groups={() => [
        {
          id: "lines",
          title: "Everything that was played",
          items: lines.slice(0, 200).map(({ end, title, from, first }) => ({
            id: `line-${end.id}`,
            label: <span className="mono">{first}</span>,
            text: first,
            note: from === null ? title : `${title} · leaves at step ${from}`,
            aside: `${end.step} steps`,
            checked: end.id === here,
            run: () => go(end.id),
          })),
        },
      ]}
    />
  );
}

export function Transport() {
  const { node, line, back, forward, toStart, toEnd } = useSession();
  const { playing, toggle } = usePlay();
  const last = line.at(-1) ?? node;
  const atStart = node.parent === null;
  const atEnd = last.id === node.id;
  return (
    <>
      <fieldset className="transport" aria-label="Steps">
        <Button
          look="quiet"
          icon
          aria-label="First step"
          reason={atStart ? "at the start" : null}
          onClick={toStart}
        >
          <Glyph name="first" />
        </Button>
        <Button
          look="quiet"
          icon
          aria-label="Step back"
          aria-keyshortcuts="["
          reason={atStart ? "at the start" : null}
          onClick={back}
        >
          <Glyph name="previous" />
        </Button>
        <Button
          look="quiet"
          icon
          aria-label={playing ? "Pause" : "Play"}
          aria-keyshortcuts="p"
          reason={atEnd && !playing ? "at the end" : null}
          onClick={toggle}
        >
          <Glyph name={playing ? "pause" : "play"} />
        </Button>
        <Button
          look="quiet"
          icon
          aria-label="Step forward"
          aria-keyshortcuts="]"
          reason={atEnd ? "at the end" : null}
          onClick={forward}
        >
          <Glyph name="next" />
        </Button>
        <Button look="quiet" icon aria-label="Last step" reason={atEnd ? "at the end" : null} onClick={toEnd}>
          <Glyph name="last" />
        </Button>
      </fieldset>
      <span className="transport-where" data-testid="where">
        {node.step === 0 ? "at the start" : `step ${node.step}`} of {last.step}
      </span>
      <Lines />
    </>
  );
}
