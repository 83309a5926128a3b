import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sceneOf } from "../../draw/scene.ts";
import { drawSvg } from "../../draw/svg.ts";
import { Session } from "../../script/session.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { crc32 } from "./crc32.ts";
import { readLink, writeLink } from "./link.ts";
import { embedInPng, linkInPng, linkInSvg } from "./picture.ts";
import { openShare, shareOf } from "./share.ts";

/** One black pixel, as any program writes it. */
const PNG = Uint8Array.from(
  atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="),
  (c) => c.charCodeAt(0),
);

function session(): Session {
  const s = Session.open('title "a & <b>"\nplug d0 v0\nmachine-start\n');
  if (!s.ok) throw new Error("unreadable");
  return s.value;
}

test("the checksum is PNG's: the end chunk's is the one every PNG has", () => {
  expect(crc32(Uint8Array.from("IEND", (c) => c.charCodeAt(0)))).toBe(0xae426082);
});

test("a PNG gives its session back; the picture around it is untouched", () => {
  const link = writeLink(shareOf(session()));
  const png = embedInPng(PNG, link);
  expect(png.length).toBe(PNG.length + link.length + "vsmmu-lab".length + 1 + 12);
  expect([...png.subarray(-12)]).toEqual([...PNG.subarray(-12)]);
  const found = linkInPng(png);
  expect(found).toEqual({ ok: true, value: link });
});

test("an SVG drawn by the lab opens again", () => {
  const s = session();
  const found = linkInSvg(drawSvg(sceneOf(s.world()), { embed: writeLink(shareOf(s)) }));
  if (!found.ok) throw new Error("no link");
  const share = readLink(found.value);
  const again = share.ok ? openShare(share.value) : share;
  expect(again.ok && again.value.data()).toEqual(s.data());
});

test("pictures without a session say so; others are no pictures", () => {
  expect(linkInPng(PNG)).toMatchObject({ problems: [expect.stringContaining("carries no session")] });
  expect(linkInSvg("<svg/>")).toMatchObject({ problems: [expect.stringContaining("carries no session")] });
  expect(linkInPng(new Uint8Array(3))).toMatchObject({ problems: ["This is not a PNG picture."] });
});

test("fuzz: a damaged PNG is no exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(60), (bytes, cut) => {
      linkInPng(new Uint8Array([...PNG.subarray(0, cut), ...bytes]));
    }),
  );
});

test("base64url: any bytes come back", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
    }),
  );
  expect(fromBase64url("A")).toBeNull();
  expect(fromBase64url("A+==")).toBeNull();
});
