import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/main.ts', 'src/schemas.ts', 'src/workers.ts'],
  format: 'esm',
  target: 'es2023',
  clean: true,
})
