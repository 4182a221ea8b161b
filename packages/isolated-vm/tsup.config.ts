import { defineConfig } from 'tsup'

const shared = { target: 'es2023', clean: true } as const

export default defineConfig([
  // Bundled, because the package consists of hundreds of small files and few are needed.
  { ...shared, entry: ['src/index.ts'], format: 'esm', dts: true, noExternal: ['typebox'] },
  // CommonJS loads faster than ES modules, and every process loads this file.
  { ...shared, entry: { 'glovebox-child': 'src/child.ts' }, format: 'cjs' },
])
