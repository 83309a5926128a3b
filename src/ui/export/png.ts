/** An SVG as PNG pixels, with the session inside. */
import { embedInPng } from "../../review/share/picture.ts";

/** Browsers draw no larger canvas. */
const MOST_SIDE = 16_384;
const MOST_AREA = 64_000_000;

/** Twice the size where it fits, smaller where the picture itself is larger than a canvas may be. */
export function pngScale(width: number, height: number): number {
  return Math.min(2, MOST_SIDE / width, MOST_SIDE / height, Math.sqrt(MOST_AREA / (width * height)));
}

function load(url: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("the picture could not be drawn"));
    image.src = url;
  });
}

export async function pngOf(svg: string, link: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = await load(url);
    const scale = pngScale(image.naturalWidth, image.naturalHeight);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser draws no canvas");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (blob === null) throw new Error("this browser makes no PNG of that size");
    return new Uint8Array(embedInPng(new Uint8Array(await blob.arrayBuffer()), link));
  } finally {
    URL.revokeObjectURL(url);
  }
}
