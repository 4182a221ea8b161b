import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/recovery.ts', 'src/suite.ts', 'src/disposable-host.ts', 'src/disposable-process.ts'],
  format: 'esm',
  target: 'es2023',
  dts: true,
  clean: true,
  // In a Worker the built-ins of Node have no other names.
  removeNodeProtocol: false,
})
