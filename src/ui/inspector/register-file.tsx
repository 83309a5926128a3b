/** Every register: what the guest reads, field by field as switches and as hex; where QEMU and the architecture part. */
import { useState } from "react";
import { getField } from "../../engine/arch/bits.ts";
import { REGISTERS, type RegisterSpec } from "../../engine/arch/registers.ts";
import { type ArchSmmu, archAck } from "../../engine/arch/smmu.ts";
import { archRead } from "../../engine/arch/write.ts";
import { smmuPeek } from "../../engine/qemu/smmuv3.ts";
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { Section } from "../widgets/section.tsx";
import { hex } from "./field-list.tsx";
import { RegisterEditor } from "./register-editor.tsx";

/** What most readers come for; the rest is one press away. */
const OFTEN = new Set([
  "CR0",
  "CR0ACK",
  "GBPA",
  "GERROR",
  "GERRORN",
  "STRTAB_BASE",
  "STRTAB_BASE_CFG",
  "CMDQ_PROD",
  "CMDQ_CONS",
  "EVENTQ_PROD",
  "EVENTQ_CONS",
]);

/** The set fields, in a few words: `SMMUEN CMDQEN`, `LOG2SIZE=16`. */
function told(spec: RegisterSpec, value: bigint): string {
  return spec.fields
    .flatMap((field) => {
      const part = getField([value], field);
      if (part === 0n) return [];
      return [field.lo === field.hi ? field.name : `${field.name}=${part > 999n ? hex(part) : part}`];
    })
    .join(" ");
}

const handshakeOpen = (arch: ArchSmmu): boolean => archAck(arch) !== arch;

export function RegisterFile({ v }: { readonly v: number }) {
  const world = useSession((session) => session.world);
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const arch = world.guest.smmus[v]?.arch;
  if (arch === undefined) return null;
  const shown = REGISTERS.filter(({ name, needs }) => needs === null && (all || OFTEN.has(name)));
  return (
    <Section
      id="registers"
      title="Registers"
      aside={
        <button type="button" className="link" onClick={() => setAll(!all)}>
          {all ? "the often used" : "all"}
        </button>
      }
    >
      {handshakeOpen(arch) ? (
        <div className="handshake">
          <p className="verdict-why">
            A handshake is open: old and new value are both legal. QEMU completes every write at once.
          </p>
          <Act line={`ack ${world.setup.vsmmus[v]?.name ?? ""}`} note="CR0ACK, IRQ_CTRLACK and GBPA.Update">
            Complete it
          </Act>
        </div>
      ) : null}
      <ul className="registers" data-testid="registers">
        {shown.map((spec) => {
          const qemu = smmuPeek(world, v, spec.offset, spec.size);
          const promised = archRead(arch, spec.offset, spec.size);
          const unfolded = open === spec.name;
          return (
            <li key={spec.name} className="register" data-open={unfolded || undefined}>
              <button
                type="button"
                className="register-head"
                aria-expanded={unfolded}
                onClick={() => setOpen(unfolded ? null : spec.name)}
              >
                <Glyph name={unfolded ? "down" : "right"} className="picker-arrow" />
                <span className="register-name">{spec.name}</span>
                <span className="register-value">{hex(qemu, spec.size * 2)}</span>
                <span className="register-told">{told(spec, qemu)}</span>
              </button>
              {qemu === promised ? null : (
                <p className="register-apart">the architecture has {hex(promised, spec.size * 2)} here</p>
              )}
              {unfolded ? (
                <RegisterEditor key={`${spec.name} ${qemu}`} v={v} spec={spec} value={qemu} />
              ) : null}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
