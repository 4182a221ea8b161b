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
    // Bundled, because a thread loads one file faster than five. The WebAssembly stays where it is installed.
    noExternal: [/^@jitl\/quickjs-wasmfile/],
    dts: { entry: ['src/entries/index.ts', 'src/entries/inline.ts', 'src/entries/shared.ts'] },
  }),
)
