import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: ['src/index.ts'],
    // `sqlite` exists only with the `node:` prefix.
    removeNodeProtocol: false,
  }),
)
