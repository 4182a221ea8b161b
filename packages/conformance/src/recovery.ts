/** `@glovebox/conformance/recovery`: programs for tests that end the processes or threads of an adapter themselves. */
export { keepPeaceful, runHostile } from './cases/concurrency.ts'
