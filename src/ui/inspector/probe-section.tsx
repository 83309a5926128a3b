/** The DMA probe: choose a transaction, see its way hop by hop, where must and does part, and who sees which event. */
import { useState } from "react";
import { decodeEvent } from "../../engine/arch/events.ts";
import type { Answer, Hop } from "../../engine/arch/oracle-types.ts";
import { legalWord } from "../../engine/guest/dma.ts";
import type { HwTxn } from "../../engine/hardware/translate.ts";
import { deviceFacts } from "../../engine/observe.ts";
import type { ResultValue } from "../../engine/outcome.ts";
import { previewLine } from "../state/preview.ts";
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { RuleText } from "../widgets/rule-text.tsx";
import { Section } from "../widgets/section.tsx";
import { hex } from "./field-list.tsx";
import { GUEST_ONLY, HOST_ONLY, pairHops, partingRow, probe } from "./probe.ts";
import { ProbeAsk, probeLine } from "./probe-ask.tsx";

function HopCell({ hop, absent }: { readonly hop: Hop | null; readonly absent: string }) {
  if (hop === null) return <span className="hop-none">{absent}</span>;
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
  const dropped = field(result, "dropped");
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
      {dropped === null ? null : (
        <div className="fields-row">
          <dt>not recorded</dt>
          <dd>
            {list(field(dropped, "event"))}: {list(field(dropped, "why"))}
          </dd>
        </div>
      )}
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

const answerKey = (a: Answer): string => `${a.cls} ${a.output} ${a.event?.words.join()}`;

const PLAIN = { write: false, ssid: null, ats: "none", priv: false, inst: false } as const;
const NO_CHANGE: Partial<HwTxn> = {};

export function ProbeSection({ dev }: { readonly dev: number }) {
  const world = useSession((session) => session.world);
  const name = world.setup.devices[dev]?.name ?? "";
  const [asked, setAsked] = useState(NO_CHANGE);
  const txn: HwTxn = { ...PLAIN, iova: deviceFacts(world, dev).iova, ...asked };
  const line = probeLine(name, txn);
  const { must, legal, due, does, agrees } = probe(world, dev, txn);
  const pairs = pairHops(must?.path ?? [], does.path ?? []);
  const parting = agrees ? -1 : partingRow(pairs);
  return (
    <Section id="probe" title="DMA probe">
      <ProbeAsk txn={txn} onChange={(change) => setAsked({ ...asked, ...change })} />
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
            const what = [...new Set([pair.must?.what ?? [], pair.does?.what ?? []].flat())].join("/");
            const key = `${at} ${what}`;
            return (
              <tr key={key} data-parts={at === parting || undefined}>
                <th scope="row">{what}</th>
                <td>
                  <HopCell
                    hop={pair.must}
                    absent={pair.does && HOST_ONLY.has(pair.does.what) ? "the host's" : "not asked"}
                  />
                </td>
                <td>
                  <HopCell
                    hop={pair.does}
                    absent={pair.must && GUEST_ONLY.has(pair.must.what) ? "the guest's" : "not asked"}
                  />
                </td>
              </tr>
            );
          })}
          <tr className="hops-end" data-parts={parting === pairs.length || undefined}>
            <th scope="row">so</th>
            <td>
              {legal.length === 0 ? "no promise" : null}
              {legal.map((answer, at) => (
                <p
                  key={answerKey(answer)}
                  className="hops-answer"
                  data-happened={answer === due || undefined}
                >
                  {at === 0 ? "" : "or still "}
                  {legalWord(answer.cls)}
                  {answer.output === null ? "" : ` → ${hex(answer.output)}`}
                  {answer.event === null ? "" : `, ${answer.event.name}`}
                </p>
              ))}
            </td>
            <td>
              {does.cls}
              {does.output === null ? "" : ` → ${hex(does.output)}`}
              {does.tlb === "hit" ? " (TLB hit)" : ""}
              {does.event === null ? "" : `, ${decodeEvent(does.event).name}`}
            </td>
          </tr>
        </tbody>
      </table>
      {[...new Set([...(must === null ? [] : [must.rule]), ...legal.map(({ rule }) => rule), does.rule])].map(
        (id) => (
          <RuleText key={id} id={id} />
        ),
      )}
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
