import { expect, test } from "vitest";
import { encodeEvent } from "../../engine/arch/events.ts";
import { eventDetail } from "./event-text.ts";

test.each([
  [{ code: 0x10, sid: 0x100, rnw: true, cls: 2, addr: 0x9000n }, "SID 0x100, read of 0x9000, class IN"],
  [
    { code: 0x13, sid: 0x100, ssid: 3, pnu: true, ind: true, rnw: true, cls: 2, addr: 0x9000n },
    "SID 0x100, SSID 3, privileged instruction read of 0x9000, class IN",
  ],
  [{ code: 0x04, sid: 0x100, addr: 0x9000n, rnw: true }, "SID 0x100"],
  [{ code: 0x08, sid: 0x100, ssid: 16 }, "SID 0x100, SSID 16"],
  [{ code: 0x09, sid: 0x100, ipa: 0x5000n }, "SID 0x100, fetch of 0x5000"],
  [{ code: 0x07, sid: 0x100, addr: 0x9000n }, "SID 0x100, write of 0x9000"],
  [
    { code: 0x10, sid: 1, s2: true, stall: true, stag: 7, addr: 0x9000n, ipa: 0x8000n },
    "SID 0x1, write of 0x9000, class CD, stage 2, IPA 0x8000, stalled, STAG 7",
  ],
] as const)("%o", (record, text) => {
  expect(eventDetail(encodeEvent(record))).toBe(text);
});
