/** Whole sequences of the Linux guest's driver, each shown as its single writes in the timeline. */
import { useSession } from "../state/session-store.ts";
import { Act } from "../widgets/act.tsx";
import { Section } from "../widgets/section.tsx";

const SEQUENCES: readonly { readonly verb: string; readonly label: string; readonly note: string }[] = [
  { verb: "probe", label: "probe", note: "The driver finds the vSMMU, builds its tables and enables it" },
  { verb: "shutdown", label: "shutdown", note: "Orderly shutdown: CR0=0" },
  { verb: "kexec", label: "kexec", note: "Shutdown, then another kernel probes" },
  { verb: "crash-kexec", label: "crash kexec", note: "Another kernel probes without a shutdown" },
];

export function GuestSection({ v }: { readonly v: number }) {
  const name = useSession((session) => session.node.setup.vsmmus[v]?.name ?? "");
  return (
    <Section id="guest" title="Guest driver">
      <div className="control-buttons">
        {SEQUENCES.map(({ verb, label, note }) => (
          <Act key={verb} line={`guest ${name} ${verb}`} note={note} long>
            {label}
          </Act>
        ))}
      </div>
    </Section>
  );
}
