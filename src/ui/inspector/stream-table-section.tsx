/** The streams of this vSMMU's devices and what their STEs say; any other StreamID can be asked for. */
import { useState } from "react";
import { placementOf } from "../../engine/observe.ts";
import type { World } from "../../engine/world.ts";
import { useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import { RuleLink } from "../widgets/rule-link.tsx";
import { Section } from "../widgets/section.tsx";
import { hex } from "./field-list.tsx";
import { guestSte } from "./guest-table.ts";
import { HexInput } from "./hex-input.tsx";
import { steWord } from "./ste-word.ts";
import { SubjectLink } from "./subject-link.tsx";

const MOST = 64;

function streams(world: World, v: number): readonly { readonly sid: number; readonly name: string }[] {
  return world.setup.devices
    .flatMap(({ name }, dev) => {
      const placement = placementOf(world, dev);
      return placement?.vsmmu === v ? [{ sid: placement.sid, name }] : [];
    })
    .sort((a, b) => a.sid - b.sid);
}

export function StreamTableSection({ v }: { readonly v: number }) {
  const world = useSession((session) => session.world);
  const [sid, setSid] = useState(0x100n);
  const all = streams(world, v);
  return (
    <Section id="stream-table" title="Stream table">
      {all.length === 0 ? (
        <p className="inspector-none">No device is behind this vSMMU.</p>
      ) : (
        <ul className="plain-list">
          {all.slice(0, MOST).map((one) => {
            const found = guestSte(world, v, one.sid);
            return (
              <li key={one.sid} className="stream">
                <SubjectLink to={{ kind: "ste", v, sid: one.sid }}>STE {hex(one.sid)}</SubjectLink>
                <span className="inspector-kind">{one.name}</span>
                {found?.kind === "ste" ? (
                  <span className="mono">{steWord(found.words)}</span>
                ) : (
                  <span>no STE {found === null ? "" : <RuleLink id={found.rule} />}</span>
                )}
              </li>
            );
          })}
          {all.length > MOST ? <li>and {all.length - MOST} more</li> : null}
        </ul>
      )}
      <div className="register-whole">
        <HexInput label="StreamID" value={sid} bits={32} onChange={setSid} />
        <Button onClick={() => useSelection.getState().select({ kind: "ste", v, sid: Number(sid) })}>
          Open this STE
        </Button>
      </div>
    </Section>
  );
}
