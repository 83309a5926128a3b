/** What of the log is listed: by words, StreamID, event, and where log and model differ. */
import { useMemo } from "react";
import { Button } from "../widgets/button.tsx";
import { chooseRun } from "./open-log.ts";
import type { OpenReplay } from "./replay-store.ts";
import { isFiltered, NO_FILTER, occurring, type StepFilter } from "./step-rows.ts";
import "../widgets/fields.css";

interface FilterBarProps {
  readonly open: OpenReplay;
  readonly filter: StepFilter;
  readonly differing: number;
  onChange(filter: StepFilter): void;
  onNextDiffering(): void;
}

export function FilterBar({ open, filter, differing, onChange, onNextDiffering }: FilterBarProps) {
  const { steps, builder, head, run } = open;
  const { sids, events } = useMemo(() => occurring(steps), [steps]);
  const nameOf = (sid: number): string => {
    const device = builder.session.setup.devices.find((one) => one.sids.includes(sid));
    const hex = `0x${sid.toString(16)}`;
    return device === undefined ? hex : `${hex} (${device.name})`;
  };
  const change = (part: Partial<StepFilter>): void => onChange({ ...filter, ...part });
  return (
    <>
      {head.runs.length > 1 ? (
        <select
          className="select"
          aria-label="Run"
          value={run}
          onChange={(event) => void chooseRun(Number(event.currentTarget.value))}
        >
          {head.runs.map((one, at) => (
            <option key={one.first} value={at}>
              run {at + 1} of {head.runs.length}
            </option>
          ))}
        </select>
      ) : null}
      <input
        className="input"
        type="search"
        placeholder="Filter"
        aria-label="Steps with these words"
        value={filter.text}
        onChange={(event) => change({ text: event.currentTarget.value })}
      />
      <select
        className="select"
        aria-label="Steps of a StreamID"
        value={filter.sid ?? ""}
        onChange={({ currentTarget: { value } }) => change({ sid: value === "" ? null : Number(value) })}
      >
        <option value="">every StreamID</option>
        {sids.map((sid) => (
          <option key={sid} value={sid}>
            {nameOf(sid)}
          </option>
        ))}
      </select>
      <select
        className="select"
        aria-label="Steps with an event"
        value={filter.event ?? ""}
        onChange={({ currentTarget: { value } }) => change({ event: value === "" ? null : value })}
      >
        <option value="">every event</option>
        {events.map((event) => (
          <option key={event} value={event}>
            {event}
          </option>
        ))}
      </select>
      {differing === 0 ? null : (
        <>
          <Button aria-pressed={filter.differing} onClick={() => change({ differing: !filter.differing })}>
            {differing} differ
          </Button>
          <Button onClick={onNextDiffering}>Next</Button>
        </>
      )}
      {isFiltered(filter) ? (
        <Button look="quiet" onClick={() => onChange(NO_FILTER)}>
          Show all
        </Button>
      ) : null}
    </>
  );
}
