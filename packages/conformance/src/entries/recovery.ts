/** `@glovebox/conformance/recovery`: programs for tests that kill the processes or threads of an adapter. */
export { keepPeaceful, runHostile } from '../cases/concurrency.ts'
