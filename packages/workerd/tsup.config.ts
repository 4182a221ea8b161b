import { defineConfig } from 'tsup'

const shared = { format: 'esm', target: 'es2023', clean: true } as const

export default defineConfig([
  { ...shared, entry: ['src/index.ts', 'src/remote.ts', 'src/worker.ts', 'src/server.ts'], dts: true },
  // Bundled, because workerd does not resolve imports.
  { ...shared, entry: { 'glovebox-supervisor': 'src/supervisor.ts' }, noExternal: [/.*/], platform: 'neutral' },
])
