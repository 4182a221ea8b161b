/** The exact build, as journals name it. */
export const ENGINE = 'quickjs-emscripten@0.32.0/release-sync'
