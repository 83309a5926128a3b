/** The DMA probe: choose a transaction, see its way hop by hop, where must and does part, and who sees which event. */
import { useState } from "react";
import { decodeEvent } from "../../engine/arch/events.ts";
import type { Hop } from "../../engine/arch/oracle-types.ts";
import { deviceFacts } from "../../engine/observe.ts";
import type { ResultValue } from "../../engine/outcome.ts";
import { previewLine } from "../state/preview.ts";
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { RuleText } from "../widgets/rule-text.tsx";
import { Section } from "../widgets/section.tsx";
import { hex } from "./field-list.tsx";
import { HexInput } from "./hex-input.tsx";
import { pairHops, probe } from "./probe.ts";

function HopCell({ hop }: { readonly hop: Hop | null }) {
  if (hop === null) return <span className="hop-none">not asked</span>;
  return (
    <>
      <span className="hop-note">{hop.note}</span>
      {hop.addr === null ? null : <span className="mono">{hex(hop.addr)}</span>}
    </>
  );
}

const field = (result: ResultValue, key: string): ResultValue =>
  typeof result === "object" && result !== null && !Array.isArray(result)
    ? ((result as { readonly [name: string]: ResultValue })[key] ?? null)
    : null;

const list = (value: ResultValue): string =>
  Array.isArray(value)
    ? value.length === 0
      ? "none"
      : value.join(", ")
    : value === null
      ? "none"
      : String(value);

function EventFate({ line }: { readonly line: string }) {
  const preview = previewLine(line);
  if (!preview.ok || preview.outcome.rejected) return null;
  const { result } = preview.outcome;
  const lost = field(result, "lost");
  return (
    <dl className="fields">
      <div className="fields-row">
        <dt>event due</dt>
        <dd>{list(field(result, "expected"))}</dd>
      </div>
      <div className="fields-row">
        <dt>guest sees</dt>
        <dd>{list(field(result, "events"))}</dd>
      </div>
      {lost === null ? null : (
        <div className="fields-row">
          <dt>lost</dt>
          <dd>
            {list(field(lost, "event"))} at {list(field(lost, "at"))}: {list(field(lost, "why"))}
          </dd>
        </div>
      )}
    </dl>
  );
}

export function ProbeSection({ dev }: { readonly dev: number }) {
  const world = useSession((session) => session.world);
  const name = world.setup.devices[dev]?.name ?? "";
  const standard = deviceFacts(world, dev).iova;
  const [asked, setAsked] = useState<bigint | null>(null);
  const [write, setWrite] = useState(false);
  const [ssid, setSsid] = useState<bigint | null>(null);
  const iova = asked ?? standard;
  const line = [
    `dma ${name} iova=${hex(iova)}`,
    ...(write ? ["write"] : []),
    ...(ssid === null ? [] : [`ssid=${ssid}`]),
  ].join(" ");
  const { must, does } = probe(world, dev, {
    iova,
    write,
    ssid: ssid === null ? null : Number(ssid),
    ats: "none",
    priv: false,
    inst: false,
  });
  const pairs = pairHops(must?.path ?? [], does.path ?? []);
  const parting = pairs.findIndex(({ same }) => !same);
  return (
    <Section id="probe" title="DMA probe">
      <div className="probe-ask">
        <HexInput label="IOVA" value={iova} bits={64} onChange={setAsked} />
        <label className="form-check">
          <input
            type="checkbox"
            checked={write}
            onChange={(event) => setWrite(event.currentTarget.checked)}
          />
          write
        </label>
        <label className="form-check">
          <input
            type="checkbox"
            checked={ssid !== null}
            onChange={(event) => setSsid(event.currentTarget.checked ? 1n : null)}
          />
          SSID
        </label>
        {ssid === null ? null : <HexInput label="SubstreamID" value={ssid} bits={20} onChange={setSsid} />}
      </div>
      <table className="table table-tight hops" data-testid="hops">
        <thead>
          <tr>
            <th scope="col">hop</th>
            <th scope="col">must</th>
            <th scope="col">does</th>
          </tr>
        </thead>
        <tbody>
          {pairs.map((pair, at) => {
            const what = pair.must?.what ?? pair.does?.what ?? "";
            const key = `${at} ${what}`;
            return (
              <tr key={key} data-parts={at === parting || undefined}>
                <th scope="row">{what}</th>
                <td>
                  <HopCell hop={pair.must} />
                </td>
                <td>
                  <HopCell hop={pair.does} />
                </td>
              </tr>
            );
          })}
          <tr className="hops-end">
            <th scope="row">so</th>
            <td>
              {must === null ? "no promise" : must.cls}
              {must?.output == null ? "" : ` → ${hex(must.output)}`}
            </td>
            <td>
              {does.cls}
              {does.output === null ? "" : ` → ${hex(does.output)}`}
              {does.tlb === "hit" ? " (TLB hit)" : ""}
            </td>
          </tr>
        </tbody>
      </table>
      {must === null ? null : <RuleText id={must.rule} />}
      <RuleText id={does.rule} />
      {does.event === null ? null : (
        <p className="verdict-why">
          The physical SMMU records {decodeEvent(does.event).name} for SID {hex(decodeEvent(does.event).sid)}.
        </p>
      )}
      <EventFate line={line} />
      <div className="control-buttons">
        <Act line={line}>Play this DMA</Act>
      </div>
    </Section>
  );
}
