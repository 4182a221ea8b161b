import { defineConfig } from 'tsup'

const shared = { target: 'es2023', clean: true } as const

export default defineConfig([
  // Of hundreds of small files, the few that are needed.
  { ...shared, entry: ['src/index.ts'], format: 'esm', dts: true, noExternal: ['typebox'] },
  // Node loads it sooner than a module, and every process starts with it.
  { ...shared, entry: ['src/child.ts'], format: 'cjs' },
])
