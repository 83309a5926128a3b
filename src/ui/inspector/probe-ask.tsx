/** What the endpoint is to put on the bus: address, direction, SubstreamID, ATS, privilege. */
import type { HwTxn } from "../../engine/hardware/translate.ts";
import { Segmented, type SegmentedOption } from "../widgets/segmented.tsx";
import { hex } from "./field-list.tsx";
import { HexInput } from "./hex-input.tsx";

const ATS: readonly SegmentedOption<HwTxn["ats"]>[] = [
  { value: "none", label: "no ATS" },
  { value: "request", label: "ATS request" },
  { value: "translated", label: "ATS translated" },
];

/** The script line that sends this transaction. */
export function probeLine(name: string, txn: HwTxn): string {
  return [
    `dma ${name} iova=${hex(txn.iova)}`,
    ...(txn.ssid === null ? [] : [`ssid=${txn.ssid}`]),
    ...(txn.ats === "none" ? [] : [`ats=${txn.ats}`]),
    ...(txn.write ? ["write"] : []),
    ...(txn.priv ? ["priv"] : []),
    ...(txn.inst ? ["inst"] : []),
  ].join(" ");
}

interface ProbeAskProps {
  readonly txn: HwTxn;
  onChange(change: Partial<HwTxn>): void;
}

export function ProbeAsk({ txn, onChange }: ProbeAskProps) {
  const flag = (key: "write" | "priv" | "inst", text: string) => (
    <label className="form-check">
      <input
        type="checkbox"
        checked={txn[key]}
        onChange={(event) => onChange({ [key]: event.currentTarget.checked })}
      />
      {text}
    </label>
  );
  return (
    <>
      <div className="probe-ask">
        <HexInput label="IOVA" value={txn.iova} bits={64} onChange={(iova) => onChange({ iova })} />
        {flag("write", "write")}
        <label className="form-check">
          <input
            type="checkbox"
            checked={txn.ssid !== null}
            onChange={(event) => onChange({ ssid: event.currentTarget.checked ? 1 : null })}
          />
          SSID
        </label>
        {txn.ssid === null ? null : (
          <HexInput
            label="SubstreamID"
            value={BigInt(txn.ssid)}
            bits={20}
            onChange={(ssid) => onChange({ ssid: Number(ssid) })}
          />
        )}
      </div>
      <div className="probe-ask">
        <Segmented label="ATS" value={txn.ats} options={ATS} onChoose={(ats) => onChange({ ats })} />
      </div>
      <div className="probe-ask">
        {flag("priv", "privileged")}
        {flag("inst", "instruction fetch")}
      </div>
    </>
  );
}
