/** Longest delay that `setTimeout` supports. The limits of the execution end a call. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1
