/** `@glovebox/core/guest`: what a guest is made of, for what loads guests and does nothing else. */

export type { GuestRuntime, Program } from './contract.ts'
export { createIntlService } from './guest/intl-service.ts'
export { librariesTouchedBy } from './guest/library-names.ts'
export { guestRuntime } from './guest/runtime.generated.ts'
