/** Exact build of the engine, as recorded with runs. */
export const ENGINE = 'quickjs-emscripten@0.32.0/release-sync'
