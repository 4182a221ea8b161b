/** `@glovebox/core/checking`: checks values against costly schemas in a separate process. */
export { checkPayload } from '../validation/schema-validator.ts'
