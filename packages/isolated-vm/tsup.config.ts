import { defineConfig } from 'tsup'

const shared = { target: 'es2023', clean: true } as const

export default defineConfig([
  { ...shared, entry: ['src/index.ts'], format: 'esm', dts: true },
  // Node loads it sooner than a module, and every process starts with it.
  { ...shared, entry: ['src/child.ts'], format: 'cjs' },
])
