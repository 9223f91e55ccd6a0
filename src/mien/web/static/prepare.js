// Makes a picture ready to be sent: what the server cannot read or is too large for it is drawn anew in the browser.

const READABLE = new Set(["image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff", "image/gif", ""]);
const CANVAS_PIXELS = 16e6; // Safari on phones draws no larger canvas
const JPEG_QUALITY = 0.92;

/**
 * @param file a Blob.
 * @param limits.maxPixels @param limits.maxBytes what the server takes.
 * @returns {picture, url, note}: what to send; an address to show it by, or null where the browser cannot show it; and
 *   a sentence about what was changed, or null.
 */
export async function prepare(file, { maxPixels, maxBytes }) {
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(url); // not a picture, or a kind that only the server reads: the server will tell
    return { picture: file, url: null, note: null };
  }
  const pixels = image.naturalWidth * image.naturalHeight;
  const tooLarge = pixels > maxPixels || file.size > maxBytes;
  if (pixels === 0 || (!tooLarge && READABLE.has(file.type))) return { picture: file, url, note: null };
  const shrink = Math.min(1, Math.sqrt(Math.min(maxPixels, CANVAS_PIXELS) / pixels));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(image.naturalWidth * shrink));
  canvas.height = Math.max(1, Math.floor(image.naturalHeight * shrink));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
  if (blob === null) return { picture: file, url, note: null };
  const note = shrink < 1 ? `Shrunk to ${canvas.width} × ${canvas.height} pixels before it was sent.` : null;
  return { picture: new File([blob], file.name || "photo", { type: blob.type }), url, note };
}
