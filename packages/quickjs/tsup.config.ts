import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    inline: 'src/inline.ts',
    shared: 'src/shared.ts',
    'shared-unsupported': 'src/shared-unsupported.ts',
    'glovebox-worker': 'src/worker.ts',
  },
  format: 'esm',
  target: 'es2023',
  dts: { entry: ['src/index.ts', 'src/inline.ts', 'src/shared.ts'] },
  clean: true,
})
