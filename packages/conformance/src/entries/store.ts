/** `@glovebox/conformance/store`: proves a store for runs. */
export { describeShapeStore, type ShapeStoreUnderTest } from '../describe-shape-store.ts'
export { describeStore, type StoreUnderTest } from '../describe-store.ts'
