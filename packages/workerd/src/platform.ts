import type { AdapterGuarantees } from '@glovebox/core/adapter'

/** Where dynamic Workers run: on Cloudflare's network, which keeps limits, or on a workerd of one's own, which does not. */
export type Platform = 'cloudflare' | 'local'

/** What the platform gives, and nobody on this side of it could. */
export function platformGuarantees(platform: Platform): Omit<AdapterGuarantees, 'boundary'> {
  const isEnforced = platform === 'cloudflare'
  return {
    stopsLoops: isEnforced,
    stopsNativeLoops: isEnforced,
    survivesOutOfMemory: isEnforced,
    memory: isEnforced ? 'hard' : 'none',
    cpuTime: isEnforced,
    isolatesCrashes: isEnforced,
    deterministic: true,
  }
}

/** Each dynamic Worker has as much, of which the runtime takes a few. */
export const PLATFORM_MEMORY_BYTES = { min: 1024 * 1024, max: 128 * 1024 * 1024 }

/** @throws `TypeError` */
export function checkPlatform(platform: unknown): Platform {
  if (platform === 'cloudflare' || platform === 'local') return platform
  throw new TypeError(`\`platform\` must be 'cloudflare' or 'local', not ${String(platform)}`)
}
