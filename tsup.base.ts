import type { Options } from 'tsup'

/**
 * Returns the build settings of a package. With `SKIP_DECLARATIONS=1` the build emits JavaScript only, which takes less
 * than half the time.
 */
export const buildOptions = (options: Options): Options => ({
  // Comments and spaces are left out, because a host parses them at every start. Names stay.
  esbuildOptions: (esbuild) => {
    esbuild.minifyWhitespace = true
    esbuild.minifySyntax = true
  },
  format: 'esm',
  target: 'es2023',
  clean: true,
  dts: true,
  ...options,
  ...(process.env.SKIP_DECLARATIONS === '1' && { dts: false }),
})
