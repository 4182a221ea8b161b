import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig([
  // Bundled, because the package consists of hundreds of small files and few are needed.
  buildOptions({ entry: ['src/entries/index.ts'], noExternal: ['typebox'] }),
  // CommonJS loads faster than ES modules, and every process loads this file.
  buildOptions({ entry: { 'glovebox-child': 'src/entries/child.ts' }, dts: false, format: 'cjs' }),
])
