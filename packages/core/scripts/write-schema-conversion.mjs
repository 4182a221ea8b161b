/** Measures the conversion of schemas and writes the page about it: `node packages/core/scripts/write-schema-conversion.mjs`. */
import { writeFile } from 'node:fs/promises'
import { conversionPage } from '../test/schema-proof/table.ts'

await writeFile(new URL('../../../docs/reference/schema-conversion.md', import.meta.url), conversionPage())
