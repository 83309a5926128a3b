/** A guest STE: where it lies, what it says, what architecture, QEMU and host make of it, and an editor. */
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { RuleText } from "../widgets/rule-text.tsx";
import { Section } from "../widgets/section.tsx";
import { FieldList, hex } from "./field-list.tsx";
import { guestSte } from "./guest-table.ts";
import { SteEditor } from "./ste-editor.tsx";
import { steWord } from "./ste-word.ts";
import { SubjectLink } from "./subject-link.tsx";

export function SteView({ v, sid }: { readonly v: number; readonly sid: number }) {
  const world = useSession((session) => session.world);
  const name = world.setup.vsmmus[v]?.name ?? "";
  const found = guestSte(world, v, sid);
  if (found === null) return null;
  return (
    <>
      <Section id="ste-place" title="Where it lies">
        <FieldList
          rows={[
            { name: "vSMMU", value: <SubjectLink to={{ kind: "vsmmu", v }}>{name}</SubjectLink> },
            { name: "address", value: found.kind === "ste" ? hex(found.addr) : "nowhere" },
            { name: "says", value: found.kind === "ste" ? steWord(found.words) : "there is no STE" },
          ]}
        />
        {found.kind === "none" ? (
          <>
            <RuleText id={found.rule} />
            <div className="control-buttons">
              <Act line={`strtab ${name}`} note="A linear table, all V=0">
                Linear table
              </Act>
              <Act line={`strtab ${name} fmt=2lvl`} note="Two levels, every span 0">
                Two-level table
              </Act>
              <Act line={`ste ${name} ${hex(sid)} bypass`}>Store a bypass STE</Act>
            </div>
          </>
        ) : null}
      </Section>
      {found.kind === "ste" ? (
        <SteEditor key={found.words.join()} v={v} sid={sid} stored={found.words} />
      ) : null}
    </>
  );
}
