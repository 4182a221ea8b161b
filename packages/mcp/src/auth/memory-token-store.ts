import type { TokenStore } from '../contract/auth.ts'

/** Creates a store that keeps credentials in memory. */
export function memoryTokenStore(): TokenStore {
  const values = new Map<string, string>()
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  }
}
