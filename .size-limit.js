/** Size limits of the packages: bundled by a host, and as published. */
import { readFileSync } from 'node:fs'

const KB = 1_000

/**
 * Limits in kB: the bundled package, minified and compressed with gzip, and the published package. Bundles exclude peer
 * dependencies and two libraries that are loaded on demand: for programs with types, and for patterns that V8 cannot
 * match in linear time.
 */
const LIMITS = {
  'ai-sdk': [272, 13],
  anthropic: [271, 4],
  conformance: [322, 288],
  core: [173, 7_700],
  glovebox: [460, 80],
  // Most of the bundles of sandboxes and stores is the part of core that every host contains anyway.
  'isolated-vm': [204, 40],
  langchain: [271, 7],
  mastra: [271, 9],
  mcp: [276, 138],
  'mcp-server': [248, 74],
  'adapter-node': [109, 40],
  'node-vm': [196, 9],
  'openai-agents': [271, 8],
  // Most of the bundle is the part of core that checks options, which every host contains anyway.
  opentelemetry: [33, 5],
  // Published with the memory of a booted guest.
  quickjs: [200, 768],
  'store-postgres': [103, 10],
  'store-sqlite': [103, 12],
  'tanstack-ai': [271, 4],
  typecheck: [35, 20],
  workerd: [217, 66],
}

const manifestOf = (folder) =>
  JSON.parse(readFileSync(new URL(`packages/${folder}/package.json`, import.meta.url), 'utf8'))

export default Object.entries(LIMITS).flatMap(([folder, [bundled, published]]) => {
  const { name, exports, peerDependencies = {} } = manifestOf(folder)
  return [
    {
      name: `${name}, bundled`,
      path: `packages/${folder}/${exports['.'].default}`,
      limit: `${bundled * KB} B`,
      gzip: true,
      ignore: ['#typescript', 're2js', ...Object.keys(peerDependencies).flatMap((peer) => [peer, `${peer}/*`])],
      modifyEsbuildConfig: (config) => ({ ...config, platform: 'node', format: 'esm', logLevel: 'error' }),
    },
    {
      name: `${name}, as published`,
      path: `packages/${folder}/dist/**`,
      limit: `${published * KB} B`,
      brotli: false,
      disablePlugins: ['@size-limit/esbuild'],
    },
  ]
})
