import type { AdapterGuarantees } from '@glovebox/core/adapter'

/** Platform of dynamic Workers: Cloudflare's network, which enforces limits, or a local workerd, which does not. */
export type Platform = 'cloudflare' | 'local'

/** Returns the guarantees of a platform. */
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

/** Memory limits in bytes. Each dynamic Worker has the maximum, of which the runtime takes a few MB. */
export const PLATFORM_MEMORY_BYTES = { min: 1024 * 1024, max: 128 * 1024 * 1024 }

/**
 * Validates the option `platform`.
 *
 * @throws `TypeError` for any other value
 */
export function checkPlatform(platform: unknown): Platform {
  if (platform === 'cloudflare' || platform === 'local') return platform
  throw new TypeError(`\`platform\` must be 'cloudflare' or 'local', not ${String(platform)}`)
}
