/** `@glovebox/core/guest`: the guest runtime, for code that only loads guests. */

export type { GuestRuntime, Program } from '../contract/adapter.ts'
export { createIntlService } from '../guest/intl-service.ts'
export { librariesTouchedBy } from '../guest/library-names.ts'
export { guestRuntime } from '../guest/runtime.generated.ts'
