import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig([
  buildOptions({
    entry: ['src/entries/index.ts', 'src/entries/remote.ts', 'src/entries/worker.ts', 'src/entries/server.ts'],
  }),
  // Bundled, because workerd does not resolve imports.
  buildOptions({
    entry: { 'glovebox-supervisor': 'src/entries/supervisor.ts' },
    dts: false,
    noExternal: [/.*/],
    platform: 'neutral',
  }),
])
