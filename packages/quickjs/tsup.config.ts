import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/inline.ts', 'src/shared.ts', 'src/shared-unsupported.ts', 'src/worker.ts'],
  format: 'esm',
  target: 'es2023',
  dts: { entry: ['src/index.ts', 'src/inline.ts', 'src/shared.ts'] },
  clean: true,
})
