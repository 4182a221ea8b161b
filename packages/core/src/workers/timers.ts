/** Allows a Node process to exit while the timer is pending. Does nothing on platforms whose timers are numbers. */
export function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
}
