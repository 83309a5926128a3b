/** One device: where it stands, and what can be done to it. */
import { deviceFacts } from "../../engine/observe.ts";
import { ATTACHED_KIND, ATTACHED_WORD } from "../state/describe.ts";
import { sameSubject, useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { StateTag } from "../theme/icons.tsx";
import { Act } from "../widgets/act.tsx";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Menu } from "../widgets/menu.tsx";
import { moreGroups, plugGroups, steGroups } from "./device-groups.tsx";

const printBdf = (rid: number): string =>
  `${(rid >> 8).toString(16).padStart(2, "0")}:${((rid >> 3) & 31).toString(16).padStart(2, "0")}.${rid & 7}`;

const hex = (value: number): string => `0x${value.toString(16)}`;

export function DeviceRow({ dev }: { readonly dev: number }) {
  const world = useSession((session) => session.world);
  const chosen = useSelection(({ selected }) => sameSubject(selected, { kind: "device", dev }));
  const spec = world.setup.devices[dev];
  const qemu = world.qemu.devices[dev];
  if (spec === undefined) return null;
  const { name } = spec;
  const facts = deviceFacts(world, dev);
  const phase = qemu?.phase ?? "absent";
  const v = phase === "absent" ? null : (world.setup.vsmmus[qemu?.vsmmu ?? 0]?.name ?? null);
  const { placement } = facts;
  return (
    <div className="device" data-testid={`device-${name}`} data-chosen={chosen || undefined}>
      <div className="device-head">
        <button
          type="button"
          className="device-name"
          aria-pressed={chosen}
          onClick={() => useSelection.getState().select({ kind: "device", dev })}
          onPointerEnter={() => useSelection.getState().hover({ kind: "device", dev })}
          onPointerLeave={() => useSelection.getState().hover(null)}
        >
          <b>{name}</b>{" "}
          <span className="device-where">
            {placement === null ? `host SID ${hex(spec.sids[0] ?? 0)}` : `${v} ${printBdf(placement.sid)}`}
          </span>
        </button>
        <StateTag name={ATTACHED_KIND[facts.attached]} text={ATTACHED_WORD[facts.attached]} />
        {facts.diverges === null ? null : <StateTag name="diverges" text={facts.diverges} solid />}
      </div>
      <div className="control-buttons">
        {phase === "absent" ? (
          <Menu
            label={`Plug ${name}`}
            trigger={
              <Button data-testid={`plug-${name}`}>
                plug into <Glyph name="down" className="picker-arrow" />
              </Button>
            }
            groups={() => plugGroups(name, world.setup.vsmmus)}
          />
        ) : (
          <>
            <Act
              line={`dma ${name}`}
              label={`DMA from ${name}`}
              testid={`dma-${name}`}
              note="One read: what must happen, and what does"
            >
              DMA
            </Act>
            {v === null || placement === null ? null : (
              <Menu
                label={`STE of ${name}`}
                trigger={
                  <Button data-testid={`ste-${name}`} aria-label={`STE of ${name}`}>
                    STE <Glyph name="down" className="picker-arrow" />
                  </Button>
                }
                groups={() => steGroups(v, placement.sid)}
              />
            )}
            {phase === "unrealized" ? (
              <Act line={`finalize ${name}`}>finalize</Act>
            ) : (
              <Act line={`unplug ${name}`} label={`Unplug ${name}`} testid={`unplug-${name}`}>
                unplug
              </Act>
            )}
          </>
        )}
        <Menu
          label={`More for ${name}`}
          align="end"
          trigger={
            <Button look="quiet" icon aria-label={`More for ${name}`}>
              <Glyph name="more" />
            </Button>
          }
          groups={() => moreGroups(name, v, phase)}
        />
      </div>
    </div>
  );
}
