/** The registers of one vSMMU that everybody wants at hand, and the way to all others. */
import { CR0 } from "../../engine/arch/smmu.ts";
import { useSelection } from "../state/selection-store.ts";
import { useSession } from "../state/session-store.ts";
import { Act, play, usePreviewHint } from "../widgets/act.tsx";
import { Button } from "../widgets/button.tsx";
import { Section } from "../widgets/section.tsx";
import { Segmented, type SegmentedOption } from "../widgets/segmented.tsx";
import { RegisterWriter } from "./register-writer.tsx";
import { useChosenVsmmu } from "./shown-vsmmu.ts";

/** GBPA bit 20. */
const GBPA_ABORT = 0x10_0000;

function VsmmuChooser({ v }: { readonly v: number }) {
  const vsmmus = useSession((session) => session.node.setup.vsmmus);
  const choose = (next: number): void => {
    useChosenVsmmu.setState({ v: next });
    useSelection.getState().select({ kind: "vsmmu", v: next });
  };
  if (vsmmus.length > 4) {
    return (
      <select
        className="select"
        aria-label="vSMMU"
        value={v}
        onChange={(event) => choose(Number(event.currentTarget.value))}
      >
        {vsmmus.map(({ name }, at) => (
          <option key={name} value={at}>
            {name}
          </option>
        ))}
      </select>
    );
  }
  return (
    <Segmented
      label="vSMMU"
      value={String(v)}
      options={vsmmus.map(({ name }, at) => ({ value: String(at), label: name }))}
      onChoose={(next) => choose(Number(next))}
    />
  );
}

type Tone = NonNullable<SegmentedOption<string>["tone"]>;

interface BitProps {
  readonly label: string;
  readonly on: boolean;
  readonly lines: { readonly off: string; readonly on: string };
  readonly words?: { readonly off: string; readonly on: string };
  readonly tones?: { readonly off: Tone; readonly on: Tone };
}

function BitControl({ label, on, lines, words = { off: "0", on: "1" }, tones }: BitProps) {
  const offHint = usePreviewHint(lines.off);
  const onHint = usePreviewHint(lines.on);
  const options: SegmentedOption<"off" | "on">[] = [
    {
      value: "off",
      label: words.off,
      hint: offHint,
      ...(tones?.off === undefined ? {} : { tone: tones.off }),
    },
    { value: "on", label: words.on, hint: onHint, ...(tones?.on === undefined ? {} : { tone: tones.on }) },
  ];
  return (
    <div className="control-row">
      <span className="control-label">{label}</span>
      <Segmented
        label={label}
        value={on ? "on" : "off"}
        options={options}
        onChoose={(value) => play(lines[value])}
      />
    </div>
  );
}

export function VsmmuSection({ v }: { readonly v: number }) {
  const spec = useSession((session) => session.node.setup.vsmmus[v]);
  const regs = useSession((session) => session.world.qemu.smmus[v]?.regs);
  const several = useSession((session) => session.node.setup.vsmmus.length > 1);
  if (spec === undefined || regs === undefined) return null;
  const { name, bus } = spec;
  return (
    <Section
      id="vsmmu"
      title={`vSMMU ${name} · ${bus}`}
      aside={
        several ? (
          <VsmmuChooser v={v} />
        ) : (
          <Button
            look="quiet"
            className="control-inspect"
            onClick={() => useSelection.getState().select({ kind: "vsmmu", v })}
          >
            inspect
          </Button>
        )
      }
    >
      <BitControl
        label="SMMUEN"
        on={(regs.cr0 & CR0.SMMUEN) !== 0}
        lines={{ off: `cr0 ${name} -smmuen`, on: `cr0 ${name} +smmuen` }}
      />
      <BitControl
        label="GBPA.ABORT"
        on={(regs.gbpa & GBPA_ABORT) !== 0}
        words={{ off: "bypass", on: "abort" }}
        tones={{ off: "bypass", on: "abort" }}
        lines={{ off: `gbpa ${name} bypass`, on: `gbpa ${name} abort` }}
      />
      <BitControl
        label="EVENTQEN"
        on={(regs.cr0 & CR0.EVENTQEN) !== 0}
        lines={{ off: `cr0 ${name} -eventqen`, on: `cr0 ${name} +eventqen` }}
      />
      <div className="control-buttons">
        <Act line={`cfgi ${name} all`} note="CFGI_ALL, then SYNC">
          CFGI_ALL
        </Act>
        <RegisterWriter v={v} />
        <Act line="reset" note="System reset: all phases, all vSMMUs" testid="act-reset" long>
          Reset VM
        </Act>
      </div>
    </Section>
  );
}
