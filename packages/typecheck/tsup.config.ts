import { defineConfig } from 'tsup'
import { buildOptions } from '../../tsup.base.ts'

export default defineConfig(buildOptions({ entry: ['src/index.ts', 'src/server.ts', 'src/parent-watch.ts'] }))
