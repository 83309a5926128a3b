/**
 * The lab as one HTML file that runs from disk: scripts, styles, fonts and workers are all inside, the big script packed.
 * The policy names the unpacking script and the packed one by their checksums, so that nothing else can run.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const sha256 = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Every browser that runs the page reads WOFF 2; the older form would only add weight. */
const withoutWoff = (css: string): string =>
  css.replace(/,\s*url\(["']?data:font\/woff;base64,[^)]*\)\s*format\(["']?woff["']?\)/g, "");

/** Puts what `#packed` holds back as the script that it is; the policy knows that script, too. */
const UNPACK = `
const packed = document.getElementById("packed");
const bytes = Uint8Array.from(atob(packed.textContent), (c) => c.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
const script = document.createElement("script");
script.type = "module";
script.textContent = await new Response(stream).text();
packed.replaceWith(script);
`;

const oneFile: Plugin = {
  name: "one-file",
  apply: "build",
  enforce: "post",
  config: () => ({ build: { rolldownOptions: { output: { codeSplitting: false } } } }),
  generateBundle(_, bundle) {
    const html = Object.values(bundle).find((file) => file.fileName.endsWith(".html"));
    if (html === undefined || html.type !== "asset") throw new Error("the build has no page");
    const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
    const [chunk, ...more] = chunks;
    if (chunk === undefined || more.length > 0)
      throw new Error(`the build has ${chunks.length} scripts, not one`);
    const styles = Object.values(bundle).flatMap((file) =>
      file.type === "asset" && file.fileName.endsWith(".css") ? [withoutWoff(String(file.source))] : [],
    );
    // With everything in one script there is nothing to load ahead; the bundler's mark for it would stay.
    let code = chunk.code.replaceAll("__VITE_PRELOAD__", "void 0");
    // Workers that were built as files of their own become blobs of this one.
    for (const file of Object.values(bundle)) {
      if (file.type !== "asset" || !file.fileName.endsWith(".js")) continue;
      const source = JSON.stringify(String(file.source));
      const name = file.fileName.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/^assets\//, "(?:assets/)?");
      const use = new RegExp(
        `new URL\\((?:/\\* @vite-ignore \\*/)?\\s*["'\`](?:\\./)?${name}["'\`],\\s*import\\.meta\\.url\\)(?:\\.href)?`,
        "g",
      );
      // A page from disk has no origin, and Chromium starts no module worker there; built as one script, it needs none.
      const module = new RegExp(`(${use.source}[^;]{0,120}?)type:\\s*["'\`]module["'\`]`, "g");
      code = code.replace(module, '$1type:"classic"');
      const before = code;
      code = code.replace(use, () => `URL.createObjectURL(new Blob([${source}],{type:"text/javascript"}))`);
      if (code === before) throw new Error(`${file.fileName} is used in a way that cannot be inlined`);
    }
    const policy = [
      "default-src 'none'",
      `script-src ${sha256(UNPACK)} ${sha256(code)}`,
      "style-src 'unsafe-inline'",
      "font-src data:",
      "img-src data: blob:",
      "worker-src blob:",
      "base-uri 'none'",
      "form-action 'none'",
    ].join("; ");
    let page = String(html.source)
      .replace(/<script type="module"[^>]*><\/script>\s*/, "")
      .replace(/<link rel="(?:stylesheet|modulepreload|icon|manifest)"[^>]*>\s*/g, "")
      .replace(
        /(http-equiv="Content-Security-Policy"\s+content=")[^"]*/,
        () => `http-equiv="Content-Security-Policy" content="${policy}`,
      );
    const style = styles.map((css) => `<style>${css.replaceAll("</style", "<\\/style")}</style>`).join("\n");
    const packed = gzipSync(code, { level: 9 }).toString("base64");
    // Behind the body: an inline module runs when the page has been read.
    page = page
      .replace("</head>", () => `${style}\n</head>`)
      .replace(
        "</body>",
        () =>
          `<script type="application/gzip" id="packed">${packed}</script>\n<script type="module">${UNPACK}</script>\n</body>`,
      );
    html.source = page;
    html.fileName = "vsmmu-lab.html";
    for (const [name, file] of Object.entries(bundle)) if (file !== html) delete bundle[name];
  },
};

export default defineConfig({
  plugins: [react(), oneFile],
  base: "./",
  publicDir: false,
  build: {
    outDir: "dist-single",
    target: "es2023",
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 4000,
    modulePreload: false,
  },
  worker: { format: "iife" },
});
