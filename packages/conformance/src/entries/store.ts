/** `@glovebox/conformance/store`: proves a store for runs. */
export { describeStore, type StoreUnderTest } from '../describe-store.ts'
