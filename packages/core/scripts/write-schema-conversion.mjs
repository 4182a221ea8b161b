/**
 * Measures the accuracy of the generated types and writes docs/reference/schema-conversion.md. Run with
 * `node packages/core/scripts/write-schema-conversion.mjs`.
 */
import { writeFile } from 'node:fs/promises'
import { conversionPage } from '../test/schema-proof/table.ts'

await writeFile(new URL('../../../docs/reference/schema-conversion.md', import.meta.url), conversionPage())
