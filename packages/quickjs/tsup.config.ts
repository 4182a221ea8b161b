import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: [
      'src/entries/index.ts',
      'src/entries/inline.ts',
      'src/entries/shared.ts',
      'src/entries/shared-unsupported.ts',
      'src/entries/worker.ts',
    ],
    dts: { entry: ['src/entries/index.ts', 'src/entries/inline.ts', 'src/entries/shared.ts'] },
  }),
)
