import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    // Small machines have two cores. With more workers, the timings of sandboxes would be less reliable.
    maxWorkers: 2,
    // A test that takes seconds on an idle machine can take minutes on a busy one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
