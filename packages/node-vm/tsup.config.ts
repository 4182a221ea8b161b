import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: { index: 'src/index.ts', 'glovebox-guest': 'src/guest.ts' },
    dts: { entry: 'src/index.ts' },
  }),
)
