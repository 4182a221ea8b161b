import { MODULE_PAGES, PAGE_BYTES } from './memory.ts'

/**
 * Memory limits that the engine supports, in bytes. The engine's own data needs the minimum; its 32-bit addresses end
 * at the maximum.
 */
export const MEMORY_BYTES = { min: (MODULE_PAGES + 16) * PAGE_BYTES, max: 32_768 * PAGE_BYTES } as const
