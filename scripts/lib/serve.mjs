// A static server of our own for the built page: loopback only, strict headers, no dependency.
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { Failure } from "./failure.mjs";

export const HOST = "127.0.0.1";
export const DEFAULT_PORT = 4173;

/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".lab": "text/plain; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/**
 * The page's own policy, plus what only a header may say. It has one home, index.html, so that the page is as strict
 * on any other server as on this one.
 * @param {string} directory
 */
async function securityPolicy(directory) {
  const html = await readFile(join(directory, "index.html"), "utf8");
  const meta = /<meta\s+http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html);
  const policy = meta?.[1];
  if (policy === undefined) throw new Failure("index.html carries no Content-Security-Policy");
  return `${policy.replace(/\s+/g, " ").trim()}; frame-ancestors 'none'`;
}

/**
 * The file that a request path names, or undefined when it points outside of `directory` or is malformed.
 * @param {string} directory
 * @param {string} url
 */
function fileFor(directory, url) {
  let path;
  try {
    path = decodeURIComponent(url.replace(/[?#].*$/s, ""));
  } catch {
    return undefined;
  }
  if (path.includes("\0")) return undefined;
  const file = normalize(join(directory, path.endsWith("/") ? `${path}index.html` : path));
  return file.startsWith(directory + sep) ? file : undefined;
}

/**
 * @param {string} directory
 * @param {string} policy
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
async function answer(directory, policy, request, response) {
  response.setHeader("Content-Security-Policy", policy);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  const file = fileFor(directory, request.url ?? "/");
  const info = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !info?.isFile()) {
    response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("Not found\n");
    return;
  }
  // What the build names by content may be kept for ever; everything else is asked for again.
  const named = file.startsWith(join(directory, "assets") + sep);
  response.writeHead(200, {
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    "Content-Length": info.size,
    "Cache-Control": named ? "public, max-age=31536000, immutable" : "no-cache",
  });
  if (request.method === "HEAD") response.end();
  else
    createReadStream(file)
      .on("error", () => response.destroy())
      .pipe(response);
}

/**
 * Serves `directory` on loopback, on `port` (0: any) or, unless `strict`, the next free one of twenty.
 * @param {string} directory
 */
export async function serve(directory, { port = DEFAULT_PORT, strict = false } = {}) {
  const policy = await securityPolicy(directory);
  const server = createServer((request, response) => {
    answer(directory, policy, request, response).catch((error) => response.destroy(error));
  });
  const last = strict || port === 0 ? port : port + 19;
  for (let candidate = port; candidate <= last; candidate++) {
    if (await listens(server, candidate)) {
      return { server, url: `http://${HOST}:${portOf(server)}/` };
    }
  }
  throw new Failure(port === last ? `Port ${port} is taken.` : `Ports ${port} to ${last} are all taken.`);
}

/** @param {import("node:http").Server} server one that listens */
function portOf(server) {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("the server does not listen on a port");
  return address.port;
}

/**
 * Whether `server` could take the port.
 * @param {import("node:http").Server} server
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function listens(server, port) {
  return new Promise((resolve, reject) => {
    /** @param {NodeJS.ErrnoException} error */
    const failed = (error) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error));
    server.once("error", failed);
    server.listen(port, HOST, () => {
      server.off("error", failed);
      resolve(true);
    });
  });
}

/** A port that is free now, for a server that someone else starts. */
export async function freePort() {
  const probe = createServer();
  await listens(probe, 0);
  const port = portOf(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
