import { SandboxError } from '@glovebox/core/adapter'
import { MODULE_PAGES, PAGE_BYTES } from './memory.ts'

/** The engine's own data takes what is below, and its addresses end above. */
export const MEMORY_BYTES = { min: (MODULE_PAGES + 16) * PAGE_BYTES, max: 32_768 * PAGE_BYTES } as const

/** @throws `SandboxError` `LIMIT_UNSUPPORTED` for a limit that this engine cannot keep */
export function checkMemoryLimit(bytes: number): void {
  const { min, max } = MEMORY_BYTES
  if (bytes >= min && bytes <= max) return
  throw new SandboxError('LIMIT_UNSUPPORTED', `QuickJS keeps limits of ${min} to ${max} bytes of memory, not ${bytes}`)
}
