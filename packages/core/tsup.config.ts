import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    adapter: 'src/adapter.ts',
    checking: 'src/checking.ts',
    framework: 'src/framework.ts',
    guest: 'src/guest.ts',
    program: 'src/reading.ts',
    schema: 'src/schema.ts',
  },
  // Hundreds of small files, each of which a host would find, read and link by itself; and settings of its own.
  noExternal: [/^typebox/, '@eslint-community/regexpp'],
  // Another module in Workers: see the imports of package.json.
  external: ['#typescript'],
  format: 'esm',
  platform: 'neutral',
  target: 'es2023',
  dts: true,
  clean: true,
})
