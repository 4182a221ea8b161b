import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    // Two cores are what a small machine has; more workers would only make the timings of sandboxes less true.
    maxWorkers: 2,
    // What takes seconds on a free machine takes minutes beside other work.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
