import { toBase64 } from './values/base64.ts'

/** Image that a program returns, for models that can see. */
export interface ModelImage {
  /** MIME type: `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  readonly mediaType: string
  /** Bytes in base64. */
  readonly data: string
}

/** MIME types that models accept. */
const TYPES: ReadonlySet<unknown> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
/** Bounds of the images of one result. Providers accept a few megabytes for each image. */
const MAX_IMAGES = 10
const MAX_BYTES = 5 * 1024 * 1024
/** Maximum number of values that are looked at. */
const MAX_NODES = 20_000

/**
 * Returns the images in a value, in the order in which they occur: objects with `bytes` and the `mimeType` of an image, as
 * the results of MCP servers have them. The first ten are returned, as long as they have at most 5 MiB together.
 */
export function imagesIn(root: unknown): readonly ModelImage[] {
  const images: ModelImage[] = []
  const seen = new Set<object>()
  let room = MAX_BYTES
  const pending: unknown[] = [root]
  for (let nodes = 0; pending.length > 0 && nodes < MAX_NODES && images.length < MAX_IMAGES; nodes++) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) continue
    seen.add(value)
    const { bytes, mimeType } = value as { readonly bytes?: unknown; readonly mimeType?: unknown }
    if (bytes instanceof Uint8Array && TYPES.has(mimeType)) {
      room -= bytes.byteLength
      if (room >= 0) images.push({ mediaType: mimeType as string, data: toBase64(bytes) })
      continue
    }
    const inner = value instanceof Map || value instanceof Set ? [...value.values()] : Object.values(value)
    for (let index = inner.length - 1; index >= 0; index--) pending.push(inner[index])
  }
  return images
}
