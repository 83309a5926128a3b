/** Ctrl/⌘ K: every command, every verb, and any script line, which shows what it would do before it is played. */
import { Command as Cmdk } from "cmdk";
import { useMemo, useState } from "react";
import { completeLine } from "../../script/completion.ts";
import { formatProblem } from "../../script/problem.ts";
import { findVerb } from "../../script/verbs.ts";
import { openScenario } from "../header/scenario-list.tsx";
import { COMMANDS, type Command, type CommandGroup, goToCommands, printKeys } from "../state/commands.ts";
import { useOverlays } from "../state/overlays-store.ts";
import { previewLine } from "../state/preview.ts";
import { SCENARIO_GROUPS, type Scenario } from "../state/scenario-library.ts";
import { useSession } from "../state/session-store.ts";
import { play } from "../widgets/act.tsx";
import { PreviewCard } from "../widgets/preview-card.tsx";
import { paletteVerbs } from "./palette-verbs.ts";
import "../widgets/dialog.css";
import "./palette.css";

const GROUPS: readonly CommandGroup[] = ["Steps", "View", "Go to", "Session"];
const MOST_OPTIONS = 30;

const matches = (text: string, words: readonly string[]): boolean => {
  const low = text.toLowerCase();
  return words.every((word) => low.includes(word));
};

function CommandItem({ command, onDone }: { readonly command: Command; onDone(): void }) {
  return (
    <Cmdk.Item
      value={command.id}
      className="palette-item"
      onSelect={() => {
        onDone();
        command.run();
      }}
    >
      <span className="palette-label">{command.title}</span>
      {command.keys === undefined ? null : <kbd className="key">{printKeys(command.keys)}</kbd>}
    </Cmdk.Item>
  );
}

export default function Palette() {
  const { close, query: first } = useOverlays();
  const [query, setQuery] = useState(first);
  const [value, setValue] = useState("");
  const node = useSession((session) => session.node);
  const commands = useMemo(() => [...COMMANDS, ...goToCommands()], []);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);

  const verb = findVerb(query.trimStart().split(/\s/)[0] ?? "");
  const isLine = verb !== null && verb.layer !== "header" && query.trim() !== "";
  const line = query.trim();
  const preview = isLine ? previewLine(line) : null;
  const completion = useMemo(
    () =>
      isLine && /\s/.test(query)
        ? completeLine(query, query.length, { setup: node.setup, scope: node.scope })
        : null,
    [isLine, query, node],
  );

  const shown = commands.filter(({ title, keywords = "", group }) =>
    matches(`${title} ${keywords} ${group}`, words),
  );
  const verbs = isLine
    ? []
    : paletteVerbs().filter(({ name, summary }) => matches(`${name} ${summary}`, words));
  const scenarios: readonly Scenario[] =
    words.length === 0
      ? []
      : SCENARIO_GROUPS.flatMap((group) => group.scenarios).filter(({ title, about }) =>
          matches(`scenario ${title} ${about}`, words),
        );

  return (
    <Cmdk.Dialog
      open
      onOpenChange={(next) => (next ? undefined : close())}
      label="Commands"
      shouldFilter={false}
      value={value}
      onValueChange={setValue}
      overlayClassName="dialog-veil"
      contentClassName="dialog palette"
    >
      <Cmdk.Input
        className="palette-input"
        placeholder="A command, or a script line: gbpa v0 abort"
        value={query}
        onValueChange={setQuery}
      />
      <Cmdk.List className="palette-list" data-testid="palette-list">
        <Cmdk.Empty className="palette-empty">
          Nothing is called that. A script line would be played.
        </Cmdk.Empty>
        {isLine && preview !== null ? (
          <Cmdk.Group heading="Play this line">
            <Cmdk.Item
              value="play-line"
              className="palette-item palette-line"
              disabled={!preview.ok}
              onSelect={() => {
                close();
                play(line);
              }}
            >
              <div className="palette-preview">
                {preview.ok ? (
                  <PreviewCard line={line} />
                ) : (
                  <>
                    <p className="hint-line">{line}</p>
                    <p className="hint-note">{preview.problems.map(formatProblem).join("; ")}</p>
                  </>
                )}
              </div>
            </Cmdk.Item>
          </Cmdk.Group>
        ) : null}
        {completion === null || completion.options.length === 0 ? null : (
          <Cmdk.Group heading="Go on with">
            {completion.options.slice(0, MOST_OPTIONS).map((option) => (
              <Cmdk.Item
                key={`${option.kind} ${option.label}`}
                value={`complete-${option.kind}-${option.label}`}
                className="palette-item"
                onSelect={() =>
                  setQuery(
                    `${query.slice(0, completion.from)}${option.label}${option.kind === "key" ? "" : " "}`,
                  )
                }
              >
                <span className="palette-label mono">{option.label}</span>
                <span className="palette-note">{option.detail}</span>
              </Cmdk.Item>
            ))}
          </Cmdk.Group>
        )}
        {GROUPS.map((group) => {
          const inGroup = shown.filter((command) => command.group === group);
          return inGroup.length === 0 ? null : (
            <Cmdk.Group key={group} heading={group}>
              {inGroup.map((command) => (
                <CommandItem key={command.id} command={command} onDone={close} />
              ))}
            </Cmdk.Group>
          );
        })}
        {verbs.length === 0 ? null : (
          <Cmdk.Group heading="Script verbs">
            {verbs.map(({ name, summary, title }) => (
              <Cmdk.Item
                key={name}
                value={`verb-${name}`}
                className="palette-item"
                onSelect={() => setQuery(`${name} `)}
              >
                <span className="palette-label mono">{name}</span>
                <span className="palette-note">{summary}</span>
                <span className="palette-layer">{title}</span>
              </Cmdk.Item>
            ))}
          </Cmdk.Group>
        )}
        {scenarios.length === 0 ? null : (
          <Cmdk.Group heading="Scenarios">
            {scenarios.map((scenario) => (
              <Cmdk.Item
                key={scenario.id}
                value={`scenario-${scenario.id}`}
                className="palette-item"
                onSelect={() => {
                  close();
                  openScenario(scenario);
                }}
              >
                <span className="palette-label">{scenario.title}</span>
              </Cmdk.Item>
            ))}
          </Cmdk.Group>
        )}
      </Cmdk.List>
    </Cmdk.Dialog>
  );
}
