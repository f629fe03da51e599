import type { Picture } from "../protocol/chat.ts";
import { maxImages } from "../protocol/commands.ts";

const maxBytes = 5 * 1024 * 1024;
/** Longer sides are scaled down to it. */
const maxPixels = 2_000;
/** What is larger is not even decoded. */
const maxDecodedBytes = 50 * 1024 * 1024;
const quality = 0.9;
const types = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** As many of `files` as a message takes beside the `present` ones, and a sentence on those it does not; empty when it takes all. */
export async function readPictures(
  files: readonly File[],
  present: number,
): Promise<{ readonly pictures: readonly Picture[]; readonly problem: string }> {
  const room = Math.max(0, maxImages - present);
  const pictures: Picture[] = [];
  const problems: string[] = [];
  for (const file of files.slice(0, room)) {
    const read = await readPicture(file);
    if (typeof read === "string") problems.push(read);
    else pictures.push(read);
  }
  if (files.length > room) problems.push(`A message has at most ${maxImages} pictures; ${files.length - room} were left out.`);
  return { pictures, problem: problems.join(" ") };
}

/** The picture, or why it cannot be sent. */
async function readPicture(file: File): Promise<Picture | string> {
  const name = file.name === "" ? "Picture" : file.name;
  if (!types.includes(file.type)) return `${name} was left out: only PNG, JPEG, GIF and WebP pictures can be sent.`;
  const tooLarge = `${name} was left out: it is larger than 5 MB.`;
  if (file.size > maxDecodedBytes) return tooLarge;
  try {
    const blob = await scaledDown(file);
    return blob.size > maxBytes ? tooLarge : { url: await dataUrl(blob), name };
  } catch {
    return `${name} was left out: it cannot be read as a picture.`;
  }
}

/** The file itself when it is small enough, or when it may move. */
async function scaledDown(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  try {
    const scale = maxPixels / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1 || file.type === "image/gif") return file;
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: file.type, quality });
  } finally {
    bitmap.close();
  }
}

function dataUrl(blob: Blob): Promise<string> {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.addEventListener("load", () => {
      if (typeof reader.result === "string") resolve(reader.result);
      else reject(new TypeError("The picture was not read as text."));
    });
    reader.addEventListener("error", () => reject(reader.error ?? new Error("The picture could not be read.")));
    reader.readAsDataURL(blob);
  });
}
