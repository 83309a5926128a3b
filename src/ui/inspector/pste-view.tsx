/** The physical STE, as written: word by word, field by field. Nobody but the host kernel may write it. */
import { deviceFacts } from "../../engine/observe.ts";
import { useSession } from "../state/session-store.ts";
import { Section } from "../widgets/section.tsx";
import { FieldList, hex } from "./field-list.tsx";
import { SubjectLink } from "./subject-link.tsx";
import { VerdictSection } from "./verdict-section.tsx";
import { WordBits } from "./word-bits.tsx";

export function PsteView({ dev }: { readonly dev: number }) {
  const world = useSession((session) => session.world);
  const stes = world.hw.devices[dev]?.stes ?? [];
  const facts = deviceFacts(world, dev);
  const spec = world.setup.devices[dev];
  if (spec === undefined) return null;
  return (
    <>
      <VerdictSection dev={dev} />
      <Section id="pste-place" title="Where it stands">
        <FieldList
          rows={[
            { name: "device", value: <SubjectLink to={{ kind: "device", dev }}>{spec.name}</SubjectLink> },
            {
              name: "stream table of",
              value: (
                <SubjectLink to={{ kind: "psmmu", p: spec.psmmu }}>
                  {world.setup.psmmus[spec.psmmu]?.name}
                </SubjectLink>
              ),
            },
            { name: "says", value: facts.pste },
          ]}
        />
      </Section>
      {stes.map((ste, at) => (
        <Section key={spec.sids[at]} id="pste-words" title={`STE ${hex(spec.sids[at] ?? 0)}`}>
          <WordBits words={ste} />
        </Section>
      ))}
    </>
  );
}
