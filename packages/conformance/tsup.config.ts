import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: [
      'src/entries/index.ts',
      'src/entries/recovery.ts',
      'src/entries/suite.ts',
      'src/entries/store.ts',
      'src/entries/disposable-host.ts',
      'src/entries/disposable-process.ts',
    ],
    // Workers only resolve Node built-ins with the `node:` prefix.
    removeNodeProtocol: false,
  }),
)
