/** Names and values, one a line. */
import type { ReactNode } from "react";
import { Terms } from "../widgets/terms.tsx";

export interface FieldRow {
  readonly name: string;
  readonly value: ReactNode;
  /** What it means. */
  readonly note?: string;
}

export function FieldList({ rows }: { readonly rows: readonly FieldRow[] }) {
  return (
    <dl className="fields">
      {rows.map(({ name, value, note }) => (
        <div key={name} className="fields-row">
          <dt title={note}>
            <Terms text={name} />
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export const hex = (value: number | bigint, digits = 0): string =>
  `0x${value.toString(16).padStart(digits, "0")}`;

export const yesNo = (value: boolean): string => (value ? "yes" : "no");
