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
    // Bundled, because a host would otherwise load hundreds of small files, because we change typebox's global settings, and
    // because browsers cannot load CommonJS.
    noExternal: [/^typebox/, '@eslint-community/regexpp', 'porter2'],
    // Resolved by the `imports` of package.json, which name a different module for Workers.
    external: ['#typescript'],
    platform: 'neutral',
  }),
)
