import { MODULE_PAGES, PAGE_BYTES } from './memory.ts'

/** The engine's own data takes what is below, and its addresses end above. */
export const MEMORY_BYTES = { min: (MODULE_PAGES + 16) * PAGE_BYTES, max: 32_768 * PAGE_BYTES } as const
