import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', 'glovebox-reader': 'src/reader.ts' },
  format: 'esm',
  target: 'es2023',
  dts: { entry: ['src/index.ts'] },
  clean: true,
})
