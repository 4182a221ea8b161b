import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(
  buildOptions({
    entry: {
      index: 'src/entries/index.ts',
      adapter: 'src/entries/adapter.ts',
      checking: 'src/entries/checking.ts',
      framework: 'src/entries/framework.ts',
      guest: 'src/entries/guest.ts',
      program: 'src/entries/program.ts',
      schema: 'src/entries/schema.ts',
    },
    // Hundreds of small files, each of which a host would find, read and link by itself; and settings of its own.
    noExternal: [/^typebox/, '@eslint-community/regexpp'],
    // Another module in Workers: see the imports of package.json.
    external: ['#typescript'],
    platform: 'neutral',
  }),
)
