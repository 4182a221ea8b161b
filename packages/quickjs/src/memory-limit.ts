import { SandboxError } from '@glovebox/core/adapter'
import { MODULE_PAGES, PAGE_BYTES } from './memory.ts'

/** The engine's own data takes what is below, and its addresses end above. */
const MIN_MEMORY_BYTES = (MODULE_PAGES + 16) * PAGE_BYTES
const MAX_MEMORY_BYTES = 32_768 * PAGE_BYTES

/** @throws `SandboxError` `LIMIT_UNSUPPORTED` for a limit that this engine cannot keep */
export function checkMemoryLimit(bytes: number): void {
  if (bytes >= MIN_MEMORY_BYTES && bytes <= MAX_MEMORY_BYTES) return
  const range = `${MIN_MEMORY_BYTES} to ${MAX_MEMORY_BYTES}`
  throw new SandboxError('LIMIT_UNSUPPORTED', `QuickJS keeps limits of ${range} bytes of memory, not ${bytes}`)
}
