import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: ['src/entries/index.ts', 'src/entries/cli.ts'],
    dts: { entry: ['src/entries/index.ts'] },
  }),
)
