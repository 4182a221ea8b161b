import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: {
      index: 'src/entries/index.ts',
      inline: 'src/entries/inline.ts',
      shared: 'src/entries/shared.ts',
      'shared-unsupported': 'src/entries/shared-unsupported.ts',
      'glovebox-worker': 'src/entries/worker.ts',
    },
    dts: { entry: ['src/entries/index.ts', 'src/entries/inline.ts', 'src/entries/shared.ts'] },
  }),
)
