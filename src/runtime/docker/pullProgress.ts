/** What the engine tells of one layer, or of the image as a whole. */
export interface PullStep {
  readonly id?: string | undefined;
  readonly status?: string | undefined;
  readonly progressDetail?: { readonly current?: number | undefined; readonly total?: number | undefined } | undefined;
}

interface Layer {
  readonly isDone: boolean;
  readonly gotBytes: number;
  /** 0 until its download begins. */
  readonly sizeBytes: number;
}

/** The layers that have been heard of. */
export type PullProgress = ReadonlyMap<string, Layer>;

const done = new Set(["Pull complete", "Already exists"]);
const beginning = new Set(["Pulling fs layer", "Waiting"]);
const downloaded = new Set(["Verifying Checksum", "Download complete", "Extracting"]);

export function progressAfter(progress: PullProgress, { id, status = "", progressDetail }: PullStep): PullProgress {
  const layer = id === undefined ? undefined : layerAfter(progress.get(id), status, progressDetail);
  return id === undefined || layer === undefined ? progress : new Map(progress).set(id, layer);
}

/** Undefined: the line is about no layer. */
function layerAfter(layer: Layer | undefined, status: string, detail: PullStep["progressDetail"]): Layer | undefined {
  const { gotBytes, sizeBytes } = layer ?? { gotBytes: 0, sizeBytes: 0 };
  if (done.has(status)) return { isDone: true, gotBytes: sizeBytes, sizeBytes };
  if (downloaded.has(status)) return { isDone: false, gotBytes: sizeBytes, sizeBytes };
  if (beginning.has(status)) return { isDone: false, gotBytes, sizeBytes };
  if (status !== "Downloading") return undefined;
  const size = detail?.total !== undefined && detail.total > 0 ? detail.total : sizeBytes;
  return { isDone: false, gotBytes: detail?.current ?? gotBytes, sizeBytes: size };
}

/** Such as "Pulling python:3.12 · 3 of 7 layers · 45 of 120 MB"; the bytes are those of the layers whose download has begun. */
export function progressWords(name: string, progress: PullProgress): string {
  const layers = [...progress.values()];
  if (layers.length === 0) return `Pulling ${name}`;
  const sum = (of: (layer: Layer) => number): number => layers.reduce((total, layer) => total + of(layer), 0);
  const [got, size] = [sum(({ gotBytes }) => gotBytes), sum(({ sizeBytes }) => sizeBytes)];
  const count = `${layers.filter(({ isDone }) => isDone).length} of ${layers.length} layers`;
  const bytes = size === 0 ? "" : ` · ${Math.round(got / 1e6)} of ${Math.round(size / 1e6)} MB`;
  return `Pulling ${name} · ${count}${bytes}`;
}
