import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: { index: 'src/entries/index.ts', 'glovebox-reader': 'src/entries/reader.ts' },
    dts: { entry: ['src/entries/index.ts'] },
  }),
)
