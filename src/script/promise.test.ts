/** The Δ column of model/smmuv3.md section 6: which write of a sequence changes which answer, events included. */
import { describe, expect, test } from "vitest";
import { play } from "./play.test-helper.ts";

/** `text: stream before -> after` of every part of the last line that changed something. */
function deltas(lines: readonly string[]): readonly string[] {
  const { last, failed } = play(lines);
  expect(failed).toEqual([]);
  expect(last.ok).toBe(true);
  return last.parts.flatMap(
    (p: { text: string; delta: { [stream: string]: { before: string; after: string } } }) =>
      Object.entries(p.delta).map(([stream, d]) => `${p.text}: ${stream} ${d.before} -> ${d.after}`),
  );
}

const PLUGGED = [
  "vsmmu v0 ssidsize=10 ats=on",
  "psmmu p0 ssid-bits=20",
  "device d0",
  "plug d0 v0",
  "machine-start",
];
const PROBED = [...PLUGGED, "guest v0 probe rmr=off"];

describe("what each part of a Linux sequence promises", () => {
  test("6.1 step 15, two-level, no RMR: GBPA's bypass, then C_BAD_STREAMID", () => {
    expect(deltas(PROBED)).toEqual([
      "W CR0=0x1d: d0 pass-bypass -> abort+c-bad-streamid,pass-bypass",
      "P CR0ACK==0x1d: d0 abort+c-bad-streamid,pass-bypass -> abort+c-bad-streamid",
    ]);
  });

  test("6.2: the L1STD's store alone turns C_BAD_STREAMID into the silent abort", () => {
    expect(deltas([...PROBED, "guest v0 add d0"])).toEqual([
      "M L1STD[0x1]=0x44004009: d0 abort+c-bad-streamid -> abort",
    ]);
  });

  test("6.4, S1 domain to S1 domain in place: C_BAD_CD in between", () => {
    expect(deltas([...PROBED, "guest v0 attach d0", "guest v0 attach d0"])).toEqual([
      "M CD.Q0[0x100,0]=0x0: d0 pass-s1 -> abort+c-bad-cd,pass-s1",
      "C CFGI_CD(0x100,0), S: d0 abort+c-bad-cd,pass-s1 -> abort+c-bad-cd",
      "M CD.Q0[0x100,0]=0x2e204c0003510: d0 abort+c-bad-cd -> pass-s1,abort+c-bad-cd",
      "C CFGI_CD(0x100,0), S: d0 pass-s1,abort+c-bad-cd -> pass-s1",
    ]);
  });

  test("6.5: a PASID is traffic of its own, from C_BAD_CD to S1 and back", () => {
    const attached = [...PROBED, "guest v0 attach d0"];
    expect(deltas([...attached, "guest v0 pasid d0 ssid=3"])).toEqual([
      "M CD.Q0[0x100,3]=0x2e204c0003510: d0 ssid=3 abort+c-bad-cd -> pass-s1,abort+c-bad-cd",
      "C CFGI_CD(0x100,3), S: d0 ssid=3 pass-s1,abort+c-bad-cd -> pass-s1",
    ]);
    expect(deltas([...attached, "guest v0 pasid d0 ssid=3", "guest v0 pasid-detach d0 ssid=3"])).toEqual([
      "M CD.Q0[0x100,3]=0x0: d0 ssid=3 pass-s1 -> abort+c-bad-cd,pass-s1",
      "C CFGI_CD(0x100,3), S: d0 ssid=3 abort+c-bad-cd,pass-s1 -> abort+c-bad-cd",
    ]);
  });

  test("6.5: blocked with a PASID in use is F_STREAM_DISABLED for the rest", () => {
    expect(
      deltas([...PROBED, "guest v0 attach d0", "guest v0 pasid d0 ssid=3", "guest v0 block d0"]),
    ).toEqual([
      "M STE.Q1[0x100]=0x100000d4: d0 pass-s1 -> abort+f-stream-disabled,pass-s1",
      "C CFGI_STE(0x100), S: d0 abort+f-stream-disabled,pass-s1 -> abort+f-stream-disabled",
    ]);
  });

  test("6.7, crash kexec: S1, abort by GBPA, then C_BAD_STREAMID that nobody records", () => {
    expect(deltas([...PROBED, "guest v0 attach d0", "guest v0 crash-kexec rmr=off"])).toEqual([
      "W CR0=0x0: d0 pass-s1 -> abort,pass-s1",
      "P CR0ACK==0x0: d0 abort,pass-s1 -> abort",
      // SMMUEN comes and EVENTQEN goes with one write: an event is possible only in between.
      "W CR0=0x19: d0 abort -> abort+c-bad-streamid,abort",
      "P CR0ACK==0x19: d0 abort+c-bad-streamid,abort -> abort",
    ]);
  });
});
